//! Bodies that are not Cal.com's own.

use calbridge_core::{
    change::{Canonical, Verdict},
    provider::Provider,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::UID;
use crate::fixtures::{Outcome, change, meaning};

#[test]
fn a_template_with_native_names_is_read() -> Outcome {
    let body = json!({
        "triggerEvent": "BOOKING_CREATED",
        "createdAt": "2026-11-21T09:52:01.449Z",
        "uid": UID,
        "bookingId": "7",
        "title": "Tea &amp; talk with O&#x27;Brien",
        "startTime": "2026-11-24T12:00:00Z",
        "seatsPerTimeSlot": "",
        "attendees": [{"email": "ann@example.org", "name": "Ann O&#x27;Brien"}],
    });
    let created = change(Provider::CalCom, &body)?;
    assert_eq!(
        created.details.title.as_deref(),
        Some("Tea & talk with O'Brien")
    );
    assert_eq!(created.details.number, Some(7));
    assert_eq!(
        created.details.attendees[0]
            .name
            .as_ref()
            .map(|name| name.last.as_str()),
        Some("O'Brien")
    );
    assert_eq!(created.occurred_at, "2026-11-21T09:52:01.449Z".parse()?);
    Ok(())
}

#[rstest]
#[case::zapier(json!({"title": "Tea", "startTime": "2026-11-24T12:00:00Z", "attendees": []}), "Zapier")]
#[case::only_a_uid(json!({"uid": UID, "startTime": "2026-11-24T12:00:00Z"}), "triggerEvent")]
#[case::no_booking(json!({"triggerEvent": "BOOKING_CREATED", "payload": {"title": "Tea"}}), "names no booking")]
#[case::empty(json!({}), "triggerEvent")]
#[case::calendly(json!({"event": "invitee.created", "payload": {"uri": "https://x"}}), "triggerEvent")]
fn what_cannot_be_read_says_what_to_do(#[case] body: Value, #[case] word: &str) -> Outcome {
    let meaning = meaning(Provider::CalCom, &body)?;
    let reason = match &meaning.verdict {
        Verdict::Unreadable(reason) => reason,
        other => return Err(format!("{other:?}").into()),
    };
    assert!(
        reason.contains(word) && reason.contains("leave"),
        "{reason}"
    );
    assert_eq!(meaning.canonical, Canonical::Unknown);
    Ok(())
}
