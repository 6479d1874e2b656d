//! Section `sync`.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How often providers are read, beside what their webhooks tell.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    /// Minutes from one reading of event types and hosts to the next; 0 leaves it to people.
    pub event_types_minutes: u32,
    /// Ask each provider a few questions every day, to see whether it still answers as known.
    pub canary: bool,
    /// Minutes from one comparison of bookings to the next; 0 leaves it to people. Once a day more than what changed is
    /// compared.
    pub bookings_minutes: u32,
    /// Read all of a connection's history when it gets its API key.
    pub history: bool,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            event_types_minutes: 60,
            canary: true,
            bookings_minutes: 60,
            history: true,
        }
    }
}

impl Sync {
    /// See [`Sync::event_types_minutes`]; `None` when only people ask for it.
    pub fn event_types(&self) -> Option<SignedDuration> {
        let minutes = i64::from(self.event_types_minutes);
        (minutes > 0).then(|| SignedDuration::from_mins(minutes))
    }

    /// See [`Sync::bookings_minutes`]; `None` when only people ask for it.
    pub fn bookings(&self) -> Option<SignedDuration> {
        let minutes = i64::from(self.bookings_minutes);
        (minutes > 0).then(|| SignedDuration::from_mins(minutes))
    }
}
