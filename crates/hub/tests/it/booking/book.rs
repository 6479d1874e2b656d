//! Booking when the provider behaves.

use axum::http::Method;
use calbridge_emulator::calcom::NewBooking;
use calbridge_store::{Store, each_engine};
use futures::future::join_all;
use serde_json::json;

use super::{BOOKINGS, Desk, TEN, code, location, stranger, text};
use crate::hub::at;

each_engine! {
    async fn a_booking_is_at_the_provider_once_and_the_lead_is_booked(store: Store) {
        let desk = Desk::open(store).await;
        let answer = desk.book(&json!({
            "lead_id": desk.lead, "name": "Ann Example", "email": "ann@example.org",
            "start_time": TEN, "timezone": "Europe/Amsterdam",
            "metadata": {"source": "widget", "campaign": "spring", "visits": 3},
        })).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        let theirs = desk.theirs();
        let [booking] = theirs.as_slice() else { panic!("{theirs:?}") };
        let body = answer.json();
        assert_eq!(body["booking_id"], booking.id);
        assert_eq!(body["booking_uid"], booking.uid.as_str());
        assert_eq!(body["start_time"], TEN);
        assert_eq!(body["end_time"], "2026-01-12T09:30:00Z");
        assert_eq!((body["status"].as_str(), body["lead_id"].as_i64()), (Some("accepted"), Some(desk.lead)));
        let (lead, tenant) = (desk.lead.to_string(), "1".to_owned());
        for (name, value) in [("source", "widget"), ("visits", "3"), ("lead_id", &lead), ("tenant_id", &tenant)] {
            assert_eq!(booking.metadata.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(booking.metadata["calbridge_key"].starts_with("cb_"));
        assert_eq!(booking.attendees[0].time_zone, "Europe/Amsterdam");
        assert_eq!(desk.lead_status().await, "booked");
        let found = desk.with.hub.get(&location(&answer)).await.json();
        assert_eq!(found["booking_uid"], booking.uid.as_str());
        // The job that would have seen to it is not needed.
        desk.with.hub.run_jobs().await;
        assert_eq!(desk.theirs().len(), 1);
    }

    async fn three_fields_book_the_next_free_time(store: Store) {
        let desk = Desk::open(store).await;
        let wish = json!({"lead_id": desk.lead, "name": "Ann Example", "email": "ann@example.org"});
        let first = desk.booked(&wish).await;
        // It is eight; the event type wants two hours' notice.
        assert_eq!(first["start_time"], "2026-01-05T10:00:00Z");
        let second = desk.booked(&wish).await;
        assert_eq!(second["start_time"], "2026-01-05T10:30:00Z");
    }

    async fn the_webhook_about_it_joins_whichever_comes_first(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let body = desk.booked(&desk.wish(TEN)).await;
        desk.with.provider.settle().await;
        assert_eq!(desk.with.hub.count("webhook_events").await, 1);
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert_eq!(desk.activities().await.len(), 1, "{:?}", desk.activities().await);
        assert_eq!(desk.lead_status().await, "booked");
        let path = format!("{BOOKINGS}/{}", body["booking_uid"].as_str().unwrap());
        assert_eq!(desk.with.hub.get(&path).await.status, 200);
    }

    async fn a_time_that_somebody_else_has_is_refused_with_others_and_leaves_nothing_behind(store: Store) {
        let desk = Desk::open(store).await;
        let stranger = NewBooking::new("intro", at(TEN), "Bob", "bob@example.org");
        desk.with.provider.at_calcom(|calcom, now| calcom.book(stranger, now)).unwrap();
        let answer = desk.book(&desk.wish(TEN)).await;
        assert_eq!(code(&answer), (409, "slot_taken".to_owned()));
        let body = answer.json();
        let alternatives = body["alternatives"].as_array().unwrap();
        assert_eq!(alternatives.len(), 3, "{body}");
        assert_eq!(alternatives[0]["start_time"], "2026-01-12T09:30:00Z");
        assert_eq!(desk.with.hub.count("claims").await, 0);
        assert_eq!(desk.theirs().len(), 1);
        assert_ne!(desk.lead_status().await, "booked");
    }

    async fn of_many_who_want_one_slot_at_once_one_gets_it_and_the_others_hear_of_others(store: Store) {
        let desk = Desk::open(store).await;
        let wish = desk.wish(TEN);
        let answers = join_all((0..32).map(|_| desk.book(&wish))).await;
        let mut booked = 0;
        for answer in &answers {
            if answer.status == 201 {
                booked += 1;
                continue;
            }
            assert_eq!(code(answer), (409, "slot_taken".to_owned()), "{}", text(answer));
            let body = answer.json();
            let others = body["alternatives"].as_array().unwrap();
            assert!(!others.is_empty() && others.iter().all(|other| other["start_time"] != TEN), "{body}");
        }
        assert_eq!((booked, desk.theirs().len()), (1, 1));
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert_eq!(desk.with.hub.count("claims").await, 1);
    }

    async fn the_same_request_with_its_key_is_one_booking(store: Store) {
        let desk = Desk::open(store).await;
        let key = [("idempotency-key", "wish-1")];
        let wish = desk.wish(TEN);
        let first = desk.call_with(Method::POST, BOOKINGS, &key, &wish).await;
        assert_eq!(first.status, 201, "{}", text(&first));
        // As after a crash before the answer was kept: only the intent knows.
        desk.with.hub.execute("DELETE FROM idempotency_keys", vec![]).await;
        let second = desk.call_with(Method::POST, BOOKINGS, &key, &wish).await;
        assert_eq!(second.status, 201, "{}", text(&second));
        assert_eq!(first.json(), second.json());
        assert_eq!(desk.theirs().len(), 1);
    }

    async fn what_is_missing_or_unknown_is_named(store: Store) {
        let desk = Desk::open(store).await;
        let too_long = "x".repeat(501);
        for (body, expected, field) in [
            (json!({"lead_id": 4711, "name": "Ann", "email": "ann@example.org"}), (404, "not_found"), None),
            (json!({"name": "Ann"}), (422, "missing_field"), Some("lead_id")),
            (json!({"lead_id": desk.lead, "email": "ann"}), (422, "invalid_field"), Some("email")),
            (json!({"lead_id": desk.lead, "timezone": "Berlin"}), (422, "invalid_field"), Some("timezone")),
            (json!({"lead_id": desk.lead, "start_time": "2026-01-01T10:00:00Z"}), (422, "invalid_field"), Some("start_time")),
            (json!({"lead_id": desk.lead, "metadata": {"a": too_long}}), (422, "invalid_field"), Some("metadata")),
            (json!({"lead_id": desk.lead, "event_type": 4711}), (404, "not_found"), None),
        ] {
            let answer = desk.book(&body).await;
            let (status, code) = code(&answer);
            assert_eq!((status, code.as_str()), expected, "{body} {}", text(&answer));
            assert_eq!(answer.json()["field"].as_str(), field, "{body}");
        }
        assert_eq!(desk.theirs().len(), 0);
        assert_eq!(desk.with.hub.count("claims").await, 0);
    }

    async fn another_tenant_sees_nothing_of_it(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let tenant = stranger(&desk).await.to_string();
        let theirs = [("x-tenant-id", tenant.as_str())];
        let uid = booked["booking_uid"].as_str().unwrap();
        let path = format!("{BOOKINGS}/{uid}");
        let cancelled = desk.call_with(Method::DELETE, &path, &theirs, &json!({})).await;
        assert_eq!(code(&cancelled), (404, "not_found".to_owned()));
        let lead = desk.call_with(Method::POST, BOOKINGS, &theirs, &desk.wish(TEN)).await;
        assert_eq!(code(&lead), (404, "not_found".to_owned()));
        let (intent,): (uuid::Uuid,) = desk.with.hub.one("SELECT public_id FROM booking_intents", vec![]).await;
        let path = format!("{BOOKINGS}/intents/{intent}");
        let ours = [("x-tenant-id", "1")];
        let known = desk.call_with(Method::GET, &path, &ours, &json!({})).await;
        assert_eq!(known.json()["status"], "done");
        let intent = desk.call_with(Method::GET, &path, &theirs, &json!({})).await;
        assert_eq!(code(&intent), (404, "not_found".to_owned()));
        assert_eq!(desk.standing().len(), 1);
    }
}
