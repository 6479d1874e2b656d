//! The history of a booking as JSON: every fact, and what it did.

use axum::{Json, extract::State};
use calbridge_core::story::Brief;
use calbridge_store::booking_changes::BookingChange;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    booking,
    http::{auth::Reader, extract::AnyId, problem::Problem},
    reads,
};

/// A booking's facts.
#[derive(Serialize, ToSchema)]
#[schema(as = History)]
pub struct HistoryBody {
    /// In the order in which they happened.
    data: Vec<ChangeBody>,
}

/// A fact and what it did.
#[derive(Serialize, ToSchema)]
#[schema(as = BookingChange)]
pub struct ChangeBody {
    /// Id.
    id: i64,
    /// What happened, in a word.
    #[schema(example = "rescheduled")]
    kind: String,
    /// When it happened.
    occurred_at: Timestamp,
    /// Who brought it to us.
    #[schema(example = "webhook_event:17")]
    actor: String,
    /// Who caused it: role, and who, where the provider says.
    cause: Option<String>,
    /// The event that told it.
    webhook_event_id: Option<i64>,
    /// Whether it changed something.
    effective: bool,
    /// Why it changed nothing.
    note: Option<String>,
    /// Before.
    before: Option<BriefBody>,
    /// After.
    after: Option<BriefBody>,
    /// When it was recorded.
    recorded_at: Timestamp,
}

/// Where a booking stood.
#[derive(Serialize, ToSchema)]
#[schema(as = BookingStanding)]
pub struct BriefBody {
    /// Status.
    status: String,
    /// Confirmation.
    confirmation: String,
    /// Start.
    start_time: Option<Timestamp>,
    /// End.
    end_time: Option<Timestamp>,
}

impl From<BookingChange> for ChangeBody {
    fn from(change: BookingChange) -> Self {
        Self {
            id: change.id,
            kind: change.kind,
            occurred_at: change.occurred_at,
            actor: change.actor,
            cause: change.cause,
            webhook_event_id: change.webhook_event_id.map(i64::from),
            effective: change.effective,
            note: change.note,
            before: change.before.map(|brief| brief.0.into()),
            after: change.after.map(|brief| brief.0.into()),
            recorded_at: change.created_at,
        }
    }
}

impl From<Brief> for BriefBody {
    fn from(brief: Brief) -> Self {
        Self {
            status: brief.status,
            confirmation: brief.confirmation,
            start_time: brief.start_time,
            end_time: brief.end_time,
        }
    }
}

/// The history of a booking
///
/// Every fact about it in the order in which it happened, whatever the order in which it came: who or what caused it,
/// and the booking before and after.
#[utoipa::path(
    get, path = "/api/v1/bookings/{id}/history", tag = "bookings", operation_id = "get_booking_history",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    responses((status = 200, description = "The facts", body = HistoryBody)),
)]
pub async fn history(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<HistoryBody>, Problem> {
    let found = booking::find(&app, &scope, &id).await?;
    let changes = reads::history(&app, &scope, found.booking.id).await?;
    let data = changes.into_iter().map(ChangeBody::from).collect();
    Ok(Json(HistoryBody { data }))
}
