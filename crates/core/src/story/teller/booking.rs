//! What a fact does to the booking as a whole.

use jiff::Timestamp;

use super::{Base, Heard, Teller, Times};
use crate::{
    change::{Change, What},
    state::{BookingState, Confirmation},
    story::{Fact, MoveKind, Note},
};

impl Teller {
    pub(super) fn hear_created(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        confirmation: Confirmation,
    ) -> Heard {
        let change = &fact.change;
        let kind = match (self.base, confirmation) {
            (Base::Cancelled(_), _)
            | (Base::Rejected, Confirmation::Pending | Confirmation::Rejected) => {
                return Heard::Nothing(Note::AfterTheEnd);
            }
            (Base::Completed, _) => {
                self.absorb(at, fact, Times::IfUnknown);
                return Heard::Nothing(Note::Repeated);
            }
            (Base::Hinted, Confirmation::Pending) => MoveKind::Requested,
            (Base::Hinted, _) => MoveKind::Booked,
            (Base::Open(Confirmation::Pending) | Base::Rejected, Confirmation::Confirmed) => {
                MoveKind::Confirmed
            }
            (Base::Open(_), _) => {
                // A copy; it may still know of a move that nobody told us of.
                let moves: Vec<_> = self.retime(change).into_iter().collect();
                self.absorb(at, fact, Times::IfUnknown);
                return if moves.is_empty() {
                    Heard::Nothing(Note::Repeated)
                } else {
                    Heard::Moved(moves)
                };
            }
        };
        if self.base == Base::Hinted && matches!(change.what, What::Created { .. }) {
            self.standing.made_at = Some(at);
        }
        if kind == MoveKind::Confirmed {
            self.standing.cancellation_reason = None;
        }
        self.base = Base::Open(confirmation);
        self.absorb(at, fact, Times::Take);
        self.moved(kind, change)
    }

    pub(super) fn hear_rescheduled(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        confirmation: Confirmation,
        new_generation: bool,
    ) -> Heard {
        let change = &fact.change;
        let same_time =
            change.details.start.is_none() || change.details.start == self.standing.start;
        let ended = matches!(self.base, Base::Cancelled(_) | Base::Rejected);
        if !new_generation && self.base != Base::Hinted {
            if ended {
                return Heard::Nothing(Note::AfterTheEnd);
            }
            if same_time {
                self.absorb(at, fact, Times::IfUnknown);
                return Heard::Nothing(Note::Repeated);
            }
        }
        self.base = Base::Open(confirmation);
        self.begin_generation(change.details.previous_start);
        self.absorb(at, fact, Times::Take);
        self.moved(MoveKind::Rescheduled, change)
    }

    pub(super) fn hear_of_unannounced_move(&mut self, at: Timestamp, fact: &Fact) -> Heard {
        let start = fact.change.details.start;
        let known = self.base != Base::Hinted;
        let mut moves = Vec::new();
        if known && start.is_some() && start != self.standing.start {
            self.begin_generation(None);
            if !matches!(self.base, Base::Open(_)) {
                self.base = Base::Open(Confirmation::Confirmed);
            }
            self.take_times(&fact.change.details);
            moves.push(self.one_move(MoveKind::Rescheduled, &fact.change));
        }
        match self.hear_what(at, fact, false) {
            Heard::Moved(more) => {
                moves.extend(more);
                Heard::Moved(moves)
            }
            Heard::Nothing(note) if moves.is_empty() => Heard::Nothing(note),
            Heard::Nothing(_) => Heard::Moved(moves),
        }
    }

    pub(super) fn cancel(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        confirmation: Confirmation,
    ) -> Heard {
        self.absorb(at, fact, Times::IfUnknown);
        self.base = Base::Cancelled(confirmation);
        self.standing
            .cancellation_reason
            .clone_from(&fact.change.details.reason);
        self.moved(MoveKind::Cancelled, &fact.change)
    }

    pub(super) fn hear_completed(&mut self, at: Timestamp, fact: &Fact) -> Heard {
        if self.is_stale(&fact.change.details) {
            return Heard::Nothing(Note::StaleTime);
        }
        match self.base {
            Base::Hinted | Base::Open(_) if !self.state().is_called_off() => {
                self.absorb(at, fact, Times::IfUnknown);
                let nobody_came = self.state() == BookingState::NoShow;
                self.base = Base::Completed;
                if nobody_came {
                    // It only counts if the absence turns out to be a mistake.
                    return Heard::Nothing(Note::Informational);
                }
                self.moved(MoveKind::Completed, &fact.change)
            }
            _ => Heard::Nothing(self.settled_note()),
        }
    }

    pub(super) fn hear_status_set(&mut self, status: &str, change: &Change) -> Heard {
        let now = self.state();
        if now.status() == status {
            return Heard::Nothing(Note::Repeated);
        }
        for attendee in self.attendees.values_mut() {
            if status == "no_show" {
                attendee.absent = Some(true);
            } else if now == BookingState::NoShow {
                attendee.absent = Some(false);
            }
        }
        let (base, kind) = match status {
            "completed" => (Base::Completed, MoveKind::Completed),
            "cancelled" => (Base::Cancelled(now.confirmation()), MoveKind::Cancelled),
            "no_show" => (Base::Completed, MoveKind::NoShow),
            _ => (Base::Open(Confirmation::Confirmed), MoveKind::Booked),
        };
        self.base = base;
        self.moved(kind, change)
    }
}
