//! What a webhook event means, in our words: facts about bookings, free of vendor terms.

mod cause;
mod details;
mod identity;
mod meaning;
mod what;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    cause::{Cause, CauseRole},
    details::{Attendee, AttendeeRole, BOOKER, Details, Host, Utm},
    identity::{Identity, Reference, ReferenceKind},
    meaning::{Canonical, Meaning, Verdict},
    what::{AttendanceMark, MarkedBy, What},
};
use crate::fingerprint;

/// One fact about one booking.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The ids that name the booking.
    pub identity: Identity,
    /// When it happened, as the provider says; see [`Change::dated`].
    pub occurred_at: Timestamp,
    /// Where [`Change::occurred_at`] comes from.
    pub dated: Dated,
    /// Who caused it, as far as the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What happened.
    pub what: What,
    /// What else the fact tells about the booking. Boxed: it is most of the size.
    #[serde(default)]
    pub details: Box<Details>,
}

impl Change {
    /// Equal facts have equal fingerprints; it names a fact among those of its booking.
    pub fn fingerprint(&self) -> String {
        // A map of known shape always serializes; an empty text would only merge facts that cannot be told apart.
        fingerprint::of_content(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}

/// Where the time of a fact comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dated {
    /// The provider said so.
    ByProvider,
    /// The provider said nothing; it is the time we heard of it.
    ByReceipt,
    /// Read from the provider's records, which say how the booking stands but hardly how it came there. Messages
    /// about the same know better, so they are told first.
    BySnapshot,
}
