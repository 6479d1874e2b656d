//! What hosts do with bookings: agree, decline, say who did not come, give away.

use axum::http::Method;
use calbridge_emulator::{
    ApiFailure, ApiFault, ApiPlan,
    calcom::{BookingUid, Status},
};
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use super::{BOOKINGS, Desk, TEN, code, text};
use crate::{
    hub::{Answer, at},
    provider::{name_team, sync},
};

/// When the booking at ten has begun.
const HALF_PAST: &str = "2026-01-12T09:15:00Z";

impl Desk {
    async fn act(&self, id: &Json, verb: &str, body: &Json) -> Answer {
        let path = format!("{BOOKINGS}/{id}/{verb}");
        self.call(Method::POST, &path, body).await
    }

    /// Do it, which works; the booking as it is then.
    async fn acted(&self, id: &Json, verb: &str, body: &Json) -> Json {
        let answer = self.act(id, verb, body).await;
        assert_eq!(answer.status, 200, "{verb} {}", text(&answer));
        answer.json()
    }

    /// A booking of an event type, by its slug at the provider.
    async fn booked_as(&self, slug: &str) -> Json {
        let event_type = sync_and_find(self, slug).await;
        let wish = json!({"lead_id": self.lead, "event_type": event_type, "start_time": TEN});
        self.booked(&wish).await
    }

    fn their_status(&self) -> Status {
        self.theirs()[0].status
    }
}

async fn sync_and_find(desk: &Desk, slug: &str) -> i64 {
    name_team(&desk.with, desk.place.calcom.id.0).await;
    sync(&desk.with).await;
    let list = desk
        .with
        .hub
        .get("/api/v1/event-types?limit=200")
        .await
        .json();
    let all = list["data"].as_array().unwrap();
    let one = all.iter().find(|one| one["slug"] == slug);
    one.unwrap_or_else(|| panic!("{slug} in {list}"))["id"]
        .as_i64()
        .unwrap()
}

