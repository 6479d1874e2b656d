//! Who calls, and which version of the API they speak.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

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

    /// Captured: confirm, decline and mark-absent answer 403 without credentials.
    pub(super) fn or_forbidden(self) -> Result<(), Refusal> {
        match self {
            Self::Owner => Ok(()),
            Self::Anonymous => Err(Refusal::forbidden(
                "PermissionsGuard - no authentication provided. Either authenticate using access token, api key or \
                 OAuth client credentials.",
            )),
        }
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let Some(given) = parts.headers.get(header::AUTHORIZATION) else {
            return Ok(Self::Anonymous);
        };
        let key = given
            .to_str()
            .ok()
            .and_then(|given| given.strip_prefix("Bearer "));
        if key == Some(shared.keys.calcom_api_key.as_str()) {
            Ok(Self::Owner)
        } else {
            Err(Refusal::unauthorized(
                "ApiAuthStrategy - api key - Your api key is not valid",
            ))
        }
    }
}

/// Proof of a version of the booking family. A known version of another family is 404; a missing or unknown one
/// would silently get the oldest behavior, so the emulator refuses it and says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct BookingsVersion;

impl FromRequestParts<Shared> for BookingsVersion {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        let version = parts.headers.get("cal-api-version");
        match version.and_then(|version| version.to_str().ok()) {
            Some("2024-08-13" | "2026-02-25") => Ok(Self),
            Some("2024-09-04" | "2026-05-01" | "2026-06-12") => {
                let path = parts.uri.path();
                Err(Refusal::not_found(format!(
                    "Cannot {} /v2{path}",
                    parts.method
                )))
            }
            _ => Err(Refusal::bad_request(
                "emulator: without a known cal-api-version the real server answers in the shape of 2024-04-15",
            )),
        }
    }
}
