//! Rules about Calendly's webhooks that no fixture shows.

use calbridge_core::{
    change::{
        AttendanceMark, BOOKER, Canonical, Change, Dated, MarkedBy, Reference, ReferenceKind,
        Verdict, What,
    },
    provider::Provider,
    state::Confirmation,
};
use calbridge_providers::account_hint;
use rstest::rstest;
use serde_json::{Value, json};

use crate::fixtures::{Outcome, at, meaning};

const MEETING: &str = "https://api.calendly.com/scheduled_events/e2";
const INVITEE: &str = "https://api.calendly.com/scheduled_events/e2/invitees/i2";
const OLD: &str = "https://api.calendly.com/scheduled_events/e1/invitees/i1";

fn webhook(event: &str, limit: Option<i64>, fields: &Value) -> Value {
    let mut payload = json!({
        "uri": INVITEE,
        "event": MEETING,
        "email": "Ann@Example.org",
        "name": "Ann Lee",
        "scheduled_event": {
            "uri": MEETING,
            "start_time": "2026-12-03T17:30:00.000000Z",
            "end_time": "2026-12-03T18:00:00.000000Z",
            "invitees_counter": {"total": 1, "active": 1, "limit": limit},
        },
    });
    if let (Some(payload), Some(fields)) = (payload.as_object_mut(), fields.as_object()) {
        payload.extend(fields.clone());
    }
    json!({"event": event, "created_at": "2026-11-24T09:12:57.000000Z", "created_by": "u", "payload": payload})
}

fn change(body: &Value) -> Outcome<Change> {
    crate::fixtures::change(Provider::Calendly, body)
}

#[rstest]
#[case("invitee.created", Some(1), json!({}), What::Created { confirmation: Confirmation::Confirmed })]
#[case("invitee.created", None, json!({}), What::Created { confirmation: Confirmation::Confirmed })]
#[case("invitee.created", Some(1), json!({"old_invitee": OLD}), What::Rescheduled { confirmation: Confirmation::Confirmed })]
#[case("invitee.created", Some(8), json!({}), What::Joined { confirmation: Confirmation::Confirmed, moved: false })]
#[case("invitee.created", Some(8), json!({"old_invitee": OLD}), What::Joined { confirmation: Confirmation::Confirmed, moved: true })]
#[case("invitee.canceled", Some(1), json!({"rescheduled": false}), What::Cancelled { reschedule_requested: false })]
#[case("invitee.canceled", Some(1), json!({"rescheduled": true}), What::Superseded)]
#[case("invitee.canceled", Some(1), json!({"new_invitee": OLD}), What::Superseded)]
#[case("invitee.canceled", Some(8), json!({"rescheduled": false}), What::Left { moved: false })]
#[case("invitee.canceled", Some(8), json!({"rescheduled": true, "new_invitee": OLD}), What::Left { moved: true })]
fn each_event_has_its_fact(
    #[case] event: &str,
    #[case] limit: Option<i64>,
    #[case] fields: Value,
    #[case] what: What,
) -> Outcome {
    assert_eq!(change(&webhook(event, limit, &fields))?.what, what);
    Ok(())
}

#[test]
fn one_invitee_is_the_booking() -> Outcome {
    let told = change(&webhook(
        "invitee.created",
        Some(1),
        &json!({"old_invitee": OLD}),
    ))?;
    assert_eq!(told.identity.subject.as_deref(), Some(INVITEE));
    assert_eq!(told.identity.former, [OLD]);
    let expected = [
        Reference::new(
            ReferenceKind::Event,
            "https://api.calendly.com/scheduled_events/e1",
        ),
        Reference::new(ReferenceKind::Event, MEETING),
        Reference::new(ReferenceKind::Invitee, OLD),
        Reference::new(ReferenceKind::Invitee, INVITEE),
    ];
    assert_eq!(told.identity.references, expected);
    assert_eq!(told.details.attendees[0].key, BOOKER);
    Ok(())
}

#[test]
fn in_a_group_the_event_is_the_booking() -> Outcome {
    let body = webhook(
        "invitee.created",
        Some(8),
        &json!({"old_invitee": OLD, "new_invitee": OLD}),
    );
    let told = change(&body)?;
    assert_eq!(told.identity.subject.as_deref(), Some(MEETING));
    assert!(told.identity.former.is_empty());
    let expected = [
        Reference::new(ReferenceKind::Event, MEETING),
        Reference::new(ReferenceKind::Invitee, INVITEE),
    ];
    assert_eq!(told.identity.references, expected);
    assert_eq!(told.details.attendees[0].key, INVITEE);
    assert_eq!(
        (told.details.group, told.details.capacity),
        (Some(true), Some(8))
    );
    Ok(())
}

#[rstest]
#[case("invitee_no_show.created", Some(1), BOOKER, true)]
#[case("invitee_no_show.deleted", Some(1), BOOKER, false)]
#[case("invitee.no_show", None, BOOKER, true)]
#[case("invitee_no_show.created", Some(8), INVITEE, true)]
#[case("invitee_no_show.deleted", Some(8), INVITEE, false)]
fn a_mark_names_the_place(
    #[case] event: &str,
    #[case] limit: Option<i64>,
    #[case] key: &str,
    #[case] absent: bool,
) -> Outcome {
    let whom = MarkedBy::Key(key.to_owned());
    let marks = vec![AttendanceMark { whom, absent }];
    assert_eq!(
        change(&webhook(event, limit, &json!({})))?.what,
        What::Attendance { marks }
    );
    Ok(())
}

