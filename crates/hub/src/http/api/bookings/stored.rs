//! Bookings that are stored here and made at the provider later (AP-22).

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_core::lane::Lane;

use super::{
    BookingBody, IntentBody, NewBookingRequest, problem,
    write::{settling, to_its_end},
};
use crate::{
    app::App,
    booking::{self, Outcome},
    http::{
        auth::Writer,
        extract::{AnyId, ValidJson},
        problem::Problem,
    },
};

/// Store a booking
///
/// Without asking the provider: nobody else can have the time, and it waits to be pushed. It needs its `start_time`.
#[utoipa::path(
    post, path = "/api/v1/bookings/stored", tag = "bookings", operation_id = "store_booking",
    request_body = NewBookingRequest,
    responses(
        (status = 201, description = "Stored", body = BookingBody, headers(("Location", description = "The booking's path"))),
        (status = 409, description = "`slot_taken`: somebody else has the time; `alternatives` are free", content_type = "application/problem+json"),
    ),
)]
pub async fn store(
    State(app): State<App>,
    Writer(scope): Writer,
    headers: HeaderMap,
    ValidJson(request): ValidJson<NewBookingRequest>,
) -> Result<Response, Problem> {
    let request = request.parse(&headers)?;
    let now = app.clock.now();
    let storing = async move { booking::store(&app, &scope, request).await };
    let found = to_its_end(storing).await?;
    let found = found.map_err(|error| problem::of_booking(now, error))?;
    let location = format!("/api/v1/bookings/{}", found.booking.id);
    let location = [(header::LOCATION, location)];
    Ok((
        StatusCode::CREATED,
        location,
        Json(BookingBody::from(found)),
    )
        .into_response())
}

/// Push a stored booking
///
/// Makes it at the provider. It stays the same booking; pushed again, it is not made again.
#[utoipa::path(
    post, path = "/api/v1/bookings/{id}/push", tag = "bookings", operation_id = "push_booking",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
        (status = 409, description = "`slot_taken`: somebody else has the time; `alternatives` are free", content_type = "application/problem+json"),
    ),
)]
pub async fn push(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    let pushing = async move { booking::push(&app, &scope, &id, Lane::Interactive).await };
    match to_its_end(pushing).await? {
        Ok(Outcome::Done(found)) => Ok(Json(BookingBody::from(*found)).into_response()),
        Ok(Outcome::Settling(intent)) => Ok(settling(*intent)),
        Err(error) => Err(problem::of_booking(now, error)),
    }
}
