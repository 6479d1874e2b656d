//! Leases: a worker's time-limited claim on a job.
//!
//! `leased_until` is when the lease ends, `fence` says which lease it is. While a job is leased its `run_at` is the end
//! of the lease too, for a worker of a release that knows only that column. Asking again for a job that is being done
//! changes `run_at` and sets `attempts` to 0, and leaves the lease alone.
//!
//! A worker that says how a job ended clears `leased_until`. So a lease that is over and still stands there is one whose
//! worker fell silent, and perhaps the job silenced it. `takeovers` counts those in a row.

use calbridge_core::{ids::JobId, lane::Lane};
use jiff::Timestamp;
use uuid::Uuid;

use super::Job;
use crate::sql::{StoreError, Tx, Value, in_list};

/// Who takes jobs, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The node.
    pub node: Uuid,
    /// When the jobs are somebody else's again.
    pub until: Timestamp,
}

/// What became of the wish to finish a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finish {
    /// It is written down.
    Recorded,
    /// The job was asked for again while it was done: it is due again.
    AskedAgain,
    /// The job is not there any more: it was dropped, or somebody else finished it.
    Gone,
    /// The lease had ended and another worker has taken the job: it decides.
    Lost,
}

/// Take up to `limit` due jobs of a lane that nobody had or somebody has answered for, of whatever tenant and of these
/// kinds.
pub async fn claim(
    tx: &mut Tx,
    lane: Lane,
    kinds: &[&'static str],
    lease: Lease,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let skip_locked = tx.skip_locked();
    let lane = lane.number();
    let (list, kinds) = in_list(5, kinds);
    tx.query(format!(
        "WITH due AS MATERIALIZED (
             SELECT id FROM jobs
             WHERE state = 'waiting' AND lane = {lane} AND run_at <= $1
                 AND leased_until IS NULL AND kind IN {list}
             ORDER BY run_at, id LIMIT $2 {skip_locked}
         )
         UPDATE jobs SET attempts = attempts + 1, fence = fence + 1, run_at = $3, leased_until = $3, leased_by = $4
         WHERE id IN (SELECT id FROM due)
         RETURNING *"
    ))
    .bind(now)
    .bind(limit)
    .bind(lease.until)
    .bind(lease.node)
    .bind_all::<Value>(kinds)
    .all()
    .await
}

/// Take the due job of these lanes whose worker has been silent for longest, of whatever tenant and of these kinds.
pub async fn take_over(
    tx: &mut Tx,
    lanes: &[Lane],
    kinds: &[&'static str],
    lease: Lease,
    now: Timestamp,
) -> Result<Option<Job>, StoreError> {
    if lanes.is_empty() {
        return Ok(None);
    }
    let skip_locked = tx.skip_locked();
    let lanes: Vec<String> = lanes.iter().map(|lane| lane.number().to_string()).collect();
    let lanes = lanes.join(", ");
    let (list, kinds) = in_list(4, kinds);
    // With the sign it is no reason to go through all that is due in these lanes.
    tx.query(format!(
        "WITH silent AS MATERIALIZED (
             SELECT id FROM jobs
             WHERE state = 'waiting' AND leased_until <= $1 AND run_at <= $1 AND +lane IN ({lanes}) AND kind IN {list}
             ORDER BY leased_until LIMIT 1 {skip_locked}
         )
         UPDATE jobs SET attempts = attempts + 1, fence = fence + 1, takeovers = takeovers + 1,
             run_at = $2, leased_until = $2, leased_by = $3
         WHERE id IN (SELECT id FROM silent)
         RETURNING *"
    ))
    .bind(now)
    .bind(lease.until)
    .bind(lease.node)
    .bind_all::<Value>(kinds)
    .optional()
    .await
}

/// Keep a job until `until`; whether it is still ours.
pub async fn renew(tx: &mut Tx, job: &Job, until: Timestamp) -> Result<bool, StoreError> {
    let ours = tx
        .query(
            "UPDATE jobs SET run_at = CASE WHEN run_at = leased_until THEN $3 ELSE run_at END, leased_until = $3
             WHERE id = $1 AND fence = $2 AND leased_until IS NOT NULL",
        )
        .bind(job.id)
        .bind(job.fence)
        .bind(until)
        .execute()
        .await?;
    Ok(ours > 0)
}

/// Of these jobs, those that another transaction holds at this moment. The others are ours until the end of this one, so
/// that whoever finishes several does not wait for one while he holds another.
pub async fn hold_or_leave(tx: &mut Tx, ids: &[JobId]) -> Result<Vec<JobId>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (list, values) = in_list(1, ids);
    let skip_locked = tx.skip_locked();
    let held: Vec<(JobId,)> = tx
        .query(format!(
            "SELECT id FROM jobs WHERE id IN {list} ORDER BY id {skip_locked}"
        ))
        .bind_all::<Value>(values)
        .all()
        .await?;
    if held.len() == ids.len() {
        return Ok(Vec::new());
    }
    let (list, values) = in_list(1, ids);
    let there: Vec<(JobId,)> = tx
        .query(format!("SELECT id FROM jobs WHERE id IN {list}"))
        .bind_all::<Value>(values)
        .all()
        .await?;
    let left = there.into_iter().filter(|id| !held.contains(id));
    Ok(left.map(|(id,)| id).collect())
}

/// A job is done, unless it was asked for again or its lease was lost meanwhile.
pub async fn done(tx: &mut Tx, job: &Job) -> Result<Finish, StoreError> {
    let deleted = tx
        .query(
            "DELETE FROM jobs WHERE id = $1 AND fence = $2 AND attempts = $3 AND run_at = leased_until",
        )
        .bind(job.id)
        .bind(job.fence)
        .bind(job.attempts)
        .execute()
        .await?;
    finish(tx, job, deleted).await
}

/// A job failed and is due again at `run_at`, or stays failed until somebody looks.
pub async fn failed(
    tx: &mut Tx,
    job: &Job,
    error: &str,
    run_at: Option<Timestamp>,
) -> Result<Finish, StoreError> {
    let updated = tx
        .query(
            "UPDATE jobs SET state = $4, run_at = COALESCE($5, run_at), last_error = $6, takeovers = 0,
                 leased_until = NULL, leased_by = NULL
             WHERE id = $1 AND fence = $2 AND attempts = $3 AND run_at = leased_until",
        )
        .bind(job.id)
        .bind(job.fence)
        .bind(job.attempts)
        .bind(if run_at.is_some() {
            "waiting"
        } else {
            "failed"
        })
        .bind(run_at)
        .bind(error)
        .execute()
        .await?;
    finish(tx, job, updated).await
}

async fn finish(tx: &mut Tx, job: &Job, changed: u64) -> Result<Finish, StoreError> {
    if changed > 0 {
        return Ok(Finish::Recorded);
    }
    let released = tx
        .query(
            "UPDATE jobs SET leased_until = NULL, leased_by = NULL, takeovers = 0
             WHERE id = $1 AND fence = $2 AND leased_until IS NOT NULL",
        )
        .bind(job.id)
        .bind(job.fence)
        .execute()
        .await?;
    if released > 0 {
        return Ok(Finish::AskedAgain);
    }
    let there: Option<(i64,)> = tx
        .query("SELECT fence FROM jobs WHERE id = $1")
        .bind(job.id)
        .optional()
        .await?;
    Ok(match there {
        Some(_) => Finish::Lost,
        None => Finish::Gone,
    })
}
