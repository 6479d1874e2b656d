//! A booking's story: all its facts, told in the order in which they happened.
//!
//! Facts arrive in any order and more than once. [`tell`] is a function of the *set* of facts, so every order
//! of arrival ends in the same booking, the same history and the same real changes.

mod order;
mod snapshot;
mod standing;
mod teller;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use standing::{AttendeeStanding, Outlook, Place, Standing, Told};

use crate::{change::Change, state::BookingState};

/// A fact with its name among the facts of its booking.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// See [`Change::fingerprint`].
    pub fingerprint: String,
    /// The fact.
    pub change: Change,
}

impl From<Change> for Fact {
    fn from(change: Change) -> Self {
        Self {
            fingerprint: change.fingerprint(),
            change,
        }
    }
}

/// What the facts of a booking come to.
#[derive(Clone, PartialEq, Debug)]
pub struct Story {
    /// Where the booking stands now.
    pub standing: Standing,
    /// One step per fact, in the order in which they happened.
    pub steps: Vec<Step>,
}

impl Story {
    /// Every real change, in order, with the fact that made it.
    pub fn moves(&self) -> impl Iterator<Item = (&Step, &Move)> {
        self.steps
            .iter()
            .flat_map(|step| step.moves.iter().map(move |one| (step, one)))
    }
}

/// What one fact did.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// The fact's name.
    pub fingerprint: String,
    /// When it happened, for the purpose of order.
    pub at: Timestamp,
    /// Why it did nothing, where it did nothing.
    pub note: Option<Note>,
    /// Before; `None` when the booking was not known.
    pub before: Option<Brief>,
    /// After.
    pub after: Brief,
    /// The real changes it made.
    pub moves: Vec<Move>,
}

/// The part of a booking that history shows before and after each fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Brief {
    /// As in `bookings.status`.
    pub status: String,
    /// As in `bookings.confirmation`.
    pub confirmation: String,
    /// Start.
    pub start_time: Option<Timestamp>,
    /// End.
    pub end_time: Option<Timestamp>,
}

impl Brief {
    fn of(state: BookingState, start: Option<Timestamp>, end: Option<Timestamp>) -> Self {
        Self {
            status: state.status().to_owned(),
            confirmation: state.confirmation().as_str().to_owned(),
            start_time: start,
            end_time: end,
        }
    }
}

/// Why a fact changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// It was so already.
    Repeated,
    /// It speaks of a generation that was given up by a reschedule.
    Superseded,
    /// It is the first half of a reschedule; the second tells the new time.
    AwaitsOtherHalf,
    /// The booking had been called off or declined.
    AfterTheEnd,
    /// It speaks of a time the booking no longer has.
    StaleTime,
    /// It names nobody who comes.
    NobodyByThatAddress,
    /// It is information only.
    Informational,
}

impl Note {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::Superseded => "superseded",
            Self::AwaitsOtherHalf => "awaits_other_half",
            Self::AfterTheEnd => "after_the_end",
            Self::StaleTime => "stale_time",
            Self::NobodyByThatAddress => "nobody_by_that_address",
            Self::Informational => "informational",
        }
    }
}

/// A real change of a booking, or of one attendee's part in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// What changed.
    pub kind: MoveKind,
    /// Whom it concerns, by attendee key: the bookers who were expected at the time, or those whose part changed.
    pub concerned: Vec<String>,
    /// Start after the change.
    pub start: Option<Timestamp>,
    /// Start before a reschedule.
    pub previous_start: Option<Timestamp>,
    /// Why, if somebody said so.
    pub reason: Option<String>,
    /// What the booker wrote, as far as the fact that made the change tells.
    pub notes: Option<String>,
}

/// Kinds of real changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum MoveKind {
    Requested,
    Booked,
    Confirmed,
    Declined,
    Rescheduled,
    Cancelled,
    Completed,
    NoShow,
    NoShowUndone,
    Paid,
    Relocated,
    Reassigned,
    Assigned,
}

impl MoveKind {
    /// The word in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Booked => "booked",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Rescheduled => "rescheduled",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
            Self::NoShowUndone => "no_show_undone",
            Self::Paid => "paid",
            Self::Relocated => "relocated",
            Self::Reassigned => "reassigned",
            Self::Assigned => "assigned",
        }
    }
}

/// Tell the story of a booking from its facts. Facts with the same fingerprint count once; `None` without facts.
pub fn tell(facts: &[Fact]) -> Option<Story> {
    let ordered = order::by_occurrence(facts);
    let (first, _) = ordered.first()?;
    let mut teller = teller::Teller::new(first.at);
    let steps = ordered
        .into_iter()
        .map(|(moment, fact)| teller.hear(moment.at, fact))
        .collect();
    Some(Story {
        standing: teller.into_standing(),
        steps,
    })
}
