//! Lanes: what goes first when there is more to do than workers.

use crate::sql::{BoxError, Cell, FromValue, Kind, ToValue, Value};

/// A lane. Those before it go first, but none waits for ever: see the runner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Lane {
    /// Somebody is on the phone.
    Voice = 0,
    /// Somebody looks at a screen.
    Interactive = 1,
    /// What follows from a webhook.
    FollowUp = 2,
    /// Synchronization, timers, sweeps.
    Sync = 3,
}

impl Lane {
    /// Every lane, the first first.
    pub const ALL: [Self; 4] = [Self::Voice, Self::Interactive, Self::FollowUp, Self::Sync];

    /// Whether a person waits for it.
    pub fn is_urgent(self) -> bool {
        self <= Self::Interactive
    }

    /// Its name, as metrics show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Interactive => "interactive",
            Self::FollowUp => "follow_up",
            Self::Sync => "sync",
        }
    }

    pub(super) fn number(self) -> u8 {
        self as u8
    }
}

impl ToValue for Lane {
    const KIND: Kind = Kind::Small;

    fn to_value(self) -> Value {
        self.number().to_value()
    }
}

impl FromValue for Lane {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        let number = i32::from_value(cell)?;
        let is_it = |lane: &Self| i32::from(lane.number()) == number;
        Self::ALL
            .into_iter()
            .find(is_it)
            .ok_or_else(|| "unknown lane".into())
    }
}
