//! What runs from time to time, once for all nodes.
//!
//! A run is leased like a job: when its node dies, another one runs it again. Periods that nobody was there for become
//! one run. So each may run twice, and must be safe to.

use std::time::Duration;

use calbridge_store::{
    StoreError,
    jobs::Lease,
    schedules::{self, Schedule as Run},
};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::JobError;
use crate::{
    agreement, app::App, booking, canary, event_types, incidents, node, provider_webhooks,
    retention, upstream,
};

/// How often a node looks whether something is due.
const LOOK: Duration = Duration::from_secs(10);

/// After a failure it is tried again this soon, if its period is not shorter.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Something that runs from time to time.
pub struct Schedule {
    /// Its name in the database; a new name begins anew.
    pub name: &'static str,
    /// From one run to the next.
    pub every: SignedDuration,
    /// What it does.
    pub run: for<'a> fn(&'a App) -> BoxFuture<'a, Result<(), JobError>>,
}

/// Everything that runs from time to time.
pub fn all() -> &'static [Schedule] {
    const ALL: &[Schedule] = &[
        Schedule {
            name: "prune_nodes",
            every: SignedDuration::from_hours(1),
            run: |app| Box::pin(node::prune(app)),
        },
        Schedule {
            name: "look_for_incidents",
            every: SignedDuration::from_mins(1),
            run: |app| Box::pin(incidents::look(app)),
        },
        Schedule {
            name: "prune_invalidations",
            every: SignedDuration::from_hours(1),
            run: |app| Box::pin(upstream::prune(app)),
        },
        Schedule {
            name: "retention",
            every: SignedDuration::from_hours(1),
            run: |app| Box::pin(retention::begin(app)),
        },
        // How often a connection is read is a setting.
        Schedule {
            name: "sync_event_types",
            every: SignedDuration::from_mins(5),
            run: |app| Box::pin(event_types::sync::due(app)),
        },
        Schedule {
            name: "check_provider_webhooks",
            every: SignedDuration::from_hours(6),
            run: |app| Box::pin(provider_webhooks::check_all(app)),
        },
        Schedule {
            name: "contract_canary",
            every: SignedDuration::from_hours(24),
            run: |app| Box::pin(canary::look_at_all(app)),
        },
        Schedule {
            name: "sync_bookings",
            every: SignedDuration::from_mins(5),
            run: |app| Box::pin(agreement::due(app)),
        },
        Schedule {
            name: "see_to_intents",
            every: SignedDuration::from_mins(1),
            run: |app| Box::pin(booking::see_to_overdue(app)),
        },
        Schedule {
            name: "look_after_holds",
            every: SignedDuration::from_mins(1),
            run: |app| Box::pin(booking::look_after_holds(app)),
        },
        Schedule {
            name: "prune_claims",
            every: SignedDuration::from_hours(1),
            run: |app| Box::pin(booking::prune(app)),
        },
        // Whether it is on, and how much it does, are settings.
        Schedule {
            name: "book_leads",
            every: SignedDuration::from_mins(1),
            run: |app| Box::pin(booking::automatic::due(app)),
        },
    ];
    ALL
}

/// Run what is due, until stopped.
pub async fn run_until_stopped(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // The runner says when the database does not answer.
        if let Err(error) = run_due(&app, all()).await {
            tracing::debug!(%error, "Could not look what is scheduled");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Run those of these that are due and that no other node runs; how many there were.
pub async fn run_due(app: &App, these: &[Schedule]) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let names: Vec<&'static str> = these.iter().map(|schedule| schedule.name).collect();
    let lease = Lease {
        node: app.node_id,
        until: now + app.config.jobs.lease(),
    };
    let mut tx = app.store.write().await?;
    schedules::see_to(&mut tx, &names, now).await?;
    let runs = schedules::claim(&mut tx, &names, lease, now).await?;
    tx.commit().await?;
    let count = runs.len();
    let due = runs.iter().filter_map(|run| {
        let schedule = these.iter().find(|schedule| schedule.name == run.name)?;
        Some(run_one(app, schedule, run))
    });
    // All at once: none waits with a lease that nobody renews.
    for ended in futures::future::join_all(due).await {
        ended?;
    }
    Ok(count)
}

async fn run_one(app: &App, schedule: &Schedule, run: &Run) -> Result<(), StoreError> {
    let outcome = tokio::select! {
        outcome = (schedule.run)(app) => outcome,
        () = keep(app, run) => return Ok(()),
    };
    let now = app.clock.now();
    let error = outcome.err().map(|error| error.to_string());
    if let Some(error) = &error {
        tracing::warn!(
            schedule = schedule.name,
            "What is scheduled as {} failed: {error}",
            schedule.name
        );
    }
    let next = next_run(schedule, run.next_run_at, error.is_some(), now);
    let mut tx = app.store.write().await?;
    schedules::finish(&mut tx, run, error, next, now).await?;
    tx.commit().await
}

/// The first time of its rhythm that is ahead, or sooner after a failure.
fn next_run(schedule: &Schedule, due: Timestamp, failed: bool, now: Timestamp) -> Timestamp {
    if failed {
        return now + schedule.every.min(AGAIN);
    }
    let in_rhythm = due + schedule.every;
    if in_rhythm > now {
        in_rhythm
    } else {
        now + schedule.every
    }
}

/// Renew the lease of a run; returns when another node has taken it over.
async fn keep(app: &App, run: &Run) {
    let lease = app.config.jobs.lease();
    loop {
        tokio::time::sleep(lease.unsigned_abs() / 3).await;
        match renew(app, run, app.clock.now() + lease).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::debug!(%error, "Could not renew the lease of a scheduled run"),
        }
    }
}

async fn renew(app: &App, run: &Run, until: Timestamp) -> Result<bool, StoreError> {
    let mut tx = app.store.write().await?;
    let ours = schedules::renew(&mut tx, run, until).await?;
    tx.commit().await?;
    Ok(ours)
}
