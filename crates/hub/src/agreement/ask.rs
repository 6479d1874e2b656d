//! Ask for a comparison, and look what comparing came to.

use calbridge_core::{
    ids::{ConnectionId, SyncRunId},
    provider::Provider,
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    connections::Connection,
    findings,
    jobs::{self, NewJob},
    ledger::{self, LedgerDay},
    sql::Tx,
    sync_runs::{self, SyncCause, SyncKind, SyncRun},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Extent, progress::Progress};
use crate::{
    app::App,
    event_types::sync::{SyncError, find_run, readable_at},
    jobs::{JobError, Kind},
};

/// Settled findings that were not seen for so long are forgotten.
const SETTLED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Whose bookings can be compared.
const COMPARABLE: [Provider; 2] = [Provider::CalCom, Provider::Calendly];

/// Have bookings compared, of one connection or of all that can be asked; the runs that will do it. One that is open
/// already will do.
pub async fn ask_for(
    app: &App,
    scope: &Scope,
    connection_id: Option<ConnectionId>,
    extent: Extent,
    cause: SyncCause,
) -> Result<Vec<SyncRun>, SyncError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut runs = Vec::new();
    for connection in readable_at(&mut tx, scope, &COMPARABLE, connection_id, now).await? {
        let progress = Progress::of(extent, now);
        let run = ask_in(&mut tx, scope, connection.id, Some(progress), cause, now).await?;
        runs.push(run);
    }
    tx.commit().await?;
    Ok(runs)
}

/// The connections whose bookings can be compared: one, or all.
pub async fn comparable(
    app: &App,
    scope: &Scope,
    wanted: Option<ConnectionId>,
) -> Result<Vec<ConnectionId>, SyncError> {
    let mut tx = app.store.read().await?;
    let now = app.clock.now();
    let found = readable_at(&mut tx, scope, &COMPARABLE, wanted, now).await?;
    tx.rollback().await?;
    Ok(found.into_iter().map(|connection| connection.id).collect())
}

async fn ask_in(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    progress: Option<Progress>,
    cause: SyncCause,
    now: Timestamp,
) -> Result<SyncRun, StoreError> {
    let kind = SyncKind::Bookings;
    let asked = sync_runs::ask_for(tx, scope, connection_id, kind, cause, now).await?;
    let mut run = asked.run();
    if let (Some(progress), sync_runs::RunState::Waiting) = (progress, run.state) {
        run.progress = json!(progress);
        sync_runs::prepare(tx, &run).await?;
    }
    let job = NewJob {
        tenant_id: scope.tenant_id(),
        kind: Kind::SyncBookings.as_str(),
        unique_key: Kind::SyncBookings.key(connection_id),
        payload: json!({ "run_id": run.id }),
        run_at: now,
        lane: Kind::SyncBookings.lane(),
    };
    jobs::enqueue(tx, vec![job], now).await?;
    Ok(run)
}

/// Ask for the comparisons that are due, of all tenants.
pub async fn due(app: &App) -> Result<(), JobError> {
    let Some(every) = app.config.sync.bookings() else {
        return Ok(());
    };
    let now = app.clock.now();
    // Looked at every few minutes: what is nearly due is due.
    let before = now - every + SignedDuration::from_mins(1);
    let mut tx = app.store.write().await?;
    let due = sync_runs::list_due_in_all(&mut tx, SyncKind::Bookings, before, now).await?;
    for (tenant_id, connection_id) in due {
        let scope = Scope::system(tenant_id);
        ask_in(
            &mut tx,
            &scope,
            connection_id,
            None,
            SyncCause::Schedule,
            now,
        )
        .await?;
    }
    findings::prune_settled_in_all(&mut tx, now - SETTLED).await?;
    tx.commit().await?;
    Ok(())
}

/// A connection got its key: have all of its history read, within the budget, after everything that is more urgent.
pub async fn begin_history(
    tx: &mut Tx,
    scope: &Scope,
    connection: &Connection,
    now: Timestamp,
) -> Result<SyncRun, StoreError> {
    let all = Progress::of(Extent::default(), now);
    ask_in(tx, scope, connection.id, Some(all), SyncCause::Connect, now).await
}

/// Why reading cannot go on from a cursor.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    /// It was not given out, or for another tenant.
    #[error("use the `sync_cursor` that came with a comparison that was cut short")]
    NotOurs,
    /// It cannot be asked for.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl From<StoreError> for CursorError {
    fn from(error: StoreError) -> Self {
        Self::Sync(error.into())
    }
}

/// Go on comparing where a limit cut it short; see [`super::cursor_of`].
pub async fn go_on(
    app: &App,
    scope: &Scope,
    cursor: &str,
    limit: Option<usize>,
    cause: SyncCause,
) -> Result<Vec<SyncRun>, CursorError> {
    let mut cut = Vec::new();
    for id in cursor.split('.') {
        let id: SyncRunId = id.parse().map_err(|_| CursorError::NotOurs)?;
        match find_run(app, scope, &id.to_string()).await {
            Ok(run) if run.kind == SyncKind::Bookings => cut.push(run),
            Ok(_) | Err(SyncError::NoRun(_)) => return Err(CursorError::NotOurs),
            Err(error) => return Err(error.into()),
        }
    }
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut runs = Vec::new();
    for run in cut {
        let progress: Progress = serde_json::from_value(run.progress).unwrap_or_default();
        let rest = progress.going_on(limit);
        runs.push(ask_in(&mut tx, scope, run.connection_id, Some(rest), cause, now).await?);
    }
    tx.commit().await?;
    Ok(runs)
}

/// The newest days of a connection's ledger, newest first.
pub async fn ledger(
    app: &App,
    scope: &Scope,
    connection_id: ConnectionId,
    limit: i64,
) -> Result<Vec<LedgerDay>, StoreError> {
    let mut tx = app.store.read().await?;
    let days = ledger::list(&mut tx, scope, connection_id, limit).await?;
    tx.rollback().await?;
    Ok(days)
}
