//! Leads that are booked without being asked.

use axum::http::Method;
use calbridge::{jobs::schedule, tenants};
use calbridge_core::lead::AutomaticBooking;
use calbridge_emulator::{ApiFailure, ApiFault, ApiPlan};
use calbridge_store::{Store, each_engine, tenants::TenantSettings};
use serde_json::{Value as Json, json};

use super::{BOOKINGS, Desk, TEN, code, text};

const CREATE: &str = "POST /bookings";
const LIST: &str = "/api/v1/automatic-bookings";

impl Desk {
    /// From now on the tenant's leads are booked.
    async fn switch_on(&self, change: impl FnOnce(&mut AutomaticBooking)) {
        let mut settings = TenantSettings::default();
        settings.automatic_booking.enabled = Some(true);
        change(&mut settings.automatic_booking);
        tenants::set_settings(&self.with.hub.app, &self.place.scope, settings)
            .await
            .unwrap();
    }

    /// The lead has become interesting, and agreed.
    async fn qualify(&self, consent: Option<bool>) {
        let body = json!({"status": "qualified", "consent": {"gdpr": consent}});
        let path = format!("/api/v1/leads/{}", self.lead);
        let answer = self.call(Method::PATCH, &path, &body).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
    }

    /// What runs every minute, at a time.
    async fn minute(&self, time: &str) {
        let hub = &self.with.hub;
        hub.set_clock(time);
        let all: Vec<_> = schedule::all()
            .iter()
            .filter(|one| one.name == "book_leads")
            .map(|one| schedule::Schedule { ..*one })
            .collect();
        schedule::run_due(&hub.app, &all).await.unwrap();
        hub.run_jobs().await;
    }

    /// How far the lead is.
    async fn automatic(&self) -> Json {
        let page = self.with.hub.get(LIST).await.json();
        page["data"][0].clone()
    }
}

