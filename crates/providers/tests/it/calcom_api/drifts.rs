//! The canary: what is new in an answer is reported, and hinders nobody.

use calbridge_providers::calcom_api::{
    Drift, DriftKind, Profile, Whose, bookings, event_types, me,
    webhooks::{self, WebhookLevel},
};
use serde_json::{Value, json};

use super::recorded::Recorded;
use crate::fixtures::Outcome;

fn found(drifts: &[Drift]) -> Vec<(&str, &DriftKind)> {
    drifts
        .iter()
        .map(|drift| (drift.path.as_str(), &drift.what))
        .collect()
}

fn json_of(name: &str) -> Outcome<Value> {
    Ok(serde_json::from_slice(&Recorded::read(name)?.body)?)
}

#[test]
fn new_and_missing_fields_and_words_are_reported_once_each() -> Outcome {
    let mut body = json_of("composed_team_event_types_2026_06_12_200")?;
    body["data"][0]["hosts"][0]["weight"] = json!(100);
    body["data"][0]["hosts"][1]["weight"] = json!(200);
    body["data"][0]["schedulingType"] = json!("lottery");
    body["data"][1]
        .as_object_mut()
        .ok_or("no object")?
        .remove("currency");
    let call = event_types::list(Profile::Hosted2026, &Whose::Team(77));
    let answer = Recorded::json(200, &body).to(&call)?;
    assert_eq!(
        found(&answer.drifts),
        [
            (
                "data[].schedulingType",
                &DriftKind::UnknownWord("lottery".into())
            ),
            ("data[].hosts[].weight", &DriftKind::UnknownField),
            ("data[].currency", &DriftKind::MissingField),
        ]
    );
    assert_eq!(answer.value.len(), 3);
    assert_eq!(answer.value[0].scheduling, None);
    Ok(())
}

#[test]
fn the_number_of_reports_is_bounded() -> Outcome {
    let mut body = json_of("api_v2_booking_get_200")?;
    let data = body["data"].as_object_mut().ok_or("no object")?;
    for at in 0..500 {
        data.insert(format!("new{at}"), json!(1));
    }
    let call = bookings::get(Profile::Hosted2026, "udi2uSD8TngiRjgSdnVHno");
    assert_eq!(Recorded::json(200, &body).to(&call)?.drifts.len(), 20);
    Ok(())
}

#[test]
fn nothing_personal_is_reported() -> Outcome {
    let mut body = json_of("api_v2_booking_get_200")?;
    body["data"]["status"] = json!("Ann Lee <ann@example.org>");
    body["data"]["ann@example.org"] = json!("secret");
    let call = bookings::get(Profile::Hosted2026, "udi2uSD8TngiRjgSdnVHno");
    let drifts = Recorded::json(200, &body).to(&call)?.drifts;
    assert_eq!(
        found(&drifts),
        [
            ("data.ann?example.org", &DriftKind::UnknownField),
            (
                "data.status",
                &DriftKind::UnknownWord("(not a word)".into())
            ),
        ]
    );
    Ok(())
}

#[test]
fn the_announced_end_of_a_version_is_reported() -> Outcome {
    let answer = Recorded::read("composed_event_types_2026_06_12_200")?.with(&[
        ("Deprecation", "@1767225600"),
        ("Sunset", "Thu, 31 Dec 2026 23:59:59 GMT"),
        ("cal-api-version", "2024-04-15"),
    ])?;
    let call = event_types::list(Profile::Hosted2026, &Whose::Own);
    let drifts = answer.to(&call)?.drifts;
    assert_eq!(
        found(&drifts),
        [
            ("deprecation", &DriftKind::Deprecated("@1767225600".into())),
            (
                "sunset",
                &DriftKind::Deprecated("Thu, 31 Dec 2026 23:59:59 GMT".into())
            ),
            (
                "cal-api-version",
                &DriftKind::Deprecated("2024-04-15".into())
            ),
        ]
    );
    Ok(())
}

#[test]
fn the_version_that_was_asked_for_is_no_news() -> Outcome {
    let answer = Recorded::read("composed_event_types_2026_06_12_200")?
        .with(&[("cal-api-version", "2026-06-12")])?;
    let call = event_types::list(Profile::Hosted2026, &Whose::Own);
    assert_eq!(answer.to(&call)?.drifts, []);
    Ok(())
}

#[test]
fn a_new_trigger_is_kept_and_reported() -> Outcome {
    let mut body = json_of("api_v2_webhook_create_201")?;
    body["data"]["triggers"] = json!(["BOOKING_CREATED", "BOOKING_SNOOZED"]);
    let body = json!({"status": "success", "data": [body["data"]]});
    let answer = Recorded::json(200, &body).to(&webhooks::list(WebhookLevel::User, 0))?;
    assert_eq!(
        answer.value[0].triggers,
        ["BOOKING_CREATED", "BOOKING_SNOOZED"]
    );
    assert_eq!(
        found(&answer.drifts),
        [(
            "data[].triggers[]",
            &DriftKind::UnknownWord("BOOKING_SNOOZED".into())
        )]
    );
    Ok(())
}

#[test]
fn what_cannot_be_read_is_an_error_and_says_where() -> Outcome {
    let mut body = json_of("api_001_me")?;
    body["data"]["id"] = json!(1e30);
    let error = Recorded::json(200, &body)
        .to(&me())
        .err()
        .ok_or("an error")?;
    assert_eq!(
        error.message,
        "expected a whole number that fits at `data.id`"
    );
    body["data"]
        .as_object_mut()
        .ok_or("no object")?
        .remove("id");
    let error = Recorded::json(200, &body)
        .to(&me())
        .err()
        .ok_or("an error")?;
    assert_eq!(error.message, "expected a value at `data.id`");
    Ok(())
}
