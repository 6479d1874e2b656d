//! Why there is no answer.

use std::time::Duration;

use calbridge_core::provider::Provider;

use super::Quota;

/// The provider refused, or what it said is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} answered {status}: {message}", name(*provider))]
pub struct ApiError {
    /// Who refused.
    pub provider: Provider,
    /// What to do about it.
    pub kind: ErrorKind,
    /// The status of the HTTP answer.
    pub status: u16,
    /// What the provider said, or what is wrong with it: at most 300 characters, without personal data.
    pub message: String,
    /// The provider's own name for the call, to quote in its support.
    pub request_id: Option<String>,
    /// What it still allows.
    pub quota: Option<Quota>,
}

/// What to do about a refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The key is unknown, missing or expired.
    Unauthorized,
    /// The key may not do this.
    Forbidden,
    /// There is no such thing; for slots and bookings usually the event type.
    NotFound,
    /// Too many calls. Wait that long.
    RateLimited {
        /// From now.
        retry_after: Duration,
    },
    /// The time is busy, or somebody was faster: offer another.
    SlotTaken,
    /// The request cannot succeed as it is; do not repeat it.
    Refused {
        /// The provider's word for it, else `http_` and the status.
        code: String,
    },
    /// The API is switched off: v1, which ended in 2026.
    Gone,
    /// The provider is broken. Reads may be repeated.
    Down,
    /// An answer in another shape: an older version, or one nobody told us of. Never guessed at.
    Misread {
        /// What was expected in its place.
        expected: &'static str,
    },
}

impl ApiError {
    /// The server does not have this route in this version: a community edition without teams, or a version it does
    /// not know. Nothing is wrong with ids.
    pub fn route_missing(&self) -> bool {
        // Only the text tells this 404 from another: `Cannot GET /v2/..` (api_016).
        self.kind == ErrorKind::NotFound && self.message.starts_with("Cannot ")
    }
}

fn name(provider: Provider) -> &'static str {
    match provider {
        Provider::CalCom => "Cal.com",
        Provider::Calendly => "Calendly",
    }
}
