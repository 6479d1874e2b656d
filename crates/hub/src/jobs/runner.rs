//! Takes due jobs, leases them, runs them.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use calbridge_core::{
    ids::{BookingId, WebhookEventId},
    retry::RetryPlan,
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    jobs::{self, Job},
};
use futures::FutureExt;
use jiff::SignedDuration;
use serde::{Deserialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use super::{JobError, Kind};
use crate::{app::App, booking, inbox, metrics::JobOutcome, retention};

/// Work that takes longer is somebody else's again.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Jobs leased at once.
const MOST_AT_ONCE: i64 = 20;

/// Without a bell, how long until we look again: other processes ask for work too.
const POLL: Duration = Duration::from_secs(1);

/// For jobs that do not say when to try again.
const PLAN: RetryPlan = RetryPlan {
    attempts: 10,
    first: Duration::from_secs(1),
    longest: Duration::from_mins(15),
};

/// Run jobs as they fall due, until stopped. A job under way is finished.
pub async fn run_until_stopped(app: App, stop: CancellationToken) {
    if let Err(error) = retention::ask_for_job(&app, app.clock.now()).await {
        tracing::warn!(%error, "Could not ask for the job that compresses and deletes what is old");
    }
    loop {
        match run_due(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(%error, "Could not take jobs"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.job_bell.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
        if stop.is_cancelled() {
            return;
        }
    }
}

/// Run the jobs that are due now, one after another; how many there were.
pub async fn run_due(app: &App) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let due = jobs::claim(&mut tx, now, now + LEASE, MOST_AT_ONCE).await?;
    tx.commit().await?;
    let count = due.len();
    for job in due {
        let began = Instant::now();
        let outcome = AssertUnwindSafe(run(app, &job)).catch_unwind().await;
        // The runner must live.
        let outcome = outcome.unwrap_or_else(|_| {
            Err(JobError::fail(
                "it failed in a way that must not happen; please report it",
            ))
        });
        let (ran, took) = (job_outcome(&outcome, &job), began.elapsed());
        app.metrics.jobs.ran(&job.kind, ran, took);
        let now = app.clock.now();
        let mut tx = app.store.write().await?;
        match outcome {
            Ok(()) => jobs::done(&mut tx, &job).await?,
            Err(JobError::Fail(why)) => {
                tracing::error!(
                    job.kind = job.kind,
                    job.id = job.id.0,
                    "A job failed for good: {why}"
                );
                jobs::failed(&mut tx, &job, &why, None).await?;
            }
            Err(JobError::Retry { at, why }) => {
                let planned = PLAN
                    .after(tries(&job))
                    .and_then(|wait| now.checked_add(wait).ok());
                let at = at.or(planned);
                tracing::warn!(job.kind = job.kind, job.id = job.id.0, again_at = ?at, "A job failed: {why}");
                jobs::failed(&mut tx, &job, &why, at).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(count)
}

/// As it is counted.
fn job_outcome(outcome: &Result<(), JobError>, job: &Job) -> JobOutcome {
    match outcome {
        Ok(()) => JobOutcome::Done,
        Err(JobError::Fail(_)) => JobOutcome::Failed,
        Err(JobError::Retry { at: None, .. }) if PLAN.after(tries(job)).is_none() => {
            JobOutcome::Failed
        }
        Err(JobError::Retry { .. }) => JobOutcome::Retried,
    }
}

fn tries(job: &Job) -> u32 {
    u32::try_from(job.attempts).unwrap_or(u32::MAX)
}

#[derive(Deserialize)]
struct OfEvent {
    webhook_event_id: WebhookEventId,
}

#[derive(Deserialize)]
struct OfBooking {
    booking_id: BookingId,
}

async fn run(app: &App, job: &Job) -> Result<(), JobError> {
    let scope = Scope::system(job.tenant_id);
    match Kind::from_word(&job.kind) {
        Some(Kind::ApplyEvent) => {
            let of: OfEvent = payload(job)?;
            inbox::retry(app, job.tenant_id, of.webhook_event_id).await
        }
        Some(Kind::CompleteBooking) => {
            let of: OfBooking = payload(job)?;
            booking::complete(app, &scope, of.booking_id).await
        }
        Some(Kind::RetellBooking) => {
            let of: OfBooking = payload(job)?;
            booking::retell(app, &scope, of.booking_id).await
        }
        Some(Kind::Retention) => retention::run_job(app).await,
        // A newer release asked for it; its worker will take it.
        None => Err(JobError::Retry {
            at: None,
            why: format!("this release does not know jobs of kind {}", job.kind),
        }),
    }
}

fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, JobError> {
    serde_json::from_value(job.payload.clone())
        .map_err(|_| JobError::fail("the payload is not what it should be"))
}
