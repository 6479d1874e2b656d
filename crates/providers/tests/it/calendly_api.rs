//! Calendly's API: what is asked, how answers are read, and that a record tells what webhooks tell.

use std::time::Duration;

use calbridge_core::{
    change::{Dated, What},
    provider::Provider,
};
use calbridge_providers::{
    calcom_api::{Answer, ApiError, Call, ErrorKind, Operation, Response},
    calendly_api::{
        self, EventsOf, EventsQuery, Invitee, ScheduledEvent, event, events, invitees, me,
    },
};
use http::{HeaderMap, HeaderValue};
use rstest::rstest;
use serde_json::{Value, json};

use crate::fixtures::{Outcome, change};

const BASE: &str = "https://api.calendly.com";

fn at(text: &str) -> Outcome<jiff::Timestamp> {
    Ok(text.parse()?)
}

fn answered<T>(call: &Call<T>, status: u16, body: &Value) -> Result<Answer<T>, ApiError> {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-ratelimit-limit", "50"),
        ("x-ratelimit-remaining", "7"),
        ("x-ratelimit-reset", "31"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let body = body.to_string();
    call.read(&Response {
        status,
        headers: &headers,
        body: body.as_bytes(),
    })
}

fn scheduled_event(limit: i64) -> Value {
    json!({
        "uri": format!("{BASE}/scheduled_events/e1"),
        "name": "Follow-up",
        "status": "active",
        "start_time": "2026-12-03T17:30:00.000000Z",
        "end_time": "2026-12-03T18:00:00.000000Z",
        "event_type": format!("{BASE}/event_types/t1"),
        "location": {"type": "custom", "location": "Room 2"},
        "invitees_counter": {"total": 1, "active": 1, "limit": limit},
        "created_at": "2026-11-24T09:12:56.900000Z",
        "updated_at": "2026-11-24T09:12:56.900000Z",
        "event_memberships": [{"user": format!("{BASE}/users/u1"), "user_email": "host@example.org", "user_name": "Kim"}],
        "event_guests": [],
    })
}

fn invitee(fields: &Value) -> Value {
    let mut invitee = json!({
        "uri": format!("{BASE}/scheduled_events/e1/invitees/i1"),
        "event": format!("{BASE}/scheduled_events/e1"),
        "email": "ann@example.org",
        "name": "Ann Lee",
        "status": "active",
        "timezone": "Europe/Berlin",
        "created_at": "2026-11-24T09:12:57.100000Z",
        "updated_at": "2026-11-24T09:12:57.100000Z",
        "questions_and_answers": [],
        "tracking": {"utm_source": null, "utm_medium": null, "utm_campaign": null, "utm_term": null, "utm_content": null, "salesforce_uuid": null},
        "rescheduled": false,
        "cancel_url": "https://calendly.com/cancellations/i1",
        "reschedule_url": "https://calendly.com/reschedulings/i1",
        "no_show": null,
    });
    if let (Some(invitee), Some(fields)) = (invitee.as_object_mut(), fields.as_object()) {
        invitee.extend(fields.clone());
    }
    invitee
}

fn page(items: &[Value], next: Option<&str>) -> Value {
    let pagination = json!({
        "count": items.len(), "next_page": null, "previous_page": null,
        "next_page_token": next, "previous_page_token": null,
    });
    json!({"collection": items, "pagination": pagination})
}

fn read(limit: i64, fields: &Value) -> Outcome<(ScheduledEvent, Invitee)> {
    let body = json!({"resource": scheduled_event(limit)});
    let event = answered(&event("e1"), 200, &body)?.value;
    let body = page(&[invitee(fields)], None);
    let mut found = answered(&invitees(&event.uri, None), 200, &body)?
        .value
        .invitees;
    Ok((event, found.remove(0)))
}

#[test]
fn events_are_asked_for_by_their_starts() -> Outcome {
    let query = EventsQuery {
        whose: EventsOf::Organization(format!("{BASE}/organizations/o1")),
        from: at("2026-12-01T00:00:00Z")?,
        until: at("2027-01-01T00:00:00Z")?,
        page_size: 1000,
    };
    let call = events(&query, Some("next&one"));
    assert_eq!(
        (call.operation, call.version),
        (Operation::ScheduledEventsList, None)
    );
    assert_eq!(
        call.path_and_query(),
        "/scheduled_events?organization=https%3A%2F%2Fapi.calendly.com%2Forganizations%2Fo1\
         &min_start_time=2026-12-01T00%3A00%3A00.000000Z&max_start_time=2027-01-01T00%3A00%3A00.000000Z\
         &sort=start_time%3Aasc&count=100&page_token=next%26one"
    );
    let call = invitees(&format!("{BASE}/scheduled_events/e%2F1"), None);
    assert_eq!(
        call.path_and_query(),
        "/scheduled_events/e%252F1/invitees?count=100&sort=created_at%3Aasc"
    );
    Ok(())
}

#[test]
fn a_page_tells_where_the_next_one_begins() -> Outcome {
    let query = EventsQuery {
        whose: EventsOf::User("u".to_owned()),
        from: at("2026-12-01T00:00:00Z")?,
        until: at("2027-01-01T00:00:00Z")?,
        page_size: 10,
    };
    let body = page(&[scheduled_event(8)], Some("more"));
    let answer = answered(&events(&query, None), 200, &body)?;
    assert_eq!(answer.value.next.as_deref(), Some("more"));
    assert!(answer.value.events[0].is_group());
    assert_eq!(answer.drifts, []);
    let quota = answer.quota.ok_or("no quota")?;
    assert_eq!(
        (quota.limit, quota.remaining, quota.resets_in),
        (50, 7, Duration::from_secs(31))
    );
    Ok(())
}

#[rstest]
#[case(401, json!({"title": "Unauthenticated", "message": "The access token expired"}), ErrorKind::Unauthorized)]
#[case(403, json!({"title": "Permission Denied", "message": "no"}), ErrorKind::Forbidden)]
#[case(404, json!({"title": "Resource Not Found", "message": "no"}), ErrorKind::NotFound)]
#[case(400, json!({"title": "Invalid Argument", "message": "no", "details": [{"code": "already_filled"}]}), ErrorKind::SlotTaken)]
#[case(400, json!({"title": "Invalid Argument", "message": "no"}), ErrorKind::Refused { code: "http_400".to_owned() })]
#[case(424, json!({"title": "External Calendar Error"}), ErrorKind::Refused { code: "http_424".to_owned() })]
#[case(429, json!({}), ErrorKind::RateLimited { retry_after: Duration::from_secs(31) })]
#[case(500, json!({"title": "Internal Server Error"}), ErrorKind::Down)]
#[case(503, json!("a page"), ErrorKind::Down)]
#[case(302, json!({}), ErrorKind::Misread { expected: "an answer, not a redirect" })]
fn each_refusal_has_its_meaning(#[case] status: u16, #[case] body: Value, #[case] kind: ErrorKind) {
    let error = answered(&me(), status, &body).unwrap_err();
    assert_eq!((error.provider, error.status), (Provider::Calendly, status));
    assert_eq!(error.kind, kind, "{error}");
}

#[test]
fn a_refusal_is_told_without_addresses() {
    let body = json!({"title": "Invalid Argument", "message": "no", "details": [{"parameter": "email", "message": "ann@example.org is no"}]});
    let error = answered(&me(), 400, &body).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Calendly answered 400: Invalid Argument: no: email: [address] is no"
    );
}