#[test]
fn a_payload_of_2023_has_ids_but_no_times() -> Outcome {
    let told = change(&webhook(
        "invitee.created",
        None,
        &json!({"scheduled_event": null}),
    ))?;
    let confirmation = Confirmation::Confirmed;
    assert_eq!(told.what, What::Created { confirmation });
    assert!(
        told.identity
            .references
            .contains(&Reference::new(ReferenceKind::Event, MEETING))
    );
    assert_eq!((told.details.start, told.details.group), (None, None));
    Ok(())
}

#[test]
fn without_an_envelope_time_the_thing_itself_has_one() -> Outcome {
    let fields = json!({"rescheduled": false, "cancellation": {"created_at": "2026-11-25T08:02:31.000000Z"}});
    let mut body = webhook("invitee.canceled", Some(1), &fields);
    body["created_at"] = Value::Null;
    let told = change(&body)?;
    assert_eq!(
        (Some(told.occurred_at), told.dated),
        (at("2026-11-25T08:02:31Z"), Dated::ByProvider)
    );
    body["payload"]["cancellation"] = Value::Null;
    assert_eq!(change(&body)?.dated, Dated::ByReceipt);
    Ok(())
}

#[rstest]
#[case(json!({"text_reminder_number": "+1 202", "questions_and_answers": [{"question": "Phone", "answer": "+31612345678"}]}), Some("+1 202"))]
#[case(json!({"questions_and_answers": [{"question": "Your PHONE number?", "answer": "+31 6 12345678"}]}), Some("+31 6 12345678"))]
#[case(json!({"questions_and_answers": [{"question": "Phone or video?", "answer": "video"}]}), None)]
#[case(json!({}), None)]
fn a_phone_number_may_be_an_answer(#[case] fields: Value, #[case] phone: Option<&str>) -> Outcome {
    let told = change(&webhook("invitee.created", Some(1), &fields))?;
    assert_eq!(told.details.attendees[0].phone.as_deref(), phone);
    Ok(())
}

#[rstest]
#[case(json!({"type": "zoom", "join_url": "https://zoom.example/j/1"}), None, Some("https://zoom.example/j/1"))]
#[case(json!({"type": "zoom", "join_url": null}), None, None)]
#[case(json!({"type": "custom", "location": "https://meet.example/x"}), Some("https://meet.example/x"), Some("https://meet.example/x"))]
#[case(json!({"type": "outbound_call", "location": "+31612345678"}), Some("+31612345678"), None)]
#[case(json!(null), None, None)]
fn the_place_is_told_by_kind(
    #[case] place: Value,
    #[case] text: Option<&str>,
    #[case] link: Option<&str>,
) -> Outcome {
    let fields = json!({"scheduled_event": {"uri": MEETING, "location": place}});
    let details = change(&webhook("invitee.created", Some(1), &fields))?.details;
    assert_eq!(
        (details.location.as_deref(), details.meeting_url.as_deref()),
        (text, link)
    );
    Ok(())
}

#[rstest]
#[case(json!(24.0), Some(2400))]
#[case(json!(19.99), Some(1999))]
#[case(json!("12.50"), Some(1250))]
#[case(json!("NaN"), None)]
#[case(json!(-1), None)]
#[case(json!(1e300), None)]
fn a_price_is_in_minor_units(#[case] amount: Value, #[case] price: Option<i64>) -> Outcome {
    let fields = json!({"payment": {"amount": amount, "currency": "eur"}});
    let details = change(&webhook("invitee.created", Some(1), &fields))?.details;
    assert_eq!(
        (details.price, details.currency),
        (price, price.map(|_| "EUR".to_owned()))
    );
    Ok(())
}

#[test]
fn a_repeated_delivery_is_known() -> Outcome {
    let key = |body: &Value| {
        Ok::<_, Box<dyn std::error::Error>>(meaning(Provider::Calendly, body)?.delivery_key)
    };
    let first = key(&webhook(
        "invitee_no_show.created",
        Some(1),
        &json!({"no_show": {"uri": "n1"}}),
    ))?;
    let again = json!({"no_show": {"uri": "n1"}, "name": "Anna"});
    assert_eq!(
        first,
        key(&webhook("invitee_no_show.created", Some(1), &again))?
    );
    let marked_again = json!({"no_show": {"uri": "n2"}});
    assert_ne!(
        first,
        key(&webhook("invitee_no_show.created", Some(1), &marked_again))?
    );
    assert_ne!(
        first,
        key(&webhook(
            "invitee_no_show.deleted",
            Some(1),
            &json!({"no_show": {"uri": "n1"}})
        ))?
    );
    Ok(())
}

#[rstest]
#[case(json!({"triggerEvent": "BOOKING_CREATED", "payload": {"uid": "x"}}), "`event`")]
#[case(json!({"event": "invitee.created", "payload": {}}), "payload.uri")]
#[case(json!({"event": "invitee.created"}), "payload.uri")]
#[case(json!({"event": {}, "payload": []}), "`event`")]
fn what_cannot_be_read_says_why(#[case] body: Value, #[case] word: &str) -> Outcome {
    let meaning = meaning(Provider::Calendly, &body)?;
    assert_eq!(meaning.canonical, Canonical::Unknown);
    assert!(
        matches!(&meaning.verdict, Verdict::Unreadable(reason) if reason.contains(word)),
        "{meaning:?}"
    );
    Ok(())
}

#[test]
fn the_envelope_names_the_account() {
    assert_eq!(
        account_hint(&webhook("invitee.created", None, &json!({}))).as_deref(),
        Some("u")
    );
    assert_eq!(account_hint(&json!({"created_by": 7})), None);
    assert_eq!(account_hint(&json!([])), None);
}
