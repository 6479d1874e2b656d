//! A webhook event as JSON.

use calbridge_store::webhook_events::WebhookEvent;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::api::raw::{HeaderBody, RawBody};

/// One thing a provider told us.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEvent)]
pub struct EventBody {
    /// Id.
    id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// Connection.
    connection_id: i64,
    /// `cal.com` or `calendly`.
    #[schema(example = "cal.com")]
    provider: &'static str,
    /// Its name, as sent.
    #[schema(example = "BOOKING_CREATED")]
    event_type: String,
    /// Our name of it.
    #[schema(example = "created")]
    canonical: &'static str,
    /// The provider's id of what it is about.
    external_id: Option<String>,
    /// `received`, `processed`, `ignored` or `failed`.
    #[schema(example = "processed")]
    status: &'static str,
    /// Why it was ignored.
    reason: Option<String>,
    /// Why it failed.
    error_message: Option<String>,
    /// When it happened, where the event says so.
    occurred_at: Option<Timestamp>,
    /// Signed with a time outside the tolerance.
    late: bool,
    /// Through which URL it came.
    #[schema(example = "webhooks/calcom")]
    door: String,
    /// How often it was repeated.
    repeats: i32,
    /// When it was repeated last.
    last_repeated_at: Option<Timestamp>,
    /// How often applying it was tried.
    attempts: i32,
    /// When applying it is tried next.
    next_attempt_at: Option<Timestamp>,
    /// When it was applied or ignored.
    processed_at: Option<Timestamp>,
    /// When it was received.
    created_at: Timestamp,
}

/// A webhook event, with what was received for those who may see it.
#[derive(Serialize, ToSchema)]
#[schema(as = FullWebhookEvent)]
pub struct FullEventBody {
    #[serde(flatten)]
    event: EventBody,
    /// The headers, as received. For administrators, while they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<HeaderBody>>,
    /// The body, if it is text. For administrators, while it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The body, byte for byte. For administrators, while it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

impl FullEventBody {
    /// Of an event, and of what was received if it may be shown.
    pub fn new(event: WebhookEvent, raw: Option<RawBody>) -> Self {
        let (headers, body, body_base64) = match raw {
            Some(raw) => (Some(raw.headers), raw.body, Some(raw.body_base64)),
            None => (None, None, None),
        };
        Self {
            event: event.into(),
            headers,
            body,
            body_base64,
        }
    }
}

impl From<WebhookEvent> for EventBody {
    fn from(event: WebhookEvent) -> Self {
        Self {
            id: event.id.0,
            public_id: event.public_id,
            connection_id: event.connection_id.0,
            provider: event.provider.as_str(),
            event_type: event.event_type,
            canonical: event.canonical.as_str(),
            external_id: event.external_id,
            status: event.status.as_str(),
            reason: event.reason,
            error_message: event.error_message,
            occurred_at: event.occurred_at,
            late: event.late,
            door: event.door,
            repeats: event.repeats,
            last_repeated_at: event.last_repeated_at,
            attempts: event.attempts,
            next_attempt_at: event.next_attempt_at,
            processed_at: event.processed_at,
            created_at: event.created_at,
        }
    }
}
