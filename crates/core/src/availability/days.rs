//! Civil days and instants: where a day begins is its zone's affair.

use std::collections::BTreeMap;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{AmbiguousOffset, TimeZone},
};

use super::{Range, Slot};

/// The days of a zone, from one to another and including both, as instants. Days that a zone skipped are empty.
pub fn window(from: Date, to_inclusive: Date, zone: &TimeZone) -> Range {
    let start = start_of(from, zone);
    let end = match to_inclusive.tomorrow() {
        Ok(next) => start_of(next, zone),
        Err(_) => Timestamp::MAX,
    };
    Range {
        start,
        end: end.max(start),
    }
}

/// Slots by the day on which they start in a zone, in order. Days without slots are not there.
pub fn by_day(slots: &[Slot], zone: &TimeZone) -> Vec<(Date, Vec<Slot>)> {
    let mut days: BTreeMap<Date, Vec<Slot>> = BTreeMap::new();
    for slot in slots {
        let day = zone.to_datetime(slot.start).date();
        days.entry(day).or_default().push(*slot);
    }
    days.into_iter().collect()
}

/// The first instant of a day, or what follows it where the zone has no such day.
pub(super) fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    let midnight = zone.to_ambiguous_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    // Midnight fell into a gap: the day begins, or would have, when the clocks were put forward.
    if let AmbiguousOffset::Gap { after, .. } = midnight.offset()
        && let Ok(before) = after.to_timestamp(midnight.datetime())
        && let Some(change) = zone.following(before).next()
    {
        return change.timestamp();
    }
    let outside = if day.year() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    midnight.compatible().unwrap_or(outside)
}
