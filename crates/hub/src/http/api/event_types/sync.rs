//! Event types: sync.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_core::ids::ConnectionId;
use calbridge_store::sync_runs::SyncCause;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    event_types::sync::{self, SyncError},
    http::{
        api::sync_runs::SyncRunBody,
        auth::Admin,
        extract::OptionalJson,
        problem::{Code, Problem},
    },
};

impl From<SyncError> for Problem {
    fn from(error: SyncError) -> Self {
        let detail = error.to_string();
        match error {
            SyncError::NotFound(_) | SyncError::NoRun(_) => Self::not_found(detail),
            SyncError::NoConnection => Self::new(Code::NotConnected, detail),
            SyncError::Store(error) => error.into(),
        }
    }
}

/// What to sync.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SyncRequest)]
pub struct SyncRequest {
    /// One connection; all of them if absent.
    connection_id: Option<i64>,
}

/// The runs that will do it.
#[derive(Serialize, ToSchema)]
#[schema(as = SyncAccepted)]
pub struct SyncAccepted {
    /// The id of the first.
    id: i64,
    /// One for each connection. One that was open already will do.
    runs: Vec<SyncRunBody>,
}

/// Sync event types
///
/// Has event types and hosts read from the provider, soon. `Location` names the (first) run, which tells how far it is and
/// what changed. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/event-types/sync", tag = "event types", operation_id = "sync_event_types",
    request_body = Option<SyncRequest>,
    responses((
        status = 202, description = "It will be done", body = SyncAccepted,
        headers(("Location", description = "The path of the first run")),
    )),
)]
pub async fn begin_sync(
    State(app): State<App>,
    Admin(scope): Admin,
    OptionalJson(request): OptionalJson<SyncRequest>,
) -> Result<Response, Problem> {
    let connection = request.connection_id.map(ConnectionId);
    let runs = sync::ask_for(&app, &scope, connection, SyncCause::Api).await?;
    let id = runs.first().map_or(0, |run| run.id.0);
    let location = [(header::LOCATION, format!("/api/v1/sync-runs/{id}"))];
    let body = SyncAccepted {
        id,
        runs: runs.into_iter().map(SyncRunBody::from).collect(),
    };
    Ok((StatusCode::ACCEPTED, location, Json(body)).into_response())
}
