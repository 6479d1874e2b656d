//! Who calls.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::refusal::Refusal;
use crate::server::world::Shared;

/// Who calls. An unknown key is refused before any handler sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// No credentials: fine where the booking's uid is the capability.
    Anonymous,
    /// The account's owner.
    Owner,
}

/// A key the server does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnknownKey;

impl Caller {
    /// Most endpoints answer 401 without credentials.
    pub(super) fn or_unauthorized(self) -> Result<(), Refusal> {
        match self {
            Self::Owner => Ok(()),
            Self::Anonymous => Err(Refusal::unauthorized(
                "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' header or \
                 OAuth client credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers",
            )),
        }
    }

    /// Captured: the booking list, confirm, decline, mark-absent and attendees answer 403 without credentials.
    pub(super) fn or_forbidden(self) -> Result<(), Refusal> {
        match self {
            Self::Owner => Ok(()),
            Self::Anonymous => Err(Refusal::forbidden(
                "PermissionsGuard - no authentication provided. Either authenticate using access token, api key or \
                 OAuth client credentials.",
            )),
        }
    }

    /// By what its requests are counted.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "address",
            Self::Owner => "key",
        }
    }
}

/// Who sent these headers.
pub(super) fn caller(headers: &HeaderMap, shared: &Shared) -> Result<Caller, UnknownKey> {
    let Some(given) = headers.get(header::AUTHORIZATION) else {
        return Ok(Caller::Anonymous);
    };
    let key = given
        .to_str()
        .ok()
        .and_then(|given| given.strip_prefix("Bearer "));
    if key == Some(shared.keys.calcom_api_key.as_str()) {
        Ok(Caller::Owner)
    } else {
        Err(UnknownKey)
    }
}

/// What somebody with an unknown key is told.
pub(super) fn unknown_key() -> Refusal {
    Refusal::unauthorized("ApiAuthStrategy - api key - Your api key is not valid")
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        caller(&parts.headers, shared).map_err(|UnknownKey| unknown_key())
    }
}
