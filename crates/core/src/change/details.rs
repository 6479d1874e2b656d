//! What a change tells of the booking and of those who come.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{intent::IntentKey, person::PersonName};

/// The key of the one who booked, in a meeting that is not a group meeting.
pub const BOOKER: &str = "booker";

/// Booked a place, or was brought along.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AttendeeRole {
    /// Booked; has a lead.
    #[default]
    Booker,
    /// Was brought along.
    Guest,
}

impl AttendeeRole {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booker => "booker",
            Self::Guest => "guest",
        }
    }
}

/// Somebody who comes, as one fact describes them. Empty fields are unknown, not erased.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attendee {
    /// Names the attendee within the booking through all its facts: [`BOOKER`], or one per place of a group meeting.
    pub key: String,
    /// Booked, or brought along.
    pub role: AttendeeRole,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// E-mail address, normalized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The provider's own name for the place: seat uid, invitee URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// Somebody who is met.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// The provider's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// Where a person came from. Keys `source`, `medium`, `campaign`, `term`, `content`.
pub type Utm = BTreeMap<String, String>;

/// What a fact tells besides what happened. Empty fields are unknown, not erased.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the booker wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// End.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Start before a reschedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_start: Option<Timestamp>,
    /// Length in minutes, where the fact gives no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// The provider's id or URI of the event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The provider's slug of the event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type_slug: Option<String>,
    /// Place, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Link to the meeting or its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_url: Option<String>,
    /// Why, for a cancellation, rejection or reschedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The id that the documented interfaces show as the booking's own: Cal.com's integer, or the uid where
    /// only that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Who is met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Host>,
    /// Who comes. In a group meeting only those the fact is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attendees: Vec<Attendee>,
    /// Several may book places; `None` when the fact does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<bool>,
    /// How many places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
    /// The lead that the booking's metadata names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<i64>,
    /// The tenant that the booking's metadata names; only ever compared and noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_tenant: Option<String>,
    /// The intent of ours that the booking's metadata names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_key: Option<IntentKey>,
    /// Where the person came from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub utm: Utm,
    /// The provider's id of the series, for recurring bookings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Price in minor units of [`Details::currency`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    /// ISO 4217 code, upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}
