//! Whose lead an attendee is, and what a lead is told.

use calbridge::config::Config;
use calbridge_core::booking_type::{BookingTypeMatch, BookingTypeRule};
use calbridge_emulator::{CalCom, Calendly, calcom::NewBooking, calendly::NewInvitee};
use calbridge_store::{
    Store, each_engine,
    tenants::{self, TenantSettings},
};
use futures::future::join_all;
use serde_json::json;

use crate::hub::{TestHub, at};

const NOW: &str = "2026-01-05T08:00:00Z";

fn booking(n: u8, name: &str, email: &str) -> NewBooking {
    NewBooking::new(
        "intro",
        at(&format!("2026-03-{:02}T10:00:00Z", n + 1)),
        name,
        email,
    )
}

each_engine! {
    async fn names_of_all_scripts_and_very_long_texts_survive(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let long = vec!["очень длинный текст"; 4_000].join(" ");
        let names = ["Иван Петров", "山田 太郎", "محمد عبد الله", "שרה כהן", "👩🏽‍🚀 Zoë", "O'Neil \"Bob\" <b>&\\"];
        for (n, name) in (0_u8..).zip(names) {
            let new = NewBooking {
                notes: Some(long.clone()),
                ..booking(n, name, &format!("p{n}@example.org"))
            };
            hub.deliver_all(&place, &cal.book(new, at(NOW)).unwrap().1).await;
        }
        let listed = hub.get("/api/v1/leads").await.json();
        let mut shown: Vec<_> = listed["data"].as_array().unwrap().iter().map(|lead| lead["name"].as_str().unwrap()).collect();
        shown.reverse();
        assert_eq!(shown, names);
        let (notes,): (String,) = hub.one("SELECT activity_notes FROM leads WHERE email = 'p0@example.org'", vec![]).await;
        assert!(notes == format!("Booking notes: {long}"));
        let (body,): (String,) = hub.one(
            "SELECT body FROM activities WHERE lead_id = (SELECT id FROM leads WHERE email = 'p0@example.org')",
            vec![],
        ).await;
        assert!(body.ends_with(&long));
    }

    async fn many_bookings_of_one_address_at_once_make_one_lead(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let mut sent = Vec::new();
        for n in 0..25 {
            let email = if n % 2 == 0 { "ann@example.org" } else { "ANN@Example.org" };
            sent.extend(cal.book(booking(n, "Ann", email), at(NOW)).unwrap().1);
        }
        join_all(sent.iter().map(|delivery| hub.deliver(&place, delivery))).await;
        assert_eq!((hub.count("leads").await, hub.count("bookings").await), (1, 25));
        let (booked_at,): (jiff::Timestamp,) = hub.one("SELECT booked_at FROM leads", vec![]).await;
        assert!(booked_at > at("2026-03-01T00:00:00Z"));
    }

    async fn creating_a_lead_and_booking_at_once_makes_one_person(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let mut sent = Vec::new();
        for n in 0..10 {
            sent.extend(cal.book(booking(n, "Ann", "ann@example.org"), at(NOW)).unwrap().1);
        }
        let create = async || {
            let body = json!({ "name": "Ann", "email": "Ann@example.org" }).to_string();
            hub.post("/api/v1/leads", &[("content-type".into(), "application/json".into())], body).await
        };
        let (answers, _) = tokio::join!(
            join_all((0..10).map(|_| create())),
            join_all(sent.iter().map(|delivery| hub.deliver(&place, delivery))),
        );
        assert!(answers.iter().all(|answer| answer.status.is_success()));
        assert_eq!(hub.count("leads").await, 1);
    }

    async fn two_people_may_share_a_phone_when_they_have_addresses(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        for (n, email) in (0_u8..).zip(["ann@example.org", "bob@example.org"]) {
            let new = NewBooking {
                phone: Some("+31612345678".into()),
                ..booking(n, "Ann", email)
            };
            hub.deliver_all(&place, &cal.book(new, at(NOW)).unwrap().1).await;
        }
        assert_eq!(hub.count("leads").await, 2);
    }

    async fn people_without_an_address_are_told_apart_by_phone(store: Store) {
        let hub = TestHub::over(store).await;
        hub.open_calcom().await;
        let body = |uid: &str, phone: &str, day: u8| {
            json!({
                "triggerEvent": "BOOKING_CREATED",
                "createdAt": "2026-01-05T08:00:00.000Z",
                "payload": {
                    "uid": uid, "status": "ACCEPTED",
                    "startTime": format!("2026-03-0{day}T10:00:00Z"), "endTime": format!("2026-03-0{day}T10:30:00Z"),
                    "attendees": [{"name": "Caller", "email": "31612345678@sms.cal.com", "phoneNumber": phone, "timeZone": "Europe/Berlin"}],
                }
            })
            .to_string()
        };
        for (n, (uid, phone)) in (1_u8..).zip([("a", "+31 6 1234 5678"), ("b", "0031612345678"), ("c", "+31687654321")]) {
            assert_eq!(hub.post("/webhooks/calcom", &[], body(uid, phone, n)).await.outcome(), "processed");
        }
        let leads: Vec<(Option<String>, String)> = hub.rows("SELECT email, phone_key FROM leads ORDER BY id", vec![]).await;
        assert_eq!(leads, [(None, "+31612345678".into()), (None, "+31687654321".into())]);
    }

    async fn metadata_names_the_lead_whatever_the_address(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let created = hub
            .post(
                "/api/v1/leads",
                &[("content-type".into(), "application/json".into())],
                json!({ "name": "Ann", "email": "ann@work.example" }).to_string(),
            )
            .await;
        let id = created.json()["id"].as_i64().unwrap();
        let mut cal = CalCom::new(1);
        let new = NewBooking {
            metadata: [("lead_id".to_owned(), id.to_string())].into(),
            ..booking(1, "Ann", "ann@home.example")
        };
        hub.deliver_all(&place, &cal.book(new, at(NOW)).unwrap().1).await;
        assert_eq!(hub.count("leads").await, 1);
        let lead: (i64, String, String) = hub.one("SELECT id, email, status FROM leads", vec![]).await;
        assert_eq!(lead, (id, "ann@work.example".into(), "booked".into()));
    }

    async fn first_and_last_touch_are_kept(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let mut touch = |n: u8, campaign: &str, minute: u8| {
            let new = NewBooking {
                metadata: [("utm_source".to_owned(), "newsletter".to_owned()), ("utm_campaign".to_owned(), campaign.to_owned())].into(),
                ..booking(n, "Ann", "ann@example.org")
            };
            cal.book(new, at(&format!("2026-01-05T08:0{minute}:00Z"))).unwrap().1
        };
        let (first, second, third) = (touch(1, "one", 1), touch(2, "two", 2), touch(3, "three", 3));
        for sent in [second, third, first] {
            hub.deliver_all(&place, &sent).await;
        }
        let touches: (serde_json::Value, serde_json::Value) = hub.one("SELECT first_utm, last_utm FROM leads", vec![]).await;
        assert_eq!((&touches.0["campaign"], &touches.1["campaign"]), (&json!("one"), &json!("three")));
    }

    async fn a_status_set_by_hand_stays_until_there_is_news(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let (uid, created) = cal.book(booking(1, "Ann", "ann@example.org"), at(NOW)).unwrap();
        hub.deliver_all(&place, &created).await;
        let (id,): (i64,) = hub.one("SELECT id FROM leads", vec![]).await;
        let request = axum::http::Request::patch(format!("/api/v1/leads/{id}"))
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(r#"{"status": "CONTACTED"}"#));
        assert_eq!(hub.send(request.unwrap()).await.status, 200);
        hub.deliver_all(&place, &created).await;
        let status = async || -> String {
            let (status,): (String,) = hub.one("SELECT status FROM leads", vec![]).await;
            status
        };
        assert_eq!(status().await, "contacted");
        let cancelled = cal
            .cancel(&uid, calbridge_emulator::calcom::CancelledBy::Booker, None, at("2026-01-06T08:00:00Z"))
            .unwrap();
        hub.deliver_all(&place, &cancelled).await;
        assert_eq!(status().await, "qualified");
    }

    async fn a_tenant_has_booking_types_of_its_own(store: Store) {
        let hub = TestHub::over(store).await;
        let mut settings = TenantSettings::default();
        settings.booking_types.rules.insert(0, BookingTypeRule {
            when: BookingTypeMatch::TitleContains("intro".into()),
            booking_type: "first_talk".into(),
        });
        let mut tx = hub.app.store.write().await.unwrap();
        tenants::set_settings(&mut tx, calbridge_core::ids::TenantId(1), &settings).await.unwrap();
        tx.commit().await.unwrap();
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        hub.deliver_all(&place, &cal.book(booking(1, "Ann", "ann@example.org"), at(NOW)).unwrap().1).await;
        let row: (String, String) = hub
            .one("SELECT b.booking_type, a.subject FROM bookings b JOIN activities a ON a.booking_id = b.id", vec![])
            .await;
        assert_eq!(row, ("first_talk".into(), "First Talk Booked".into()));
    }

    async fn the_timer_can_be_switched_off_and_on_again(store: Store) {
        let mut config = Config::default();
        config.access.trusted_network = true;
        let on = config.clone();
        config.bookings.complete_after_end = false;
        let hub = TestHub::with(store, config).await;
        let place = hub.place().await;
        let mut calendly = Calendly::new(1);
        for (start, email) in [("2026-03-02T10:00:00Z", "ann@example.org"), ("2026-03-03T10:00:00Z", "bob@example.org")] {
            let new = NewInvitee::new("first-assessment", at(start), "Somebody", email);
            hub.deliver_all(&place, &calendly.book(new, at(NOW)).unwrap().1).await;
        }
        hub.set_clock("2026-03-03T00:00:00Z");
        hub.run_jobs().await;
        let completed = "SELECT email FROM attendees a JOIN bookings b ON b.id = a.booking_id WHERE b.status = 'completed'";
        assert_eq!(hub.rows::<(String,)>(completed, vec![]).await, []);

        let hub = TestHub::with(hub.app.store.clone(), on).await;
        hub.set_clock("2026-03-04T00:00:00Z");
        hub.run_jobs().await;
        assert_eq!(hub.rows::<(String,)>(completed, vec![]).await, [("bob@example.org".to_owned(),)]);
    }

    async fn an_address_that_becomes_known_later_is_the_leads_address(store: Store) {
        let hub = TestHub::over(store).await;
        hub.open_calcom().await;
        let body = |uid: &str, event: &str, at: &str, attendee: serde_json::Value| {
            json!({
                "triggerEvent": event, "createdAt": at,
                "payload": {
                    "uid": uid, "startTime": "2026-03-02T10:00:00Z", "endTime": "2026-03-02T10:30:00Z", "attendees": [attendee],
                }
            })
            .to_string()
        };
        let nameless = body("u1", "BOOKING_CREATED", "2026-01-01T08:00:00Z", json!({"name": "Ann Lee"}));
        let named = body("u1", "BOOKING_CANCELLED", "2026-01-02T08:00:00Z", json!({"name": "Ann Lee", "email": "ann@example.org"}));
        let next = body("u2", "BOOKING_CREATED", "2026-01-03T08:00:00Z", json!({"name": "Ann Lee", "email": "ann@example.org"}));
        for body in [nameless, named, next] {
            assert_eq!(hub.post("/webhooks/calcom", &[], body).await.outcome(), "processed");
        }
        let leads: Vec<(Option<String>, String)> = hub.rows("SELECT email, status FROM leads", vec![]).await;
        assert_eq!(leads, [(Some("ann@example.org".into()), "booked".into())]);
    }
}
