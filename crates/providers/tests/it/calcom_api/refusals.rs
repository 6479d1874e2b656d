//! What each refusal means.

use std::time::Duration;

use calbridge_providers::calcom_api::{
    ApiError, Call, ErrorKind, EventTypeRef,
    Operation::{self, BookingsCancel, BookingsConfirm, BookingsCreate, BookingsReschedule},
    Profile, SlotsQuery,
    bookings::{self, Bookings, Cancel, Occurrences, Reschedule},
    me,
    slots::{self, ReserveSlot},
};
use rstest::rstest;
use serde_json::{Value, json};

use super::{every::new_booking, recorded::Recorded};
use crate::fixtures::Outcome;

fn refusal<T>(call: &Call<T>, answer: &Recorded) -> Outcome<ApiError> {
    match answer.to(call) {
        Err(error) => Ok(error),
        Ok(_) => Err("it was no refusal".into()),
    }
}

/// A call that answers with a booking.
fn call(operation: Operation) -> Outcome<Call<Bookings>> {
    let profile = Profile::Classic;
    Ok(match operation {
        BookingsCreate => bookings::create(profile, &new_booking(EventTypeRef::Id(7), None)?),
        BookingsReschedule => {
            let to = Reschedule {
                start: "2026-09-15T13:00:00Z".parse()?,
                by: None,
                reason: None,
                seat_uid: None,
            };
            bookings::reschedule(profile, "a", &to)
        }
        BookingsCancel => {
            let cancel = Cancel {
                reason: None,
                occurrences: Occurrences::This,
                seat_uid: None,
            };
            bookings::cancel(profile, "a", &cancel)
        }
        BookingsConfirm => bookings::confirm(profile, "a"),
        other => return Err(format!("no call for {other}").into()),
    })
}

fn envelope(code: &str, message: &str) -> Value {
    json!({
        "status": "error",
        "timestamp": "2026-09-02T08:15:31.204Z",
        "path": "/v2/bookings",
        "error": {"code": code, "message": message, "details": {"message": message}},
    })
}

fn bare(status: u16, message: &str) -> Value {
    json!({"statusCode": status, "message": message})
}

fn refused(code: &str) -> ErrorKind {
    ErrorKind::Refused {
        code: code.to_owned(),
    }
}

#[rstest]
#[case::no_key("api_030_me_no_auth", ErrorKind::Unauthorized)]
#[case::limits("api_196_custom_limits_7", ErrorKind::RateLimited { retry_after: Duration::from_secs(8) })]
#[case::limit("api_v2_error_429", ErrorKind::RateLimited { retry_after: Duration::from_mins(1) })]
fn recorded_refusals_are_told_apart(#[case] name: &str, #[case] kind: ErrorKind) -> Outcome {
    assert_eq!(refusal(&me(), &Recorded::read(name)?)?.kind, kind);
    Ok(())
}

#[rstest]
#[case::full("api_147_seat_create_4_full", ErrorKind::SlotTaken)]
#[case::busy("api_v2_error_400", ErrorKind::SlotTaken)]
#[case::numbers_in_metadata("api_065_booking_create_intro", refused("BAD_REQUEST"))]
fn recorded_refusals_to_book_are_told_apart(
    #[case] name: &str,
    #[case] kind: ErrorKind,
) -> Outcome {
    assert_eq!(
        refusal(&call(BookingsCreate)?, &Recorded::read(name)?)?.kind,
        kind
    );
    Ok(())
}

#[test]
fn an_unknown_event_type_is_not_found() -> Outcome {
    let slots = slots::list(
        Profile::Classic,
        &SlotsQuery {
            event_type: EventTypeRef::Id(999),
            from: "2026-11-23T00:00:00Z".parse()?,
            to: "2026-11-24T00:00:00Z".parse()?,
            duration: None,
            host: None,
            reschedule: None,
        },
    );
    let error = refusal(&slots, &Recorded::read("api_038_slots_unknown_event")?)?;
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(error.message, "Event Type not found");
    assert_eq!(
        error.request_id.as_deref(),
        Some("5ac179bf-2130-49a3-8a0b-681ead282ff8")
    );
    assert_eq!(error.quota.map(|quota| quota.remaining), Some(112));
    assert!(!error.route_missing());
    Ok(())
}

#[test]
fn a_reserved_slot_is_taken() -> Outcome {
    let reserve = ReserveSlot {
        event_type_id: 1,
        start: "2026-11-23T09:00:00Z".parse()?,
        length: None,
        keep: None,
    };
    let call = slots::reserve(Profile::Classic, &reserve);
    let conflict = Recorded::read("api_053_reservation_create_conflict")?;
    assert_eq!(refusal(&call, &conflict)?.kind, ErrorKind::SlotTaken);
    let length = Recorded::json(400, &envelope("BadRequestException", "slotDuration"));
    assert_eq!(
        refusal(&call, &length)?.kind,
        refused("BadRequestException")
    );
    Ok(())
}

