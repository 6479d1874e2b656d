//! Hears the facts one by one.
//!
//! What each kind of fact does to the booking stands in `booking`, to its attendees in `attendees`; which generation a
//! fact speaks of and when the meeting is in `generations`; what it tells besides in `details`.

mod attendees;
mod booking;
mod details;
mod generations;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Brief, Fact, Move, MoveKind, Note, Step,
    standing::{AttendeeStanding, Place, Standing},
};
use crate::{
    change::{AttendeeRole, Change, What},
    state::{BookingState, Confirmation},
};

/// What is settled about a booking apart from its attendees.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    /// Only hints so far: it must exist, since somebody speaks of it.
    Hinted,
    Open(Confirmation),
    Completed,
    Cancelled(Confirmation),
    Rejected,
}

/// The outcome of hearing a fact.
enum Heard {
    Moved(Vec<Move>),
    Nothing(Note),
}

pub(super) struct Teller {
    base: Base,
    superseded: BTreeSet<String>,
    attendees: BTreeMap<String, AttendeeStanding>,
    standing: Standing,
}

impl Teller {
    pub fn new(first_fact_at: Timestamp) -> Self {
        Self {
            base: Base::Hinted,
            superseded: BTreeSet::new(),
            attendees: BTreeMap::new(),
            standing: Standing {
                state: BookingState::Scheduled,
                subject: None,
                number: None,
                title: None,
                description: None,
                notes: None,
                start: None,
                end: None,
                previous_start: None,
                rescheduled_count: 0,
                event_type: None,
                event_type_slug: None,
                location: None,
                meeting_url: None,
                cancellation_reason: None,
                group: false,
                capacity: None,
                paid: false,
                price: None,
                currency: None,
                series: None,
                hosts: Vec::new(),
                attendees: Vec::new(),
                lead_id: None,
                claimed_tenant: None,
                first_utm: None,
                last_utm: None,
                assigned_user: None,
                made_at: None,
                first_fact_at,
                changed_at: first_fact_at,
                told_by: None,
            },
        }
    }

    pub fn hear(&mut self, at: Timestamp, fact: &Fact) -> Step {
        let before =
            (self.base != Base::Hinted || !self.attendees.is_empty()).then(|| self.brief());
        let heard = self.consider(at, fact);
        let (mut moves, note) = match heard {
            Heard::Moved(moves) => (moves, None),
            Heard::Nothing(note) => (Vec::new(), Some(note)),
        };
        if !moves.is_empty() {
            self.standing.changed_at = at;
        }
        for one in &mut moves {
            if one.concerned.is_empty() {
                one.concerned = self.expected_bookers();
            }
            for attendee in self.attendees.values_mut() {
                if one.concerned.contains(&attendee.key) {
                    attendee.changed_at = at;
                }
            }
        }
        Step {
            fingerprint: fact.fingerprint.clone(),
            at,
            note,
            before,
            after: self.brief(),
            moves,
        }
    }

    pub fn into_standing(mut self) -> Standing {
        self.standing.state = self.state();
        let mut attendees: Vec<_> = self.attendees.into_values().collect();
        attendees.sort_by(|a, b| (a.role, a.joined_at, &a.key).cmp(&(b.role, b.joined_at, &b.key)));
        self.standing.attendees = attendees;
        self.standing
    }

    fn consider(&mut self, at: Timestamp, fact: &Fact) -> Heard {
        let change = &fact.change;
        let new_generation = match self.generation(change) {
            Generation::Superseded => return Heard::Nothing(Note::Superseded),
            Generation::Current => false,
            Generation::New => true,
        };
        if new_generation && !matches!(change.what, What::Rescheduled { .. }) {
            // A reschedule happened that nobody told us of.
            return self.hear_of_unannounced_move(at, fact);
        }
        self.hear_what(at, fact, new_generation)
    }

