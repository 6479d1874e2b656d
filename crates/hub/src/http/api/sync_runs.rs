//! What was read from providers, and what came of it.

use axum::{Json, extract::State};
use calbridge_core::ids::ConnectionId;
use calbridge_store::sync_runs::{RunFilter, RunState, SyncKind, SyncRun};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::{self, PageBody, USUAL};
use crate::{
    app::App,
    event_types::sync,
    http::{
        auth::Reader,
        extract::{AnyId, ValidQuery},
        problem::Problem,
    },
};

/// One reading of a provider's lists.
#[derive(Serialize, ToSchema)]
#[schema(as = SyncRun)]
pub struct SyncRunBody {
    /// Id.
    id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// The connection.
    connection_id: i64,
    /// What is read: `event_types` or `bookings`.
    kind: &'static str,
    /// What asked for it: `schedule`, `api`, `cli`, `function`, or `connect` when the connection got its key.
    cause: &'static str,
    /// Who asked for it.
    actor: String,
    /// `waiting`, `running`, `done`, or `failed` when not everything could be read.
    #[schema(example = "done")]
    state: &'static str,
    /// How many lists of how many were read, and how many event types were on them; of bookings, how many were `read` and
    /// where reading goes on.
    progress: JsonValue,
    /// What came of it: `listed`, `added`, `changed` with the fields, `deactivated`, `unchanged`, `kept_edits`; of bookings
    /// `read`, `agreed`, `found`, `repaired`, `conflicting`, `differing`.
    result: Option<JsonValue>,
    /// What went wrong.
    error: Option<String>,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it was begun.
    started_at: Option<Timestamp>,
    /// When it ended.
    finished_at: Option<Timestamp>,
}

impl From<SyncRun> for SyncRunBody {
    fn from(run: SyncRun) -> Self {
        Self {
            id: run.id.0,
            public_id: run.public_id,
            connection_id: run.connection_id.0,
            kind: run.kind.as_str(),
            cause: run.cause.as_str(),
            actor: run.actor,
            state: run.state.as_str(),
            progress: run.progress,
            result: run.result,
            error: run.error,
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

/// Which runs.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SyncRunQuery {
    /// Only of this connection.
    connection_id: Option<i64>,
    /// Only of this kind: `event_types` or `bookings`.
    kind: Option<String>,
    /// Only in this state: `waiting`, `running`, `done` or `failed`.
    state: Option<String>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List sync runs
///
/// Newest first. Runs that ended are kept for 30 days, the last one of each connection longer.
#[utoipa::path(
    get, path = "/api/v1/sync-runs", tag = "event types", operation_id = "list_sync_runs",
    params(SyncRunQuery),
    responses((status = 200, description = "A page of runs", body = PageBody<SyncRunBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<SyncRunQuery>,
) -> Result<Json<PageBody<SyncRunBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let word = |field: &str, known: &str| Problem::invalid(field, format!("use {known}"));
    let filter = RunFilter {
        connection_id: query.connection_id.map(ConnectionId),
        kind: match query.kind {
            Some(kind) => Some(
                SyncKind::from_word(&kind)
                    .ok_or_else(|| word("kind", "event_types or bookings"))?,
            ),
            None => None,
        },
        state: match query.state {
            Some(state) => Some(
                RunState::from_word(&state)
                    .ok_or_else(|| word("state", "waiting, running, done or failed"))?,
            ),
            None => None,
        },
    };
    let found = sync::list_runs(&app, &scope, &filter, page).await?;
    Ok(Json(PageBody::of(found, SyncRunBody::from)))
}

/// Get a sync run
#[utoipa::path(
    get, path = "/api/v1/sync-runs/{id}", tag = "event types", operation_id = "get_sync_run",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    responses((status = 200, description = "The run", body = SyncRunBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<SyncRunBody>, Problem> {
    Ok(Json(sync::find_run(&app, &scope, &id).await?.into()))
}
