//! Ask for a sync, and look what came of it.

use calbridge_core::{ids::ConnectionId, provider::Provider, scope::Scope};
use calbridge_store::{
    Page, PageRequest, StoreError,
    connections::{self, Connection, SecretKind},
    jobs::{self, NewJob},
    sql::Tx,
    sync_runs::{self, RunFilter, SyncCause, SyncKind, SyncRun},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    app::App,
    jobs::{JobError, Kind},
};

/// Why nothing can be synced.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The tenant has no such connection.
    #[error("there is no connection {0}")]
    NotFound(ConnectionId),
    /// No connection has what it takes.
    #[error(
        "there is no Cal.com connection with an API key: add one with `calbridge connections add calcom --api-key -`"
    )]
    NoConnection,
    /// There is no such run.
    #[error("there is no sync run {0}")]
    NoRun(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Have event types read, of one connection or of all that can be; the runs that will do it. One that is open already
/// will do.
pub async fn ask_for(
    app: &App,
    scope: &Scope,
    connection_id: Option<ConnectionId>,
    cause: SyncCause,
) -> Result<Vec<SyncRun>, SyncError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut runs = Vec::new();
    for connection in readable(&mut tx, scope, connection_id, now).await? {
        runs.push(ask_in(&mut tx, scope, connection.id, cause, now).await?);
    }
    tx.commit().await?;
    Ok(runs)
}

/// The connections whose event types can be read.
pub(crate) async fn readable(
    tx: &mut Tx,
    scope: &Scope,
    wanted: Option<ConnectionId>,
    now: Timestamp,
) -> Result<Vec<Connection>, SyncError> {
    readable_at(tx, scope, &[Provider::CalCom], wanted, now).await
}

/// The connections to these providers that can be asked.
pub(crate) async fn readable_at(
    tx: &mut Tx,
    scope: &Scope,
    providers: &[Provider],
    wanted: Option<ConnectionId>,
    now: Timestamp,
) -> Result<Vec<Connection>, SyncError> {
    let mut all = connections::list(tx, scope).await?;
    if let Some(id) = wanted {
        all.retain(|connection| connection.id == id);
        if all.is_empty() {
            return Err(SyncError::NotFound(id));
        }
    }
    all.retain(|one| providers.contains(&one.provider) && one.disabled_at.is_none());
    let keys = connections::list_secrets(tx, &all, SecretKind::ApiKey).await?;
    all.retain(|one| {
        keys.iter()
            .any(|key| key.connection_id == one.id && key.is_valid(now))
    });
    if all.is_empty() {
        return Err(SyncError::NoConnection);
    }
    Ok(all)
}

async fn ask_in(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    cause: SyncCause,
    now: Timestamp,
) -> Result<SyncRun, StoreError> {
    let kind = SyncKind::EventTypes;
    let asked = sync_runs::ask_for(tx, scope, connection_id, kind, cause, now).await?;
    let run = asked.run();
    let job = NewJob {
        tenant_id: scope.tenant_id(),
        kind: Kind::SyncEventTypes.as_str(),
        unique_key: Kind::SyncEventTypes.key(connection_id),
        payload: json!({ "run_id": run.id }),
        run_at: now,
        lane: Kind::SyncEventTypes.lane(),
    };
    jobs::enqueue(tx, vec![job], now).await?;
    Ok(run)
}

/// Ask for the syncs that are due, of all tenants.
pub async fn due(app: &App) -> Result<(), JobError> {
    let Some(every) = app.config.sync.event_types() else {
        return Ok(());
    };
    let now = app.clock.now();
    // Looked at every few minutes: what is nearly due is due.
    let before = now - every + SignedDuration::from_mins(1);
    let mut tx = app.store.write().await?;
    let due = sync_runs::list_due_in_all(&mut tx, SyncKind::EventTypes, before, now).await?;
    for (tenant_id, connection_id) in due {
        let scope = Scope::system(tenant_id);
        ask_in(&mut tx, &scope, connection_id, SyncCause::Schedule, now).await?;
    }
    sync_runs::prune_in_all(&mut tx, now - KEPT).await?;
    tx.commit().await?;
    Ok(())
}

/// Runs that ended longer ago are forgotten.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Runs of the tenant, newest first.
pub async fn list_runs(
    app: &App,
    scope: &Scope,
    filter: &RunFilter,
    page: PageRequest,
) -> Result<Page<SyncRun>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = sync_runs::list(&mut tx, scope, filter, page).await?;
    tx.rollback().await?;
    Ok(found)
}

/// The run with this id, either of the two it has.
pub async fn find_run(app: &App, scope: &Scope, any_id: &str) -> Result<SyncRun, SyncError> {
    let mut tx = app.store.read().await?;
    let run = sync_runs::find(&mut tx, scope, any_id).await?;
    tx.rollback().await?;
    run.ok_or_else(|| SyncError::NoRun(any_id.to_owned()))
}
