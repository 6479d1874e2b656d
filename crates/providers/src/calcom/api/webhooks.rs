//! Webhooks that are registered with Cal.com.

mod wanted;

use std::fmt;

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{
    Call, Operation,
    call::get,
    path::path,
    reader::{Misread, Object, Part, Shape},
};

pub use self::wanted::wanted;

/// As many webhooks come at once.
pub const PAGE: u32 = 250;

/// Whose bookings a webhook tells of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WebhookLevel {
    /// Those of the key's owner, but not those of teams.
    User,
    /// Those of one event type.
    EventType(i64),
    /// Those of one event type of a team.
    TeamEventType {
        /// The team's id.
        team: i64,
        /// The event type's.
        event_type: i64,
    },
    /// All of an organization.
    Organization(i64),
}

/// A webhook as registered.
#[derive(Clone, Debug)]
pub struct ProviderWebhook {
    /// Its id, a text.
    pub id: String,
    /// Where it goes.
    pub url: String,
    /// What it tells of.
    pub triggers: Vec<String>,
    /// It is switched on.
    pub active: bool,
    /// What it is signed with. Cal.com shows it.
    pub secret: Option<SecretString>,
    /// The version of its messages; community editions tell it only for single webhooks.
    pub version: Option<String>,
    /// The owner's own form of the messages.
    pub payload_template: Option<String>,
}

/// A webhook to register.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Where it goes. Unique for each owner; the hosted service takes `https` and public addresses only.
    pub url: String,
    /// What it tells of.
    pub triggers: Vec<String>,
    /// What it is signed with.
    pub secret: SecretString,
}

/// What to change about a webhook; `None` leaves it.
#[derive(Clone, Default, Debug)]
pub struct WebhookChange {
    /// Where it goes.
    pub url: Option<String>,
    /// What it tells of.
    pub triggers: Option<Vec<String>>,
    /// What it is signed with.
    pub secret: Option<SecretString>,
    /// Whether it is switched on.
    pub active: Option<bool>,
}

/// Every trigger that has been documented; servers know fewer.
const TRIGGERS: &[(&str, ())] = &[
    ("BOOKING_CREATED", ()),
    ("BOOKING_REQUESTED", ()),
    ("BOOKING_RESCHEDULED", ()),
    ("BOOKING_CANCELLED", ()),
    ("BOOKING_REJECTED", ()),
    ("BOOKING_LOCATION_UPDATED", ()),
    ("BOOKING_REASSIGNED", ()),
    ("BOOKING_PAYMENT_INITIATED", ()),
    ("BOOKING_PAID", ()),
    ("BOOKING_NO_SHOW_UPDATED", ()),
    ("AFTER_HOSTS_CAL_VIDEO_NO_SHOW", ()),
    ("AFTER_GUESTS_CAL_VIDEO_NO_SHOW", ()),
    ("MEETING_STARTED", ()),
    ("MEETING_ENDED", ()),
    ("RECORDING_READY", ()),
    ("RECORDING_TRANSCRIPTION_GENERATED", ()),
    ("INSTANT_MEETING", ()),
    ("INSTANT_MEETING_ACCEPTED", ()),
    ("FORM_SUBMITTED", ()),
    ("FORM_SUBMITTED_NO_EVENT", ()),
    ("ROUTING_FORM_FALLBACK_HIT", ()),
    ("OOO_CREATED", ()),
    ("WRONG_ASSIGNMENT_REPORT", ()),
    ("CALENDAR_ENTRY_REJECTED", ()),
    ("DELEGATION_CREDENTIAL_ERROR", ()),
    ("DELEGATION_CREDENTIAL_SECRET_ROTATED", ()),
    ("DELEGATION_CREDENTIAL_ROTATION_REQUIRED", ()),
    ("DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED", ()),
];

