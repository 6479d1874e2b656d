//! All of history, when a connection gets its key.

use calbridge::agreement::Extent;
use calbridge_core::{ids::TenantId, scope::Scope};
use calbridge_emulator::{ApiFailure, server::CalComServer};
use calbridge_store::{
    Store, each_engine,
    sync_runs::{self, RunState},
};
use jiff::SignedDuration;

use super::{
    LIST,
    drift::{MANY, book_many, compare},
    ours, theirs,
};
use crate::provider::WithProvider;

async fn start(store: Store) -> WithProvider {
    let server = CalComServer::default().generous();
    WithProvider::with(store, server, |config| config.sync.history = true).await
}

each_engine! {
    async fn a_connection_that_gets_its_key_has_its_history_read(store: Store) {
        let with = start(store).await;
        super::play_all(&with);
        let place = with.place().await;
        let runs = with.hub.get("/api/v1/sync-runs?kind=bookings").await.json();
        assert_eq!((&runs["data"][0]["cause"], &runs["data"][0]["state"]), (&"connect".into(), &"waiting".into()));
        with.hub.run_jobs().await;
        let runs = with.hub.get("/api/v1/sync-runs?kind=bookings").await.json();
        let run = &runs["data"][0];
        assert_eq!(run["state"], "done", "{run}");
        assert!(run["progress"]["read"].as_i64().is_some_and(|read| read > 10), "{run}");
        assert_eq!(ours(&with).await, theirs(&with, &place.calcom).await);
    }

    async fn history_goes_on_at_the_page_where_it_was_interrupted(store: Store) {
        let with = start(store).await;
        book_many(&with);
        with.place().await;
        // The provider fails after the first page.
        let stopped = compare(&with, Extent::default(), &|read| {
            if read == 100 {
                with.fail(LIST, ApiFailure::Status(500));
            }
        })
        .await;
        assert_eq!(stopped.state, RunState::Running);
        assert_eq!(stopped.progress["read"], 100, "{}", stopped.progress);
        assert_eq!(ours(&with).await.len(), 100, "what was read is kept");
        with.heal();
        let before = with.asked(LIST).requests;
        with.hub.set_clock("2026-01-05T09:00:00Z");
        with.hub.run_jobs().await;
        let run = with.hub.get(&format!("/api/v1/sync-runs/{}", stopped.id)).await.json();
        assert_eq!((&run["state"], &run["result"]["read"]), (&"done".into(), &MANY.into()), "{run}");
        assert_eq!(with.asked(LIST).requests - before, 2, "the pages that were left");
        assert_eq!(ours(&with).await.len(), MANY);
    }

    async fn whoever_takes_over_from_a_runner_that_died_finishes_its_run(store: Store) {
        let with = start(store).await;
        super::play_all(&with);
        let place = with.place().await;
        let (id,): (i64,) = with.hub.one("SELECT id FROM sync_runs WHERE kind = 'bookings'", vec![]).await;
        // Another process took the run, and was not heard of again.
        let now = with.hub.app.clock.now();
        let scope = Scope::system(TenantId(1));
        let mut tx = with.hub.app.store.write().await.unwrap();
        let lease = now + SignedDuration::from_mins(3);
        sync_runs::take(&mut tx, &scope, calbridge_core::ids::SyncRunId(id), lease, now).await.unwrap();
        tx.commit().await.unwrap();
        with.hub.run_jobs().await;
        assert_eq!(ours(&with).await.len(), 0, "it may live");
        with.hub.set_clock("2026-01-05T08:10:00Z");
        with.hub.run_jobs().await;
        let run = with.hub.get(&format!("/api/v1/sync-runs/{id}")).await.json();
        assert_eq!(run["state"], "done", "{run}");
        assert_eq!(ours(&with).await, theirs(&with, &place.calcom).await);
    }
}
