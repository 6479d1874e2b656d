//! What the organization promises: shapes as in the samples, the reschedule pair, groups, refusals.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::{Delivery, samples};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-23T13:41:08Z")
}

fn body(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

fn payload(delivery: &Delivery) -> Value {
    body(delivery)["payload"].clone()
}

fn assessment(start: &str) -> NewInvitee {
    NewInvitee::new(
        "first-assessment",
        at(start),
        "Oluwaseun Barrett",
        "oluwaseun@example.com",
    )
}

fn class(name: &str) -> NewInvitee {
    NewInvitee::new(
        "back-care-class",
        at("2026-12-05T10:00:00Z"),
        name,
        format!("{name}@example.com"),
    )
}

/// Keys of the payload and of what hangs below it, one level deep.
fn keys(value: &Value) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (key, value) in value.as_object().unwrap() {
        keys.insert(key.clone());
        if let Some(fields) = value.as_object() {
            keys.extend(fields.keys().map(|inner| format!("{key}.{inner}")));
        }
    }
    keys
}

#[test]
fn bodies_have_the_keys_of_the_samples() {
    let mut calendly = Calendly::new(1);
    let mut unchecked = 0;
    let mut check = |file: &str, delivery: &Delivery| {
        let Some(text) = samples::read(&format!("calendly/{file}")) else {
            unchecked += 1;
            return;
        };
        let sample: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(keys(&payload(delivery)), keys(&sample["payload"]), "{file}");
        assert_eq!(keys(&body(delivery)), keys(&sample), "{file}");
    };

    let (uri, created) = calendly
        .book(assessment("2026-12-02T15:00:00Z"), now())
        .unwrap();
    check("01-invitee.created.in-person.json", &created[0]);
    let zoom = NewInvitee {
        event_type: "video-consultation".to_owned(),
        ..assessment("2026-12-03T17:30:00Z")
    };
    check(
        "02-invitee.created.zoom-questions-tracking.json",
        &calendly.book(zoom, now()).unwrap().1[0],
    );
    let absent = calendly
        .mark_no_show(&uri, at("2026-12-02T15:21:12Z"))
        .unwrap();
    check("06-invitee_no_show.created.json", &absent[0]);
    let (uri, _) = calendly
        .book(assessment("2026-12-07T16:00:00Z"), now())
        .unwrap();
    let (uri, pair) = calendly
        .reschedule(
            &uri,
            at("2026-12-14T16:00:00Z"),
            Canceler::Invitee,
            Some("late"),
            now(),
        )
        .unwrap();
    check("04-reschedule.1.invitee.canceled.json", &pair[0]);
    check("05-reschedule.2.invitee.created.json", &pair[1]);
    let canceled = calendly
        .cancel(&uri, Canceler::Host, Some("closed"), now())
        .unwrap();
    check("03-invitee.canceled.by-host.json", &canceled[0]);
    let routed = calendly
        .trigger("routing_form_submission.created", now())
        .unwrap();
    check("07-routing_form_submission.created.json", &routed);
    let place = calendly.book_group_place(class("aino"), now()).unwrap().1;
    check("08-invitee.created.group-paid.json", &place[0]);
    samples::say_unchecked(unchecked);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = |seed| {
        let mut calendly = Calendly::new(seed);
        EVENTS.map(|event| calendly.trigger(event, now()).unwrap().body)
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn a_reschedule_is_a_pair_joined_by_old_and_new_invitee() {
    let mut calendly = Calendly::new(5);
    let (old, _) = calendly
        .book(assessment("2026-12-07T16:00:00Z"), now())
        .unwrap();
    let (new, pair) = calendly
        .reschedule(
            &old,
            at("2026-12-14T16:00:00Z"),
            Canceler::Invitee,
            None,
            now(),
        )
        .unwrap();
    let (canceled, created) = (payload(&pair[0]), payload(&pair[1]));
    assert_eq!(pair[0].event, "invitee.canceled");
    assert_eq!(canceled["rescheduled"], true);
    assert_eq!(canceled["new_invitee"], new.as_str());
    assert_eq!(canceled["scheduled_event"]["status"], "canceled");
    assert_eq!(created["old_invitee"], old.as_str());
    assert_eq!(created["rescheduled"], false);
    assert_ne!(created["event"], canceled["event"]);
    assert!(
        created["uri"]
            .as_str()
            .unwrap()
            .starts_with("https://api.calendly.com/scheduled_events/")
    );
    assert_eq!(
        created["scheduled_event"]["start_time"],
        "2026-12-14T16:00:00.000000Z"
    );
    let again = calendly.reschedule(
        &old,
        at("2026-12-15T16:00:00Z"),
        Canceler::Host,
        None,
        now(),
    );
    assert_eq!(again.unwrap_err(), CalendlyError::AlreadyCanceled);
}

#[test]
fn a_group_event_is_shared_and_one_person_can_leave() {
    let mut calendly = Calendly::new(6);
    let (aino, _) = calendly.book_group_place(class("aino"), now()).unwrap();
    let (bo, second) = calendly.book(class("bo"), now()).unwrap();
    let counter = &payload(&second[0])["scheduled_event"]["invitees_counter"];
    assert_eq!(
        *counter,
        serde_json::json!({"total": 2, "active": 2, "limit": 8})
    );

    let left = calendly
        .cancel(&aino, Canceler::Invitee, None, now())
        .unwrap();
    assert_eq!(payload(&left[0])["status"], "canceled");
    assert_eq!(payload(&left[0])["scheduled_event"]["status"], "active");
    let (cid, _) = calendly.book(class("cid"), now()).unwrap();
    let closed = calendly
        .cancel(&cid, Canceler::Host, Some("flood"), now())
        .unwrap();
    assert_eq!(closed.len(), 2, "the host ends it for everyone");
    assert!(!calendly.find_invitee(&bo).unwrap().is_active());
}

#[test]
fn a_full_group_and_a_taken_slot_are_already_filled() {
    let mut calendly = Calendly::new(7);
    for place in 0..8 {
        calendly
            .book_group_place(class(&format!("p{place}")), now())
            .unwrap();
    }
    let full = calendly.book_group_place(class("late"), now());
    assert_eq!(full.unwrap_err(), CalendlyError::AlreadyFilled);
    calendly
        .book(assessment("2026-12-02T15:00:00Z"), now())
        .unwrap();
    let taken = calendly.book(assessment("2026-12-02T15:30:00Z"), now());
    assert_eq!(taken.unwrap_err(), CalendlyError::AlreadyFilled);
    let past = calendly.book(assessment("2026-11-02T15:30:00Z"), now());
    assert_eq!(past.unwrap_err(), CalendlyError::NotInTheFuture);
}

#[test]
fn a_no_show_can_be_taken_back_once() {
    let mut calendly = Calendly::new(8);
    let (uri, _) = calendly
        .book(assessment("2026-12-02T15:00:00Z"), now())
        .unwrap();
    assert_eq!(
        calendly.mark_no_show(&uri, now()).unwrap_err(),
        CalendlyError::NotStarted
    );
    let later = at("2026-12-02T15:20:00Z");
    calendly.mark_no_show(&uri, later).unwrap();
    assert_eq!(
        calendly.mark_no_show(&uri, later).unwrap_err(),
        CalendlyError::AlreadyMarked
    );
    let back = calendly.unmark_no_show(&uri, later).unwrap();
    assert_eq!(payload(&back[0])["no_show"], Value::Null);
    assert_eq!(
        calendly.unmark_no_show(&uri, later).unwrap_err(),
        CalendlyError::NotMarked
    );
}

#[test]
fn the_old_payload_form_has_no_scheduled_event() {
    let mut calendly = Calendly::with_base(9, "http://127.0.0.1:9000/calendly/");
    calendly.set_payload_form(PayloadForm::WithoutScheduledEvent);
    let (_, created) = calendly
        .book(assessment("2026-12-02T15:00:00Z"), now())
        .unwrap();
    let payload = payload(&created[0]);
    assert!(payload.get("scheduled_event").is_none());
    assert!(
        payload["event"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:9000/calendly/scheduled_events/")
    );
}
