//! Old bodies take less room, then go; what they told stays.

use calbridge::{config::Config, retention};
use calbridge_emulator::{
    CalCom,
    calcom::{By, NewBooking},
};
use calbridge_store::{Store, each_engine};
use serde_json::json;

use crate::hub::{Place, TestHub, at, dump};

/// Two bookings of January, one of which was moved in February.
async fn furnished(hub: &TestHub) -> Place {
    let place = hub.place().await;
    let mut cal = CalCom::new(1);
    let mut uids = Vec::new();
    for (day, email) in [("02", "ann@example.org"), ("03", "bob@example.org")] {
        let start = at(&format!("2027-03-{day}T10:00:00Z"));
        let (uid, sent) = cal
            .book(
                NewBooking::new("intro", start, "Ann", email),
                at("2026-01-05T08:00:00Z"),
            )
            .unwrap();
        hub.deliver_all(&place, &sent).await;
        uids.push(uid);
    }
    hub.set_clock("2026-02-10T08:00:00Z");
    let (to, now) = (at("2027-03-05T10:00:00Z"), at("2026-02-10T08:00:00Z"));
    let (_, moved) = cal.reschedule(&uids[0], to, By::Booker, now).unwrap();
    hub.deliver_all(&place, &moved).await;
    place
}

async fn places(hub: &TestHub) -> (i64, i64) {
    (
        hub.count("webhook_bodies").await,
        hub.count("webhook_archive").await,
    )
}

each_engine! {
    async fn old_bodies_are_compressed_and_read_as_before(store: Store) {
        let hub = TestHub::over(store).await;
        let place = furnished(&hub).await;
        let before = dump(&hub, &place).await;
        let shown = hub.get("/api/v1/webhook-events/1").await.json();
        assert!(shown["body"].is_string() || shown["body"].is_object(), "{shown}");

        hub.set_clock("2026-02-12T08:00:00Z");
        let ahead = retention::look(&hub.app).await.unwrap();
        assert_eq!((ahead.compressed, ahead.purged), (2, 0));
        assert_eq!(places(&hub).await, (3, 0));
        let done = retention::run(&hub.app, None, |_| {}).await.unwrap();
        assert_eq!((done.compressed, done.purged, done.finished), (2, 0, true));
        assert!(done.bytes_after < done.bytes_before, "{done:?}");
        assert_eq!(places(&hub).await, (1, 2));

        assert_eq!(hub.get("/api/v1/webhook-events/1").await.json(), shown);
        let everything = json!({ "limit": 100 }).to_string();
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        let replayed = hub.post("/api/v1/webhook-events/replay", &json, everything).await.json();
        let statuses: Vec<_> = replayed["data"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
        assert_eq!(statuses, ["processed", "processed", "processed"]);
        assert_eq!(dump(&hub, &place).await, before);
        let again = retention::run(&hub.app, None, |_| {}).await.unwrap();
        assert_eq!((again.compressed, again.finished), (0, true));
    }

    async fn very_old_bodies_go_and_what_they_told_stays(store: Store) {
        let hub = TestHub::over(store).await;
        let place = furnished(&hub).await;
        let before = dump(&hub, &place).await;
        hub.set_clock("2026-02-20T08:00:00Z");
        retention::run(&hub.app, None, |_| {}).await.unwrap();
        assert_eq!(places(&hub).await, (0, 3));

        // Ninety days after January, not after February.
        hub.set_clock("2026-04-20T08:00:00Z");
        assert_eq!(retention::look(&hub.app).await.unwrap().purged, 2);
        let done = retention::run(&hub.app, None, |_| {}).await.unwrap();
        assert_eq!((done.purged, done.finished), (2, true));
        assert_eq!(places(&hub).await, (0, 1));
        assert_eq!(dump(&hub, &place).await, before);

        let refused = hub.post("/api/v1/webhook-events/1/replay", &[], "").await;
        assert_eq!(refused.status, 410, "{}", refused.json());
        assert!(refused.json()["detail"].as_str().unwrap().contains("no longer kept"), "{}", refused.json());
        let shown = hub.get("/api/v1/webhook-events/1").await;
        assert_eq!((shown.status.as_u16(), shown.json()["body"].is_null()), (200, true));
    }

    async fn what_failed_is_kept_until_somebody_looked(store: Store) {
        let hub = TestHub::over(store).await;
        furnished(&hub).await;
        hub.execute("UPDATE webhook_events SET status = 'failed' WHERE id = 1", vec![]).await;
        hub.set_clock("2027-01-01T00:00:00Z");
        let done = retention::run(&hub.app, None, |_| {}).await.unwrap();
        assert_eq!((done.purged, done.compressed), (2, 1));
        let replayed = hub.post("/api/v1/webhook-events/1/replay", &[], "").await;
        assert_eq!(replayed.status, 200);
    }

    async fn without_limits_everything_is_kept(store: Store) {
        let mut config = Config::default();
        config.access.trusted_network = true;
        config.retention.compress_after_days = 0;
        config.retention.purge_after_days = 0;
        let hub = TestHub::with(store, config).await;
        furnished(&hub).await;
        hub.set_clock("2036-01-01T00:00:00Z");
        let done = retention::run(&hub.app, None, |_| {}).await.unwrap();
        assert_eq!((done.purged, done.compressed, done.finished), (0, 0, true));
    }

    async fn failed_jobs_are_forgotten_in_time(store: Store) {
        let hub = TestHub::over(store).await;
        furnished(&hub).await;
        hub.execute("UPDATE jobs SET state = 'failed', run_at = '2026-01-10 00:00:00.000000'", vec![]).await;
        let ran = calbridge::jobs::schedule::run_due(&hub.app, calbridge::jobs::schedule::all()).await.unwrap();
        assert!(ran > 0);
        hub.run_jobs().await;
        assert_eq!(hub.count("jobs").await, 0);
    }
}
