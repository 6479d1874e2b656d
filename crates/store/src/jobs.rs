//! Table `jobs`: the queue of work. Jobs are leased; a job that is not finished when its lease ends is due again.

mod lease;
#[cfg(test)]
mod tests;

pub use self::lease::{Finish, Lease, claim, done, failed, hold_or_leave, renew, take_over};

use calbridge_core::{
    ids::{JobId, TenantId},
    lane::Lane,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as JsonValue;

use crate::{
    sql::{Bell, StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// A unit of work, leased or waiting.
    Job {
        /// Id.
        id: JobId,
        /// Tenant.
        tenant_id: TenantId,
        /// What to do.
        kind: String,
        /// One job per key.
        unique_key: String,
        /// With what.
        payload: JsonValue,
        /// `waiting` or `failed`.
        state: String,
        /// When it is due, or when the lease ends.
        run_at: Timestamp,
        /// What goes first when there is more to do than workers.
        lane: Lane,
        /// How often it was tried.
        attempts: i32,
        /// Which lease this is, counted from the first.
        fence: i64,
        /// How many leases in a row ended without a word from whoever had them.
        takeovers: i32,
        /// What went wrong last.
        last_error: Option<String>,
        /// When it was asked for.
        created_at: Timestamp,
    }
}

/// Work to be done.
#[derive(Clone, PartialEq, Debug)]
pub struct NewJob {
    /// Tenant.
    pub tenant_id: TenantId,
    /// What to do.
    pub kind: &'static str,
    /// One job per key.
    pub unique_key: String,
    /// With what.
    pub payload: JsonValue,
    /// When it is due.
    pub run_at: Timestamp,
    /// What goes first when there is more to do than workers.
    pub lane: Lane,
}

/// Jobs due within this are worth waking somebody for; everybody looks for later ones in time.
const SOON: SignedDuration = SignedDuration::from_secs(1);

/// Ask for jobs. One that waits already under its key is moved and gets the new payload; one that is being done is done
/// again afterwards.
pub async fn enqueue(tx: &mut Tx, jobs: Vec<NewJob>, now: Timestamp) -> Result<(), StoreError> {
    if jobs
        .iter()
        .any(|job| job.run_at.duration_since(now) <= SOON)
    {
        tx.announce(Bell::Jobs);
    }
    let rows = jobs
        .into_iter()
        .map(|job| {
            vec![
                job.tenant_id.into(),
                job.kind.into(),
                job.unique_key.into(),
                job.payload.into(),
                job.run_at.into(),
                "waiting".into(),
                0_i32.into(),
                now.into(),
                Value::from(job.lane),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO jobs (tenant_id, kind, unique_key, payload, run_at, state, attempts, created_at, lane) VALUES",
        rows,
        "ON CONFLICT (unique_key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at,
             state = 'waiting', attempts = 0, takeovers = 0, last_error = NULL, lane = excluded.lane",
    )
    .await?;
    Ok(())
}

/// Drop the jobs with these keys.
pub async fn cancel(tx: &mut Tx, unique_keys: &[String]) -> Result<(), StoreError> {
    if unique_keys.is_empty() {
        return Ok(());
    }
    let (list, values) = in_list(1, unique_keys);
    tx.query(format!("DELETE FROM jobs WHERE unique_key IN {list}"))
        .bind_all::<Value>(values)
        .execute()
        .await?;
    Ok(())
}

/// Those of these keys under which there is a job, waiting or failed.
pub async fn list_known(tx: &mut Tx, unique_keys: &[String]) -> Result<Vec<String>, StoreError> {
    let (list, values) = in_list(1, unique_keys);
    let rows: Vec<(String,)> = tx
        .query(format!(
            "SELECT unique_key FROM jobs WHERE unique_key IN {list}"
        ))
        .bind_all::<Value>(values)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// When the next waiting job of whatever tenant is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let lanes: Vec<String> = Lane::ALL
        .iter()
        .map(|lane| {
            let number = lane.number();
            format!(
                "SELECT MIN(run_at) AS run_at FROM jobs WHERE state = 'waiting' AND lane = {number}"
            )
        })
        .collect();
    let lanes = lanes.join(" UNION ALL ");
    let (at,) = tx
        .query(format!("SELECT MIN(run_at) FROM ({lanes}) AS lanes"))
        .one()
        .await?;
    Ok(at)
}

/// How many jobs of all tenants wait and are due, and how many have failed for good.
pub async fn count_of_all_tenants(tx: &mut Tx, now: Timestamp) -> Result<(i64, i64), StoreError> {
    let (due,) = tx
        .query("SELECT COUNT(*) FROM jobs WHERE state = 'waiting' AND run_at <= $1")
        .bind(now)
        .one()
        .await?;
    let (failed,) = tx
        .query("SELECT COUNT(*) FROM jobs WHERE state = 'failed'")
        .one()
        .await?;
    Ok((due, failed))
}

/// How many jobs there are, and since when the oldest is due.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobDepths {
    /// Kind, state (`due`, `later` or `failed`) and how many, up to [`MOST_COUNTED`] in each state.
    pub counts: Vec<(String, &'static str, i64)>,
    /// When the oldest due job fell due.
    pub oldest_due: Option<Timestamp>,
}

/// Counting ends here, so that it takes no longer when there is more.
pub const MOST_COUNTED: i64 = 100_000;

/// The depths of the queue, of all tenants. A job that a worker has counts as `later`.
pub async fn depths_of_all_tenants(tx: &mut Tx, now: Timestamp) -> Result<JobDepths, StoreError> {
    let mut counts = Vec::new();
    for (state, condition) in [
        ("due", "state = 'waiting' AND run_at <= $1"),
        ("later", "state = 'waiting' AND run_at > $1"),
        ("failed", "state = 'failed' AND run_at <> $1"),
    ] {
        let found: Vec<(String, i64)> = tx
            .query(format!(
                "SELECT kind, COUNT(*) FROM (SELECT kind FROM jobs WHERE {condition} LIMIT $2) AS counted
                 GROUP BY kind ORDER BY kind"
            ))
            .bind(now)
            .bind(MOST_COUNTED)
            .all()
            .await?;
        counts.extend(found.into_iter().map(|(kind, count)| (kind, state, count)));
    }
    let oldest_due = next_due(tx).await?.filter(|due| *due <= now);
    Ok(JobDepths { counts, oldest_due })
}

/// Forget jobs of all tenants that failed for good before an instant; how many there were.
pub async fn prune_failed_in_all(
    tx: &mut Tx,
    before: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM jobs WHERE id IN (
             SELECT id FROM jobs WHERE state = 'failed' AND run_at < $1 ORDER BY run_at LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}

/// How many jobs of all tenants failed for good before an instant.
pub async fn count_failed_before_in_all(tx: &mut Tx, before: Timestamp) -> Result<i64, StoreError> {
    let (count,) = tx
        .query("SELECT COUNT(*) FROM jobs WHERE state = 'failed' AND run_at < $1")
        .bind(before)
        .one()
        .await?;
    Ok(count)
}
