//! Several nodes on one database: who does what, once, and who takes over.

use std::time::Duration;

use axum::{body::Body, http::Request};
use calbridge::{
    app::App,
    config::Config,
    jobs::{
        self, Busy, JobError, Kind, Slots,
        schedule::{self, Schedule},
    },
    node::{self, Role},
};
use calbridge_core::{ids::TenantId, lane::Lane, provider::Provider};
use calbridge_emulator::{CalCom, calcom::NewBooking};
use calbridge_store::{
    Store, each_engine,
    jobs::{Job, Lease, NewJob},
    migrations::MIGRATIONS,
    schedules,
    secrets::KeyRing,
    testing::postgres_db,
};
use jiff::SignedDuration;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::hub::{TestHub, at};

/// Another process on the same database, with the same time.
pub async fn another_node(hub: &TestHub) -> App {
    let app = &hub.app;
    App::start(app.store.clone(), app.clock.clone(), app.config.clone())
        .await
        .unwrap()
}

/// Jobs about bookings that are not there: done as soon as somebody looks.
pub async fn ask_for(hub: &TestHub, lane: Lane, count: i64) {
    let now = hub.app.clock.now();
    let jobs = (0..count).map(|n| NewJob {
        tenant_id: TenantId(1),
        kind: Kind::RetellBooking.as_str(),
        unique_key: format!("{lane:?}:{n}"),
        payload: json!({ "booking_id": n }),
        run_at: now,
        lane,
    });
    let mut tx = hub.app.store.write().await.unwrap();
    calbridge_store::jobs::enqueue(&mut tx, jobs.collect(), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

pub async fn take(app: &App, slots: &mut Slots, busy: Busy) -> Vec<Job> {
    jobs::take(app, slots, busy).await.unwrap()
}

pub async fn work(app: &App, job: Job) {
    let ended = jobs::work(app, job).await;
    let left = jobs::settle(app, vec![ended]).await.unwrap();
    assert!(left.is_empty());
}

/// A booking that is over, with the job that completes it.
async fn a_booking_that_ended(hub: &TestHub) {
    let place = hub.place().await;
    let mut cal = CalCom::new(1);
    let new = NewBooking::new(
        "intro",
        at("2026-03-02T10:00:00Z"),
        "Ann",
        "ann@example.org",
    );
    let (_, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
    hub.deliver_all(&place, &created).await;
    hub.set_clock("2026-03-02T12:00:00Z");
}

async fn status(hub: &TestHub) -> String {
    let (status,): (String,) = hub.one("SELECT status FROM bookings", vec![]).await;
    status
}

async fn completions(hub: &TestHub) -> usize {
    let facts: Vec<(i64,)> = hub
        .rows(
            "SELECT id FROM booking_changes WHERE kind = 'completed'",
            vec![],
        )
        .await;
    facts.len()
}

fn every_hour(name: &'static str) -> Schedule {
    Schedule {
        name,
        every: SignedDuration::from_hours(1),
        run: |_| Box::pin(async { Ok(()) }),
    }
}

each_engine! {
    async fn a_flood_behind_leaves_a_worker_to_those_who_wait(store: Store) {
        let hub = TestHub::over(store).await;
        ask_for(&hub, Lane::FollowUp, 50).await;
        ask_for(&hub, Lane::Sync, 50).await;
        let mut slots = Slots::new(4);
        let flood = take(&hub.app, &mut slots, Busy::default()).await;
        assert_eq!(flood.iter().map(|job| job.lane).collect::<Vec<_>>(), [Lane::FollowUp; 3]);
        let busy = Busy { other: 3, ..Busy::default() };
        assert_eq!(take(&hub.app, &mut slots, busy).await.len(), 0);
        ask_for(&hub, Lane::Interactive, 1).await;
        ask_for(&hub, Lane::Voice, 1).await;
        let call = take(&hub.app, &mut slots, busy).await;
        assert_eq!(call.iter().map(|job| job.lane).collect::<Vec<_>>(), [Lane::Voice]);
    }

    async fn a_flood_ahead_leaves_a_worker_and_turns_to_those_behind(store: Store) {
        let hub = TestHub::over(store).await;
        for lane in Lane::ALL {
            ask_for(&hub, lane, 50).await;
        }
        let mut slots = Slots::new(4);
        let first = take(&hub.app, &mut slots, Busy::default()).await;
        assert_eq!(
            first.iter().map(|job| job.lane).collect::<Vec<_>>(),
            [Lane::Voice, Lane::Voice, Lane::Voice, Lane::FollowUp]
        );
        // One worker of each half gets free, again and again.
        let busy = Busy { urgent: 2, ..Busy::default() };
        let mut next = Vec::new();
        for _ in 0..8 {
            next.extend(take(&hub.app, &mut slots, busy).await.into_iter().map(|job| job.lane));
        }
        let of = |wanted: Lane| next.iter().filter(|lane| **lane == wanted).count();
        assert_eq!(
            Lane::ALL.map(of),
            [6, 2, 6, 2],
            "{next:?}"
        );
    }

    async fn every_due_job_is_done_whatever_its_lane(store: Store) {
        let hub = TestHub::over(store).await;
        for lane in Lane::ALL {
            ask_for(&hub, lane, 30).await;
        }
        assert_eq!(jobs::run_due(&hub.app).await.unwrap(), 120);
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn a_job_is_done_by_one_of_several_nodes(store: Store) {
        let hub = TestHub::over(store).await;
        let others = [another_node(&hub).await, another_node(&hub).await];
        ask_for(&hub, Lane::FollowUp, 60).await;
        let (a, b, c) = tokio::join!(jobs::run_due(&hub.app), jobs::run_due(&others[0]), jobs::run_due(&others[1]));
        assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 60);
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn the_work_of_a_dead_node_is_taken_over_when_its_lease_ends(store: Store) {
        let hub = TestHub::over(store).await;
        a_booking_that_ended(&hub).await;
        let dead = another_node(&hub).await;
        assert_eq!(take(&dead, &mut Slots::new(4), Busy::default()).await.len(), 1);
        hub.run_jobs().await;
        assert_eq!(status(&hub).await, "scheduled");
        hub.set_clock("2026-03-02T12:01:00Z");
        hub.run_jobs().await;
        assert_eq!(status(&hub).await, "completed");
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn a_node_that_wakes_after_its_lease_cannot_finish_the_job_and_counts_it(store: Store) {
        let hub = TestHub::over(store).await;
        ask_for(&hub, Lane::FollowUp, 1).await;
        let paused = another_node(&hub).await;
        let job = take(&paused, &mut Slots::new(4), Busy::default()).await.remove(0);
        hub.set_clock("2026-01-05T08:01:00Z");
        // Another has it, and is not done.
        let theirs = take(&hub.app, &mut Slots::new(4), Busy::default()).await.remove(0);
        assert_eq!(theirs.id, job.id);
        work(&paused, job).await;
        assert_eq!(paused.metrics.jobs.leases_lost(), 1);
        assert_eq!(hub.count("jobs").await, 1);
        work(&hub.app, theirs).await;
        assert_eq!(hub.app.metrics.jobs.leases_lost(), 0);
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn what_two_nodes_do_because_one_was_paused_is_told_once(store: Store) {
        let hub = TestHub::over(store).await;
        a_booking_that_ended(&hub).await;
        let paused = another_node(&hub).await;
        let job = take(&paused, &mut Slots::new(4), Busy::default()).await.remove(0);
        hub.set_clock("2026-03-02T12:01:00Z");
        let theirs = take(&hub.app, &mut Slots::new(4), Busy::default()).await.remove(0);
        assert_eq!(theirs.id, job.id);
        tokio::join!(work(&paused, job), work(&hub.app, theirs));
        hub.run_jobs().await;
        assert_eq!((status(&hub).await, completions(&hub).await), ("completed".to_owned(), 1));
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn jobs_about_one_booking_at_the_same_time_end_as_one_after_the_other(store: Store) {
        let hub = TestHub::over(store).await;
        a_booking_that_ended(&hub).await;
        let other = another_node(&hub).await;
        let (id,): (i64,) = hub.one("SELECT id FROM bookings", vec![]).await;
        let now = hub.app.clock.now();
        let retell = NewJob {
            tenant_id: TenantId(1),
            kind: Kind::RetellBooking.as_str(),
            unique_key: Kind::RetellBooking.key(id),
            payload: json!({ "booking_id": id }),
            run_at: now,
            lane: Kind::RetellBooking.lane(),
        };
        let mut tx = hub.app.store.write().await.unwrap();
        calbridge_store::jobs::enqueue(&mut tx, vec![retell], now).await.unwrap();
        tx.commit().await.unwrap();
        let (a, b) = tokio::join!(jobs::run_due(&hub.app), jobs::run_due(&other));
        assert_eq!(a.unwrap() + b.unwrap(), 2);
        hub.run_jobs().await;
        assert_eq!((status(&hub).await, completions(&hub).await), ("completed".to_owned(), 1));
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn what_is_scheduled_runs_once_for_all_nodes(store: Store) {
        let hub = TestHub::over(store).await;
        let others = [another_node(&hub).await, another_node(&hub).await];
        let these = [every_hour("hourly")];
        let all = async || {
            let (a, b, c) = tokio::join!(
                schedule::run_due(&hub.app, &these),
                schedule::run_due(&others[0], &these),
                schedule::run_due(&others[1], &these),
            );
            a.unwrap() + b.unwrap() + c.unwrap()
        };
        assert_eq!(all().await, 1);
        assert_eq!(all().await, 0);
        hub.set_clock("2026-01-05T09:00:00Z");
        assert_eq!(all().await, 1);
        // A night passes without anybody.
        hub.set_clock("2026-01-06T07:30:00Z");
        assert_eq!(all().await, 1);
        assert_eq!(all().await, 0);
        let mut tx = hub.app.store.read().await.unwrap();
        let known = schedules::list(&mut tx).await.unwrap().remove(0);
        assert_eq!((known.name.as_str(), known.last_outcome.as_deref()), ("hourly", Some("done")));
        assert_eq!(known.next_run_at, at("2026-01-06T08:30:00Z"));
        assert_eq!(known.last_run_at, Some(at("2026-01-06T07:30:00Z")));
    }

    async fn a_scheduled_run_of_a_dead_node_is_run_by_another(store: Store) {
        let hub = TestHub::over(store).await;
        let dead = another_node(&hub).await;
        let these = [every_hour("hourly")];
        let now = hub.app.clock.now();
        let mut tx = hub.app.store.write().await.unwrap();
        schedules::see_to(&mut tx, &["hourly"], now).await.unwrap();
        let lease = Lease { node: dead.node_id, until: now + SignedDuration::from_secs(60) };
        let run = schedules::claim(&mut tx, &["hourly"], lease, now).await.unwrap().remove(0);
        tx.commit().await.unwrap();
        assert_eq!(schedule::run_due(&hub.app, &these).await.unwrap(), 0);
        hub.set_clock("2026-01-05T08:01:00Z");
        assert_eq!(schedule::run_due(&hub.app, &these).await.unwrap(), 1);
        // It was only paused; what it has to say comes too late.
        let mut tx = hub.app.store.write().await.unwrap();
        let late = schedules::finish(&mut tx, &run, Some("late".to_owned()), now, now).await.unwrap();
        assert!(!late);
        assert_eq!(schedules::list(&mut tx).await.unwrap()[0].last_outcome.as_deref(), Some("done"));
    }

    async fn a_scheduled_run_that_fails_is_tried_again_soon_and_says_why(store: Store) {
        let hub = TestHub::over(store).await;
        let these = [Schedule {
            name: "broken",
            every: SignedDuration::from_hours(24),
            run: |_| Box::pin(async { Err(JobError::fail("no such luck")) }),
        }];
        assert_eq!(schedule::run_due(&hub.app, &these).await.unwrap(), 1);
        let mut tx = hub.app.store.read().await.unwrap();
        let known = schedules::list(&mut tx).await.unwrap().remove(0);
        assert_eq!((known.last_outcome.as_deref(), known.last_error.as_deref()), (Some("failed"), Some("no such luck")));
        assert_eq!(known.next_run_at, at("2026-01-05T08:10:00Z"));
    }

    async fn the_nodes_are_listed_with_whether_they_are_there(store: Store) {
        let hub = TestHub::over(store).await;
        assert_eq!(hub.get("/api/v1/nodes").await.json(), json!({ "data": [], "next_cursor": null }));
        let worker = another_node(&hub).await;
        node::beat(&hub.app, &mut node::this_node(&hub.app, Role::Api, None)).await.unwrap();
        for _ in 0..2 {
            node::beat(&worker, &mut node::this_node(&worker, Role::Work, None)).await.unwrap();
        }
        let silent = async |seconds: &str| {
            let mut tx = hub.app.store.write().await.unwrap();
            tx.query("UPDATE nodes SET heartbeat_at = $1 WHERE role = 'work'")
                .bind(at(seconds))
                .execute()
                .await
                .unwrap();
            tx.commit().await.unwrap();
        };
        let states = async || -> Vec<(String, String)> {
            let list = hub.get("/api/v1/nodes").await.json();
            let mut states: Vec<_> = list["data"].as_array().unwrap().iter().map(|node| {
                assert_eq!(node["release"], env!("CARGO_PKG_VERSION"));
                (node["role"].as_str().unwrap().to_owned(), node["state"].as_str().unwrap().to_owned())
            }).collect();
            states.sort();
            states
        };
        let both = |work: &str| vec![("api".to_owned(), "alive".to_owned()), ("work".to_owned(), work.to_owned())];
        assert_eq!(states().await, both("alive"));
        silent("2026-01-05T08:00:00Z").await;
        assert_eq!(states().await, both("gone"));
        node::prune(&hub.app).await.unwrap();
        assert_eq!(states().await, [("api".to_owned(), "alive".to_owned())]);
        // It was only paused.
        node::beat(&worker, &mut node::this_node(&worker, Role::Work, None)).await.unwrap();
        assert_eq!(states().await, both("alive"));
        // They belong to no tenant.
        hub.new_place().await;
        let request = Request::get("/api/v1/nodes").header("host", "localhost").header("x-tenant-id", "1");
        let answer = hub.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.json(), json!({ "data": [], "next_cursor": null }));
    }

    async fn a_node_is_not_ready_when_a_part_of_it_has_ended(store: Store) {
        let hub = TestHub::over(store).await;
        assert_eq!(hub.get("/health/ready").await.status, 200);
        let runner = hub.app.liveness.join_beating("the job runner", Duration::from_mins(1));
        assert_eq!(hub.get("/health/ready").await.status, 200);
        drop(runner);
        let answer = hub.get("/health/ready").await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.json()["code"], "try_again");
        assert_eq!(answer.json()["detail"], "the job runner has ended");
        assert_eq!(hub.get("/health/live").await.status, 200);
    }

    async fn a_node_is_not_ready_when_nothing_stores_deliveries(store: Store) {
        let hub = TestHub::over(store).await;
        hub.app.intake.close().await;
        let answer = hub.get("/health/ready").await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.json()["detail"], "a task that stores deliveries has ended");
    }
}

/// Wait until something is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let so = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), so)
        .await
        .expect("it is so in time");
}

each_engine! {
    async fn a_node_does_what_falls_due_and_takes_leave_when_it_stops(store: Store) {
        let hub = TestHub::over(store).await;
        let stop = CancellationToken::new();
        let background = node::start(&hub.app, Role::All, None, &stop);
        for lane in Lane::ALL {
            ask_for(&hub, lane, 10).await;
        }
        until(async || hub.count("jobs").await == 0).await;
        until(async || hub.count("nodes").await == 1).await;
        let schedules = i64::try_from(schedule::all().len()).unwrap();
        until(async || hub.count("schedules").await == schedules).await;
        assert_eq!(hub.get("/health/ready").await.status, 200);
        stop.cancel();
        background.finish(Duration::from_secs(20)).await;
        assert_eq!(hub.count("nodes").await, 0);
    }

    async fn a_node_without_a_worker_leaves_jobs_alone(store: Store) {
        let hub = TestHub::over(store).await;
        let stop = CancellationToken::new();
        ask_for(&hub, Lane::Voice, 1).await;
        let background = node::start(&hub.app, Role::Api, None, &stop);
        until(async || hub.count("nodes").await == 1).await;
        stop.cancel();
        background.finish(Duration::from_secs(20)).await;
        assert_eq!(hub.count("jobs").await, 1);
        assert_eq!(hub.count("schedules").await, 0);
    }
}

/// The clock stands still, so nothing but the bell makes the other node look.
#[tokio::test]
async fn a_connection_that_one_node_adds_is_known_to_the_others_at_once() {
    let Some(database) = postgres_db(MIGRATIONS).await else {
        return;
    };
    let keys = || KeyRing::parse(&format!("k1:{}=", "A".repeat(43)).into()).unwrap();
    let hub = TestHub::over(Store::new(database.db.clone(), keys())).await;
    let elsewhere = Store::new(database.open_again().await, keys());
    let other = TestHub::over(elsewhere).await.app;
    let stop = CancellationToken::new();
    let background = node::start(&other, Role::Api, None, &stop);
    hub.place().await;
    until(async || {
        let known = other.registry.current(&other.store, other.clock.now());
        known.await.of_provider(Provider::CalCom).len() == 1
    })
    .await;
    stop.cancel();
    background.finish(Duration::from_secs(20)).await;
    other.stop().await;
    database.remove().await;
}

#[test]
fn a_single_worker_is_refused_because_somebody_would_wait_for_ever() {
    let mut config = Config::default();
    config.jobs.concurrency = 1;
    assert_eq!(
        config.check().unwrap_err().to_string(),
        "jobs.concurrency must be 2 or more"
    );
}
