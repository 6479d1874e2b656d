//! What happened, to which booking, and when.

use calbridge_core::{
    change::{
        AttendanceMark, BOOKER, Canonical, Cause, CauseRole, Dated, MarkedBy, Reference,
        ReferenceKind, Verdict, What,
    },
    provider::Provider,
    state::Confirmation,
};
use calbridge_providers::normalize;
use rstest::rstest;
use serde_json::{Value, json};

use super::{UID, message};
use crate::fixtures::{Outcome, at, change, changes, meaning, received_at};

const OLD_UID: &str = "4DChCZjFhcpnTAd4WhoAgC";

fn whats(trigger: &str, fields: &Value) -> Outcome<Vec<What>> {
    let changes = changes(Provider::CalCom, &message(trigger, fields))?;
    Ok(changes.into_iter().map(|change| change.what).collect())
}

fn uid(value: &str) -> Reference {
    Reference::new(ReferenceKind::Uid, value)
}

// What happened.

#[test]
fn a_request_with_an_earlier_uid_in_its_calendar_id_is_a_reschedule() -> Outcome {
    let body = message(
        "BOOKING_REQUESTED",
        &json!({"status": "PENDING", "iCalUID": format!("{OLD_UID}@Cal.diy")}),
    );
    let moved = change(Provider::CalCom, &body)?;
    let confirmation = Confirmation::Pending;
    assert_eq!(moved.what, What::Rescheduled { confirmation });
    assert_eq!(moved.identity.former, [OLD_UID]);
    assert!(moved.identity.references.contains(&uid(OLD_UID)));
    assert_eq!(
        meaning(Provider::CalCom, &body)?.canonical,
        Canonical::Rescheduled
    );
    Ok(())
}

#[rstest]
#[case::own_uid(json!({"iCalUID": format!("{UID}@Cal.com")}))]
#[case::calendars_own_id(json!({"iCalUID": "0a1b2c3d4e5f6g7h@google.com"}))]
#[case::a_series(json!({"iCalUID": format!("{OLD_UID}@Cal.com"), "recurringEvent": {"freq": 2, "count": 3}}))]
#[case::no_id(json!({"iCalUID": null}))]
fn any_other_request_is_a_new_booking(#[case] fields: Value) -> Outcome {
    let asked = change(Provider::CalCom, &message("BOOKING_REQUESTED", &fields))?;
    let confirmation = Confirmation::Pending;
    assert_eq!(asked.what, What::Created { confirmation });
    assert_eq!(asked.identity.former, [""; 0]);
    Ok(())
}

#[rstest]
#[case("BOOKING_CREATED", "ACCEPTED", &["created"])]
#[case("BOOKING_CREATED", "pending", &["requested"])]
#[case("BOOKING_CREATED", "CANCELLED", &["created", "cancelled"])]
#[case("BOOKING_CREATED", "REJECTED", &["requested", "rejected"])]
#[case("BOOKING_CREATED", "", &["created"])]
#[case("BOOKING_PAYMENT_INITIATED", "ACCEPTED", &["requested"])]
#[case("BOOKING_PAID", "ACCEPTED", &["paid", "confirmed"])]
#[case("BOOKING_PAID", "PENDING", &["paid"])]
#[case("BOOKING_CONFIRMED", "ACCEPTED", &["confirmed"])]
#[case("INSTANT_MEETING_ACCEPTED", "ACCEPTED", &["created"])]
fn the_status_is_heeded(
    #[case] trigger: &str,
    #[case] status: &str,
    #[case] words: &[&str],
) -> Outcome {
    let told: Vec<&str> = whats(trigger, &json!({"status": status}))?
        .iter()
        .map(What::word)
        .collect();
    assert_eq!(told, words);
    Ok(())
}

#[test]
fn a_reschedule_may_wait_for_the_host() -> Outcome {
    let confirmation = Confirmation::Pending;
    let told = whats("BOOKING_RESCHEDULED", &json!({"status": "PENDING"}))?;
    assert_eq!(told, [What::Rescheduled { confirmation }]);
    Ok(())
}

#[test]
fn marks_name_people_by_address() -> Outcome {
    let attendees = json!([
        {"email": "Ann@Example.org", "noShow": true},
        {"email": "ben@example.org", "noShow": false},
        {"email": "cid@example.org"},
        {"email": "491701234567@sms.cal.com", "noShow": true},
    ]);
    let body = message("BOOKING_NO_SHOW_UPDATED", &json!({"attendees": attendees}));
    let mark = |whom, absent| AttendanceMark { whom, absent };
    let marks = vec![
        mark(MarkedBy::Email("ann@example.org".to_owned()), true),
        mark(MarkedBy::Email("ben@example.org".to_owned()), false),
        mark(MarkedBy::Key(BOOKER.to_owned()), true),
        mark(
            MarkedBy::Key("email:491701234567@sms.cal.com".to_owned()),
            true,
        ),
    ];
    assert_eq!(
        change(Provider::CalCom, &body)?.what,
        What::Attendance { marks }
    );
    assert_eq!(
        meaning(Provider::CalCom, &body)?.canonical,
        Canonical::NoShow
    );

    let undone = json!({"attendees": [{"email": "ann@example.org", "noShow": false}]});
    let undone = meaning(
        Provider::CalCom,
        &message("BOOKING_NO_SHOW_UPDATED", &undone),
    )?;
    assert_eq!(undone.canonical, Canonical::NoShowUndone);

    let nobody = meaning(
        Provider::CalCom,
        &message("BOOKING_NO_SHOW_UPDATED", &json!({"attendees": []})),
    )?;
    assert!(matches!(nobody.verdict, Verdict::Ignore(_)));
    Ok(())
}

