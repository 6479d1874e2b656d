//! How each connection's bookings came to us, day by day.

use axum::{
    Json,
    extract::{Path, State},
};
use calbridge_core::ids::ConnectionId;
use calbridge_store::ledger::LedgerDay;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    agreement,
    app::App,
    http::{auth::Reader, problem::Problem},
};

/// So many days are shown.
const DAYS: i64 = 90;

/// The days of a connection.
#[derive(Serialize, ToSchema)]
#[schema(as = Ledger)]
pub struct LedgerBody {
    /// The newest first; days on which nothing happened are left out.
    data: Vec<LedgerDayBody>,
}

/// A day.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerDay)]
pub struct LedgerDayBody {
    /// The day, in UTC.
    #[schema(example = "2026-12-01")]
    day: String,
    /// Webhook events that were applied.
    received: i64,
    /// Bookings that only a comparison with the provider found.
    found: i64,
    /// Bookings that stood otherwise at the provider and were made to agree.
    repaired: i64,
    /// Bookings about which both disagreed.
    conflicting: i64,
}

impl From<LedgerDay> for LedgerDayBody {
    fn from(day: LedgerDay) -> Self {
        Self {
            day: day.day,
            received: day.received,
            found: day.found,
            repaired: day.repaired,
            conflicting: day.conflicting,
        }
    }
}

/// Get a connection's ledger
///
/// For each of the last 90 days with something: what webhooks told, and what comparing with the provider found.
#[utoipa::path(
    get, path = "/api/v1/connections/{id}/ledger", tag = "bookings", operation_id = "get_ledger",
    params(("id" = i64, Path, description = "The connection")),
    responses((status = 200, description = "The days", body = LedgerBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    Path(id): Path<i64>,
) -> Result<Json<LedgerBody>, Problem> {
    let days = agreement::ledger(&app, &scope, ConnectionId(id), DAYS).await?;
    Ok(Json(LedgerBody {
        data: days.into_iter().map(LedgerDayBody::from).collect(),
    }))
}
