//! Table `schedules`: what runs from time to time, on one node for all. Runs are leased like jobs.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    jobs::Lease,
    sql::{StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// Something that runs from time to time.
    Schedule {
        /// Its name in the code.
        name: String,
        /// When it is due.
        next_run_at: Timestamp,
        /// While a node runs it: when it is due for another node.
        leased_until: Option<Timestamp>,
        /// The node that runs it or ran it last.
        node_id: Option<Uuid>,
        /// Which run this is, counted from the first.
        fence: i64,
        /// When it ended last.
        last_run_at: Option<Timestamp>,
        /// `done` or `failed`.
        last_outcome: Option<String>,
        /// What went wrong last.
        last_error: Option<String>,
    }
}

/// See to it that these are there, due now when they are new.
pub async fn see_to(tx: &mut Tx, names: &[&'static str], now: Timestamp) -> Result<(), StoreError> {
    let rows = names
        .iter()
        .map(|name| vec![Value::from(*name), now.into()])
        .collect();
    tx.insert_rows(
        "INSERT INTO schedules (name, next_run_at) VALUES",
        rows,
        "ON CONFLICT (name) DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Take those of these that are due. However many periods were missed, each is due once.
pub async fn claim(
    tx: &mut Tx,
    names: &[&'static str],
    lease: Lease,
    now: Timestamp,
) -> Result<Vec<Schedule>, StoreError> {
    let (list, names) = in_list(4, names);
    tx.query(format!(
        "UPDATE schedules SET leased_until = $2, node_id = $3, fence = fence + 1
         WHERE next_run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) AND name IN {list}
         RETURNING *"
    ))
    .bind(now)
    .bind(lease.until)
    .bind(lease.node)
    .bind_all::<Value>(names)
    .all()
    .await
}

/// Keep a run until `until`; whether it is still ours.
pub async fn renew(tx: &mut Tx, run: &Schedule, until: Timestamp) -> Result<bool, StoreError> {
    let ours = tx
        .query("UPDATE schedules SET leased_until = $3 WHERE name = $1 AND fence = $2")
        .bind(&run.name)
        .bind(run.fence)
        .bind(until)
        .execute()
        .await?;
    Ok(ours > 0)
}

/// A run ended, well or with an error; whether it was still ours.
pub async fn finish(
    tx: &mut Tx,
    run: &Schedule,
    error: Option<String>,
    next_run_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let outcome = if error.is_some() { "failed" } else { "done" };
    let ours = tx
        .query(
            "UPDATE schedules SET leased_until = NULL, next_run_at = $3, last_run_at = $4, last_outcome = $5, last_error = $6
             WHERE name = $1 AND fence = $2",
        )
        .bind(&run.name)
        .bind(run.fence)
        .bind(next_run_at)
        .bind(now)
        .bind(outcome)
        .bind(error)
        .execute()
        .await?;
    Ok(ours > 0)
}

/// All of them, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<Schedule>, StoreError> {
    tx.query("SELECT * FROM schedules ORDER BY name")
        .all()
        .await
}
