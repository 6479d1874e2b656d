//! How far a sweep is; kept, so that another try goes on there.

use calbridge_core::ids::BookingId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Extent,
    reading::{Place, Reach},
    report::SweepReport,
};

/// How far a sweep is.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// When it was begun, and so decided what it reads.
    pub began_at: Option<Timestamp>,
    /// Only what changed since.
    pub since: Option<Timestamp>,
    /// Only what starts after.
    pub from: Option<Timestamp>,
    /// At most so many.
    pub limit: Option<usize>,
    /// Which of the lists is read.
    pub list: usize,
    /// Where in it.
    pub place: Place,
    /// Whether it was interrupted.
    pub resumed: bool,
    /// How often a page did not go on where the last one ended.
    pub drifted: u32,
    /// The last of those that were asked for one by one.
    pub looked_up: Option<BookingId>,
    /// Lists that could not be read, and why.
    pub unread: Vec<String>,
    /// How often it stopped without coming further.
    pub stopped: usize,
    /// Of a sweep that is done: everything that changed before is known.
    pub through: Option<Timestamp>,
    /// Of a sweep that is done: when one last read more than changes.
    pub whole_at: Option<Timestamp>,
    #[serde(flatten)]
    pub report: SweepReport,
}

impl Progress {
    /// At the beginning.
    pub fn of(extent: Extent, now: Timestamp) -> Self {
        Self {
            began_at: Some(now),
            since: extent.since,
            limit: extent.limit,
            ..Self::default()
        }
    }

    /// Everything that starts after an instant.
    pub fn from(start: Timestamp, now: Timestamp) -> Self {
        Self {
            from: Some(start),
            ..Self::of(Extent::default(), now)
        }
    }

    /// The same reading, from where another one was cut short.
    pub fn going_on(self, limit: Option<usize>) -> Self {
        Self {
            limit,
            report: SweepReport::default(),
            resumed: true,
            drifted: 0,
            stopped: 0,
            ..self
        }
    }

    /// Whether it was cut short, and there may be more.
    pub fn is_cut(&self) -> bool {
        self.left() == 0
    }

    /// How many more to read.
    pub fn left(&self) -> usize {
        let limit = self.limit.unwrap_or(usize::MAX);
        limit.saturating_sub(self.report.read)
    }

    pub fn reach(&self, now: Timestamp) -> Reach {
        Reach {
            since: self.since,
            from: self.from,
            began_at: self.began_at.unwrap_or(now),
            most: self.limit.map(|_| self.left()),
        }
    }

    /// What is known once this is done, beside what the last one left known.
    pub fn concluded(&mut self, last: Option<&Self>, started_at: Option<Timestamp>) {
        let known = last.and_then(|last| last.through);
        let is_all = self.since.is_none() && self.from.is_none();
        // Only a chain without gaps leads on.
        let joins = self
            .since
            .zip(known)
            .is_some_and(|(since, known)| since <= known);
        let is_whole_list = self.limit.is_none();
        self.through = if is_whole_list && (is_all || joins) {
            started_at
        } else {
            known
        };
        self.whole_at = if is_whole_list && self.since.is_none() {
            started_at
        } else {
            last.and_then(|last| last.whole_at)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + hour * 3600).unwrap()
    }

    fn since(at: i64) -> Progress {
        let extent = Extent {
            since: Some(hour(at)),
            limit: None,
        };
        Progress::of(extent, hour(at))
    }

    fn done(mut progress: Progress, last: Option<&Progress>, at: i64) -> Progress {
        progress.concluded(last, Some(hour(at)));
        progress
    }

    #[test]
    fn what_is_known_has_no_gaps() {
        let all = done(Progress::of(Extent::default(), hour(0)), None, 0);
        assert_eq!((all.through, all.whole_at), (Some(hour(0)), Some(hour(0))));
        let joined = done(since(0), Some(&all), 1);
        assert_eq!(
            (joined.through, joined.whole_at),
            (Some(hour(1)), Some(hour(0)))
        );
        let with_a_gap = done(since(3), Some(&joined), 4);
        assert_eq!(with_a_gap.through, Some(hour(1)));
        let window = done(Progress::from(hour(0), hour(5)), Some(&with_a_gap), 5);
        assert_eq!(
            (window.through, window.whole_at),
            (Some(hour(1)), Some(hour(5)))
        );
    }

    #[test]
    fn without_everything_nothing_is_known() {
        assert_eq!(done(since(0), None, 1).through, None);
        let some = Extent {
            since: None,
            limit: Some(5),
        };
        let some = done(Progress::of(some, hour(0)), None, 0);
        assert_eq!((some.through, some.whole_at), (None, None));
    }
}
