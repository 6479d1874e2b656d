//! What is in the way of a slot, found by walking along sorted lists while the slots go by in order.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{HostRef, HostRule, Range, Rules, Slot, Taken, moved};

/// What is taken, by whose time it is.
pub(super) struct Busy {
    calendars: Vec<Calendar>,
    /// How many hosts must be taken for a slot to be.
    enough: usize,
    /// Places in a meeting, if it can be shared.
    capacity: Option<u32>,
    /// Meetings that can be joined, in order.
    meetings: Vec<Meeting>,
    before: SignedDuration,
    after: SignedDuration,
}

impl Busy {
    pub fn new(taken: &[Taken], rules: &Rules) -> Self {
        let (enough, takes_turns) = match rules.hosts {
            HostRule::One | HostRule::All => (1, false),
            HostRule::Any(hosts) => (hosts, true),
        };
        let mut by_host: BTreeMap<Option<HostRef>, Vec<&Taken>> = BTreeMap::new();
        for taken in taken.iter().filter(|taken| taken.start < taken.end) {
            let host = taken.host.filter(|_| takes_turns);
            by_host.entry(host).or_default().push(taken);
        }
        let mut meetings = Vec::new();
        if rules.capacity.is_some() {
            for (calendar, taken) in by_host.values().enumerate() {
                let joinable = taken
                    .iter()
                    .filter_map(|taken| Meeting::of(taken, calendar));
                meetings.extend(joinable);
            }
            meetings.sort_unstable_by_key(|meeting| meeting.slot);
        }
        let calendars = by_host
            .iter()
            .map(|(host, taken)| Calendar::new(*host, taken));
        Self {
            calendars: calendars.collect(),
            enough,
            capacity: rules.capacity,
            meetings,
            before: rules.before_buffer.max(SignedDuration::ZERO),
            after: rules.after_buffer.max(SignedDuration::ZERO),
        }
    }

    /// Whether a slot cannot be had. Quick for slots that come in order.
    pub fn takes(&mut self, slot: Slot) -> bool {
        let first = self.meetings.partition_point(|meeting| meeting.slot < slot);
        let joined = self.meetings.get(first..).unwrap_or_default();
        let joined = joined.iter().take_while(|meeting| meeting.slot == slot);
        if let Some(capacity) = self.capacity {
            let seats = joined.clone().map(|meeting| u64::from(meeting.seats));
            if seats.sum::<u64>() >= u64::from(capacity) {
                return true;
            }
        }
        let wanted = Range {
            start: moved(slot.start, -self.before),
            end: moved(slot.end, self.after),
        };
        let mut hosts = 0;
        for (place, calendar) in self.calendars.iter_mut().enumerate() {
            // Whoever joins a meeting does not find it in the way.
            let own = joined.clone().filter(|meeting| meeting.calendar == place);
            let in_the_way = calendar.overlapping(wanted).saturating_sub(own.count());
            hosts += in_the_way.min(calendar.most_hosts);
            if hosts >= self.enough {
                return true;
            }
        }
        self.enough == 0
    }
}

/// A meeting that can be joined, and whose calendar it is in.
struct Meeting {
    slot: Slot,
    calendar: usize,
    seats: u32,
}

impl Meeting {
    fn of(taken: &Taken, calendar: usize) -> Option<Self> {
        Some(Self {
            slot: Slot {
                start: taken.start,
                end: taken.end,
            },
            calendar,
            seats: taken.seats?,
        })
    }
}

/// The times of one host, or those of whoever it may be.
struct Calendar {
    starts: Vec<Timestamp>,
    ends: Vec<Timestamp>,
    /// Where the last slot was in the lists.
    started: usize,
    ended: usize,
    /// How many hosts its times can take at once.
    most_hosts: usize,
}

impl Calendar {
    fn new(host: Option<HostRef>, taken: &[&Taken]) -> Self {
        let ranges = taken.iter().map(|taken| taken.with_buffers());
        let (mut starts, mut ends): (Vec<_>, Vec<_>) =
            ranges.map(|range| (range.start, range.end)).unzip();
        starts.sort_unstable();
        ends.sort_unstable();
        Self {
            starts,
            ends,
            started: 0,
            ended: 0,
            most_hosts: if host.is_some() { 1 } else { usize::MAX },
        }
    }

    /// How many times have something in common with a range: those that began before its end, less those that were over
    /// at its start.
    fn overlapping(&mut self, range: Range) -> usize {
        walk(&self.starts, &mut self.started, |start| start < range.end);
        walk(&self.ends, &mut self.ended, |end| end <= range.start);
        self.started.saturating_sub(self.ended)
    }
}

/// Go to the first of the list that is not `passed`, from where we were.
fn walk(list: &[Timestamp], place: &mut usize, passed: impl Fn(Timestamp) -> bool) {
    while list.get(*place).is_some_and(|time| passed(*time)) {
        *place += 1;
    }
    while let Some(before) = place.checked_sub(1)
        && list.get(before).is_some_and(|time| !passed(*time))
    {
        *place = before;
    }
}