#[test]
fn another_shape_is_never_guessed_at() {
    for body in [
        json!({}),
        json!({"resource": []}),
        json!({"resource": {"uri": "u"}}),
    ] {
        let error = answered(&me(), 200, &body).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Misread { .. }), "{error}");
    }
}

#[test]
fn a_record_tells_what_the_webhook_tells() -> Outcome {
    let (event, record) = read(1, &json!({}))?;
    let facts = calendly_api::facts(&event, &record);
    let mut payload = invitee(&json!({}));
    payload["scheduled_event"] = scheduled_event(1);
    let webhook = json!({
        "event": "invitee.created", "created_at": "2026-11-24T09:12:57.000000Z", "created_by": "u", "payload": payload,
    });
    let told = change(Provider::Calendly, &webhook)?;
    let [fact] = facts.as_slice() else {
        return Err("one fact".into());
    };
    assert_eq!(
        (&fact.identity, &fact.what, &fact.details),
        (&told.identity, &told.what, &told.details)
    );
    assert_eq!(fact.dated, Dated::BySnapshot);
    Ok(())
}

#[rstest]
#[case(1, json!({"old_invitee": "https://api.calendly.com/scheduled_events/e0/invitees/i0"}), &["rescheduled"])]
#[case(1, json!({"status": "canceled", "rescheduled": true, "new_invitee": "https://api.calendly.com/scheduled_events/e2/invitees/i2"}), &["created", "superseded"])]
#[case(1, json!({"status": "canceled", "cancellation": {"canceled_by": "Ann", "canceler_type": "invitee", "reason": "ill", "created_at": "2026-11-25T09:00:00.000000Z"}}), &["created", "cancelled"])]
#[case(1, json!({"no_show": {"uri": "n", "created_at": "2026-12-03T18:10:00.000000Z"}}), &["created", "no_show"])]
#[case(8, json!({}), &["joined"])]
#[case(8, json!({"status": "canceled"}), &["joined", "left"])]
fn a_record_tells_its_story(
    #[case] limit: i64,
    #[case] fields: Value,
    #[case] expected: &[&str],
) -> Outcome {
    let (event, record) = read(limit, &fields)?;
    let facts = calendly_api::facts(&event, &record);
    let words: Vec<_> = facts.iter().map(|fact| fact.what.word()).collect();
    assert_eq!(words, expected);
    assert!(
        facts
            .windows(2)
            .all(|pair| pair[0].occurred_at <= pair[1].occurred_at)
    );
    if let Some(cancelled) = facts
        .iter()
        .find(|fact| matches!(fact.what, What::Cancelled { .. }))
    {
        assert_eq!(cancelled.details.reason.as_deref(), Some("ill"));
        assert_eq!(cancelled.occurred_at, at("2026-11-25T09:00:00Z")?);
    }
    Ok(())
}
