//! Opening hours: what a schedule says about a week and about single days, as instants.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};

use super::{Range, days::start_of, moved};

/// A part of a day, in minutes of the wall clock. Never empty, and never past midnight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Hours {
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Hours {
    const DAY: u16 = 24 * 60;

    /// From one minute of the day until before another; 1440 is midnight at its end. `None` when there is nothing between.
    pub fn new(from: u16, to: u16) -> Option<Self> {
        (from < to && to <= Self::DAY).then_some(Self { from, to })
    }
}

/// Hours on some days of every week.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpeningRule {
    /// The days.
    pub days: Vec<Weekday>,
    /// The hours.
    pub hours: Hours,
}

/// Hours on one day, instead of those of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Override {
    /// The day.
    pub date: Date,
    /// The hours; `None`: closed.
    pub hours: Option<Hours>,
}

/// When it is open within a window: every instant at which the zone's wall clock shows one of the hours. An hour that
/// the clocks skip is not there, and one that they show twice is there twice. In order, and what touches is one.
pub fn opening_hours(
    rules: &[OpeningRule],
    overrides: &[Override],
    zone: &TimeZone,
    window: Range,
) -> Vec<Range> {
    if window.is_empty() {
        return Vec::new();
    }
    let mut special: BTreeMap<Date, Vec<Hours>> = BTreeMap::new();
    for one in overrides {
        special.entry(one.date).or_default().extend(one.hours);
    }
    let mut open = Vec::new();
    let mut day = zone.to_datetime(window.start).date();
    loop {
        let range = Range {
            start: start_of(day, zone),
            end: day
                .tomorrow()
                .map_or(Timestamp::MAX, |next| start_of(next, zone)),
        };
        if range.start >= window.end {
            break;
        }
        let weekday = day.weekday();
        let usual = rules.iter().filter(|rule| rule.days.contains(&weekday));
        let hours = match special.get(&day) {
            Some(hours) => hours.clone(),
            None => usual.map(|rule| rule.hours).collect(),
        };
        on_day(day, range, &hours, zone, &mut open);
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    for range in &mut open {
        *range = within(*range, window);
    }
    merged(open)
}

/// Ranges in order: those that touch or overlap become one, empty ones go.
pub fn merged(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The hours of a day, piece by piece: within each, the wall clock goes steadily.
fn on_day(day: Date, range: Range, hours: &[Hours], zone: &TimeZone, open: &mut Vec<Range>) {
    let mut piece = Range {
        start: range.start,
        end: range.start,
    };
    while piece.end < range.end {
        piece.start = piece.end;
        let change = zone.following(piece.start).next();
        let change = change.map_or(range.end, |change| change.timestamp());
        piece.end = change.min(range.end);
        let midnight = day.to_datetime(Time::midnight());
        let Ok(midnight) = zone.to_offset(piece.start).to_timestamp(midnight) else {
            continue;
        };
        let at = |minute: u16| moved(midnight, SignedDuration::from_mins(minute.into()));
        open.extend(hours.iter().map(|hours| {
            let hours = Range {
                start: at(hours.from),
                end: at(hours.to),
            };
            within(hours, piece)
        }));
    }
}

fn within(range: Range, bounds: Range) -> Range {
    Range {
        start: range.start.max(bounds.start),
        end: range.end.min(bounds.end),
    }
}
