//! When somebody can be met: what the provider offers, less what we know to be taken and what the rules forbid. All
//! comparisons are between instants; civil days come in at the edges, each with its zone.

mod busy;
mod days;
mod free;
mod opening;
#[cfg(test)]
mod tests;

pub use self::{
    days::{by_day, window},
    free::free,
    opening::{Hours, OpeningRule, Override, merged, opening_hours},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A time at which somebody can be met.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Slot {
    /// Start.
    pub start: Timestamp,
    /// End.
    pub end: Timestamp,
}

/// From one instant until before another. Ranges that touch have nothing in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Range {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl Range {
    /// Whether an instant lies in it.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }

    /// Whether it has no instant at all.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// What the provider says is free, in any order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Offer<'a> {
    /// The slots. The same one may come twice, as parts of an answer may overlap.
    pub slots: &'a [Slot],
}

/// Tells the hosts of an event type apart. Whoever asks numbers them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostRef(pub i64);

/// One of our holds or bookings. One that takes several hosts comes once for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Start.
    pub start: Timestamp,
    /// End.
    pub end: Timestamp,
    /// What its own event type wants free before it.
    pub before_buffer: SignedDuration,
    /// What its own event type wants free after it.
    pub after_buffer: SignedDuration,
    /// Who is taken; `None`: one of the hosts, it is not known which.
    pub host: Option<HostRef>,
    /// Places taken in a meeting of the event type that is asked for, which others may join; `None`: nobody may. Of a
    /// booking that comes for several hosts, only one says its places, the others 0.
    pub seats: Option<u32>,
}

impl Taken {
    /// Some host's time, without buffers, for nobody to join.
    pub fn between(start: Timestamp, end: Timestamp) -> Self {
        Self {
            start,
            end,
            before_buffer: SignedDuration::ZERO,
            after_buffer: SignedDuration::ZERO,
            host: None,
            seats: None,
        }
    }

    /// From the first instant that it takes until before the last.
    fn with_buffers(&self) -> Range {
        Range {
            start: moved(self.start, -self.before_buffer.max(SignedDuration::ZERO)),
            end: moved(self.end, self.after_buffer.max(SignedDuration::ZERO)),
        }
    }
}

/// Whose time a booking takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HostRule {
    /// There is one host: whatever is taken is in the way.
    #[default]
    One,
    /// One of so many hosts takes turns: it is in the way when all of them are taken.
    Any(usize),
    /// All hosts meet together: any of them that is taken is in the way.
    All,
}

/// How far ahead one may book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Horizon {
    /// What starts no later than this from now.
    Within(SignedDuration),
    /// What starts before this.
    Before(Timestamp),
}

/// What an event type asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// How long a meeting lasts; `None`: as long as the slot that is offered.
    pub length: Option<SignedDuration>,
    /// What must be free before a meeting.
    pub before_buffer: SignedDuration,
    /// What must be free after it.
    pub after_buffer: SignedDuration,
    /// How long before its start a meeting must be booked.
    pub minimum_notice: SignedDuration,
    /// How far ahead one may book; `None`: as far as is offered.
    pub horizon: Option<Horizon>,
    /// Whose time it takes.
    pub hosts: HostRule,
    /// How many may share a meeting; `None`: it is for one.
    pub capacity: Option<u32>,
}

/// The slots that are really free.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Free {
    /// The slots in order, each once.
    pub slots: Vec<Slot>,
    /// Why there are none; `None` when there are some.
    pub reason: Option<NoSlots>,
}

/// Why nothing is free. Where several things are in the way, the first that somebody could do something about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoSlots {
    /// What the rules allow is taken by our holds and bookings.
    AllTaken,
    /// What is offered starts too soon.
    TooSoon,
    /// What is offered starts later than one may book.
    TooFar,
    /// The provider offers nothing at that time.
    NothingOffered,
}

impl NoSlots {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllTaken => "all_taken",
            Self::TooSoon => "too_soon",
            Self::TooFar => "too_far",
            Self::NothingOffered => "nothing_offered",
        }
    }
}

/// An instant moved by a duration, as far as there are instants.
fn moved(time: Timestamp, by: SignedDuration) -> Timestamp {
    let end = if by.is_negative() {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    time.checked_add(by).unwrap_or(end)
}
