//! Ask for a comparison, and look what comparing came to.

use calbridge_core::{ids::ConnectionId, scope::Scope};
use calbridge_store::{
    StoreError,
    jobs::{self, NewJob},
    ledger::{self, LedgerDay},
    sql::Tx,
    sync_runs::{self, SyncCause, SyncKind, SyncRun},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Extent, sweep::Progress};
use crate::{
    app::App,
    event_types::sync::{SyncError, readable},
    jobs::{JobError, Kind},
};

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
    for connection in readable(&mut tx, scope, connection_id, now).await? {
        let run = ask_in(&mut tx, scope, connection.id, Some(extent), cause, now).await?;
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
    let found = readable(&mut tx, scope, wanted, app.clock.now()).await?;
    tx.rollback().await?;
    Ok(found.into_iter().map(|connection| connection.id).collect())
}

async fn ask_in(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    extent: Option<Extent>,
    cause: SyncCause,
    now: Timestamp,
) -> Result<SyncRun, StoreError> {
    let kind = SyncKind::Bookings;
    let asked = sync_runs::ask_for(tx, scope, connection_id, kind, cause, now).await?;
    let mut run = asked.run();
    if let (Some(extent), sync_runs::RunState::Waiting) = (extent, run.state) {
        run.progress = json!(Progress::of(extent));
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
    tx.commit().await?;
    Ok(())
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
