//! One job: do it, and keep its lease meanwhile.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use calbridge_store::{
    StoreError,
    jobs::{self, Job},
};
use futures::FutureExt;
use jiff::Timestamp;
use tracing::Instrument;

use super::{JobError, kinds, settle::next_try};
use crate::{app::App, correlation, metrics::JobOutcome};

/// A job that was done or failed, which is still to be written down.
#[derive(Debug)]
pub struct Ended {
    pub(super) job: Job,
    pub(super) outcome: Result<(), JobError>,
    /// When the lease ends.
    pub(super) until: Timestamp,
}

/// Do a job that was leased to this node.
pub async fn work(app: &App, job: Job) -> Ended {
    let began = Instant::now();
    // While it is leased, this is when the lease ends.
    let until = Mutex::new(job.run_at);
    let name = format!("job-{}-{}", job.id.0, job.attempts);
    let span = tracing::info_span!("job", job.kind = job.kind, job.id = job.id.0);
    let doing = correlation::under(name, run(app, &job)).instrument(span);
    let doing = AssertUnwindSafe(doing).catch_unwind();
    let outcome = tokio::select! {
        outcome = doing => outcome,
        never = keep(app, &job, &until) => match never {},
    };
    // The worker must live.
    let outcome = outcome.unwrap_or_else(|_| {
        Err(JobError::fail(
            "it failed in a way that must not happen; please report it",
        ))
    });
    let counted = count(&outcome, &job);
    app.metrics.jobs.ran(&job.kind, counted, began.elapsed());
    match &outcome {
        Ok(()) => {}
        Err(JobError::Fail(why)) => tracing::error!(
            job.kind = job.kind,
            job.id = job.id.0,
            "A job failed for good: {why}"
        ),
        Err(JobError::Retry { why, .. }) => tracing::warn!(
            job.kind = job.kind,
            job.id = job.id.0,
            job.attempts = job.attempts,
            "A job failed and will be tried again: {why}"
        ),
    }
    let until = *until.lock().unwrap_or_else(PoisonError::into_inner);
    Ended {
        job,
        outcome,
        until,
    }
}

/// Unless it ended whoever tried.
async fn run(app: &App, job: &Job) -> Result<(), JobError> {
    if job.takeovers > app.config.jobs.most_takeovers() {
        return Err(JobError::fail(format!(
            "it was begun {} times, and whoever did fell silent; perhaps it ends the process that does it",
            job.takeovers
        )));
    }
    kinds::run(app, job).await
}

/// As it is counted.
fn count(outcome: &Result<(), JobError>, job: &Job) -> JobOutcome {
    match outcome {
        Ok(()) => JobOutcome::Done,
        Err(JobError::Fail(_)) => JobOutcome::Failed,
        Err(JobError::Retry { at: None, .. }) if next_try(job).is_none() => JobOutcome::Failed,
        Err(JobError::Retry { .. }) => JobOutcome::Retried,
    }
}

/// Renew the lease of a job, for as long as it is ours.
async fn keep(app: &App, job: &Job, until: &Mutex<Timestamp>) -> Infallible {
    let lease = app.config.jobs.lease();
    let third = lease.unsigned_abs() / 3;
    loop {
        tokio::time::sleep(third).await;
        let next = app.clock.now() + lease;
        match renew(app, job, next).await {
            Ok(true) => *until.lock().unwrap_or_else(PoisonError::into_inner) = next,
            // Finishing will find out and tell.
            Ok(false) => return std::future::pending().await,
            Err(error) => {
                tracing::warn!(job.id = job.id.0, %error, "Could not renew the lease of a job");
            }
        }
    }
}

async fn renew(app: &App, job: &Job, until: Timestamp) -> Result<bool, StoreError> {
    let mut tx = app.store.write().await?;
    let ours = jobs::renew(&mut tx, job, until).await?;
    tx.commit().await?;
    Ok(ours)
}
