//! Group meetings at Cal.com: rules that no fixture shows.

use calbridge_core::{
    change::{Change, Verdict, What},
    provider::Provider,
    state::Confirmation,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::fixtures::{Outcome, change, changes, meaning};

const UID: &str = "bN4nQGwhVf5RFaGa2x1fRc";
const LEFT_UID: &str = "hpMrKjHQwLmnk6jPDjjv3b";

fn message(trigger: &str, fields: &Value) -> Value {
    let mut payload = json!({
        "uid": UID,
        "bookingId": 12,
        "startTime": "2026-11-30T11:00:00Z",
        "endTime": "2026-11-30T12:00:00Z",
        "status": "ACCEPTED",
        "seatsPerTimeSlot": 3,
        "attendeeSeatId": "26c78f5a-a440-45a0-89bb-821243df2055",
        "iCalUID": "1ka6sHu6c8pbEb1CZDchP7@Cal.diy",
        "attendees": [{"email": "cid@example.org", "name": "Cid"}, {"email": "ann@example.org", "name": "Ann"}],
        "responses": {"name": "Somebody Else", "email": "else@example.org", "guests": ["other@example.org"]},
        "metadata": {"lead_id": 5, "utm_source": "first"},
    });
    if let (Some(payload), Some(fields)) = (payload.as_object_mut(), fields.as_object()) {
        payload.extend(fields.clone());
    }
    json!({"triggerEvent": trigger, "createdAt": "2026-11-21T09:55:01.944Z", "payload": payload})
}

fn keys(change: &Change) -> Vec<&str> {
    change
        .details
        .attendees
        .iter()
        .map(|one| one.key.as_str())
        .collect()
}

#[test]
fn a_mover_leaves_one_meeting_and_joins_another() -> Outcome {
    let told = changes(
        Provider::CalCom,
        &message("BOOKING_RESCHEDULED", &json!({"rescheduleUid": LEFT_UID})),
    )?;
    let [joined, left] = told.as_slice() else {
        return Err("not two".into());
    };
    let confirmation = Confirmation::Confirmed;
    assert_eq!(
        joined.what,
        What::Joined {
            confirmation,
            moved: true
        }
    );
    assert_eq!(left.what, What::Left { moved: true });
    // Those listed after the mover were there before.
    assert_eq!(
        (keys(joined), keys(left)),
        (vec!["email:cid@example.org"], vec!["email:cid@example.org"])
    );
    // The number is that of the meeting left; the seat that of the meeting joined.
    assert_eq!(joined.details.number, None);
    assert_eq!(joined.identity.references.len(), 1);
    assert!(joined.identity.former.is_empty());
    assert_eq!(left.identity.subject.as_deref(), Some(LEFT_UID));
    assert!(joined.details.attendees[0].external_id.is_some());
    assert_eq!(left.details.attendees[0].external_id, None);
    assert_eq!(left.details.start, None);
    Ok(())
}

#[test]
fn a_mover_on_the_web_page_names_only_the_seat() -> Outcome {
    let seat = json!({"rescheduleUid": "09d655ec-5bb3-43bc-a6d4-7c6362a0b134"});
    let joined = change(Provider::CalCom, &message("BOOKING_RESCHEDULED", &seat))?;
    let confirmation = Confirmation::Confirmed;
    assert_eq!(
        joined.what,
        What::Joined {
            confirmation,
            moved: true
        }
    );
    assert_eq!(joined.identity.references.len(), 1);
    Ok(())
}

#[test]
fn a_mover_without_uid_names_no_booking() -> Outcome {
    let nameless = message(
        "BOOKING_RESCHEDULED",
        &json!({"uid": null, "rescheduleUid": LEFT_UID}),
    );
    let verdict = meaning(Provider::CalCom, &nameless)?.verdict;
    assert!(matches!(verdict, Verdict::Unreadable(_)), "{verdict:?}");
    Ok(())
}

#[rstest]
#[case(json!({"rescheduleUid": UID}))]
#[case(json!({}))]
fn the_host_moves_everybody(#[case] fields: Value) -> Outcome {
    let moved = change(Provider::CalCom, &message("BOOKING_RESCHEDULED", &fields))?;
    let confirmation = Confirmation::Confirmed;
    assert_eq!(moved.what, What::Rescheduled { confirmation });
    assert_eq!(
        keys(&moved),
        ["email:cid@example.org", "email:ann@example.org"]
    );
    assert_eq!(moved.identity.references.len(), 1);
    Ok(())
}

#[test]
fn people_are_never_taken_from_the_answers() -> Outcome {
    let joined = change(Provider::CalCom, &message("BOOKING_CREATED", &json!({})))?;
    assert_eq!(
        keys(&joined),
        ["email:cid@example.org", "email:ann@example.org"]
    );
    assert_eq!(
        joined.details.attendees[0]
            .name
            .as_ref()
            .map(|name| name.full.as_str()),
        Some("Cid")
    );
    assert_eq!(
        (joined.details.group, joined.details.capacity),
        (Some(true), Some(3))
    );
    assert!(joined.identity.former.is_empty());
    Ok(())
}

#[test]
fn metadata_may_be_the_first_attendees() -> Outcome {
    let joined = change(Provider::CalCom, &message("BOOKING_CREATED", &json!({})))?;
    assert_eq!(
        (joined.details.lead_id, joined.details.utm.len()),
        (None, 0)
    );
    let nameless = json!({"attendees": [{"name": "Cid"}]});
    let joined = change(Provider::CalCom, &message("BOOKING_CREATED", &nameless))?;
    assert_eq!(joined.details.lead_id, Some(5));
    assert_eq!(keys(&joined), ["seat:26c78f5a-a440-45a0-89bb-821243df2055"]);
    Ok(())
}

#[rstest]
#[case("BOOKING_REQUESTED", json!({"status": "PENDING"}), "joined")]
#[case("BOOKING_PAYMENT_INITIATED", json!({}), "joined")]
#[case("BOOKING_CANCELLED", json!({"status": "CANCELLED"}), "left")]
#[case("BOOKING_CANCELLED", json!({"status": "CANCELLED", "attendees": []}), "cancelled")]
#[case("BOOKING_CANCELLED", json!({"status": "CANCELLED", "requestReschedule": true}), "cancelled")]
#[case("BOOKING_REJECTED", json!({"status": "REJECTED"}), "rejected")]
fn each_message_has_its_fact(
    #[case] trigger: &str,
    #[case] fields: Value,
    #[case] word: &str,
) -> Outcome {
    let told = change(Provider::CalCom, &message(trigger, &fields))?;
    assert_eq!(told.what.word(), word);
    if let What::Joined { confirmation, .. } = told.what {
        assert_eq!(confirmation, Confirmation::Pending);
    }
    Ok(())
}

#[test]
fn somebody_with_a_phone_only_has_a_key_too() -> Outcome {
    let phone =
        json!({"attendees": [{"email": "491701234567@sms.cal.com"}, {"phoneNumber": "+4912"}, {}]});
    let joined = change(Provider::CalCom, &message("BOOKING_CREATED", &phone))?;
    assert_eq!(
        keys(&joined),
        ["email:491701234567@sms.cal.com", "phone:+4912"]
    );
    assert_eq!(
        joined.details.attendees[0].phone.as_deref(),
        Some("+491701234567")
    );
    Ok(())
}
