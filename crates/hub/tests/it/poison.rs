//! An event that can never be applied is set aside, and nothing waits for it.

use calbridge::metrics;
use calbridge_emulator::{
    CalCom, Delivery,
    calcom::{NewBooking, ResponseForm},
};
use calbridge_store::{Store, each_engine, sql::Engine};
use futures::future::join_all;
use jiff::SignedDuration;

use crate::hub::{Place, TestHub, at};

/// The database refuses whatever marks somebody as absent.
pub async fn poison(hub: &TestHub) {
    let statements: &[&str] = match hub.app.store.db().engine() {
        Engine::Sqlite => &[
            "CREATE TRIGGER poison BEFORE INSERT ON booking_changes WHEN NEW.kind = 'no_show'
             BEGIN SELECT RAISE(ABORT, 'poison'); END",
        ],
        Engine::Postgres => &[
            "CREATE FUNCTION poison() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$",
            "CREATE TRIGGER poison BEFORE INSERT ON booking_changes FOR EACH ROW WHEN (NEW.kind = 'no_show')
             EXECUTE FUNCTION poison()",
        ],
    };
    for statement in statements {
        hub.execute(statement, vec![]).await;
    }
}

pub async fn cure(hub: &TestHub) {
    let statement = match hub.app.store.db().engine() {
        Engine::Sqlite => "DROP TRIGGER poison",
        Engine::Postgres => "DROP TRIGGER poison ON booking_changes",
    };
    hub.execute(statement, vec![]).await;
}

pub struct Sent {
    pub made: Vec<Delivery>,
    pub absent: Delivery,
    after: Delivery,
}

/// Twelve bookings; the guest of the first did not come, and later it ended.
pub fn deliveries() -> Sent {
    let mut cal = CalCom::new(1);
    let now = at("2026-01-02T08:00:00Z");
    let mut made = Vec::new();
    let mut first = None;
    for n in 0..12 {
        let start = at("2026-01-04T08:00:00Z") + SignedDuration::from_hours(n);
        let email = format!("p{n}@example.org");
        let (uid, sent) = cal
            .book(NewBooking::new("intro", start, "Ann", email), now)
            .unwrap();
        made.extend(sent);
        first.get_or_insert(uid);
    }
    let first = first.unwrap();
    let absent = cal
        .mark_absent(
            &first,
            &[("p0@example.org", true)],
            at("2026-01-04T09:00:00Z"),
        )
        .unwrap()
        .remove(0);
    let after = cal
        .meeting_ended(&first, ResponseForm::Plain, at("2026-01-04T10:00:00Z"))
        .unwrap()
        .remove(0);
    Sent {
        made,
        absent,
        after,
    }
}

async fn at_once(hub: &TestHub, place: &Place, deliveries: &[Delivery]) -> Vec<String> {
    let answers = join_all(
        deliveries
            .iter()
            .map(|delivery| hub.deliver(place, delivery)),
    )
    .await;
    answers.iter().map(crate::hub::Answer::outcome).collect()
}

each_engine! {
    async fn a_poison_event_is_parked_and_blocks_neither_its_batch_nor_its_booking(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        poison(&hub).await;
        let Sent { made, absent, after } = deliveries();
        let (first, others) = made.split_first().unwrap();
        hub.deliver_all(&place, std::slice::from_ref(first)).await;

        // In one batch with others.
        let mut batch = others.to_vec();
        batch.insert(5, absent);
        let outcomes = at_once(&hub, &place, &batch).await;
        let accepted: Vec<_> = outcomes.iter().enumerate().filter(|(_, word)| *word != "processed").collect();
        assert_eq!(accepted, [(5, &"accepted".to_owned())]);
        // And what its booking is told later.
        assert_eq!(at_once(&hub, &place, &[after]).await, ["processed"]);
        let status = async || -> String {
            let (status,): (String,) = hub
                .one("SELECT b.status FROM bookings b JOIN attendees a ON a.booking_id = b.id WHERE a.email = 'p0@example.org'", vec![])
                .await;
            status
        };
        assert_eq!(status().await, "completed");

        for _ in 0..10 {
            hub.app.clock.set(hub.app.clock.now() + SignedDuration::from_hours(5));
            hub.run_jobs().await;
        }
        let (attempts, next, error): (i32, Option<jiff::Timestamp>, String) = hub
            .one("SELECT attempts, next_attempt_at, error_message FROM webhook_events WHERE status = 'failed'", vec![])
            .await;
        assert_eq!((attempts, next), (8, None));
        assert!(error.contains("poison"), "{error}");
        let (jobs,): (i64,) = hub.one("SELECT COUNT(*) FROM jobs WHERE kind = 'apply_event'", vec![]).await;
        assert_eq!(jobs, 0, "nothing is left for the queue");

        let parked = hub.get("/api/v1/webhook-events?parked=true").await.json();
        assert_eq!(parked["data"].as_array().unwrap().len(), 1, "{parked}");
        let text = metrics::render(&hub.app).await;
        for line in [
            r#"calbridge_events_failed{state="parked"} 1"#,
            r#"calbridge_event_retries_total{outcome="parked"} 1"#,
            r#"calbridge_event_retries_total{outcome="failed"} 6"#,
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }

        cure(&hub).await;
        let id = parked["data"][0]["id"].as_i64().unwrap();
        let replayed = hub.post(&format!("/api/v1/webhook-events/{id}/replay"), &[], "").await;
        assert_eq!((replayed.status.as_u16(), replayed.json()["status"].as_str()), (200, Some("processed")));
        let parked = hub.get("/api/v1/webhook-events?parked=true").await.json();
        assert_eq!(parked["data"], serde_json::json!([]));
    }
}
