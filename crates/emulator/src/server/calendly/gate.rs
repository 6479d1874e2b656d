//! Who calls, and how they are refused.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::calendly::CalendlyError;
use crate::json::{Json, known, object};
use crate::server::body::answer;
use crate::server::world::Shared;

/// Proof of a good access token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token;

impl FromRequestParts<Shared> for Token {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let given = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|given| given.to_str().ok());
        let token = given.and_then(|given| given.strip_prefix("Bearer "));
        if token == Some(shared.keys.calendly_token.as_str()) {
            Ok(Self)
        } else {
            Err(Refusal::new(
                401,
                "Unauthenticated",
                "The access token is invalid",
            ))
        }
    }
}

/// An error in the API's envelope.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    title: &'static str,
    message: String,
    details: Option<Json>,
}

impl Refusal {
    pub(super) fn new(status: u16, title: &'static str, message: &str) -> Self {
        Self {
            status,
            title,
            message: message.to_owned(),
            details: None,
        }
    }

    /// 400, naming the parameter.
    pub(super) fn invalid(parameter: &str, message: &str) -> Self {
        Self::detailed(object! { "parameter": parameter, "message": message })
    }

    pub(super) fn not_found() -> Self {
        let message = "The server could not find the requested resource.";
        Self::new(404, "Resource Not Found", message)
    }

    pub(super) fn exists(message: &str) -> Self {
        Self::new(409, "Already Exists", message)
    }

    pub(super) fn denied(message: &str) -> Self {
        Self::new(403, "Permission Denied", message)
    }

    fn detailed(detail: Json) -> Self {
        let message = "The supplied parameters are invalid.";
        Self {
            details: Some(Json::list([detail])),
            ..Self::new(400, "Invalid Argument", message)
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = object! {
            "title": self.title,
            "message": self.message,
            "details": known(self.details),
        };
        answer(self.status, &body)
    }
}

impl From<CalendlyError> for Refusal {
    fn from(error: CalendlyError) -> Self {
        match error {
            CalendlyError::NoSuchEventType
            | CalendlyError::NoSuchInvitee
            | CalendlyError::NoSuchEvent
            | CalendlyError::NoSuchWebhookEvent
            | CalendlyError::NotMarked => Self::not_found(),
            // A taken slot is 400, not 409.
            CalendlyError::AlreadyFilled => Self::detailed(object! {
                "parameter": "event.start_time",
                "message": "That start time has been filled",
                "code": "already_filled",
            }),
            CalendlyError::NotInTheFuture => {
                Self::invalid("start_time", "start_time must be in the future")
            }
            CalendlyError::AlreadyCanceled => Self::denied("Event is already canceled"),
            CalendlyError::InThePast => Self::denied("Event is in the past"),
            CalendlyError::NotStarted => Self::invalid("invitee", "has not started yet"),
            CalendlyError::AlreadyMarked => Self::exists("The resource already exists"),
        }
    }
}
