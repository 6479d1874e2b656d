//! Holds: keep a slot, look at it, give it back.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_core::lane::Lane;
use calbridge_store::holds::{Hold, HoldState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    problem,
    write::{any_id, to_its_end},
};
use crate::{
    app::App,
    booking::{self, HoldRequest},
    http::{
        api::params,
        auth::{Reader, Writer},
        extract::{AnyId, ValidJson},
        problem::Problem,
    },
};

/// A slot to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHold)]
pub struct NewHoldRequest {
    /// Any id of the event type; the default one if absent.
    #[serde(default, alias = "event_type_id", deserialize_with = "any_id")]
    #[schema(value_type = Option<String>)]
    event_type: Option<String>,
    /// When.
    #[schema(example = "2026-03-02T10:00:00Z")]
    start_time: String,
    /// Minutes, where the event type has several lengths.
    duration: Option<u32>,
    /// For how many seconds, 10 to 3600; 300 if absent.
    #[schema(example = 300)]
    seconds: Option<u32>,
}

/// A slot that is kept for somebody, or was.
#[derive(Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldBody {
    /// Id. Whoever made the hold books or gives it back with it.
    pub id: Uuid,
    /// `held`, or why it is over: `expired`, `used`, `released`, `displaced` (by a booking made elsewhere).
    #[schema(example = "held")]
    pub status: &'static str,
    /// The provider's id of the event type.
    event_type_id: String,
    /// Connection.
    connection_id: i64,
    /// Start.
    start_time: Timestamp,
    /// End.
    end_time: Timestamp,
    /// When it ends by itself.
    expires_at: Timestamp,
    /// Whether the provider keeps the slot too: `none`, `kept`, `refused`, `lost` or `released`. The hold does not depend on it.
    #[schema(example = "kept")]
    pub reservation: &'static str,
    /// Who made it.
    held_by: String,
    /// The booking to which it gave way.
    displaced_by: Option<i64>,
    /// When it was made.
    created_at: Timestamp,
    /// When it ended otherwise than by the clock.
    ended_at: Option<Timestamp>,
}

impl HoldBody {
    /// As it is at an instant.
    pub fn of(hold: Hold, now: Timestamp) -> Self {
        let has_expired = hold.state == HoldState::Held && !hold.is_live(now);
        Self {
            id: hold.public_id,
            status: if has_expired {
                "expired"
            } else {
                hold.state.as_str()
            },
            event_type_id: hold.event_type_id,
            connection_id: hold.connection_id.0,
            start_time: hold.starts_at,
            end_time: hold.ends_at,
            expires_at: hold.expires_at,
            reservation: hold.reservation.as_str(),
            held_by: hold.held_by,
            displaced_by: hold.displaced_by.map(i64::from),
            created_at: hold.created_at,
            ended_at: hold.ended_at,
        }
    }
}

/// Keep a slot
///
/// For the caller, until it is booked with `hold_id`, given back, or the time is up. Nobody else is offered the slot or can
/// book it here meanwhile; where the provider can keep slots too, it is asked to.
#[utoipa::path(
    post, path = "/api/v1/bookings/holds", tag = "bookings", operation_id = "hold_slot",
    request_body = NewHoldRequest,
    responses(
        (status = 201, description = "Kept", body = HoldBody, headers(("Location", description = "The hold's path"))),
        (status = 409, description = "`slot_taken`: somebody else has the time; `alternatives` are free", content_type = "application/problem+json"),
    ),
)]
pub async fn hold(
    State(app): State<App>,
    Writer(scope): Writer,
    ValidJson(request): ValidJson<NewHoldRequest>,
) -> Result<Response, Problem> {
    let request = HoldRequest {
        event_type: params::filled(request.event_type),
        start: params::instant("start_time", &request.start_time)?,
        duration: request.duration,
        seconds: request.seconds,
        lane: Lane::Interactive,
    };
    let now = app.clock.now();
    let holding = async move { booking::hold(&app, &scope, request).await };
    let hold = to_its_end(holding)
        .await?
        .map_err(|error| problem::of_booking(now, error))?;
    let location = format!("/api/v1/bookings/holds/{}", hold.public_id);
    let location = [(header::LOCATION, location)];
    let body = Json(HoldBody::of(hold, now));
    Ok((StatusCode::CREATED, location, body).into_response())
}

/// Get a hold
///
/// Also for a day after it is over.
#[utoipa::path(
    get, path = "/api/v1/bookings/holds/{id}", tag = "bookings", operation_id = "get_hold",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The hold", body = HoldBody)),
)]
pub async fn get_hold(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<HoldBody>, Problem> {
    let hold = booking::find_hold(&app, &scope, &id).await;
    let hold = hold.map_err(problem::of_hold)?;
    Ok(Json(HoldBody::of(hold, app.clock.now())))
}

/// Give a hold back
///
/// Whoever made it may, and administrators. One that is over stays as it is.
#[utoipa::path(
    delete, path = "/api/v1/bookings/holds/{id}", tag = "bookings", operation_id = "release_hold",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The hold as it is now", body = HoldBody),
        (status = 409, description = "`hold_not_yours`: somebody else made it", content_type = "application/problem+json"),
    ),
)]
pub async fn release_hold(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
) -> Result<Json<HoldBody>, Problem> {
    let hold = booking::release(&app, &scope, &id).await;
    let hold = hold.map_err(problem::of_hold)?;
    Ok(Json(HoldBody::of(hold, app.clock.now())))
}
