//! Who comes, and what else is told.

use calbridge_core::{
    change::{AttendeeRole, BOOKER},
    provider::Provider,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::message;
use crate::fixtures::{Outcome, change};

#[rstest]
#[case::text(json!("Mary Jane Smith"), "Mary", "Jane Smith")]
#[case::labelled(json!({"label": "your_name", "value": "Mary Jane Smith"}), "Mary", "Jane Smith")]
#[case::parts(json!({"value": {"firstName": "Mary Jane", "lastName": "Smith"}}), "Mary Jane", "Smith")]
#[case::bare_parts(json!({"firstName": "Mary Jane", "lastName": "Smith"}), "Mary Jane", "Smith")]
#[case::unanswered(json!({"label": "your_name", "isHidden": false}), "Ann", "Lee")]
fn a_name_is_read_in_every_shape(
    #[case] answer: Value,
    #[case] first: &str,
    #[case] last: &str,
) -> Outcome {
    let created = change(
        Provider::CalCom,
        &message("BOOKING_CREATED", &json!({"responses": {"name": answer}})),
    )?;
    let name = created.details.attendees[0]
        .name
        .clone()
        .unwrap_or_default();
    assert_eq!((name.first.as_str(), name.last.as_str()), (first, last));
    Ok(())
}

#[rstest]
#[case(json!({"responses": {"phone": "+31 6 1", "attendeePhoneNumber": "+2"}}), Some("+31 6 1"))]
#[case(json!({"responses": {"attendeePhoneNumber": {"label": "phone_number", "value": "+2"}}}), Some("+2"))]
#[case(json!({"smsReminderNumber": "+3", "responses": {"phone": null}}), Some("+3"))]
#[case(json!({"attendees": [{"email": "ann@example.org", "phoneNumber": "+4"}]}), Some("+4"))]
#[case(json!({"responses": {"location": {"value": {"value": "phone", "optionValue": "+5"}}}}), Some("+5"))]
#[case(json!({"attendees": [{"email": "491701234567@sms.cal.com"}]}), Some("+491701234567"))]
#[case(json!({}), None)]
fn a_phone_number_is_found(#[case] fields: Value, #[case] phone: Option<&str>) -> Outcome {
    let created = change(Provider::CalCom, &message("BOOKING_CREATED", &fields))?;
    assert_eq!(created.details.attendees[0].phone.as_deref(), phone);
    Ok(())
}

#[test]
fn a_placeholder_is_no_address() -> Outcome {
    let fields = json!({
        "attendees": [{"email": "491701234567@sms.cal.com", "name": "Ann"}],
        "responses": {"email": {"value": "491701234567@sms.cal.com"}},
    });
    let created = change(Provider::CalCom, &message("BOOKING_CREATED", &fields))?;
    let [ann] = created.details.attendees.as_slice() else {
        return Err("not one".into());
    };
    assert_eq!(
        (ann.email.as_deref(), ann.phone.as_deref()),
        (None, Some("+491701234567"))
    );
    Ok(())
}

#[test]
fn hosts_among_the_attendees_are_no_guests() -> Outcome {
    let fields = json!({
        "team": {"members": [{"name": "Mei", "email": "mei@studio.example"}]},
        "attendees": [
            {"email": "mei@studio.example", "name": "Mei"},
            {"email": "ann@example.org", "name": "Ann"},
            {"email": "Greta@studio.example", "name": "Greta"},
            {"email": "ben@example.org", "name": ""},
        ],
        "responses": {"guests": ["ben@example.org", "cid@example.org", "ann@example.org"]},
    });
    let cancelled = change(Provider::CalCom, &message("BOOKING_CANCELLED", &fields))?;
    let told: Vec<_> = cancelled
        .details
        .attendees
        .iter()
        .map(|one| (one.key.as_str(), one.role))
        .collect();
    let expected = [
        (BOOKER, AttendeeRole::Booker),
        ("guest:ben@example.org", AttendeeRole::Guest),
        ("guest:cid@example.org", AttendeeRole::Guest),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        cancelled.details.attendees[0].email.as_deref(),
        Some("ann@example.org")
    );
    assert_eq!(cancelled.details.hosts.len(), 2);
    Ok(())
}

// Details.

#[rstest]
#[case(json!({"meetingUrl": "https://a", "meeting_url": "https://b"}), Some("https://a"))]
#[case(json!({"meeting_url": "https://b", "metadata": {"videoCallUrl": "https://c"}}), Some("https://b"))]
#[case(json!({"metadata": {"videoCallUrl": ""}, "videoCallData": {"url": "https://d"}}), Some("https://d"))]
#[case(json!({"metadata": {"videoCallUrl": "https://c"}, "videoCallData": {"url": "https://d"}}), Some("https://c"))]
#[case(json!({"meetingUrl": "javascript:alert(1)", "location": "https://e"}), Some("https://e"))]
#[case(json!({"location": "integrations:daily"}), None)]
fn the_meeting_link_is_found(#[case] fields: Value, #[case] link: Option<&str>) -> Outcome {
    let created = change(Provider::CalCom, &message("BOOKING_CREATED", &fields))?;
    assert_eq!(created.details.meeting_url.as_deref(), link);
    assert_eq!(
        created.details.location.as_deref(),
        fields["location"].as_str()
    );
    Ok(())
}

#[test]
fn metadata_names_lead_tenant_and_campaign() -> Outcome {
    let fields = json!({
        "metadata": {"lead_id": "123", "tenant_id": 9, "source": "web", "utm_campaign": "autumn", "campaign": "x"},
        "responses": {"utm_medium": {"label": "m", "value": "mail"}, "utm_campaign": "y"},
    });
    let details = change(Provider::CalCom, &message("BOOKING_CREATED", &fields))?.details;
    assert_eq!(
        (details.lead_id, details.claimed_tenant.as_deref()),
        (Some(123), Some("9"))
    );
    let utm: Vec<_> = details
        .utm
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        utm,
        [
            ("campaign", "autumn"),
            ("medium", "mail"),
            ("source", "web")
        ]
    );
    for strange in [json!(0), json!(-1), json!("x"), json!(1.5), json!([1])] {
        let fields = json!({"metadata": {"lead_id": strange}});
        assert_eq!(
            change(Provider::CalCom, &message("BOOKING_CREATED", &fields))?
                .details
                .lead_id,
            None
        );
    }
    Ok(())
}