#[rstest]
#[case::race(
    BookingsCreate,
    409,
    bare(409, "booking_conflict_error"),
    ErrorKind::SlotTaken
)]
#[case::race_on_a_move(
    BookingsReschedule,
    409,
    bare(409, "booking_conflict_error"),
    ErrorKind::SlotTaken
)]
#[case::same_row(
    BookingsCreate,
    409,
    envelope("CONFLICT", "Unique constraint"),
    ErrorKind::SlotTaken
)]
#[case::busy_team(
    BookingsCreate,
    400,
    envelope(
        "BadRequestException",
        "One of the hosts either already has booking at this time or is not available"
    ),
    ErrorKind::SlotTaken
)]
#[case::busy_on_a_move(
    BookingsReschedule,
    400,
    bare(400, "no_available_users_found_error"),
    ErrorKind::SlotTaken
)]
#[case::in_the_past(
    BookingsCreate,
    400,
    envelope("BadRequestException", "Attempting to book a meeting in the past."),
    refused("BadRequestException")
)]
#[case::limit_of_the_type(
    BookingsCreate,
    401,
    bare(401, "booking_limit_reached"),
    refused("booking_limit_reached")
)]
#[case::not_the_host(
    BookingsCancel,
    401,
    bare(401, "User not a host of this event"),
    refused("http_401")
)]
#[case::frameworks_own(
    BookingsCreate,
    401,
    bare(401, "Unauthorized"),
    ErrorKind::Unauthorized
)]
#[case::bad_key(
    BookingsCreate,
    401,
    envelope("UnauthorizedException", "Invalid API Key"),
    ErrorKind::Unauthorized
)]
#[case::expired_token(
    BookingsConfirm,
    498,
    envelope("TokenExpiredException", "ACCESS_TOKEN_IS_EXPIRED"),
    ErrorKind::Unauthorized
)]
#[case::somebody_elses(
    BookingsConfirm,
    401,
    envelope("TRPCError", "UNAUTHORIZED"),
    ErrorKind::Forbidden
)]
#[case::accepted_already(
    BookingsConfirm,
    400,
    envelope("TRPCError", "Booking already confirmed"),
    refused("TRPCError")
)]
#[case::missing_key(
    BookingsConfirm,
    403,
    envelope(
        "ForbiddenException",
        "PermissionsGuard - no authentication provided. Either pass an API key"
    ),
    ErrorKind::Unauthorized
)]
#[case::scope(
    BookingsConfirm,
    403,
    envelope("ForbiddenException", "insufficient scope"),
    ErrorKind::Forbidden
)]
#[case::reason_wanted(
    BookingsCancel,
    400,
    bare(400, "Cancellation reason is required"),
    refused("http_400")
)]
#[case::conflict_elsewhere(
    BookingsCancel,
    409,
    envelope("ConflictException", "x"),
    refused("ConflictException")
)]
#[case::no_hosts(
    BookingsCreate,
    422,
    envelope("UnprocessableEntityException", "no hosts"),
    refused("UnprocessableEntityException")
)]
#[case::switched_off(BookingsConfirm, 410, json!({"message": "API v1 is gone"}), ErrorKind::Gone)]
#[case::broken(
    BookingsCreate,
    500,
    bare(500, "Internal server error"),
    ErrorKind::Down
)]
#[case::broken_inside(
    BookingsCreate,
    500,
    envelope("TRPCError", "INTERNAL_SERVER_ERROR"),
    ErrorKind::Down
)]
#[case::other_list(BookingsCreate, 400, json!(["x"]), refused("http_400"))]
#[case::v1(BookingsCreate, 401, json!({"error": "Invalid API Key"}), ErrorKind::Unauthorized)]
fn refusals_are_told_apart(
    #[case] operation: Operation,
    #[case] status: u16,
    #[case] body: Value,
    #[case] kind: ErrorKind,
) -> Outcome {
    assert_eq!(
        refusal(&call(operation)?, &Recorded::json(status, &body))?.kind,
        kind
    );
    Ok(())
}

#[rstest]
#[case(502, ErrorKind::Down)]
#[case(200, ErrorKind::Down)]
#[case(403, ErrorKind::Forbidden)]
#[case(404, ErrorKind::NotFound)]
#[case(302, ErrorKind::Misread { expected: "an answer, not a redirect" })]
fn an_answer_need_not_be_json(#[case] status: u16, #[case] kind: ErrorKind) -> Outcome {
    let page = Recorded {
        status,
        headers: http::HeaderMap::new(),
        body: b"<html>ann@example.org</html>".to_vec(),
    };
    let error = refusal(&me(), &page)?;
    assert_eq!(error.kind, kind);
    assert!(!error.message.contains("ann"), "{error}");
    Ok(())
}

#[test]
fn a_retired_api_is_explained() -> Outcome {
    let answer = Recorded::json(410, &json!({"message": "gone"}));
    let error = refusal(&me(), &answer)?;
    assert_eq!(
        error.to_string(),
        "Cal.com answered 410: this API is switched off; Cal.com's v1 ended in April 2026, so the base URL \
         must lead to v2 (gone)"
    );
    Ok(())
}

#[test]
fn validation_says_which_field_is_wrong_and_nothing_about_people() -> Outcome {
    let body = json!({
        "status": "error",
        "error": {
            "code": "BadRequestException",
            "message": "Bad Request Exception",
            "details": {"errors": [{
                "property": "attendee",
                "value": {"email": "ann@"},
                "target": {"name": "Ann Lee"},
                "constraints": {"isEmail": "email must be an email, not ann@example.org"},
            }]},
        },
    });
    let error = refusal(&call(BookingsCreate)?, &Recorded::json(400, &body))?;
    assert_eq!(
        error.message,
        "Bad Request Exception; email must be an email, not [address]"
    );
    let shown = format!("{error:?}");
    assert!(
        !shown.contains("ann@") && !shown.contains("Ann Lee"),
        "{shown}"
    );
    Ok(())
}
