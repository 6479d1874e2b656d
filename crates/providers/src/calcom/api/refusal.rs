//! What to do about an error answer. Decided by status and code; by the text only where nothing else tells.

use http::HeaderMap;

use super::{
    ErrorKind, Operation, quota,
    told::{Form, Told},
};

/// What an answer other than 2xx means.
pub(super) fn kind(
    operation: Operation,
    status: u16,
    told: &Told,
    headers: &HeaderMap,
) -> ErrorKind {
    if slot_taken(operation, status, told) {
        return ErrorKind::SlotTaken;
    }
    match status {
        // 498: an access token that has expired.
        401 | 498 => unauthorized(operation, told),
        // Some calls say 403 where others say 401 for a key that is missing, and only the text differs (1.1).
        403 if told.text.contains("no authentication provided") => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        410 => ErrorKind::Gone,
        429 => ErrorKind::RateLimited {
            retry_after: quota::retry_after(headers),
        },
        400..=499 => refused(status, told),
        500.. => ErrorKind::Down,
        _ => ErrorKind::Misread {
            expected: "an answer, not a redirect",
        },
    }
}

/// What the operator should know besides the provider's words.
pub(super) fn advice(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Gone => Some(
            "this API is switched off; Cal.com's v1 ended in April 2026, so the base URL must lead to v2",
        ),
        ErrorKind::Misread { .. } => Some("the base URL leads elsewhere"),
        _ => None,
    }
}

/// Not every 401 is about the key.
fn unauthorized(operation: Operation, told: &Told) -> ErrorKind {
    let about_booking = matches!(
        operation,
        Operation::BookingsCreate
            | Operation::BookingsReschedule
            | Operation::BookingsCancel
            | Operation::BookingsConfirm
            | Operation::BookingsDecline
            | Operation::BookingsMarkAbsent
            | Operation::BookingsReassign
    );
    match (told.form, told.code.as_deref()) {
        // The booking engine: `booking_limit_reached`, "User not a host of this event" (1.3). The framework's own
        // 401 has the same form, and its message is the name of the status.
        (Form::Bare, code) if about_booking && code != Some("Unauthorized") => refused(401, told),
        // Confirming with a good key that is somebody else's (1.7.4).
        (Form::Envelope, Some("TRPCError")) if about_booking => ErrorKind::Forbidden,
        _ => ErrorKind::Unauthorized,
    }
}

/// Whether the time is busy, was lost to somebody faster, or is kept for somebody else.
fn slot_taken(operation: Operation, status: u16, told: &Told) -> bool {
    match (operation, status) {
        // No seats left (api_147), the losers of a race (1.3: `booking_conflict_error`), the same row twice.
        (
            Operation::BookingsCreate | Operation::BookingsReschedule | Operation::SlotsReserve,
            409,
        )
        // Booked or reserved already (api_053), or no seats left (1.6).
        | (Operation::SlotsReserve, 422) => true,
        // A busy host shares status and code with every other refusal, so the text must do: "User either already
        // has booking at this time or is not available" (api_v2_error_400), for a team "One of the hosts either
        // ..", or the booking engine's own word.
        (Operation::BookingsCreate | Operation::BookingsReschedule, 400) => {
            told.text.contains("already has booking at this time")
                || matches!(
                    told.text.as_str(),
                    "no_available_users_found_error" | "booking_conflict_error"
                )
        }
        _ => false,
    }
}

fn refused(status: u16, told: &Told) -> ErrorKind {
    ErrorKind::Refused {
        code: told
            .code
            .clone()
            .unwrap_or_else(|| format!("http_{status}")),
    }
}
