//! What a fact does to single attendees: marks of absence, and places in a group meeting.

use jiff::Timestamp;

use super::{Base, Heard, Teller, Times};
use crate::{
    change::{AttendanceMark, Attendee, MarkedBy},
    state::Confirmation,
    story::{Fact, Move, MoveKind, Note, Place},
};

impl Teller {
    pub(super) fn hear_attendance(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        marks: &[AttendanceMark],
    ) -> Heard {
        self.absorb(at, fact, Times::IfUnknown);
        let mut moves = Vec::new();
        let mut note = Note::NobodyByThatAddress;
        for mark in marks {
            let Some(key) = self.marked(mark, at) else {
                continue;
            };
            note = Note::Repeated;
            let Some(attendee) = self.attendees.get_mut(&key) else {
                continue;
            };
            let was = attendee.absent;
            attendee.absent = Some(mark.absent);
            let kind = match (was, mark.absent) {
                (Some(true), false) => MoveKind::NoShowUndone,
                (None | Some(false), true) => MoveKind::NoShow,
                _ => continue,
            };
            moves.push(Move {
                concerned: vec![key],
                ..self.one_move(kind, &fact.change)
            });
        }
        if moves.is_empty() {
            Heard::Nothing(note)
        } else {
            Heard::Moved(moves)
        }
    }

    /// The key of the attendee a mark names. While nobody is known, the mark itself makes somebody known.
    pub(super) fn marked(&mut self, mark: &AttendanceMark, at: Timestamp) -> Option<String> {
        match &mark.whom {
            MarkedBy::Key(key) => {
                if !self.attendees.contains_key(key) && self.base == Base::Hinted {
                    let attendee = Attendee {
                        key: key.clone(),
                        ..Attendee::default()
                    };
                    self.meet(&attendee, at);
                }
                self.attendees.contains_key(key).then(|| key.clone())
            }
            MarkedBy::Email(email) => {
                let known = self
                    .attendees
                    .values()
                    .find(|attendee| {
                        attendee
                            .email
                            .as_ref()
                            .is_some_and(|told| told.value == *email)
                    })
                    .map(|attendee| attendee.key.clone());
                if known.is_none() && self.base == Base::Hinted {
                    let attendee = Attendee {
                        key: format!("email:{email}"),
                        email: Some(email.clone()),
                        ..Attendee::default()
                    };
                    self.meet(&attendee, at);
                    return Some(attendee.key);
                }
                known
            }
        }
    }

    pub(super) fn hear_joined(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        confirmation: Confirmation,
        came_over: bool,
    ) -> Heard {
        let change = &fact.change;
        if matches!(self.base, Base::Cancelled(_) | Base::Rejected) {
            return Heard::Nothing(Note::AfterTheEnd);
        }
        if self.base == Base::Hinted {
            self.base = Base::Open(confirmation);
            self.standing.made_at = Some(at);
        } else if self.base == Base::Open(Confirmation::Pending) {
            self.base = Base::Open(confirmation);
        }
        let mut moves: Vec<_> = self.retime(change).into_iter().collect();
        self.absorb(at, fact, Times::IfUnknown);
        let kind = match (came_over, confirmation) {
            (true, _) => MoveKind::Rescheduled,
            (false, Confirmation::Pending) => MoveKind::Requested,
            (false, _) => MoveKind::Booked,
        };
        for described in &change.details.attendees {
            let new = !self.attendees.contains_key(&described.key);
            let attendee = self.meet(described, at);
            attendee.made_at.get_or_insert(at);
            if new || attendee.place != Place::Taken {
                attendee.place = Place::Taken;
                attendee.absent = None;
                moves.push(Move {
                    concerned: vec![described.key.clone()],
                    ..self.one_move(kind, change)
                });
            }
        }
        if moves.is_empty() {
            Heard::Nothing(Note::Repeated)
        } else {
            Heard::Moved(moves)
        }
    }

    pub(super) fn hear_left(&mut self, at: Timestamp, fact: &Fact, goes_over: bool) -> Heard {
        let change = &fact.change;
        if matches!(self.base, Base::Cancelled(_) | Base::Rejected) {
            return Heard::Nothing(Note::AfterTheEnd);
        }
        if self.base == Base::Hinted {
            self.base = Base::Open(Confirmation::Confirmed);
        }
        self.absorb(at, fact, Times::IfUnknown);
        let mut moves = Vec::new();
        let mut changed = false;
        for described in &change.details.attendees {
            let new = !self.attendees.contains_key(&described.key);
            let attendee = self.meet(described, at);
            if !new && attendee.place != Place::Taken {
                continue;
            }
            attendee.place = if goes_over { Place::Moved } else { Place::Left };
            attendee.changed_at = at;
            changed = true;
            if !goes_over {
                self.standing
                    .cancellation_reason
                    .clone_from(&change.details.reason);
                moves.push(Move {
                    concerned: vec![described.key.clone()],
                    ..self.one_move(MoveKind::Cancelled, change)
                });
            }
        }
        if changed {
            Heard::Moved(moves)
        } else {
            Heard::Nothing(Note::Repeated)
        }
    }
}
