//! One job: do it, keep its lease meanwhile, write down how it ended.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use calbridge_core::retry::RetryPlan;
use calbridge_store::{
    StoreError,
    jobs::{self, Finish, Job},
};
use futures::FutureExt;
use jiff::Timestamp;

use super::{JobError, kinds};
use crate::app::App;

/// For jobs that do not say when to try again.
const PLAN: RetryPlan = RetryPlan {
    attempts: 10,
    first: Duration::from_secs(1),
    longest: Duration::from_mins(15),
};

/// Between tries to write down how a job ended.
const PAUSE: Duration = Duration::from_millis(500);

/// Do a job that was leased to this node, and write down how it ended.
pub async fn work(app: &App, job: &Job) {
    // While it is leased, this is when the lease ends.
    let until = Mutex::new(job.run_at);
    let doing = AssertUnwindSafe(kinds::run(app, job)).catch_unwind();
    let outcome = tokio::select! {
        outcome = doing => outcome,
        never = keep(app, job, &until) => match never {},
    };
    // The worker must live.
    let outcome = outcome.unwrap_or_else(|_| {
        Err(JobError::fail(
            "it failed in a way that must not happen; please report it",
        ))
    });
    let until = *until.lock().unwrap_or_else(PoisonError::into_inner);
    finish(app, job, &outcome, until).await;
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

/// Write down how a job ended. While the database does not take it, try again until the lease is over; after that the
/// job is due again anyway.
async fn finish(app: &App, job: &Job, outcome: &Result<(), JobError>, until: Timestamp) {
    loop {
        match try_finish(app, job, outcome).await {
            Ok(Finish::Recorded | Finish::AskedAgain) => return,
            Ok(Finish::Gone) if app.clock.now() < until => return,
            Ok(Finish::Gone | Finish::Lost) => {
                app.job_counts.lease_lost();
                tracing::warn!(
                    job.kind = job.kind,
                    job.id = job.id.0,
                    "The lease of a job was lost: another worker took it over, and what it says counts"
                );
                return;
            }
            Err(error) if app.clock.now() < until => {
                tracing::warn!(job.id = job.id.0, %error, "Could not write down how a job ended");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(job.id = job.id.0, %error, "A job will be done again: how it ended could not be written down");
                return;
            }
        }
    }
}

async fn try_finish(
    app: &App,
    job: &Job,
    outcome: &Result<(), JobError>,
) -> Result<Finish, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let finish = match outcome {
        Ok(()) => jobs::done(&mut tx, job).await?,
        Err(JobError::Fail(why)) => {
            tracing::error!(
                job.kind = job.kind,
                job.id = job.id.0,
                "A job failed for good: {why}"
            );
            jobs::failed(&mut tx, job, why, None).await?
        }
        Err(JobError::Retry { at, why }) => {
            let planned = PLAN
                .after(u32::try_from(job.attempts).unwrap_or(u32::MAX))
                .and_then(|wait| now.checked_add(wait).ok());
            let at = at.or(planned);
            tracing::warn!(job.kind = job.kind, job.id = job.id.0, again_at = ?at, "A job failed: {why}");
            jobs::failed(&mut tx, job, why, at).await?
        }
    };
    tx.commit().await?;
    Ok(finish)
}
