//! Leads that are booked without being asked.

use axum::{
    Json,
    extract::{Path, State},
};
use calbridge_core::{ids::LeadId, lead::AutomaticState};
use calbridge_store::automatic_bookings::AutomaticBookingRow;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{self, PageBody, USUAL};
use crate::{
    app::App,
    booking::automatic::{self, RestartError},
    http::{
        auth::{Reader, Writer},
        extract::ValidQuery,
        problem::{Code, Problem},
    },
};

/// How far the booking of a lead is that nobody asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = AutomaticBooking)]
pub struct AutomaticBookingBody {
    /// The lead.
    lead_id: i64,
    /// `waiting`, `trying`, `booked` or `stopped`.
    #[schema(example = "waiting")]
    state: &'static str,
    /// Tries that came to nothing.
    attempts: u32,
    /// Why it waits, or why it is not tried any more.
    reason: Option<String>,
    /// When it is tried next, or looked after.
    next_attempt_at: Option<Timestamp>,
    /// When it was begun with.
    created_at: Timestamp,
    /// When something happened last.
    updated_at: Timestamp,
}

impl From<AutomaticBookingRow> for AutomaticBookingBody {
    fn from(row: AutomaticBookingRow) -> Self {
        Self {
            lead_id: row.lead_id.0,
            state: row.state.as_str(),
            attempts: row.attempts,
            reason: row.reason,
            next_attempt_at: row.next_attempt_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<RestartError> for Problem {
    fn from(error: RestartError) -> Self {
        let detail = error.to_string();
        match error {
            RestartError::NotFound(_) => Self::not_found(detail),
            RestartError::NotStopped { .. } => Self::new(Code::NotStopped, detail),
            RestartError::Store(error) => error.into(),
        }
    }
}

/// Which leads.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AutomaticBookingQuery {
    /// Only in this state: `waiting`, `trying`, `booked` or `stopped`.
    state: Option<String>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List automatic bookings
///
/// The leads that were begun with, the newest first, and how far each is.
#[utoipa::path(
    get, path = "/api/v1/automatic-bookings", tag = "leads", operation_id = "list_automatic_bookings",
    params(AutomaticBookingQuery),
    responses((status = 200, description = "A page of leads", body = PageBody<AutomaticBookingBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<AutomaticBookingQuery>,
) -> Result<Json<PageBody<AutomaticBookingBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let state = query.state.as_deref().map(state).transpose()?;
    let found = automatic::list(&app, &scope, state, page).await?;
    Ok(Json(PageBody::of(found, AutomaticBookingBody::from)))
}

fn state(word: &str) -> Result<AutomaticState, Problem> {
    AutomaticState::from_word(&word.trim().to_lowercase())
        .ok_or_else(|| Problem::invalid("state", "use waiting, trying, booked or stopped"))
}

/// Begin anew with a lead
///
/// One that is not tried any more has all its tries before it again.
#[utoipa::path(
    post, path = "/api/v1/automatic-bookings/{lead_id}/restart", tag = "leads",
    operation_id = "restart_automatic_booking",
    params(("lead_id" = i64, Path, description = "The lead")),
    responses((status = 200, description = "How far it is now", body = AutomaticBookingBody)),
)]
pub async fn restart(
    State(app): State<App>,
    Writer(scope): Writer,
    Path(lead_id): Path<i64>,
) -> Result<Json<AutomaticBookingBody>, Problem> {
    let row = automatic::restart(&app, &scope, LeadId(lead_id)).await?;
    Ok(Json(row.into()))
}
