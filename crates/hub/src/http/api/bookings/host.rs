//! Bookings: what hosts do with them. Agree, decline, say who did not come, give away.

use axum::{extract::State, response::Response};
use calbridge_core::lane::Lane;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::{
    BookingBody, IntentBody,
    write::{any_id, changed, to_its_end},
};
use crate::{
    app::App,
    booking::{
        self, AssignRequest, ConfirmRequest, DeclineRequest, NewHost, NoShowRequest, Presence,
    },
    http::{
        api::params,
        auth::Writer,
        extract::{AnyId, OptionalJson},
        problem::Problem,
    },
};

/// A booking to be declined.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = BookingDecline)]
pub struct DeclineBookingRequest {
    /// Why, for those who asked.
    reason: Option<String>,
}

/// Who did not come. If nobody is named, everybody who was to come, but for the host.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = BookingNoShow)]
pub struct MarkNoShowRequest {
    /// E-mail addresses or ids of attendees.
    #[serde(deserialize_with = "any_ids")]
    #[schema(value_type = Vec<String>, example = json!(["ann@example.org"]))]
    attendees: Vec<String>,
    /// The host did not come.
    host: bool,
    /// `false` takes it back.
    #[schema(default = true)]
    absent: Option<bool>,
}

/// Who gets a booking. If nobody is named, the provider picks the next who is free.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = BookingAssignment)]
pub struct AssignBookingRequest {
    /// Any id of a user who is a host.
    #[serde(deserialize_with = "any_id")]
    #[schema(value_type = Option<String>)]
    user_id: Option<String>,
    /// The provider's number of a host.
    host_id: Option<i64>,
    /// Why.
    reason: Option<String>,
}

/// Confirm a booking
///
/// Agrees to a booking that waits for its host, at the provider. One that was declined can still be confirmed.
#[utoipa::path(
    post, path = "/api/v1/bookings/{id}/confirm", tag = "bookings", operation_id = "confirm_booking",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
        (status = 409, description = "`by_hand`: the provider cannot; `link` can", content_type = "application/problem+json"),
    ),
)]
pub async fn confirm(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
) -> Result<Response, Problem> {
    let request = ConfirmRequest {
        booking: id,
        lane: Lane::Interactive,
    };
    let now = app.clock.now();
    let confirming = async move { booking::confirm(&app, &scope, request).await };
    changed(now, to_its_end(confirming).await?)
}

/// Decline a booking
///
/// Declines a booking that waits for its host, at the provider, which tells those who asked. One that the host has agreed to
/// is called off instead.
#[utoipa::path(
    post, path = "/api/v1/bookings/{id}/decline", tag = "bookings", operation_id = "decline_booking",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    request_body = Option<DeclineBookingRequest>,
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
        (status = 409, description = "`by_hand`: the provider cannot; `link` can", content_type = "application/problem+json"),
    ),
)]
pub async fn decline(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
    OptionalJson(request): OptionalJson<DeclineBookingRequest>,
) -> Result<Response, Problem> {
    let request = DeclineRequest {
        booking: id,
        reason: params::filled(request.reason),
        lane: Lane::Interactive,
    };
    let now = app.clock.now();
    let declining = async move { booking::decline(&app, &scope, request).await };
    changed(now, to_its_end(declining).await?)
}

/// Say who did not come
///
/// At the provider, once the booking has begun; `absent: false` takes it back.
#[utoipa::path(
    post, path = "/api/v1/bookings/{id}/no-show", tag = "bookings", operation_id = "mark_no_show",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    request_body = Option<MarkNoShowRequest>,
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
        (status = 409, description = "`not_begun`; `by_hand`: the provider cannot, `link` can", content_type = "application/problem+json"),
    ),
)]
pub async fn no_show(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
    OptionalJson(request): OptionalJson<MarkNoShowRequest>,
) -> Result<Response, Problem> {
    let presence = match request.absent {
        None | Some(true) => Presence::Absent,
        Some(false) => Presence::Present,
    };
    let request = NoShowRequest {
        booking: id,
        attendees: request.attendees,
        host: request.host,
        presence,
        lane: Lane::Interactive,
    };
    let now = app.clock.now();
    let marking = async move { booking::mark_no_show(&app, &scope, request).await };
    changed(now, to_its_end(marking).await?)
}

/// Give a booking to another host
///
/// At the provider. Cal.com does so for bookings whose hosts take turns; for others `link` leads to where a person can.
#[utoipa::path(
    post, path = "/api/v1/bookings/{id}/assign", tag = "bookings", operation_id = "assign_booking",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    request_body = Option<AssignBookingRequest>,
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
        (status = 409, description = "`by_hand`: the provider cannot; `link` can", content_type = "application/problem+json"),
    ),
)]
pub async fn assign(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
    OptionalJson(request): OptionalJson<AssignBookingRequest>,
) -> Result<Response, Problem> {
    let host = match (params::filled(request.user_id), request.host_id) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid(
                "host_id",
                "name a user or a host, not both",
            ));
        }
        (Some(user), None) => NewHost::User(user),
        (None, Some(number)) => NewHost::Number(number),
        (None, None) => NewHost::Next,
    };
    let request = AssignRequest {
        booking: id,
        host,
        reason: params::filled(request.reason),
        lane: Lane::Interactive,
    };
    let now = app.clock.now();
    let assigning = async move { booking::assign(&app, &scope, request).await };
    changed(now, to_its_end(assigning).await?)
}

/// Ids as numbers or texts.
fn any_ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "any_id")] Option<String>);
    let all = Vec::<One>::deserialize(deserializer)?;
    Ok(all.into_iter().filter_map(|One(id)| id).collect())
}
