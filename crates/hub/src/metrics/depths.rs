//! What has to be looked up in the database, and how the connections to it fare.

use std::{
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use calbridge_store::{
    StoreError,
    jobs::{self, JobDepths},
    quarantine,
    webhook_events::{self, FailedEvents},
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use tokio::sync::Mutex;

use crate::{app::App, jobs::Kind};

/// What was looked up is good for this long, however often somebody scrapes.
const FRESH: Duration = Duration::from_secs(3);

/// The database must answer within this; otherwise the values before stay.
const MOST_TIME: Duration = Duration::from_secs(2);

/// Depths and ages.
pub(super) struct Depths {
    jobs: Family<JobLabels, Gauge>,
    oldest_job: Gauge<f64, AtomicU64>,
    events: Family<EventLabels, Gauge>,
    quarantined: Gauge,
    answers: Gauge,
    connections: Family<PoolLabels, Gauge>,
    waiting: Family<PoolName, Gauge>,
    looked: Mutex<Option<Instant>>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct JobLabels {
    kind: String,
    lane: &'static str,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct EventLabels {
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct PoolLabels {
    pool: &'static str,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct PoolName {
    pool: &'static str,
}

impl Depths {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let depths = Self {
            jobs: Family::default(),
            oldest_job: Gauge::default(),
            events: Family::default(),
            quarantined: Gauge::default(),
            answers: Gauge::default(),
            connections: Family::default(),
            waiting: Family::default(),
            looked: Mutex::default(),
        };
        registry.register(
            "jobs",
            "Jobs in the table, by kind, lane and state; each count ends at 100000",
            depths.jobs.clone(),
        );
        registry.register(
            "job_oldest_due_seconds",
            "How long the oldest due job has been due",
            depths.oldest_job.clone(),
        );
        registry.register(
            "events_failed",
            "Webhook events that could not be applied: those to be tried again, and those parked until somebody looks",
            depths.events.clone(),
        );
        registry.register(
            "quarantined",
            "Refused deliveries that are kept",
            depths.quarantined.clone(),
        );
        registry.register(
            "database_up",
            "Whether the database answered when these depths were looked up",
            depths.answers.clone(),
        );
        registry.register(
            "database_connections",
            "Connections to the database, by state",
            depths.connections.clone(),
        );
        registry.register(
            "database_waiting",
            "Transactions that wait to begin",
            depths.waiting.clone(),
        );
        depths
    }

    pub(super) async fn look(&self, app: &App) {
        self.look_at_pools(app);
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        *looked = Some(Instant::now());
        let answered = match tokio::time::timeout(MOST_TIME, self.ask(app)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "Could not look up the depths of the queues");
                false
            }
            Err(_) => {
                tracing::warn!("Looking up the depths of the queues took too long");
                false
            }
        };
        self.answers.set(answered.into());
    }

    fn look_at_pools(&self, app: &App) {
        for pool in app.store.db().pools() {
            let in_use = pool.open.saturating_sub(pool.idle);
            for (state, count) in [("in_use", in_use), ("idle", pool.idle), ("most", pool.most)] {
                let labels = PoolLabels {
                    pool: pool.name,
                    state,
                };
                self.connections
                    .get_or_create(&labels)
                    .set(i64::try_from(count).unwrap_or(i64::MAX));
            }
            self.waiting
                .get_or_create(&PoolName { pool: pool.name })
                .set(i64::try_from(pool.waiting).unwrap_or(i64::MAX));
        }
    }

    async fn ask(&self, app: &App) -> Result<(), StoreError> {
        let now = app.clock.now();
        let mut tx = app.store.read().await?;
        let JobDepths { counts, oldest_due } = jobs::depths_of_all_tenants(&mut tx, now).await?;
        let FailedEvents { retrying, parked } =
            webhook_events::count_failed_of_all_tenants(&mut tx).await?;
        let quarantined = quarantine::count_of_all_tenants(&mut tx).await?;
        tx.rollback().await?;

        // A kind that has no job any more must not keep its last count.
        self.jobs.clear();
        for (kind, state, count) in counts {
            let lane = Kind::from_word(&kind).map_or("unknown", |kind| kind.lane().as_str());
            self.jobs
                .get_or_create(&JobLabels { kind, lane, state })
                .set(count);
        }
        let age = oldest_due.map_or(0., |due| now.duration_since(due).as_secs_f64());
        self.oldest_job.set(age.max(0.));
        for (state, count) in [("retrying", retrying), ("parked", parked)] {
            self.events.get_or_create(&EventLabels { state }).set(count);
        }
        self.quarantined.set(quarantined);
        Ok(())
    }
}