    fn hear_what(&mut self, at: Timestamp, fact: &Fact, new_generation: bool) -> Heard {
        let change = &fact.change;
        if self.knows_the_beginning(change, new_generation) {
            self.fill_gaps(at, fact);
            return Heard::Nothing(Note::Repeated);
        }
        match &change.what {
            What::Created { confirmation } => self.hear_created(at, fact, *confirmation),
            What::Rescheduled { confirmation } => {
                self.hear_rescheduled(at, fact, *confirmation, new_generation)
            }
            What::Superseded => Heard::Nothing(Note::AwaitsOtherHalf),
            What::Confirmed => match self.base {
                Base::Hinted | Base::Open(Confirmation::Pending) | Base::Rejected => {
                    self.hear_created(at, fact, Confirmation::Confirmed)
                }
                _ => Heard::Nothing(self.settled_note()),
            },
            What::Rejected => match self.base {
                Base::Hinted | Base::Open(_) => {
                    self.absorb(at, fact, Times::IfUnknown);
                    self.base = Base::Rejected;
                    self.standing
                        .cancellation_reason
                        .clone_from(&change.details.reason);
                    self.moved(MoveKind::Declined, change)
                }
                _ => Heard::Nothing(self.settled_note()),
            },
            What::Cancelled { .. } => match self.base {
                Base::Open(confirmation) => self.cancel(at, fact, confirmation),
                Base::Hinted | Base::Completed => self.cancel(at, fact, Confirmation::Confirmed),
                Base::Cancelled(_) | Base::Rejected => Heard::Nothing(self.settled_note()),
            },
            What::Started => {
                if self.is_stale(&change.details) {
                    return Heard::Nothing(Note::StaleTime);
                }
                self.witness(at, fact);
                Heard::Nothing(Note::Informational)
            }
            What::Completed => self.hear_completed(at, fact),
            What::Attendance { marks } => self.hear_attendance(at, fact, marks),
            What::Paid => {
                self.witness(at, fact);
                if self.standing.paid {
                    return Heard::Nothing(Note::Repeated);
                }
                self.standing.paid = true;
                self.moved(MoveKind::Paid, change)
            }
            What::Updated => {
                let place = (
                    self.standing.location.clone(),
                    self.standing.meeting_url.clone(),
                );
                self.witness(at, fact);
                let now = (
                    self.standing.location.clone(),
                    self.standing.meeting_url.clone(),
                );
                if place == now || place == (None, None) {
                    return Heard::Nothing(Note::Repeated);
                }
                self.moved(MoveKind::Relocated, change)
            }
            What::Reassigned => {
                let hosts = std::mem::take(&mut self.standing.hosts);
                self.witness(at, fact);
                if self.standing.hosts.is_empty() {
                    self.standing.hosts = hosts;
                    return Heard::Nothing(Note::Informational);
                }
                if hosts == self.standing.hosts {
                    return Heard::Nothing(Note::Repeated);
                }
                self.moved(MoveKind::Reassigned, change)
            }
            What::Joined {
                confirmation,
                moved,
            } => self.hear_joined(at, fact, *confirmation, *moved),
            What::Left { moved } => self.hear_left(at, fact, *moved),
            What::StatusSet { status } => self.hear_status_set(status, change),
            What::Assigned { user_id } => {
                if self.standing.assigned_user == *user_id {
                    return Heard::Nothing(Note::Repeated);
                }
                self.standing.assigned_user = *user_id;
                self.moved(MoveKind::Assigned, change)
            }
        }
    }

    fn state(&self) -> BookingState {
        let expected = || {
            self.attendees
                .values()
                .filter(|attendee| attendee.place == Place::Taken)
        };
        let everybody_left = !self.attendees.is_empty() && expected().next().is_none();
        let nobody_came =
            expected().next().is_some() && expected().all(|attendee| attendee.absent == Some(true));
        match self.base {
            Base::Rejected => BookingState::Rejected,
            Base::Cancelled(Confirmation::Pending) => BookingState::Withdrawn,
            Base::Cancelled(_) => BookingState::Cancelled,
            Base::Open(Confirmation::Pending) if everybody_left => BookingState::Withdrawn,
            Base::Hinted | Base::Open(_) | Base::Completed if everybody_left => {
                BookingState::Cancelled
            }
            Base::Hinted | Base::Open(_) | Base::Completed if nobody_came => BookingState::NoShow,
            Base::Open(Confirmation::Pending) => BookingState::Requested,
            Base::Hinted | Base::Open(_) => BookingState::Scheduled,
            Base::Completed => BookingState::Completed,
        }
    }

    fn expected_bookers(&self) -> Vec<String> {
        self.attendees
            .values()
            .filter(|attendee| {
                attendee.place == Place::Taken && attendee.role == AttendeeRole::Booker
            })
            .map(|attendee| attendee.key.clone())
            .collect()
    }

    fn brief(&self) -> Brief {
        Brief::of(self.state(), self.standing.start, self.standing.end)
    }

    fn settled_note(&self) -> Note {
        match self.base {
            Base::Cancelled(_) | Base::Rejected => Note::AfterTheEnd,
            _ => Note::Repeated,
        }
    }

    fn moved(&self, kind: MoveKind, change: &Change) -> Heard {
        Heard::Moved(vec![self.one_move(kind, change)])
    }

    fn one_move(&self, kind: MoveKind, change: &Change) -> Move {
        Move {
            kind,
            concerned: Vec::new(),
            start: self.standing.start,
            previous_start: (kind == MoveKind::Rescheduled)
                .then_some(
                    self.standing
                        .previous_start
                        .or(change.details.previous_start),
                )
                .flatten(),
            reason: change.details.reason.clone(),
            notes: change.details.notes.clone(),
        }
    }
}

/// Which generation of the booking a fact speaks of.
enum Generation {
    Current,
    New,
    Superseded,
}

/// What a fact's times are worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    /// They are the booking's times from now on.
    Take,
    /// They only fill a gap.
    IfUnknown,
}
