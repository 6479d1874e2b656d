//! The states a booking can be in, and their words in each interface.

use serde::{Deserialize, Serialize};

/// Whether the host has agreed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Waits for the host.
    Pending,
    /// Agreed.
    Confirmed,
    /// Declined by the host.
    Rejected,
}

impl Confirmation {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }
}

/// Where a booking stands: one enum for the combinations of status and confirmation that exist.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// Asked for; the host has not agreed yet.
    Requested,
    /// Will take place.
    Scheduled,
    /// Took place.
    Completed,
    /// Called off before the host agreed.
    Withdrawn,
    /// Called off.
    Cancelled,
    /// Declined by the host.
    Rejected,
    /// Nobody came.
    NoShow,
}

impl BookingState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Requested,
        Self::Scheduled,
        Self::Completed,
        Self::Withdrawn,
        Self::Cancelled,
        Self::Rejected,
        Self::NoShow,
    ];

    /// The word in `bookings.status`: `scheduled`, `completed`, `cancelled`, `no_show`.
    pub fn status(self) -> &'static str {
        match self {
            Self::Requested | Self::Scheduled => "scheduled",
            Self::Completed => "completed",
            Self::Withdrawn | Self::Cancelled | Self::Rejected => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// The word in `bookings.confirmation`.
    pub fn confirmation(self) -> Confirmation {
        match self {
            Self::Requested | Self::Withdrawn => Confirmation::Pending,
            Self::Scheduled | Self::Completed | Self::Cancelled | Self::NoShow => {
                Confirmation::Confirmed
            }
            Self::Rejected => Confirmation::Rejected,
        }
    }

    /// Back from the two stored words.
    pub fn from_words(status: &str, confirmation: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.status() == status && state.confirmation().as_str() == confirmation)
    }

    /// There will be no meeting.
    pub fn is_called_off(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Cancelled | Self::Rejected)
    }

    /// Still to come, as far as we know.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Scheduled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_stored_words_name_exactly_one_state() {
        for state in BookingState::ALL {
            let back = BookingState::from_words(state.status(), state.confirmation().as_str());
            assert_eq!(back, Some(state));
        }
        assert_eq!(BookingState::from_words("completed", "pending"), None);
    }
}
