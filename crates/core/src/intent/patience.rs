//! How long to look before believing that nothing is there.

use std::time::Duration;

use super::Doubt;

/// After this long a person must find out.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(72);

/// What it takes to believe that something did not happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// At least this long since it became unknown.
    pub wait: Duration,
    /// At least this many looks that found nothing.
    pub looks: u32,
}

impl Doubt {
    /// What it takes to believe that it did not happen. A request without an answer may still be under way at the
    /// provider; one that was answered is over, and its booking shows within moments.
    pub fn patience(self) -> Patience {
        match self {
            Self::Unanswered => Patience {
                wait: Duration::from_mins(2),
                looks: 3,
            },
            Self::SaidTaken | Self::SaidRefused | Self::Stranger => Patience {
                wait: Duration::from_secs(2),
                looks: 1,
            },
        }
    }

    /// How long to wait before the next look, when there were so many. A caller may be waiting for the first ones.
    pub fn next_look(self, looks: u32) -> Duration {
        let first = match self {
            Self::Unanswered => Duration::from_secs(1),
            Self::SaidTaken | Self::SaidRefused | Self::Stranger => Duration::from_secs(2),
        };
        let factor = 5_u32.saturating_pow(looks);
        first.saturating_mul(factor).min(Duration::from_hours(1))
    }
}

impl Patience {
    /// Whether that was enough.
    pub fn is_over(self, waited: Duration, looks: u32) -> bool {
        waited >= self.wait && looks >= self.looks
    }
}
