//! Problems: every answer other than what was asked for, as `application/problem+json` (RFC 9457).

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_store::StoreError;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds after which it is worth trying again.
const RETRY_AFTER: u64 = 5;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:ident, $title:literal;)+) => {
        /// The stable word of a problem. Programs act on it; everything else is for people.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The status it comes with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// A few words for people, the same for every problem with this code.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON";
    /// The body ended early.
    IncompleteBody = "incomplete_body", BAD_REQUEST, "The body could not be read to its end";
    /// A header cannot be read.
    InvalidHeader = "invalid_header", BAD_REQUEST, "A header cannot be read";
    /// A cursor is not one of ours.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not one that was given out";
    /// Several tenants, and none named.
    TenantRequired = "tenant_required", BAD_REQUEST, "A tenant must be named";
    /// No credential.
    AuthenticationRequired = "authentication_required", UNAUTHORIZED, "An API key is needed";
    /// A credential that opens nothing.
    InvalidKey = "invalid_key", UNAUTHORIZED, "The API key does not work";
    /// A webhook that nothing verifies.
    SignatureInvalid = "signature_invalid", UNAUTHORIZED, "The signature does not verify";
    /// The credential may not do this.
    Forbidden = "forbidden", FORBIDDEN, "The API key may not do this";
    /// The credential is another tenant's.
    TenantMismatch = "tenant_mismatch", FORBIDDEN, "The API key belongs to another tenant";
    /// Not there, or not the tenant's.
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    /// No connection has this URL.
    UnknownHook = "unknown_hook", NOT_FOUND, "No connection has this URL";
    /// The path is right, the method is not.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not possible here";
    /// The body came too slowly.
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "The body did not come in time";
    /// An id names more than one thing.
    AmbiguousId = "ambiguous_id", CONFLICT, "The id names more than one thing";
    /// What is to be booked cannot be.
    NotBookable = "not_bookable", CONFLICT, "It cannot be booked";
    /// The connection cannot be asked: it has no key, or no usable address.
    NotConnected = "not_connected", CONFLICT, "The connection cannot ask its provider";
    /// Somebody else has the slot.
    SlotTaken = "slot_taken", CONFLICT, "The slot is taken";
    /// A hold is somebody else's.
    HoldNotYours = "hold_not_yours", CONFLICT, "The hold is somebody else's";
    /// A person can do it elsewhere.
    ByHand = "by_hand", CONFLICT, "It can be done elsewhere, by a person";
    /// The booking is over, or was called off.
    NotAhead = "not_ahead", CONFLICT, "The booking is over, or was called off";
    /// The host has agreed to the booking.
    AlreadyConfirmed = "already_confirmed", CONFLICT, "The host has agreed already";
    /// Nobody can have missed the booking yet.
    NotBegun = "not_begun", CONFLICT, "The booking has not begun";
    /// The booking was not stored here to be pushed.
    NotStored = "not_stored", CONFLICT, "There is nothing to push";
    /// A lead goes on being tried, or is booked.
    NotStopped = "not_stopped", CONFLICT, "It goes on by itself";
    /// Another row has what must be unique.
    Conflict = "conflict", CONFLICT, "Something else has this already";
    /// A request with the same idempotency key is being answered.
    RequestInProgress = "request_in_progress", CONFLICT, "The same request is still under way";
    /// The raw bytes of an event are no longer kept.
    BodyGone = "body_gone", GONE, "The raw body is no longer kept";
    /// The body is too large.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be JSON";
    /// A field or parameter is missing.
    MissingField = "missing_field", UNPROCESSABLE_ENTITY, "A field is missing";
    /// A field or parameter that does not exist.
    UnknownField = "unknown_field", UNPROCESSABLE_ENTITY, "There is no such field";
    /// A field or parameter has a value that cannot be used.
    InvalidField = "invalid_field", UNPROCESSABLE_ENTITY, "A field has a value that cannot be used";
    /// A status that the tenant's leads do not have.
    UnknownStatus = "unknown_status", UNPROCESSABLE_ENTITY, "The tenant's leads have no such status";
    /// An idempotency key came with another request before.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The idempotency key belongs to another request";
    /// A replayed event still cannot be applied.
    StillFails = "still_fails", UNPROCESSABLE_ENTITY, "The event still cannot be applied";
    /// The caller asked too often.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// The provider refuses our key.
    ProviderKeyRefused = "provider_key_refused", BAD_GATEWAY, "The provider refuses the connection's API key";
    /// The provider's key may not do this.
    ProviderForbids = "provider_forbids", BAD_GATEWAY, "The connection's API key may not do this";
    /// The provider has no such thing.
    ProviderHasNone = "provider_has_none", BAD_GATEWAY, "The provider has no such thing";
    /// The provider refuses the request as it is.
    ProviderRefused = "provider_refused", UNPROCESSABLE_ENTITY, "The provider refuses this";
    /// The provider answers in a way that nobody expected.
    ProviderUnexpected = "provider_unexpected", BAD_GATEWAY, "The provider's answer cannot be used";
    /// The provider does not answer.
    ProviderUnavailable = "provider_unavailable", SERVICE_UNAVAILABLE, "The provider does not answer";
    /// The provider may not be asked again yet.
    ProviderBudgetExhausted = "provider_budget_exhausted", SERVICE_UNAVAILABLE, "The provider may not be asked again yet";
    /// Our fault.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// A provider's lists could not be read.
    SyncFailed = "sync_failed", BAD_GATEWAY, "The provider could not be read";
    /// Not now.
    TryAgain = "try_again", SERVICE_UNAVAILABLE, "Not possible right now";
}

