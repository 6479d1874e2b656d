//! A provider that cannot be read is an incident, and the ledger tells what came how.

use calbridge_emulator::ApiFailure;
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use super::{LIST, play_all, send, sweep};
use crate::{
    provider::{WithProvider, sync},
    records::{STORIES, play},
};

async fn failing(with: &WithProvider) -> Vec<Json> {
    let open = with.hub.get("/api/v1/incidents?open=true").await.json();
    let open = open["data"].as_array().unwrap().iter();
    open.filter(|one| one["kind"] == "sync_failed")
        .cloned()
        .collect()
}

each_engine! {
    async fn comparisons_that_fail_again_and_again_are_an_incident_until_one_is_done(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        with.fail(LIST, ApiFailure::Status(403));
        for n in 0..3 {
            assert_eq!(failing(&with).await.len(), 0, "{n}");
            assert_eq!(sweep(&with).await["state"], "failed");
        }
        let open = failing(&with).await;
        assert_eq!(open.len(), 1);
        assert!(open[0]["detail"].as_str().is_some_and(|detail| detail.contains("403")), "{}", open[0]);
        let status = with.hub.get("/api/calcom/sync-status").await.json();
        assert_eq!(status["last_comparison"], Json::Null, "{status}");
        with.heal();
        assert_eq!(sweep(&with).await["state"], "done");
        assert_eq!(failing(&with).await.len(), 0);
    }

    async fn a_comparison_that_stops_again_and_again_is_one_too(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        with.fail(LIST, ApiFailure::Status(500));
        send(&with.hub, "POST", "/api/v1/bookings/sync", json!({})).await;
        for hour in 9..12 {
            assert_eq!(failing(&with).await.len(), 0, "{hour}");
            calbridge::jobs::run_due(&with.hub.app).await.unwrap();
            with.hub.set_clock(&format!("2026-01-05T{hour:02}:00:00Z"));
        }
        assert_eq!(failing(&with).await.len(), 1);
        with.heal();
        with.hub.run_jobs().await;
        assert_eq!(failing(&with).await.len(), 0);
    }

    async fn event_types_that_cannot_be_read_are_one_by_themselves(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        // The first question finds out which versions the server speaks, by its event types.
        sweep(&with).await;
        with.fail("GET /event-types", ApiFailure::Status(403));
        for _ in 0..3 {
            assert_eq!(sync(&with).await["state"], "failed");
        }
        assert_eq!(sweep(&with).await["state"], "done");
        assert_eq!(failing(&with).await.len(), 1, "bookings can be read");
        with.heal();
        sync(&with).await;
        assert_eq!(failing(&with).await.len(), 0);
    }

    async fn the_ledger_counts_what_came_how(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        // Of every second story the webhooks come through; of one of them the last one is lost.
        let mut heard = Vec::new();
        for (n, (name, deeds)) in (0..).zip(STORIES) {
            let sent = play(&with, name, deeds, n * 4);
            if n % 2 == 1 {
                let lost = usize::from(n == 1);
                heard.extend(sent[..sent.len() - lost].to_vec());
            }
        }
        with.hub.deliver_all(&place, &heard).await;
        let known = with.hub.count("bookings").await;
        let run = sweep(&with).await;
        let found = with.hub.count("bookings").await - known;
        let day = with.hub.get(&format!("/api/v1/connections/{}/ledger", place.calcom.id)).await.json();
        let day = &day["data"][0];
        let processed: Vec<(i64,)> = with.hub.rows("SELECT COUNT(*) FROM webhook_events WHERE status = 'processed'", vec![]).await;
        assert_eq!(day["received"], processed[0].0, "{day}");
        assert_eq!((&day["found"], &day["repaired"], &day["conflicting"]), (&json!(found), &json!(1), &json!(0)), "{day} {run}");
        let status = with.hub.get("/api/calcom/sync-status").await.json();
        for field in ["received", "found", "repaired", "conflicting"] {
            assert_eq!(status["today"][field], day[field], "{field}: {status}");
        }
        assert!(status["last_comparison"].is_string(), "{status}");
        let rows: Vec<(i64, i64)> = with.hub.rows("SELECT found, repaired FROM ledger", vec![]).await;
        assert_eq!(rows, [(found, 1)]);
    }

    async fn nothing_is_counted_where_both_agree(store: Store) {
        let with = WithProvider::start(store).await;
        play_all(&with);
        with.place().await;
        sweep(&with).await;
        let before: Vec<(i64, i64)> = with.hub.rows("SELECT found, repaired FROM ledger", vec![]).await;
        sweep(&with).await;
        let after: Vec<(i64, i64)> = with.hub.rows("SELECT found, repaired FROM ledger", vec![]).await;
        assert_eq!(before, after);
    }
}
