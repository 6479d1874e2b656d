//! Moving and calling off.

use axum::http::Method;
use calbridge::tenants;
use calbridge_emulator::{
    ApiFailure, ApiFault, ApiPlan,
    calcom::{By, NewBooking},
};
use calbridge_store::{Store, each_engine, tenants::TenantSettings};
use serde_json::{Value as Json, json};

use super::{BOOKINGS, Desk, TEN, code, text};
use crate::hub::{Answer, at};

const LATER: &str = "2026-01-13T10:00:00Z";

impl Desk {
    async fn cancel(&self, id: &Json) -> Answer {
        let body = json!({"booking_id": id, "cancellation_reason": "ill"});
        let path = format!("{BOOKINGS}/{}", word(id));
        self.call(Method::DELETE, &path, &body).await
    }

    async fn reschedule(&self, id: &Json, to: &str) -> Answer {
        let body = json!({"booking_id": id, "new_start_time": to, "reschedule_reason": "as asked"});
        let path = format!("{BOOKINGS}/{}", word(id));
        self.call(Method::PATCH, &path, &body).await
    }
}

fn word(id: &Json) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

each_engine! {
    async fn a_booking_is_called_off_on_both_sides_and_its_time_is_free(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let answer = desk.cancel(&booked["booking_id"]).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        let body = answer.json();
        assert_eq!((body["status"].as_str(), body["cancellation_reason"].as_str()), (Some("cancelled"), Some("ill")));
        assert_eq!(desk.standing().len(), 0);
        assert_eq!(desk.lead_status().await, "qualified");
        assert_eq!(desk.with.hub.count("claims").await, 0);
        // Once more changes nothing.
        assert_eq!(desk.cancel(&booked["booking_uid"]).await.status, 200);
        assert_eq!(desk.with.asked("POST /bookings/{uid}/cancel").requests, 1);
        desk.booked(&desk.wish(TEN)).await;
    }

    async fn whoever_calls_off_without_a_reason_gets_the_tenants(store: Store) {
        let desk = Desk::open(store).await;
        let call_off = async |start: &str| {
            let booked = desk.booked(&desk.wish(start)).await;
            let path = format!("{BOOKINGS}/{}", booked["booking_id"]);
            let answer = desk.call(Method::DELETE, &path, &json!({})).await;
            assert_eq!(answer.status, 200, "{}", text(&answer));
            answer.json()["cancellation_reason"].clone()
        };
        assert_eq!(call_off(TEN).await, "called off by the host");
        let settings = TenantSettings {
            cancellation_reason: Some("the practice is closed".to_owned()),
            ..TenantSettings::default()
        };
        tenants::set_settings(&desk.with.hub.app, &desk.place.scope, settings).await.unwrap();
        assert_eq!(call_off(LATER).await, "the practice is closed");
    }

    async fn the_lead_follows_at_once(store: Store) {
        let desk = Desk::open(store).await;
        let lead = async || {
            let path = format!("/api/v1/leads/{}", desk.lead);
            let lead = desk.with.hub.get(&path).await.json();
            ["status", "booked_at", "booking_id"].map(|name| lead[name].as_str().unwrap_or_default().to_owned())
        };
        let booked = desk.booked(&desk.wish(TEN)).await;
        let number = booked["booking_id"].to_string();
        assert_eq!(lead().await, ["booked".to_owned(), TEN.to_owned(), number.clone()]);
        let moved = desk.reschedule(&booked["booking_id"], LATER).await.json();
        let number = moved["booking_id"].to_string();
        assert_eq!(lead().await, ["booked".to_owned(), LATER.to_owned(), number.clone()]);
        assert_eq!(desk.cancel(&moved["booking_id"]).await.status, 200);
        // History stays.
        assert_eq!(lead().await, ["qualified".to_owned(), LATER.to_owned(), number]);
    }

    async fn a_booking_moves_and_stays_the_same(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let answer = desk.reschedule(&booked["booking_id"], LATER).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        let body = answer.json();
        assert_eq!(body["start_time"], LATER);
        assert_ne!(body["booking_uid"], booked["booking_uid"]);
        desk.with.provider.settle().await;
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert_eq!(desk.with.hub.count("claims").await, 1);
        assert_eq!(desk.standing().len(), 1);
        assert_eq!(desk.lead_status().await, "booked");
        // Its former id goes on finding it, and its former time is free.
        let path = format!("{BOOKINGS}/{}", booked["booking_id"]);
        let found = desk.with.hub.get(&path).await.json();
        assert_eq!((&found["id"], &found["start_time"]), (&body["id"], &body["start_time"]));
        assert_eq!(found["rescheduled_count"], 1);
        desk.booked(&desk.wish(TEN)).await;
    }

    async fn nobody_has_to_say_why_a_booking_is_called_off(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let path = format!("{BOOKINGS}/{}", booked["booking_id"]);
        let answer = desk.call(Method::DELETE, &path, &json!({})).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        assert_eq!(desk.standing().len(), 0);
    }

    async fn a_booking_that_moved_behind_our_back_is_not_said_to_be_where_it_was(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let uid = desk.theirs()[0].uid.clone();
        let elsewhere = desk.with.provider.at_calcom(|calcom, now| calcom.reschedule(&uid, at(LATER), By::Booker, now));
        let answer = desk.reschedule(&booked["booking_id"], TEN).await;
        assert_eq!(code(&answer), (422, "provider_refused".to_owned()), "{}", text(&answer));
        // From now on it is known what became of it.
        let path = format!("{BOOKINGS}/{}", booked["booking_id"]);
        let found = desk.with.hub.get(&path).await.json();
        assert_eq!((found["start_time"].as_str(), found["booking_uid"].as_str()), (Some(LATER), Some(elsewhere.unwrap().as_str())));
        assert_eq!(desk.with.hub.count("claims").await, 0);
    }

    async fn while_it_is_not_known_where_a_booking_is_it_is_moved_nowhere_else(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let fault = ApiFault::once("POST /bookings/{uid}/reschedule", ApiFailure::TooMany { reset_seconds: 20 });
        desk.with.provider.set_api_faults(ApiPlan::of([fault]));
        let first = desk.reschedule(&booked["booking_id"], LATER).await;
        assert_eq!(first.status, 202, "{}", text(&first));
        let same = desk.reschedule(&booked["booking_id"], LATER).await;
        assert_eq!((same.status, &same.headers["location"]), (first.status, &first.headers["location"]));
        // Whoever wants another time must not be told that theirs was done.
        let other = desk.reschedule(&booked["booking_id"], "2026-01-14T10:00:00Z").await;
        assert_eq!(code(&other), (503, "try_again".to_owned()));
    }

    async fn a_booking_that_cannot_move_keeps_its_time(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let stranger = NewBooking::new("intro", at(LATER), "Bob", "bob@example.org");
        desk.with.provider.at_calcom(|calcom, now| calcom.book(stranger, now)).unwrap();
        let answer = desk.reschedule(&booked["booking_id"], LATER).await;
        assert_eq!(code(&answer), (409, "slot_taken".to_owned()), "{}", text(&answer));
        assert!(!answer.json()["alternatives"].as_array().unwrap().is_empty());
        assert_eq!(desk.with.hub.count("claims").await, 1);
        assert_eq!(code(&desk.book(&desk.wish(TEN)).await), (409, "slot_taken".to_owned()));
    }

    async fn changes_whose_answer_is_lost_are_found(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let lost = |operation: &str| ApiPlan::of([ApiFault::once(operation, ApiFailure::CutMidway)]);
        desk.with.provider.set_api_faults(lost("POST /bookings/{uid}/reschedule"));
        let moved = desk.reschedule(&booked["booking_id"], LATER).await;
        assert_eq!(moved.status, 200, "{}", text(&moved));
        assert_eq!(moved.json()["start_time"], LATER);
        desk.with.provider.set_api_faults(lost("POST /bookings/{uid}/cancel"));
        let cancelled = desk.cancel(&booked["booking_id"]).await;
        assert_eq!(cancelled.status, 200, "{}", text(&cancelled));
        assert_eq!(desk.standing().len(), 0);
        assert_eq!(desk.lead_status().await, "qualified");
    }

    async fn an_id_in_the_body_is_the_one_in_the_path(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let path = format!("{BOOKINGS}/{}", booked["booking_id"]);
        for (method, body) in [
            (Method::DELETE, json!({"booking_id": 999_999})),
            (Method::PATCH, json!({"booking_id": 999_999, "new_start_time": LATER})),
        ] {
            let answer = desk.call(method, &path, &body).await;
            assert_eq!(code(&answer), (422, "invalid_field".to_owned()));
            assert_eq!(answer.json()["field"], "booking_id");
        }
        let unknown = desk.cancel(&json!(424_242)).await;
        assert_eq!(code(&unknown), (404, "not_found".to_owned()));
        assert_eq!(desk.standing().len(), 1);
    }
}
