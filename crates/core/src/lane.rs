//! Lanes: what goes first when there is more to do than can be done at once, of our own work and of what a provider lets us ask.

use serde::{Deserialize, Serialize};

/// A lane. Those before it go first, but none waits for ever: see who uses it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

    /// Its number, as it is stored; the first is 0.
    pub fn number(self) -> u8 {
        self as u8
    }
}
