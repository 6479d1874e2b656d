//! Which generation of the booking a fact speaks of, and when the meeting is.

use jiff::{SignedDuration, Timestamp};

use super::{Generation, Teller};
use crate::{
    change::{Change, Details, What},
    story::{Move, MoveKind},
};

/// A meeting that is said to be longer is a mistake, and arithmetic with it might overflow.
const LONGEST_MINUTES: i64 = 366 * 24 * 60;

impl Teller {
    pub(super) fn generation(&mut self, change: &Change) -> Generation {
        let Some(subject) = &change.identity.subject else {
            return Generation::Current;
        };
        let introduces = matches!(change.what, What::Rescheduled { .. });
        if self.standing.subject.as_ref() == Some(subject) {
            return Generation::Current;
        }
        if self.superseded.contains(subject) && !introduces {
            return Generation::Superseded;
        }
        let first = self.standing.subject.is_none();
        if let Some(old) = self.standing.subject.replace(subject.clone()) {
            self.superseded.insert(old);
        }
        self.superseded
            .extend(change.identity.former.iter().cloned());
        self.superseded.remove(subject);
        if first {
            Generation::Current
        } else {
            Generation::New
        }
    }

    /// What belonged to the time that is given up ends with it.
    pub(super) fn begin_generation(&mut self, previous_start: Option<Timestamp>) {
        self.standing.previous_start = self.standing.start.or(previous_start);
        self.standing.rescheduled_count += 1;
        self.standing.cancellation_reason = None;
        for attendee in self.attendees.values_mut() {
            attendee.absent = None;
        }
    }

    /// A fact about the current generation that knows another start tells of a move nobody announced.
    pub(super) fn retime(&mut self, change: &Change) -> Option<Move> {
        let told = change.details.start?;
        let known = self.standing.start?;
        if told == known {
            return None;
        }
        self.begin_generation(None);
        self.take_times(&change.details);
        Some(self.one_move(MoveKind::Rescheduled, change))
    }

    pub(super) fn take_times(&mut self, details: &Details) {
        let Some(start) = details.start else { return };
        let length = match (self.standing.start, self.standing.end) {
            (Some(start), Some(end)) => Some(end.duration_since(start)),
            _ => None,
        };
        let length = details
            .minutes
            .filter(|minutes| (1..=LONGEST_MINUTES).contains(minutes))
            .map(SignedDuration::from_mins)
            .or(length);
        self.standing.start = Some(start);
        self.standing.end = details
            .end
            .or_else(|| length.and_then(|length| start.checked_add(length).ok()));
    }

    pub(super) fn is_stale(&self, details: &Details) -> bool {
        let differs = |told: Option<Timestamp>, known: Option<Timestamp>| matches!((told, known), (Some(told), Some(known)) if told != known);
        differs(details.start, self.standing.start) || differs(details.end, self.standing.end)
    }
}