each_engine! {
    async fn a_qualified_lead_who_agreed_is_booked_once(store: Store) {
        let desk = Desk::open(store).await;
        desk.switch_on(|_| ()).await;
        desk.minute("2026-01-05T08:00:00Z").await;
        assert_eq!(desk.automatic().await, json!(null));
        desk.qualify(Some(true)).await;
        desk.minute("2026-01-05T08:02:00Z").await;
        assert_eq!(desk.theirs().len(), 1);
        assert_eq!(desk.theirs()[0].metadata["lead_id"], desk.lead.to_string());
        assert_eq!(desk.lead_status().await, "booked");
        let row = desk.automatic().await;
        assert_eq!((row["lead_id"].as_i64(), row["state"].as_str()), (Some(desk.lead), Some("booked")));
        for time in ["2026-01-05T08:04:00Z", "2026-01-05T09:10:00Z"] {
            desk.minute(time).await;
        }
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (1, 1));
    }

    async fn it_is_off_until_somebody_wants_it(store: Store) {
        let desk = Desk::open(store).await;
        desk.qualify(Some(true)).await;
        desk.minute("2026-01-05T08:02:00Z").await;
        assert_eq!((desk.theirs().len(), desk.automatic().await), (0, json!(null)));
    }

    async fn without_consent_nobody_is_booked(store: Store) {
        let desk = Desk::open(store).await;
        desk.switch_on(|_| ()).await;
        desk.qualify(None).await;
        desk.minute("2026-01-05T08:02:00Z").await;
        desk.qualify(Some(false)).await;
        desk.minute("2026-01-05T08:04:00Z").await;
        assert_eq!((desk.theirs().len(), desk.automatic().await), (0, json!(null)));
    }

    async fn a_lead_with_a_booking_gets_no_second_one_not_even_after_it_was_called_off(store: Store) {
        let desk = Desk::open(store).await;
        desk.switch_on(|_| ()).await;
        desk.qualify(Some(true)).await;
        let booked = desk.booked(&desk.wish(TEN)).await;
        desk.qualify(Some(true)).await;
        desk.minute("2026-01-05T08:02:00Z").await;
        let path = format!("{BOOKINGS}/{}", booked["booking_id"]);
        assert_eq!(desk.call(Method::DELETE, &path, &json!({})).await.status, 200);
        assert_eq!(desk.lead_status().await, "qualified");
        desk.minute("2026-01-05T08:04:00Z").await;
        assert_eq!(desk.theirs().len(), 1);
    }

    async fn a_booking_under_way_is_waited_for(store: Store) {
        let desk = Desk::open(store).await;
        desk.switch_on(|_| ()).await;
        let lost = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::Status(500))]);
        desk.with.provider.set_api_faults(lost);
        assert_eq!(desk.book(&desk.wish(TEN)).await.status, 202);
        desk.qualify(Some(true)).await;
        desk.minute("2026-01-05T08:00:10Z").await;
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (0, 1));
        let row = desk.automatic().await;
        assert_eq!((row["state"].as_str(), row["reason"].as_str()), (Some("stopped"), Some("the lead has a booking")));
    }

    async fn tries_are_spaced_counted_and_told_on_the_timeline_until_they_stop(store: Store) {
        let desk = Desk::open(store).await;
        desk.switch_on(|rules| rules.attempts = 2).await;
        desk.qualify(Some(true)).await;
        let refused = ApiPlan::of([ApiFault::new(CREATE, ApiFailure::Status(403))]);
        desk.with.provider.set_api_faults(refused);
        desk.minute("2026-01-05T08:02:00Z").await;
        let row = desk.automatic().await;
        assert_eq!((row["state"].as_str(), row["attempts"].as_i64()), (Some("waiting"), Some(1)), "{row}");
        assert_eq!(row["next_attempt_at"], "2026-01-05T09:02:00Z");
        desk.minute("2026-01-05T08:30:00Z").await;
        assert_eq!(desk.with.asked(CREATE).requests, 1);
        desk.minute("2026-01-05T09:03:00Z").await;
        let row = desk.automatic().await;
        assert_eq!((row["state"].as_str(), row["attempts"].as_i64()), (Some("stopped"), Some(2)), "{row}");
        assert!(row["reason"].as_str().is_some_and(|why| !why.is_empty()));
        desk.minute("2026-01-05T11:00:00Z").await;
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (0, 2));
        let told = desk.activities().await;
        assert_eq!(told.iter().filter(|kind| *kind == "automatic_booking").count(), 2, "{told:?}");
        assert_eq!(desk.with.hub.count("claims").await, 0);

        // Somebody has seen to it.
        desk.with.heal();
        let restart = format!("{LIST}/{}/restart", desk.lead);
        assert_eq!(desk.call(Method::POST, &restart, &json!({})).await.status, 200);
        desk.minute("2026-01-05T11:02:00Z").await;
        assert_eq!(desk.theirs().len(), 1);
        let again = desk.call(Method::POST, &restart, &json!({})).await;
        assert_eq!(code(&again), (409, "not_stopped".to_owned()));
    }

    async fn what_is_missing_stops_it_and_is_said(store: Store) {
        let mut desk = Desk::open(store).await;
        let lead = json!({"name": "Phone Only", "phone": "+4930901820"});
        desk.lead = desk.call(Method::POST, "/api/v1/leads", &lead).await.json()["id"].as_i64().unwrap();
        desk.switch_on(|_| ()).await;
        desk.qualify(Some(true)).await;
        desk.minute("2026-01-05T08:02:00Z").await;
        let stopped = desk.with.hub.get("/api/v1/automatic-bookings?state=stopped").await.json();
        assert!(stopped["data"][0]["reason"].as_str().unwrap().contains("email"), "{stopped}");
        assert_eq!(desk.theirs().len(), 0);
    }

    async fn no_more_leads_are_begun_with_than_the_tenant_wants(store: Store) {
        let desk = Desk::open(store).await;
        desk.switch_on(|rules| rules.leads_per_run = 1).await;
        desk.qualify(Some(true)).await;
        let body = json!({"email": "bob@example.org", "name": "Bob", "status": "qualified", "consent": {"gdpr": true}});
        assert_eq!(desk.call(Method::POST, "/api/v1/leads", &body).await.status, 201);
        desk.minute("2026-01-05T08:02:00Z").await;
        assert_eq!(desk.theirs().len(), 1);
        desk.minute("2026-01-05T08:04:00Z").await;
        assert_eq!(desk.theirs().len(), 2);
    }

    async fn a_try_whose_answer_is_lost_is_found_and_not_repeated(store: Store) {
        let desk = Desk::open(store).await;
        desk.switch_on(|_| ()).await;
        desk.qualify(Some(true)).await;
        let lost = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::Status(500))]);
        desk.with.provider.set_api_faults(lost);
        desk.minute("2026-01-05T08:02:00Z").await;
        assert_eq!(desk.automatic().await["state"], "trying");
        for time in ["2026-01-05T08:02:30Z", "2026-01-05T08:04:00Z", "2026-01-05T08:06:00Z", "2026-01-05T08:12:00Z"] {
            desk.minute(time).await;
        }
        let row = desk.automatic().await;
        assert_eq!((row["state"].as_str(), row["attempts"].as_i64()), (Some("waiting"), Some(1)), "{row}");
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (0, 1));
        desk.minute("2026-01-05T09:15:00Z").await;
        assert_eq!(desk.automatic().await["state"], "booked");
        assert_eq!(desk.theirs().len(), 1);
    }
}
