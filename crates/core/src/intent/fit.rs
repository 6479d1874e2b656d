//! Is this booking the one we asked for?

use jiff::Timestamp;

use super::IntentKey;

/// How a booking fits what was wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fit {
    /// Ours, and as wanted.
    Right,
    /// Ours, but another time or event type.
    Wrong,
    /// Somebody else's: Cal.com answers with an older booking of the same slot and address, if there is one.
    Stranger,
}

/// What was wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// A new booking.
    New {
        /// Our key.
        key: IntentKey,
        /// Start.
        starts_at: Timestamp,
        /// End, if it is not the provider that decides.
        ends_at: Option<Timestamp>,
        /// The provider's id of the event type.
        event_type_id: Option<String>,
    },
    /// A booking at another time. Cal.com takes no metadata with it: its predecessor tells whose it is.
    Moved {
        /// The provider's id of the booking before.
        from: String,
        /// New start.
        starts_at: Timestamp,
    },
}

/// A booking, as the provider shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What stands where our key would.
    pub key: Option<String>,
    /// The provider's id of the booking it was moved from.
    pub predecessor: Option<String>,
    /// Start.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Option<Timestamp>,
    /// The provider's id of the event type, if it says.
    pub event_type_id: Option<String>,
}

impl Wanted {
    /// Whether a booking is what was wanted. What either side leaves open fits.
    pub fn fit(&self, found: &Found) -> Fit {
        match self {
            Self::New {
                key,
                starts_at,
                ends_at,
                event_type_id,
            } => {
                if found.key.as_deref() != Some(key.as_str()) {
                    return Fit::Stranger;
                }
                let right = found.starts_at == *starts_at
                    && agree(ends_at.as_ref(), found.ends_at.as_ref())
                    && agree(event_type_id.as_ref(), found.event_type_id.as_ref());
                if right { Fit::Right } else { Fit::Wrong }
            }
            Self::Moved { from, starts_at } => {
                if found.predecessor.as_deref() != Some(from) {
                    Fit::Stranger
                } else if found.starts_at == *starts_at {
                    Fit::Right
                } else {
                    Fit::Wrong
                }
            }
        }
    }
}

fn agree<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
    match (wanted, found) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    }
}
