//! People without an e-mail address.

use axum::http::Method;
use calbridge::tenants;
use calbridge_core::synthetic_address::is_synthetic;
use calbridge_emulator::calcom::{BookingUid, CancelledBy};
use calbridge_store::{Store, each_engine, tenants::TenantSettings};
use serde_json::{Value as Json, json};

use super::{BOOKINGS, Desk, TEN, code, text};

const LATER: &str = "2026-01-13T10:00:00Z";
const PHONE: &str = "+4930901820";

impl Desk {
    /// For somebody with a phone only.
    async fn open_for_phone(store: Store) -> Self {
        let mut desk = Self::open(store).await;
        desk.lead = desk.new_caller(PHONE).await;
        desk
    }

    async fn new_caller(&self, phone: &str) -> i64 {
        let body = json!({"name": "Phone Only", "phone": phone});
        let answer = self.call(Method::POST, "/api/v1/leads", &body).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        answer.json()["id"].as_i64().unwrap()
    }

    async fn set_domain(&self, domain: &str) {
        let settings = TenantSettings {
            synthetic_email_domain: Some(domain.to_owned()),
            ..TenantSettings::default()
        };
        tenants::set_settings(&self.with.hub.app, &self.place.scope, settings)
            .await
            .unwrap();
    }

    async fn lead_body(&self) -> Json {
        let path = format!("/api/v1/leads/{}", self.lead);
        self.with.hub.get(&path).await.json()
    }

    fn address(&self, at: usize) -> String {
        self.theirs()[at].attendees[0].email.clone()
    }
}

each_engine! {
    async fn without_a_domain_the_missing_address_is_named(store: Store) {
        let desk = Desk::open_for_phone(store).await;
        let answer = desk.book(&desk.wish(TEN)).await;
        assert_eq!(code(&answer), (422, "missing_field".to_owned()));
        assert_eq!(answer.json()["field"], "email");
        assert_eq!(desk.theirs().len(), 0);
    }

    async fn the_provider_gets_an_address_that_nobody_else_ever_sees(store: Store) {
        let desk = Desk::open_for_phone(store).await;
        desk.set_domain("nobody.example.org").await;
        desk.subscribe().await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        assert_eq!(booked["lead_id"], desk.lead);
        let first = desk.address(0);
        assert!(is_synthetic(&first) && first.ends_with("@nobody.example.org"), "{first}");
        desk.with.provider.settle().await;
        let lead = desk.lead_body().await;
        assert_eq!((&lead["email"], lead["status"].as_str()), (&json!(null), Some("booked")));
        let found = desk.with.hub.get(&format!("{BOOKINGS}/{}", booked["booking_id"])).await.json();
        assert_eq!(found["attendees"][0]["email"], json!(null));
        assert_eq!(found["attendees"][0]["lead_id"], desk.lead);
        let function = desk.with.hub.get("/cal-bookings").await.json();
        assert_eq!(function["bookings"][0]["attendee_email"], json!(null));
        // The same person has the same one, and another person another.
        desk.booked(&desk.wish(LATER)).await;
        assert_eq!(desk.address(1), first);
        let other = desk.new_caller("+4930901821").await;
        desk.booked(&json!({"lead_id": other, "start_time": "2026-01-14T10:00:00Z"})).await;
        assert_ne!(desk.address(2), first);
        assert_eq!(desk.with.hub.count("leads").await, 3);
    }

    async fn what_comes_back_without_our_metadata_is_still_the_leads(store: Store) {
        let desk = Desk::open_for_phone(store).await;
        desk.set_domain("nobody.example.org").await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        let address = desk.address(0);
        // The domain is another one since; a booking of the same person is made on the provider's page.
        desk.set_domain("other.example.org").await;
        desk.subscribe().await;
        desk.with.hub.set_clock("2026-01-05T09:00:00Z");
        let new = calbridge_emulator::calcom::NewBooking::new("intro", crate::hub::at(LATER), "Phone Only", address);
        desk.with.provider.at_calcom(|calcom, now| calcom.book(new, now)).unwrap();
        let uid = BookingUid::new(booked["booking_uid"].as_str().unwrap());
        desk.with.provider.at_calcom(|calcom, now| calcom.cancel(&uid, CancelledBy::Booker, None, now).map(|sent| ((), sent))).unwrap();
        desk.with.provider.settle().await;
        assert_eq!((desk.with.hub.count("bookings").await, desk.with.hub.count("leads").await), (2, 2));
        let lead = desk.lead_body().await;
        assert_eq!((&lead["email"], lead["phone"].as_str()), (&json!(null), Some(PHONE)));
        assert_eq!((lead["status"].as_str(), lead["booked_at"].as_str()), (Some("booked"), Some(LATER)));
    }

    async fn whoever_sends_such_an_address_back_does_not_make_it_somebodys(store: Store) {
        let desk = Desk::open_for_phone(store).await;
        desk.set_domain("nobody.example.org").await;
        desk.booked(&desk.wish(TEN)).await;
        let body = json!({"name": "Phone Only", "email": desk.address(0), "phone": PHONE});
        let answer = desk.call(Method::POST, "/api/v1/leads", &body).await;
        assert_eq!((answer.status.as_u16(), answer.json()["id"].as_i64()), (200, Some(desk.lead)));
        assert_eq!(desk.lead_body().await["email"], json!(null));
    }

    async fn whoever_has_no_address_can_miss_a_meeting_too(store: Store) {
        let desk = Desk::open_for_phone(store).await;
        desk.set_domain("nobody.example.org").await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        desk.with.hub.set_clock("2026-01-12T09:15:00Z");
        let path = format!("{BOOKINGS}/{}", booked["booking_id"]);
        let found = desk.with.hub.get(&path).await.json();
        let body = json!({"attendees": [found["attendees"][0]["id"]]});
        let marked = desk.call(Method::POST, &format!("{path}/no-show"), &body).await;
        assert_eq!(marked.status, 200, "{}", text(&marked));
        assert_eq!(marked.json()["status"], "no_show");
    }

    async fn a_domain_must_be_one(store: Store) {
        let desk = Desk::open(store).await;
        let settings = TenantSettings {
            synthetic_email_domain: Some("ann@example.org".to_owned()),
            ..TenantSettings::default()
        };
        let set = tenants::set_settings(&desk.with.hub.app, &desk.place.scope, settings).await;
        assert!(set.unwrap_err().to_string().contains("is no domain"));
    }
}