/// A problem, as an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    field: Option<String>,
    retry_after: Option<u64>,
    alternatives: Option<Vec<AlternativeBody>>,
    link: Option<String>,
}

/// A free time instead of one that is taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Alternative)]
pub struct AlternativeBody {
    /// When it begins.
    pub start_time: Timestamp,
    /// When it ends.
    pub end_time: Timestamp,
}

/// The body of a problem.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Names the kind of problem; `urn:calbridge:problem:` and the code.
    #[schema(example = "urn:calbridge:problem:not_found")]
    r#type: String,
    /// The same for every problem with this code.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time, and for what.
    detail: &'a str,
    /// The stable word to act on.
    #[schema(example = "not_found")]
    code: &'a str,
    /// The field, parameter or header that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// The next free times, where a slot is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternatives: Option<&'a [AlternativeBody]>,
    /// Where a person can do it instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    /// Names the request in our log; also in the header `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem {
    /// A problem with what went wrong this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            retry_after: None,
            alternatives: None,
            link: None,
        }
    }

    /// A field has a value that cannot be used.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidField, detail).at(field)
    }

    /// The tenant has no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// Our fault. What happened stands in the log, not in the answer.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "the request id finds it in the log")
    }

    /// Not now.
    pub fn try_again() -> Self {
        Self::new(Code::TryAgain, "try again in a moment")
    }

    /// With the field, parameter or header it is about.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// With free times instead.
    #[must_use]
    pub fn instead(mut self, alternatives: Vec<AlternativeBody>) -> Self {
        self.alternatives = Some(alternatives);
        self
    }

    /// With where a person can do it.
    #[must_use]
    pub fn elsewhere(mut self, link: Option<String>) -> Self {
        self.link = link;
        self
    }

    /// With when it is worth trying again, in whole seconds.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        let begun = u64::from(wait.subsec_nanos() > 0);
        self.retry_after = Some((wait.as_secs() + begun).max(1));
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What went wrong this time.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The body of the answer to a request.
    pub fn body(&self, request_id: Option<&str>) -> Body {
        let body = ProblemBody {
            r#type: format!("urn:calbridge:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            field: self.field.as_deref(),
            alternatives: self.alternatives.as_deref(),
            link: self.link.as_deref(),
            request_id,
        };
        // Texts and a number always serialize.
        Body::from(serde_json::to_vec(&body).unwrap_or_default())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body(None));
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        let usual = self.code.status() == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = self.retry_after.or(usual.then_some(RETRY_AFTER)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let challenge = match self.code {
            Code::AuthenticationRequired => Some(r#"Bearer realm="calbridge""#),
            Code::InvalidKey => Some(r#"Bearer realm="calbridge", error="invalid_token""#),
            _ => None,
        };
        if let Some(challenge) = challenge {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        // Whoever knows the request's id writes the body anew with it.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy
            | StoreError::Unavailable(_)
            | StoreError::Full
            | StoreError::ReadOnly => {
                tracing::warn!(error = chain(&error), "The database did not answer");
                Self::try_again()
            }
            StoreError::Conflict
            | StoreError::Refused(_)
            | StoreError::TooOld { .. }
            | StoreError::Decode { .. }
            | StoreError::Bug(_) => {
                tracing::error!(error = chain(&error), "A request failed");
                Self::internal()
            }
        }
    }
}

/// An error and what caused it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_stable() {
        let codes: Vec<_> = Code::ALL
            .iter()
            .map(|code| format!("{} {}", code.status().as_u16(), code.as_str()))
            .collect();
        insta::assert_snapshot!(codes.join("\n"));
    }

    #[test]
    fn a_failure_of_the_database_shows_nothing_of_it() {
        let problem = Problem::from(StoreError::Refused("CHECK constraint failed".to_owned()));
        assert_eq!(problem, Problem::internal());
        let problem = Problem::from(StoreError::Busy);
        let response = problem.into_response();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
}
