//! Errors in the two forms of the real server: the envelope, and the bare form of the booking engine.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::calcom::CalComError;
use crate::json::{Json, object};
use crate::server::body::answer;

/// An error on its way out; [`dressed`] adds the time and the path.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The envelope with `details`.
    Detailed,
    /// The envelope without `details`.
    Plain,
    /// The envelope with the message again as `details`.
    Repeated,
    /// `{statusCode, message}`: raised inside the booking engine.
    Bare,
}

impl Refusal {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequestException", message, Form::Detailed)
    }

    /// A schema error inside the booking engine: no details.
    pub(super) fn schema(message: impl Into<String>) -> Self {
        Self::new(400, "BAD_REQUEST", message, Form::Plain)
    }

    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "UnauthorizedException", message, Form::Detailed)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "ForbiddenException", message, Form::Detailed)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "NotFoundException", message, Form::Detailed)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "ConflictException", message, Form::Detailed)
    }

    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(422, "UnprocessableEntityException", message, Form::Detailed)
    }

    pub(super) fn bare(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, "", message, Form::Bare)
    }

    fn rpc(message: impl Into<String>) -> Self {
        Self::new(400, "TRPCError", message, Form::Plain)
    }

    fn new(status: u16, code: &'static str, message: impl Into<String>, form: Form) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            form,
        }
    }

    /// Too many requests. The details are the message again: captured in `api_196`.
    pub(super) fn throttled() -> Self {
        Self::new(
            429,
            "ThrottlerException",
            "CustomThrottlerGuard - Too many requests. Please try again later.",
            Form::Repeated,
        )
    }

    /// The answer, with the time and the path.
    pub(super) fn render(&self, timestamp: String, path: &str) -> Response {
        answer(self.status, &self.body(timestamp, path))
    }

    fn body(&self, timestamp: String, path: &str) -> Json {
        if self.form == Form::Bare {
            return object! { "statusCode": u32::from(self.status), "message": &self.message };
        }
        let details = object! {
            "message": &self.message,
            "error": StatusCode::from_u16(self.status)
                .ok()
                .and_then(|status| status.canonical_reason()),
            "statusCode": u32::from(self.status),
        };
        let details = match self.form {
            Form::Detailed => details,
            Form::Repeated => Json::from(&self.message),
            Form::Plain | Form::Bare => Json::Absent,
        };
        object! {
            "status": "error",
            "timestamp": timestamp,
            "path": path,
            "error": object! {
                "code": self.code,
                "message": &self.message,
                "details": details,
            },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = StatusCode::from_u16(self.status)
            .unwrap_or_default()
            .into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CalComError> for Refusal {
    fn from(error: CalComError) -> Self {
        let text = error.to_string();
        match error {
            CalComError::NoSuchBooking => Self::not_found("Booking not found"),
            CalComError::NoSuchEventType => Self::not_found("Event Type not found"),
            CalComError::NoSuchReservation => Self::not_found(text),
            CalComError::Reserved => Self::unprocessable(
                "This time slot is already reserved by another user. Please choose a different time.",
            ),
            // The three come from inside the booking engine: 1.3.
            CalComError::LimitReached => Self::bare(401, "booking_limit_reached"),
            CalComError::LostRace => Self::bare(409, "booking_conflict_error"),
            CalComError::NoCancelling => {
                Self::bare(400, "This event type does not allow cancellations")
            }
            CalComError::NoSuchTrigger | CalComError::NoSuchSeat | CalComError::NotStarted => {
                Self::bad_request(text)
            }
            CalComError::HostBusy => Self::bad_request(
                "User either already has booking at this time or is not available",
            ),
            CalComError::InThePast => {
                Self::bad_request("Attempting to book a meeting in the past.")
            }
            CalComError::Full => Self::conflict("No more seats left at this seated booking."),
            CalComError::AlreadyCancelled => {
                Self::bad_request("Can't change a booking that is cancelled already")
            }
            CalComError::AlreadyRescheduled { successor } => Self::bad_request(format!(
                "Can't reschedule booking because it has been rescheduled already to booking with uid={successor}"
            )),
            CalComError::AlreadyConfirmed => Self::rpc("Booking already confirmed"),
            CalComError::AlreadyOver => {
                Self::bare(400, "Cannot cancel a booking that has already ended")
            }
            CalComError::Rejected
            | CalComError::AwaitingPayment
            | CalComError::NothingToPay
            | CalComError::WrongKind
            | CalComError::NoOtherHost
            | CalComError::NoSuchHost
            | CalComError::OutOfWindow
            | CalComError::WrongLength
            | CalComError::TooManyGuests => Self::bad_request(text),
        }
    }
}

/// Give a refusal its body.
pub(super) fn dressed(mut response: Response, render: impl Fn(&Refusal) -> Response) -> Response {
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else {
        return response;
    };
    let mut dressed = render(&refusal);
    // Those of the limiter stay.
    for (name, value) in response.headers() {
        if name.as_str().starts_with("x-ratelimit") {
            dressed.headers_mut().insert(name, value.clone());
        }
    }
    dressed
}
