//! Writes down how jobs ended, many in one transaction.

use std::time::Duration;

use calbridge_core::{ids::JobId, retry::RetryPlan};
use calbridge_store::{
    StoreError,
    jobs::{self, Finish, Job},
    sql::Tx,
};
use jiff::Timestamp;

use super::{JobError, kinds, work::Ended};
use crate::{app::App, metrics::Retried};

/// For jobs that do not say when to try again.
const PLAN: RetryPlan = RetryPlan {
    attempts: 10,
    first: Duration::from_secs(1),
    longest: Duration::from_mins(15),
};

/// How long until a job that failed is tried again; `None` when it was tried often enough.
pub(super) fn next_try(job: &Job) -> Option<Duration> {
    PLAN.after(u32::try_from(job.attempts).unwrap_or(u32::MAX))
}

/// What came of it; it counts once the transaction is committed.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Somebody else holds these at this moment: they are for the next time.
    left: Vec<JobId>,
    /// Their leases were lost.
    lost: Vec<JobId>,
    /// Events that wait for somebody to look, like their jobs.
    parked: usize,
}

/// Write down how jobs ended; those that could not be because somebody holds them are left.
pub async fn settle(app: &App, ended: Vec<Ended>) -> Result<Vec<Ended>, StoreError> {
    let mut tx = app.store.write().await?;
    let settled = settle_in(&mut tx, &ended, app.clock.now()).await?;
    tx.commit().await?;
    Ok(settled.done(app, ended))
}

/// The same in a transaction that does more.
pub(super) async fn settle_in(
    tx: &mut Tx,
    ended: &[Ended],
    now: Timestamp,
) -> Result<Settled, StoreError> {
    let ids: Vec<JobId> = ended.iter().map(|one| one.job.id).collect();
    let mut settled = Settled {
        left: jobs::hold_or_leave(tx, &ids).await?,
        ..Settled::default()
    };
    for one in ended {
        if settled.left.contains(&one.job.id) {
            continue;
        }
        match settle_one(tx, one, &mut settled, now).await? {
            Finish::Recorded | Finish::AskedAgain => {}
            Finish::Gone if now < one.until => {}
            Finish::Gone | Finish::Lost => settled.lost.push(one.job.id),
        }
    }
    Ok(settled)
}

async fn settle_one(
    tx: &mut Tx,
    ended: &Ended,
    settled: &mut Settled,
    now: Timestamp,
) -> Result<Finish, StoreError> {
    let job = &ended.job;
    let (why, again) = match &ended.outcome {
        Ok(()) => return jobs::done(tx, job).await,
        Err(JobError::Fail(why)) => (why, None),
        Err(JobError::Retry { at, why }) => {
            let planned = next_try(job).and_then(|wait| now.checked_add(wait).ok());
            (why, at.or(planned))
        }
    };
    let finish = jobs::failed(tx, job, why, again).await?;
    if again.is_none() && finish == Finish::Recorded && kinds::give_up(tx, job, why, now).await? {
        settled.parked += 1;
    }
    Ok(finish)
}

impl Settled {
    /// After the commit: tell what was lost; what is left of the ended ones.
    pub(super) fn done(self, app: &App, mut ended: Vec<Ended>) -> Vec<Ended> {
        for one in ended.iter().filter(|one| self.lost.contains(&one.job.id)) {
            app.metrics.jobs.lease_lost();
            tracing::warn!(
                job.kind = one.job.kind,
                job.id = one.job.id.0,
                "The lease of a job was lost: another worker took it over, and what it says counts"
            );
        }
        for _ in 0..self.parked {
            app.metrics.inbox.retried(Retried::Parked);
        }
        ended.retain(|one| self.left.contains(&one.job.id));
        ended
    }
}