#[rstest]
#[case("greta@studio.example", CauseRole::Host)]
#[case("ANN@example.org", CauseRole::Attendee)]
#[case("robot@example.org", CauseRole::Provider)]
fn whoever_cancelled_is_told_by_address(#[case] address: &str, #[case] role: CauseRole) -> Outcome {
    let body = message("BOOKING_CANCELLED", &json!({"cancelledBy": address}));
    let who = Some(address.to_owned());
    assert_eq!(
        change(Provider::CalCom, &body)?.cause,
        Some(Cause { role, who })
    );
    assert_eq!(
        change(
            Provider::CalCom,
            &message("BOOKING_CREATED", &json!({"cancelledBy": address}))
        )?
        .cause,
        None
    );
    Ok(())
}

// Ids.

#[test]
fn a_number_stands_in_for_a_missing_uid() -> Outcome {
    let fields = json!({"uid": null, "bookingId": null, "id": "456"});
    let created = change(Provider::CalCom, &message("BOOKING_CREATED", &fields))?;
    assert_eq!(created.identity.subject.as_deref(), Some("456"));
    assert_eq!(
        created.identity.references,
        [Reference::new(ReferenceKind::Number, "456")]
    );
    assert_eq!(created.details.number, Some(456));
    Ok(())
}

#[test]
fn every_former_id_is_a_reference() -> Outcome {
    let fields = json!({
        "rescheduleUid": OLD_UID,
        "rescheduleId": 6,
        "fromReschedule": OLD_UID,
        "iCalUID": "q9UZf5EDR5qxF7XepWEH8r@Cal.com",
    });
    let moved = change(Provider::CalCom, &message("BOOKING_RESCHEDULED", &fields))?;
    assert_eq!(moved.identity.former, [OLD_UID, "q9UZf5EDR5qxF7XepWEH8r"]);
    let number = |value| Reference::new(ReferenceKind::Number, value);
    let expected = [
        uid(UID),
        number("7"),
        uid(OLD_UID),
        uid("q9UZf5EDR5qxF7XepWEH8r"),
        number("6"),
    ];
    assert_eq!(moved.identity.references, expected);
    Ok(())
}

#[test]
fn an_endless_uid_fits_the_index() -> Outcome {
    let created = change(
        Provider::CalCom,
        &message("BOOKING_CREATED", &json!({"uid": "u".repeat(9_000)})),
    )?;
    let subject = created.identity.subject.unwrap_or_default();
    assert_eq!(subject, created.identity.references[0].value);
    assert!(subject.len() < 100);
    Ok(())
}

#[test]
fn a_delivery_is_known_by_event_booking_time_and_people() -> Outcome {
    let key = |body: &Value| {
        Ok::<_, Box<dyn std::error::Error>>(meaning(Provider::CalCom, body)?.delivery_key)
    };
    let body = message("BOOKING_CREATED", &json!({"status": "ACCEPTED"}));
    let first = key(&body)?;
    assert_eq!(
        first,
        key(&message(
            "booking.created",
            &json!({"status": "ACCEPTED", "title": "x"})
        ))?
    );
    let mut later = body.clone();
    later["createdAt"] = json!("2026-11-21T09:52:02.000Z");
    for other in [
        message("BOOKING_PAID", &json!({"status": "ACCEPTED"})),
        message("BOOKING_CREATED", &json!({"status": "PENDING"})),
        message(
            "BOOKING_CREATED",
            &json!({"status": "ACCEPTED", "attendeeSeatId": "s"}),
        ),
        message(
            "BOOKING_CREATED",
            &json!({"status": "ACCEPTED", "attendees": [{"email": "ben@example.org"}]}),
        ),
        later,
    ] {
        assert_ne!(first, key(&other)?, "{other}");
    }
    let timeless = json!({"triggerEvent": "BOOKING_CREATED", "payload": {"uid": UID}});
    let spaced = normalize(
        Provider::CalCom,
        None,
        format!(" {timeless}").as_bytes(),
        received_at()?,
    );
    assert_ne!(key(&timeless)?, spaced.meaning.delivery_key);
    Ok(())
}

// Times.

#[test]
fn an_impossible_time_is_no_time() -> Outcome {
    let mut body = message(
        "BOOKING_CREATED",
        &json!({"startTime": "0001-01-01T00:00:00Z", "length": "45"}),
    );
    body["createdAt"] = json!("9999-12-31T00:00:00Z");
    let created = change(Provider::CalCom, &body)?;
    assert_eq!(
        (created.occurred_at, created.dated),
        (received_at()?, Dated::ByReceipt)
    );
    assert_eq!(
        (created.details.start, created.details.minutes),
        (None, None)
    );

    let backwards = json!({"endTime": "2026-11-24T11:00:00Z", "length": 45});
    let created = change(Provider::CalCom, &message("BOOKING_CREATED", &backwards))?;
    assert_eq!(
        (created.details.end, created.details.minutes),
        (None, Some(45))
    );
    Ok(())
}

#[test]
fn every_spelling_of_a_start_is_the_same_start() -> Outcome {
    for start in [
        "2026-11-24T12:00:00.000Z",
        "2026-11-24T13:00:00+01:00",
        "2026-11-24 12:00:00",
    ] {
        let created = change(
            Provider::CalCom,
            &message("BOOKING_CREATED", &json!({"startTime": start})),
        )?;
        assert_eq!(created.details.start, at("2026-11-24T12:00:00Z"), "{start}");
    }
    Ok(())
}
