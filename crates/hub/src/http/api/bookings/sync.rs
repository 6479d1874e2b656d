//! Bookings: compare with the provider.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_core::ids::ConnectionId;
use calbridge_store::sync_runs::SyncCause;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    agreement::{self, Extent},
    app::App,
    http::{api::sync_runs::SyncRunBody, auth::Admin, extract::OptionalJson, problem::Problem},
};

/// What to compare.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = BookingSyncRequest)]
pub struct BookingSyncRequest {
    /// One connection; all of them if absent.
    connection_id: Option<i64>,
    /// Only what changed at the provider since; everything if absent.
    since: Option<Timestamp>,
    /// At most so many.
    limit: Option<usize>,
}

/// The runs that will do it.
#[derive(Serialize, ToSchema)]
#[schema(as = BookingSyncAccepted)]
pub struct BookingSyncAccepted {
    /// The id of the first.
    id: i64,
    /// One for each connection. One that was open already will do.
    runs: Vec<SyncRunBody>,
}

/// Compare bookings
///
/// Has bookings compared with the provider's, soon: what only the provider knows is taken over, what differs is repaired,
/// and what no rule decides becomes a finding. `Location` names the (first) run, which tells how far it is and what
/// differed. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/bookings/sync", tag = "bookings", operation_id = "sync_bookings",
    request_body = Option<BookingSyncRequest>,
    responses((
        status = 202, description = "It will be done", body = BookingSyncAccepted,
        headers(("Location", description = "The path of the first run")),
    )),
)]
pub async fn begin_sync(
    State(app): State<App>,
    Admin(scope): Admin,
    OptionalJson(request): OptionalJson<BookingSyncRequest>,
) -> Result<Response, Problem> {
    let connection = request.connection_id.map(ConnectionId);
    let extent = Extent {
        since: request.since,
        limit: request.limit,
    };
    let runs = agreement::ask_for(&app, &scope, connection, extent, SyncCause::Api).await?;
    let id = runs.first().map_or(0, |run| run.id.0);
    let location = [(header::LOCATION, format!("/api/v1/sync-runs/{id}"))];
    let body = BookingSyncAccepted {
        id,
        runs: runs.into_iter().map(SyncRunBody::from).collect(),
    };
    Ok((StatusCode::ACCEPTED, location, Json(body)).into_response())
}
