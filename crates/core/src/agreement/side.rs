//! How a booking stands on one of the two sides, as a person compares them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::story::Standing;

/// How a booking stands on one side. Nobody who comes is named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Side {
    /// As in `bookings.status`.
    pub status: String,
    /// As in `bookings.confirmation`.
    pub confirmation: String,
    /// Start.
    pub start_time: Option<Timestamp>,
    /// End.
    pub end_time: Option<Timestamp>,
    /// The provider's event type id or URI.
    pub event_type: Option<String>,
    /// Who is met first.
    pub host: Option<String>,
    /// How many have a place.
    pub places: usize,
}

impl Side {
    /// What of a standing is compared.
    pub fn of(standing: &Standing) -> Self {
        let host = standing.hosts.first();
        let taken = standing
            .attendees
            .iter()
            .filter(|one| one.place == crate::story::Place::Taken);
        Self {
            status: standing.state.status().to_owned(),
            confirmation: standing.state.confirmation().as_str().to_owned(),
            start_time: standing.start,
            end_time: standing.end,
            event_type: standing.event_type.clone(),
            host: host.and_then(|host| host.email.clone().or_else(|| host.external_id.clone())),
            places: taken.count(),
        }
    }
}
