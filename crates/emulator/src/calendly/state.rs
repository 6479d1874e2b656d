//! Scheduled events and their invitees.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

/// The full URI of an invitee: the key of one person's booking.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InviteeUri(String);

/// The full URI of a scheduled event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventUri(String);

impl InviteeUri {
    /// A URI as received from outside; it may name no invitee.
    pub fn new(uri: impl Into<String>) -> Self {
        Self(uri.into())
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn uuid(&self) -> &str {
        last_segment(&self.0)
    }
}

impl EventUri {
    /// A URI as received from outside; it may name no event.
    pub fn new(uri: impl Into<String>) -> Self {
        Self(uri.into())
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InviteeUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for EventUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

pub(super) fn last_segment(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

/// Who cancels or moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canceler {
    /// The host: the whole event, for everyone.
    Host,
    /// The invitee: their own booking.
    Invitee,
}

/// How a booking ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// The person's name.
    pub canceled_by: String,
    /// Why.
    pub reason: Option<String>,
    /// On which side.
    pub canceler: Canceler,
    /// When.
    pub created_at: Timestamp,
}

/// A mark saying that an invitee did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoShow {
    /// The full URI.
    pub uri: String,
    /// When it was set.
    pub created_at: Timestamp,
}

/// One meeting in the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledEvent {
    /// The full URI.
    pub uri: EventUri,
    /// The slug of its event type.
    pub event_type: String,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Set when it is canceled for everyone.
    pub cancellation: Option<Cancellation>,
    /// Addresses of further guests.
    pub guests: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// One person's booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitee {
    /// The full URI.
    pub uri: InviteeUri,
    /// The scheduled event.
    pub event: EventUri,
    /// The full name.
    pub name: String,
    /// The first name, when the form asks for two.
    pub first_name: Option<String>,
    /// The last name, when the form asks for two.
    pub last_name: Option<String>,
    /// The address.
    pub email: String,
    /// The IANA zone.
    pub time_zone: String,
    /// The number for text reminders.
    pub phone: Option<String>,
    /// Set when the booking is canceled.
    pub cancellation: Option<Cancellation>,
    /// Canceled because it was moved.
    pub rescheduled: bool,
    /// The booking this one replaced.
    pub old_invitee: Option<InviteeUri>,
    /// The booking that replaced this one.
    pub new_invitee: Option<InviteeUri>,
    /// Set when the person did not come.
    pub no_show: Option<NoShow>,
    pub(crate) answers: Vec<(String, String)>,
    pub(crate) tracking: BTreeMap<String, String>,
    pub(crate) by_api: bool,
    pub(crate) payment: Option<String>,
    pub(crate) routing_form_submission: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Invitee {
    /// Whether the person still comes.
    pub fn is_active(&self) -> bool {
        self.cancellation.is_none()
    }
}
