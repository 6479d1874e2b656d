//! Events are applied again, or it is shown what that would change.

use calbridge::connections::set_wanted_events;
use calbridge_core::change::Canonical;
use calbridge_emulator::{CalCom, calcom::NewBooking};
use calbridge_store::{Store, each_engine};
use serde_json::json;

use crate::hub::{TestHub, at, dump};

fn json_header() -> [(String, String); 1] {
    [("content-type".into(), "application/json".into())]
}

each_engine! {
    async fn a_dry_run_prints_the_rows_and_writes_none(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        set_wanted_events(&hub.app, &place.scope, place.calcom.id, Some(vec![])).await.unwrap();
        let mut cal = CalCom::new(1);
        for day in 2..5 {
            let start = at(&format!("2026-03-0{day}T10:00:00Z"));
            let new = NewBooking::new("intro", start, "Ann", format!("p{day}@example.org"));
            hub.deliver_all(&place, &cal.book(new, at("2026-01-05T08:00:00Z")).unwrap().1).await;
        }
        assert_eq!(hub.count("bookings").await, 0);
        set_wanted_events(&hub.app, &place.scope, place.calcom.id, Some(vec![Canonical::Created])).await.unwrap();

        let events = hub.get("/api/v1/webhook-events?status=ignored").await.json();
        let id = events["data"][0]["id"].as_i64().unwrap();
        let shown = hub.post(&format!("/api/v1/webhook-events/{id}/replay?dry_run=true"), &[], "").await.json();
        let tables: Vec<_> = shown["rows"].as_array().unwrap().iter().map(|row| row["table"].as_str().unwrap()).collect();
        for table in ["bookings", "booking_changes", "attendees", "activities", "leads", "jobs", "audit_log"] {
            assert!(tables.contains(&table), "{table} in {tables:?}");
        }
        assert_eq!((hub.count("bookings").await, hub.count("leads").await), (0, 0));

        let filter = json!({ "status": "ignored", "limit": 2 }).to_string();
        let replayed = hub.post("/api/v1/webhook-events/replay", &json_header(), filter).await;
        assert_eq!(replayed.status, 200, "{}", String::from_utf8_lossy(&replayed.body));
        assert_eq!(replayed.json()["data"].as_array().unwrap().len(), 2);
        assert_eq!(hub.count("bookings").await, 2);
    }

    async fn replaying_what_was_applied_changes_nothing(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (uid, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let moved = cal
            .reschedule(&uid, at("2026-03-03T10:00:00Z"), calbridge_emulator::calcom::By::Booker, at("2026-01-06T08:00:00Z"))
            .unwrap()
            .1;
        hub.deliver_all(&place, &created).await;
        hub.deliver_all(&place, &moved).await;
        let before = dump(&hub, &place).await;
        let everything = json!({ "limit": 100 }).to_string();
        let replayed = hub.post("/api/v1/webhook-events/replay", &json_header(), everything).await;
        assert_eq!(replayed.json()["data"].as_array().unwrap().len(), 2);
        assert_eq!(dump(&hub, &place).await, before);
        let (audited,): (i64,) = hub.one("SELECT COUNT(*) FROM audit_log WHERE action = 'webhook_event.replay'", vec![]).await;
        assert_eq!(audited, 2);
    }
}