const WEBHOOK: Shape = Shape {
    expected: &[
        "id",
        "subscriberUrl",
        "triggers",
        "active",
        "payloadTemplate",
    ],
    possible: &[
        "secret",
        "userId",
        "eventTypeId",
        "teamId",
        "oAuthClientId",
        "version",
        "time",
        "timeUnit",
        // Of a single one, on community editions.
        "createdAt",
        "appId",
        "platform",
        "platformOAuthClientId",
    ],
};

/// Ask for registered webhooks, from the one after `skip` others. A page of fewer than [`PAGE`] is the last.
pub fn list(level: WebhookLevel, skip: u32) -> Call<Vec<ProviderWebhook>> {
    at(
        get(Operation::WebhooksList, &[], |envelope| {
            envelope.need("data")?.each(webhook)
        }),
        level,
        None,
    )
    .query("take", Some(PAGE))
    .query("skip", (skip > 0).then_some(skip))
}

/// Register a webhook, switched on.
pub fn create(level: WebhookLevel, new: &NewWebhook) -> Call<ProviderWebhook> {
    let change = WebhookChange {
        url: Some(new.url.clone()),
        triggers: Some(new.triggers.clone()),
        secret: Some(new.secret.clone()),
        active: Some(true),
    };
    let call = Call::new(Operation::WebhooksCreate, Method::POST, &[], one);
    at(call, level, None).body(change.body())
}

/// Change a webhook.
pub fn update(level: WebhookLevel, id: &str, change: &WebhookChange) -> Call<ProviderWebhook> {
    let call = Call::new(Operation::WebhooksUpdate, Method::PATCH, &[], one);
    at(call, level, Some(id)).body(change.body())
}

/// Remove a webhook.
pub fn delete(level: WebhookLevel, id: &str) -> Call<()> {
    let call = Call::new(Operation::WebhooksDelete, Method::DELETE, &[], |_| Ok(()));
    at(call, level, Some(id))
}

impl WebhookChange {
    fn body(&self) -> Value {
        let fields = [
            ("active", self.active.map(Value::from)),
            ("subscriberUrl", self.url.clone().map(Value::from)),
            ("triggers", self.triggers.clone().map(Value::from)),
            (
                "secret",
                self.secret
                    .as_ref()
                    .map(|secret| Value::from(secret.expose_secret())),
            ),
        ];
        let body: Map<_, _> = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        Value::Object(body)
    }
}

/// The call at the place of that level, for all of its webhooks or one.
fn at<T>(mut call: Call<T>, level: WebhookLevel, id: Option<&str>) -> Call<T> {
    let mut segments: Vec<&dyn fmt::Display> = match &level {
        WebhookLevel::User => Vec::new(),
        WebhookLevel::EventType(event_type) => vec![&"event-types", event_type],
        WebhookLevel::TeamEventType { team, event_type } => {
            vec![&"teams", team, &"event-types", event_type]
        }
        WebhookLevel::Organization(org) => vec![&"organizations", org],
    };
    segments.push(&"webhooks");
    if let Some(id) = &id {
        segments.push(id);
    }
    call.path = path(&segments);
    call
}

fn one(envelope: &Object<'_>) -> Result<ProviderWebhook, Misread> {
    webhook(&envelope.need("data")?)
}

fn webhook(part: &Part<'_>) -> Result<ProviderWebhook, Misread> {
    let it = part.object(&WEBHOOK)?;
    let id = it.need("id")?;
    Ok(ProviderWebhook {
        // A number in the official document, a text on every server.
        id: match id.raw() {
            Value::Number(number) => number.to_string(),
            _ => id.string()?,
        },
        url: it.need("subscriberUrl")?.string()?,
        triggers: it.need("triggers")?.each(trigger)?,
        active: it.flag("active")?.unwrap_or_default(),
        secret: it.string("secret")?.map(SecretString::from),
        version: it.string("version")?,
        payload_template: it.string("payloadTemplate")?,
    })
}

fn trigger(part: &Part<'_>) -> Result<String, Misread> {
    part.word(TRIGGERS)?;
    part.string()
}
