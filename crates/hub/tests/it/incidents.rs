//! What somebody should look at: raised, and over, by itself.

use std::collections::BTreeSet;

use calbridge::{connections, jobs::schedule};
use calbridge_core::breaker::{Admission, Breaker, BreakerRule};
use calbridge_emulator::{CalCom, calcom::NewBooking};
use calbridge_store::{Store, each_engine, provider_breakers};
use serde_json::Value as Json;

use crate::hub::{Place, TestHub, at};

/// What the background does once a minute.
async fn look(hub: &TestHub) {
    calbridge::incidents::look(&hub.app).await.unwrap();
}

async fn open(hub: &TestHub) -> Vec<Json> {
    let answer = hub.get("/api/v1/incidents?open=true").await;
    assert_eq!(answer.status, 200);
    answer.json()["data"].as_array().unwrap().clone()
}

fn kinds(incidents: &[Json]) -> Vec<&str> {
    let kinds = incidents.iter().map(|incident| &incident["kind"]);
    kinds.map(|kind| kind.as_str().unwrap()).collect()
}

async fn refuse(hub: &TestHub, place: &Place, count: usize) {
    for number in 0..count {
        let body = format!(r#"{{"triggerEvent":"PING","payload":{{"number":{number}}}}}"#);
        let answer = hub.post(&place.calcom.webhook_path(), &[], body).await;
        assert_eq!(answer.status, 401);
    }
}

async fn save(hub: &TestHub, place: &Place, breaker: &Breaker) {
    let mut tx = hub.app.store.write().await.unwrap();
    let (id, now) = (place.calcom.id, hub.app.clock.now());
    provider_breakers::save(&mut tx, &place.scope, id, breaker, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

each_engine! {
    async fn a_breaker_that_opened_is_an_incident_until_it_closes(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        look(&hub).await;
        assert_eq!(open(&hub).await, Vec::<Json>::new());

        let (mut breaker, rule) = (Breaker::default(), BreakerRule::default());
        for _ in 0..rule.failures {
            breaker.failed(rule, Admission::Pass, hub.app.clock.now());
        }
        save(&hub, &place, &breaker).await;
        look(&hub).await;
        look(&hub).await;
        let incidents = open(&hub).await;
        assert_eq!(kinds(&incidents), ["breaker_open"]);
        assert_eq!(incidents[0]["connection_id"], place.calcom.id.0);
        assert_eq!(incidents[0]["occurrences"], 2);
        assert!(incidents[0]["remedy"].as_str().unwrap().contains("circuit-status"));

        let closed = connections::reset_circuits(&hub.app, &place.scope, None).await.unwrap();
        assert_eq!(closed, [place.calcom.id]);
        look(&hub).await;
        assert_eq!(open(&hub).await, Vec::<Json>::new());
        let all = hub.get("/api/v1/incidents").await.json();
        assert_eq!(all["data"][0]["resolved_at"], "2026-01-05T08:00:00Z");
    }

    async fn deliveries_that_nothing_verifies_are_an_incident_when_there_are_many(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        refuse(&hub, &place, 10).await;
        look(&hub).await;
        assert_eq!(open(&hub).await, Vec::<Json>::new());
        refuse(&hub, &place, 1).await;
        look(&hub).await;
        let incidents = open(&hub).await;
        assert_eq!(kinds(&incidents), ["signature_mismatch"]);
        assert_eq!(incidents[0]["subject"], format!("connection:{}", place.calcom.id));
        hub.set_clock("2026-01-05T08:20:00Z");
        look(&hub).await;
        assert_eq!(open(&hub).await, Vec::<Json>::new());
    }

    async fn events_and_jobs_that_fail_are_incidents_until_somebody_mends_them(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        for day in 1..=20 {
            let start = at(&format!("2026-03-{day:02}T10:00:00Z"));
            let new = NewBooking::new("intro", start, "Ann", "ann@example.org");
            let (_, sent) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
            hub.deliver_all(&place, &sent).await;
        }
        look(&hub).await;
        assert_eq!(open(&hub).await, Vec::<Json>::new());

        hub.execute("UPDATE webhook_events SET status = 'failed', next_attempt_at = NULL", vec![]).await;
        hub.execute("UPDATE jobs SET state = 'failed'", vec![]).await;
        look(&hub).await;
        let incidents = open(&hub).await;
        assert_eq!(kinds(&incidents), ["error_rate", "events_parked", "jobs_failed"]);

        hub.execute("UPDATE webhook_events SET status = 'processed'", vec![]).await;
        hub.execute("DELETE FROM jobs", vec![]).await;
        look(&hub).await;
        assert_eq!(open(&hub).await, Vec::<Json>::new());
    }

    async fn what_is_resolved_by_hand_comes_back_while_it_lasts(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        refuse(&hub, &place, 11).await;
        look(&hub).await;
        let id = open(&hub).await[0]["id"].as_i64().unwrap();
        let resolve = format!("/api/v1/incidents/{id}/resolve");
        assert_eq!(hub.post(&resolve, &[], "").await.status, 200);
        assert_eq!(open(&hub).await, Vec::<Json>::new());
        assert_eq!(hub.post(&resolve, &[], "").await.status, 404);
        look(&hub).await;
        let again = open(&hub).await;
        assert_ne!(again[0]["id"], id);

        // Another tenant sees none of it.
        let other = hub.new_place().await;
        let answer = hub
            .post(&format!("/api/v1/incidents/{}/resolve", again[0]["id"]), &[("x-tenant-id".to_owned(), other.scope.tenant_id().to_string())], "")
            .await;
        assert_eq!(answer.status, 404);
    }

    async fn the_look_is_scheduled_once_for_all_nodes(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        refuse(&hub, &place, 11).await;
        let ran = schedule::run_due(&hub.app, schedule::all()).await.unwrap();
        assert_eq!(ran, schedule::all().len());
        assert_eq!(schedule::run_due(&hub.app, schedule::all()).await.unwrap(), 0);
        assert_eq!(kinds(&open(&hub).await), ["signature_mismatch"]);
    }
}

/// Words in a text that begin like our metrics.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("calbridge_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_in_the_alert_rules_is_documented() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    let rules = std::fs::read_to_string(format!("{docs}/alerts.yml")).unwrap();
    let manual = std::fs::read_to_string(format!("{docs}/operating.md")).unwrap();
    // The manual lists what is exported: another test compares the two.
    let listed: BTreeSet<String> = manual
        .lines()
        .filter(|line| line.starts_with("| `calbridge_"))
        .flat_map(|line| metrics_in(line.split('|').nth(1).unwrap_or_default()))
        .collect();
    let missing: Vec<String> = metrics_in(&rules).difference(&listed).cloned().collect();
    assert_eq!(missing, Vec::<String>::new());
}
