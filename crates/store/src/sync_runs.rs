//! Table `sync_runs`: readings of a provider's lists, one at a time for each connection, and what came of each.

#[cfg(test)]
mod tests;

use calbridge_core::{
    ids::{ConnectionId, SyncRunId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;
use serde_json::{Value as JsonValue, json};
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    page::{Page, PageRequest},
    sql::{StoreError, Tx},
    types::{row_type, stored_word},
};

/// What a run reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncKind {
    /// Event types and their hosts.
    EventTypes,
    /// Bookings, compared with ours.
    Bookings,
}

impl SyncKind {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventTypes => "event_types",
            Self::Bookings => "bookings",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::EventTypes, Self::Bookings]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    /// Asked for.
    Waiting,
    /// Somebody is at it.
    Running,
    /// Everything was read and written.
    Done,
    /// Not everything was; the error says why.
    Failed,
}

impl RunState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Whether nothing more comes of it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// Who or what asked for a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncCause {
    /// The hour.
    Schedule,
    /// The API.
    Api,
    /// The command line.
    Cli,
    /// One of the functions.
    Function,
    /// A connection got its key.
    Connect,
}

impl SyncCause {
    const ALL: [Self; 5] = [
        Self::Schedule,
        Self::Api,
        Self::Cli,
        Self::Function,
        Self::Connect,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Api => "api",
            Self::Cli => "cli",
            Self::Function => "function",
            Self::Connect => "connect",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

stored_word!(
    SyncKind: SyncKind::from_word,
    RunState: RunState::from_word,
    SyncCause: SyncCause::from_word,
);

row_type! {
    /// One reading of a provider's lists.
    SyncRun {
        /// Id.
        id: SyncRunId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// What it reads.
        kind: SyncKind,
        /// What asked for it.
        cause: SyncCause,
        /// Who asked for it.
        actor: String,
        /// How far it is.
        state: RunState,
        /// How many of what were read so far.
        progress: JsonValue,
        /// What came of it.
        result: Option<JsonValue>,
        /// What went wrong.
        error: Option<String>,
        /// While it runs: when another may take it over.
        leased_until: Option<Timestamp>,
        /// How often it was taken.
        fence: i64,
        /// When it was asked for.
        created_at: Timestamp,
        /// When it was begun.
        started_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Option<Timestamp>,
    }
}

/// Whether a run is new.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// It is.
    New(SyncRun),
    /// One is waiting or running already: that will do.
    Open(SyncRun),
}

impl Asked {
    /// The run.
    pub fn run(self) -> SyncRun {
        match self {
            Self::New(run) | Self::Open(run) => run,
        }
    }
}

/// Ask for a run, unless there is one.
pub async fn ask_for(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    kind: SyncKind,
    cause: SyncCause,
    now: Timestamp,
) -> Result<Asked, StoreError> {
    let new: Option<SyncRun> = tx
        .query(
            "INSERT INTO sync_runs (public_id, tenant_id, connection_id, kind, cause, actor, state, progress, fence, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, 0, $8)
             ON CONFLICT (connection_id, kind) WHERE state IN ('waiting', 'running') DO NOTHING RETURNING *",
        )
        .bind(Uuid::now_v7())
        .bind(scope.tenant_id())
        .bind(connection_id)
        .bind(kind)
        .bind(cause)
        .bind(scope.actor().label())
        .bind(json!({}))
        .bind(now)
        .optional()
        .await?;
    if let Some(run) = new {
        return Ok(Asked::New(run));
    }
    tx.query(
        "SELECT * FROM sync_runs WHERE tenant_id = $1 AND connection_id = $2 AND kind = $3
         AND state IN ('waiting', 'running')",
    )
    .bind(scope.tenant_id())
    .bind(connection_id)
    .bind(kind)
    .optional()
    .await?
    .map(Asked::Open)
    // It ended between the two statements: asking again will do.
    .ok_or(StoreError::Busy)
}

/// Say how a run that waits is to begin.
pub async fn prepare(tx: &mut Tx, run: &SyncRun) -> Result<(), StoreError> {
    tx.query("UPDATE sync_runs SET progress = $2 WHERE id = $1 AND state = 'waiting'")
        .bind(run.id)
        .bind(&run.progress)
        .execute()
        .await?;
    Ok(())
}

/// Begin a run that waits, or take over one whose runner was not heard from; `None` when somebody is at it or it is over.
pub async fn take(
    tx: &mut Tx,
    scope: &Scope,
    id: SyncRunId,
    leased_until: Timestamp,
    now: Timestamp,
) -> Result<Option<SyncRun>, StoreError> {
    tx.query(
        "UPDATE sync_runs SET state = 'running', leased_until = $3, fence = fence + 1, started_at = COALESCE(started_at, $4)
         WHERE tenant_id = $1 AND id = $2 AND (state = 'waiting' OR (state = 'running' AND leased_until <= $4)) RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(id)
    .bind(leased_until)
    .bind(now)
    .optional()
    .await
}

/// Tell how far a run is, and keep it; whether it is still ours.
pub async fn note_progress(
    tx: &mut Tx,
    run: &SyncRun,
    progress: &JsonValue,
    leased_until: Timestamp,
) -> Result<bool, StoreError> {
    let ours = tx
        .query(
            "UPDATE sync_runs SET progress = $3, leased_until = $4 WHERE id = $1 AND fence = $2 AND state = 'running'",
        )
        .bind(run.id)
        .bind(run.fence)
        .bind(progress)
        .bind(leased_until)
        .execute()
        .await?;
    Ok(ours > 0)
}

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Ending {
    /// What came of it.
    pub result: Option<JsonValue>,
    /// What went wrong; nothing if it is done.
    pub error: Option<String>,
}

/// A run ended; `None` when another had taken it over.
pub async fn finish(
    tx: &mut Tx,
    run: &SyncRun,
    ending: Ending,
    now: Timestamp,
) -> Result<Option<SyncRun>, StoreError> {
    let state = match ending.error {
        None => RunState::Done,
        Some(_) => RunState::Failed,
    };
    tx.query(
        "UPDATE sync_runs SET state = $3, result = $4, error = $5, finished_at = $6, leased_until = NULL
         WHERE id = $1 AND fence = $2 AND state = 'running' RETURNING *",
    )
    .bind(run.id)
    .bind(run.fence)
    .bind(state)
    .bind(ending.result)
    .bind(ending.error)
    .bind(now)
    .optional()
    .await
}

/// The run that a number or a UUID names, if the tenant has it.
pub async fn find(tx: &mut Tx, scope: &Scope, any_id: &str) -> Result<Option<SyncRun>, StoreError> {
    tx.query("SELECT * FROM sync_runs WHERE tenant_id = $1 AND (id = $2 OR public_id = $3)")
        .bind(scope.tenant_id())
        .bind(any_id.parse::<i64>().ok())
        .bind(any_id.parse::<Uuid>().ok())
        .optional()
        .await
}

/// Which runs to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunFilter {
    /// Only of this connection.
    pub connection_id: Option<ConnectionId>,
    /// Only of this kind.
    pub kind: Option<SyncKind>,
    /// Only in this state.
    pub state: Option<RunState>,
}

/// Runs of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &RunFilter,
    page: PageRequest,
) -> Result<Page<SyncRun>, StoreError> {
    let mut conditions = Conditions::from(4);
    conditions.add("connection_id =", filter.connection_id, "");
    conditions.add("kind =", filter.kind, "");
    conditions.add("state =", filter.state, "");
    let (conditions, values) = conditions.finish();
    let rows = tx
        .query(format!(
            "SELECT * FROM sync_runs WHERE tenant_id = $1 AND id < $2{conditions} ORDER BY id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |run: &SyncRun| run.id.0))
}

/// The connections of all tenants that have an API key and whose last run of a kind was asked for before an instant.
pub async fn list_due_in_all(
    tx: &mut Tx,
    kind: SyncKind,
    before: Timestamp,
    now: Timestamp,
) -> Result<Vec<(TenantId, ConnectionId)>, StoreError> {
    tx.query(
        "SELECT c.tenant_id, c.id FROM connections c
         WHERE c.disabled_at IS NULL AND (c.provider = 'cal.com' OR $1 = 'bookings')
           AND EXISTS (
               SELECT 1 FROM connection_secrets s WHERE s.connection_id = c.id AND s.kind = 'api_key'
                 AND (s.retires_at IS NULL OR s.retires_at > $3))
           AND NOT EXISTS (
               SELECT 1 FROM sync_runs r WHERE r.connection_id = c.id AND r.kind = $1 AND r.created_at > $2)
         ORDER BY c.id",
    )
    .bind(kind)
    .bind(before)
    .bind(now)
    .all()
    .await
}

/// How many of a connection's last runs of a kind failed, one after the other; as far back as `most`.
pub async fn count_failures_in_a_row(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    kind: SyncKind,
    most: i64,
) -> Result<usize, StoreError> {
    let last: Vec<(RunState,)> = tx
        .query(
            "SELECT state FROM sync_runs WHERE tenant_id = $1 AND connection_id = $2 AND kind = $3
                 AND state IN ('done', 'failed') ORDER BY id DESC LIMIT $4",
        )
        .bind(scope.tenant_id())
        .bind(connection_id)
        .bind(kind)
        .bind(most)
        .all()
        .await?;
    let failed = last
        .iter()
        .take_while(|(state,)| *state == RunState::Failed);
    Ok(failed.count())
}

/// Forget the runs of all tenants that ended before an instant, but the last one of each connection; how many there were.
pub async fn prune_in_all(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM sync_runs WHERE finished_at < $1 AND id NOT IN (
             SELECT MAX(id) FROM sync_runs GROUP BY connection_id, kind)",
    )
    .bind(before)
    .execute()
    .await
}