each_engine! {
    async fn a_host_agrees_on_both_sides(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked_as("consultation").await;
        assert_eq!(booked["status"], "pending");
        let id = &booked["booking_id"];
        let body = desk.acted(id, "confirm", &json!(null)).await;
        assert_eq!((body["status"].as_str(), body["confirmation"].as_str()), (Some("scheduled"), Some("confirmed")));
        assert_eq!(desk.their_status(), Status::Accepted);
        assert_eq!(desk.lead_status().await, "booked");
        // Once more asks nobody.
        desk.acted(id, "confirm", &json!(null)).await;
        assert_eq!(desk.with.asked("POST /bookings/{uid}/confirm").requests, 1);
        let declined = desk.act(id, "decline", &json!({})).await;
        assert_eq!(code(&declined), (409, "already_confirmed".to_owned()));
    }

    async fn a_declined_booking_gives_its_time_back_and_can_still_be_agreed_to(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked_as("consultation").await;
        let id = &booked["booking_id"];
        let body = desk.acted(id, "decline", &json!({"reason": "fully booked"})).await;
        assert_eq!((body["status"].as_str(), body["confirmation"].as_str()), (Some("cancelled"), Some("rejected")));
        assert_eq!(desk.their_status(), Status::Rejected);
        assert_eq!(desk.lead_status().await, "qualified");
        assert_eq!(desk.with.hub.count("claims").await, 0);
        desk.acted(id, "decline", &json!({})).await;
        assert_eq!(desk.with.asked("POST /bookings/{uid}/decline").requests, 1);
        desk.with.hub.set_clock("2026-01-05T09:00:00Z");
        let body = desk.acted(id, "confirm", &json!(null)).await;
        assert_eq!(body["confirmation"], "confirmed");
        assert_eq!(desk.lead_status().await, "booked");
    }

    async fn whoever_did_not_come_is_marked_on_both_sides_and_the_mark_can_be_taken_back(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let id = &booked["booking_id"];
        let early = desk.act(id, "no-show", &json!({})).await;
        assert_eq!(code(&early), (409, "not_begun".to_owned()));
        desk.with.hub.set_clock(HALF_PAST);
        let body = desk.acted(id, "no-show", &json!({"attendees": ["Ann@Example.org"]})).await;
        assert_eq!((body["status"].as_str(), body["attendees"][0]["no_show"].as_bool()), (Some("no_show"), Some(true)));
        assert!(desk.theirs()[0].attendees[0].absent);
        assert_eq!(desk.lead_status().await, "qualified");
        let attendee = &body["attendees"][0]["id"];
        let undo = json!({"attendees": [attendee], "absent": false});
        let body = desk.acted(id, "no-show", &undo).await;
        assert_eq!((body["status"].as_str(), body["attendees"][0]["no_show"].as_bool()), (Some("scheduled"), Some(false)));
        assert!(!desk.theirs()[0].attendees[0].absent);
        assert_eq!(desk.lead_status().await, "booked");
    }

    async fn an_absent_host_is_told_to_the_provider_and_the_audit_log(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        desk.with.hub.set_clock(HALF_PAST);
        let body = desk.acted(&booked["booking_id"], "no-show", &json!({"host": true})).await;
        assert_eq!(body["status"], "scheduled");
        assert!(desk.theirs()[0].absent_host);
        let (count,): (i64,) = desk.with.hub.one("SELECT count(*) FROM audit_log WHERE action = 'booking.host_no_show'", vec![]).await;
        assert_eq!(count, 1);
    }

    async fn nobody_but_those_who_come_can_be_marked(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        desk.with.hub.set_clock(HALF_PAST);
        let answer = desk.act(&booked["booking_id"], "no-show", &json!({"attendees": ["bob@example.org"]})).await;
        assert_eq!(code(&answer), (422, "invalid_field".to_owned()));
        assert_eq!(answer.json()["field"], "attendees");
        assert_eq!(desk.with.asked("POST /bookings/{uid}/mark-absent").requests, 0);
    }

    async fn a_booking_goes_to_the_host_who_is_named_or_the_next(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked_as("product-tour").await;
        let first = desk.theirs()[0].host_id;
        let other = if first == 2 { 3 } else { 2 };
        let id = &booked["booking_id"];
        let body = desk.acted(id, "assign", &json!({"host_id": other, "reason": "ill"})).await;
        assert_eq!(desk.theirs()[0].host_id, other);
        assert_eq!(body["hosts"][0]["external_id"], other.to_string());
        // Whoever has it keeps it.
        desk.acted(id, "assign", &json!({"host_id": other})).await;
        assert_eq!(desk.with.asked("POST /bookings/{uid}/reassign/{user}").requests, 1);
        let body = desk.acted(id, "assign", &json!({})).await;
        let now = desk.theirs()[0].host_id;
        assert_ne!(now, other);
        assert_eq!(body["hosts"][0]["external_id"], now.to_string());
    }

    async fn what_the_provider_cannot_reassign_is_said(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked_as("intro").await;
        let answer = desk.act(&booked["booking_id"], "assign", &json!({})).await;
        assert_eq!(code(&answer), (409, "by_hand".to_owned()), "{}", text(&answer));
        let unknown = desk.act(&booked["booking_id"], "assign", &json!({"user_id": 99, "host_id": 2})).await;
        assert_eq!(code(&unknown), (422, "invalid_field".to_owned()));
    }

    async fn acts_whose_answer_is_lost_are_found(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked_as("consultation").await;
        let lost = |operation: &str| ApiPlan::of([ApiFault::once(operation, ApiFailure::CutMidway)]);
        desk.with.provider.set_api_faults(lost("POST /bookings/{uid}/confirm"));
        let body = desk.acted(&booked["booking_id"], "confirm", &json!(null)).await;
        assert_eq!(body["confirmation"], "confirmed");
        desk.with.hub.set_clock(HALF_PAST);
        desk.with.provider.set_api_faults(lost("POST /bookings/{uid}/mark-absent"));
        let body = desk.acted(&booked["booking_id"], "no-show", &json!({})).await;
        assert_eq!(body["status"], "no_show");
    }

    async fn what_the_provider_agreed_to_meanwhile_is_not_asked_to_change(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked_as("consultation").await;
        // On the provider's own page, and nobody told us.
        let uid = BookingUid::new(booked["booking_uid"].as_str().unwrap());
        desk.with.provider.at_calcom(|calcom, now| calcom.confirm(&uid, now).map(|sent| ((), sent))).unwrap();
        let answer = desk.act(&booked["booking_id"], "decline", &json!({})).await;
        assert_eq!(code(&answer), (422, "provider_refused".to_owned()), "{}", text(&answer));
        let body = desk.acted(&booked["booking_id"], "confirm", &json!(null)).await;
        assert_eq!(body["confirmation"], "confirmed");
    }

    async fn an_unknown_booking_and_a_strangers_are_not_there(store: Store) {
        let desk = Desk::open(store).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let tenant = super::stranger(&desk).await.to_string();
        let theirs = [("x-tenant-id", tenant.as_str())];
        for verb in ["confirm", "decline", "no-show", "assign", "push"] {
            let path = format!("{BOOKINGS}/{}/{verb}", booked["booking_id"]);
            let answer = desk.call_with(Method::POST, &path, &theirs, &json!({})).await;
            assert_eq!(code(&answer), (404, "not_found".to_owned()), "{verb}");
        }
        assert_eq!(desk.found_start().await, at(TEN).to_string());
    }
}

impl Desk {
    async fn found_start(&self) -> String {
        let (start,): (jiff::Timestamp,) = self
            .with
            .hub
            .one("SELECT scheduled_at FROM bookings", vec![])
            .await;
        start.to_string()
    }
}
