//! The names of events: every one of the contracts is known, and any other is harmless.

use calbridge_core::{
    change::{Canonical, Meaning, Verdict},
    provider::Provider,
};
use calbridge_providers::normalize;
use rstest::rstest;
use serde_json::json;

use crate::fixtures::{Outcome, received_at};

fn calcom(trigger: &str) -> Outcome<Meaning> {
    let body = json!({
        "triggerEvent": trigger,
        "createdAt": "2026-11-21T09:48:44.625Z",
        "payload": {
            "uid": "4DChCZjFhcpnTAd4WhoAgC",
            "startTime": "2026-11-24T09:00:00Z",
            "endTime": "2026-11-24T09:30:00Z",
            "attendees": [{"email": "ann@example.org", "noShow": true}],
        },
    });
    Ok(normalize(
        Provider::CalCom,
        None,
        body.to_string().as_bytes(),
        received_at()?,
    )
    .meaning)
}

fn calendly(event: &str) -> Outcome<Meaning> {
    let body = json!({
        "event": event,
        "created_at": "2026-11-24T09:12:57.000000Z",
        "payload": {"uri": "https://api.calendly.com/scheduled_events/e1/invitees/i1"},
    });
    Ok(normalize(
        Provider::Calendly,
        None,
        body.to_string().as_bytes(),
        received_at()?,
    )
    .meaning)
}

#[rstest]
#[case("BOOKING_CREATED", Canonical::Created)]
#[case("BOOKING_REQUESTED", Canonical::Requested)]
#[case("BOOKING_RESCHEDULED", Canonical::Rescheduled)]
#[case("BOOKING_CANCELLED", Canonical::Cancelled)]
#[case("BOOKING_REJECTED", Canonical::Rejected)]
#[case("BOOKING_LOCATION_UPDATED", Canonical::Updated)]
#[case("BOOKING_REASSIGNED", Canonical::Reassigned)]
#[case("BOOKING_PAYMENT_INITIATED", Canonical::Requested)]
#[case("BOOKING_PAID", Canonical::Paid)]
#[case("BOOKING_NO_SHOW_UPDATED", Canonical::NoShow)]
#[case("AFTER_HOSTS_CAL_VIDEO_NO_SHOW", Canonical::Other)]
#[case("AFTER_GUESTS_CAL_VIDEO_NO_SHOW", Canonical::Other)]
#[case("MEETING_STARTED", Canonical::Started)]
#[case("MEETING_ENDED", Canonical::Completed)]
#[case("RECORDING_READY", Canonical::Other)]
#[case("RECORDING_TRANSCRIPTION_GENERATED", Canonical::Other)]
#[case("INSTANT_MEETING", Canonical::Other)]
#[case("INSTANT_MEETING_ACCEPTED", Canonical::Created)]
#[case("FORM_SUBMITTED", Canonical::Other)]
#[case("FORM_SUBMITTED_NO_EVENT", Canonical::Other)]
#[case("ROUTING_FORM_FALLBACK_HIT", Canonical::Other)]
#[case("OOO_CREATED", Canonical::Other)]
#[case("WRONG_ASSIGNMENT_REPORT", Canonical::Other)]
#[case("CALENDAR_ENTRY_REJECTED", Canonical::Other)]
#[case("DELEGATION_CREDENTIAL_ERROR", Canonical::Other)]
#[case("DELEGATION_CREDENTIAL_SECRET_ROTATED", Canonical::Other)]
#[case("DELEGATION_CREDENTIAL_ROTATION_REQUIRED", Canonical::Other)]
#[case("DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED", Canonical::Other)]
#[case("PING", Canonical::Ping)]
#[case("BOOKING_CONFIRMED", Canonical::Confirmed)]
#[case("BOOKING_COMPLETED", Canonical::Completed)]
#[case("BOOKING.CREATED", Canonical::Created)]
#[case("booking_cancelled", Canonical::Cancelled)]
fn every_trigger_is_known(#[case] trigger: &str, #[case] canonical: Canonical) -> Outcome {
    let meaning = calcom(trigger)?;
    assert_eq!(
        (meaning.event_type.as_str(), meaning.canonical),
        (trigger, canonical)
    );
    let ignored = matches!(&meaning.verdict, Verdict::Ignore(reason) if !reason.is_empty());
    let applied = matches!(&meaning.verdict, Verdict::Apply(changes) if !changes.is_empty());
    let about_bookings = !matches!(canonical, Canonical::Other | Canonical::Ping);
    assert_eq!((ignored, applied), (!about_bookings, about_bookings));
    Ok(())
}

#[rstest]
#[case("invitee.created", Canonical::Created)]
#[case("invitee.canceled", Canonical::Cancelled)]
#[case("invitee_no_show.created", Canonical::NoShow)]
#[case("invitee_no_show.deleted", Canonical::NoShowUndone)]
#[case("invitee.no_show", Canonical::NoShow)]
#[case("invitee_no_show", Canonical::NoShow)]
#[case("routing_form_submission.created", Canonical::Other)]
#[case("event_type.created", Canonical::Other)]
#[case("event_type.updated", Canonical::Other)]
#[case("event_type.deleted", Canonical::Other)]
#[case("meeting_recap.created", Canonical::Other)]
#[case("contact.created", Canonical::Other)]
fn every_event_is_known(#[case] event: &str, #[case] canonical: Canonical) -> Outcome {
    let meaning = calendly(event)?;
    assert_eq!(
        (meaning.event_type.as_str(), meaning.canonical),
        (event, canonical)
    );
    let applied = matches!(&meaning.verdict, Verdict::Apply(changes) if changes.len() == 1);
    assert_eq!(applied, canonical != Canonical::Other);
    Ok(())
}

#[test]
fn an_unknown_name_is_kept_and_ignored() -> Outcome {
    for meaning in [
        calcom("BOOKING_REOPENED")?,
        calendly("invitee.rescheduled")?,
    ] {
        assert_eq!(meaning.canonical, Canonical::Unknown);
        assert!(
            matches!(&meaning.verdict, Verdict::Ignore(reason) if reason.contains(&meaning.event_type))
        );
    }
    Ok(())
}
