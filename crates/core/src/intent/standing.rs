//! How an intent moves.

use super::{Answer, Certainty, Doubt, Event, Fit, IntentKind, IntentState, Sighting};

/// An intent, as far as its moves are concerned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// What is wanted.
    pub kind: IntentKind,
    /// Where it stands.
    pub state: IntentState,
    /// The provider's id of what came of it, as it was made.
    pub made: Option<String>,
}

/// Where an event leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where it stands now.
    pub next: Standing,
    /// A booking of ours at the provider that nobody wants: it is to be called off there, as an intent of its own.
    pub call_off: Option<String>,
}

impl Standing {
    /// Something new.
    pub fn new(kind: IntentKind) -> Self {
        Self {
            kind,
            state: IntentState::Pending,
            made: None,
        }
    }

    /// The provider is about to be asked; to be committed before it is. `None` when it must not be: it was asked before,
    /// and the only way on is to look.
    #[must_use]
    pub fn begin(&self) -> Option<Self> {
        (self.state == IntentState::Pending).then(|| Self {
            state: IntentState::Sent,
            ..self.clone()
        })
    }

    /// Where an event leads. What has no bearing leaves everything as it is: events may come late, and twice.
    #[must_use]
    pub fn on(&self, event: &Event) -> Step {
        match event {
            Event::Answered(Answer::Done { made, fit })
            | Event::Looked(Sighting::Ours { made, fit }) => match fit {
                Fit::Right => self.seen(made),
                Fit::Wrong => self.seen_wrong(made),
                Fit::Stranger => self.go(self.after_stranger(event)),
            },
            Event::Answered(answer) => self.go(self.after_answer(answer)),
            Event::Interrupted => self.go(match self.state {
                IntentState::Sent => IntentState::Unknown(Doubt::Unanswered),
                other => other,
            }),
            Event::Looked(sighting) => self.go(self.after_look(sighting)),
            Event::GivenUp => self.go(match self.state {
                IntentState::Pending => IntentState::Lost,
                IntentState::Unknown(_) => IntentState::Stuck,
                other => other,
            }),
        }
    }

    /// What was wanted is there.
    fn seen(&self, made: &str) -> Step {
        if self.state.is_settled() && self.state != IntentState::Stuck {
            // The caller knows: of the first one, or that there is none.
            return self.stay(self.unwanted(made));
        }
        Step {
            next: Self {
                kind: self.kind,
                state: IntentState::Done,
                made: Some(made.to_owned()),
            },
            call_off: None,
        }
    }

    /// Something of ours is there that nobody wanted.
    fn seen_wrong(&self, made: &str) -> Step {
        let call_off = self.unwanted(made);
        if self.state.is_settled() && self.state != IntentState::Stuck {
            return self.stay(call_off);
        }
        Step {
            next: Self {
                kind: self.kind,
                state: IntentState::Wrong,
                made: Some(made.to_owned()),
            },
            call_off,
        }
    }

    /// What is to be called off: only what we made, and not what has been dealt with.
    fn unwanted(&self, made: &str) -> Option<String> {
        let known = self.made.as_deref() == Some(made);
        (self.kind.makes_something_new() && !known).then(|| made.to_owned())
    }

    /// Somebody else's booking says nothing about ours; when it was the answer, we have to look.
    fn after_stranger(&self, event: &Event) -> IntentState {
        match (self.state, event) {
            (IntentState::Sent | IntentState::Unknown(_), Event::Answered(_)) => {
                IntentState::Unknown(Doubt::Stranger)
            }
            (other, _) => other,
        }
    }

    fn after_answer(&self, answer: &Answer) -> IntentState {
        use IntentState::{Pending, Refused, Sent, Stuck, Taken, Unknown};
        if !matches!(self.state, Sent | Unknown(_) | Stuck) {
            return self.state;
        }
        match answer {
            Answer::Taken(Certainty::Sure) => Taken,
            Answer::Refused(Certainty::Sure) => Refused,
            Answer::Taken(Certainty::Doubtful) => Unknown(Doubt::SaidTaken),
            Answer::NotProcessed if self.state == Sent => Pending,
            // When others have begun to look, the one way back to asking is closed.
            Answer::Refused(Certainty::Doubtful) | Answer::NotProcessed => {
                Unknown(Doubt::SaidRefused)
            }
            Answer::Nothing if self.state == Sent => Unknown(Doubt::Unanswered),
            Answer::Nothing | Answer::Done { .. } => self.state,
        }
    }

    fn after_look(&self, sighting: &Sighting) -> IntentState {
        use IntentState::{Lost, Pending, Refused, Taken, Unknown};
        match (self.state, sighting) {
            (Unknown(doubt), Sighting::NotThere { waited, looks })
                if doubt.patience().is_over(*waited, *looks) =>
            {
                match doubt {
                    Doubt::Unanswered if self.kind.makes_something_new() => Lost,
                    // The booking is as it was: it may be asked again to change.
                    Doubt::Unanswered => Pending,
                    // The slot is taken by that booking.
                    Doubt::SaidTaken | Doubt::Stranger => Taken,
                    Doubt::SaidRefused => Refused,
                }
            }
            (Pending | Unknown(_), Sighting::Overtaken) if !self.kind.makes_something_new() => {
                Refused
            }
            (other, _) => other,
        }
    }

    fn go(&self, state: IntentState) -> Step {
        Step {
            next: Self {
                state,
                ..self.clone()
            },
            call_off: None,
        }
    }

    fn stay(&self, call_off: Option<String>) -> Step {
        Step {
            next: self.clone(),
            call_off,
        }
    }
}
