//! API v2 of Cal.com: this round bookings one by one and webhooks.

mod booking_body;
mod bookings;
mod changes;
mod gate;
mod refusal;
mod webhooks;

use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};

use self::gate::Caller;
use self::refusal::Refusal;
use super::body::answer;
use super::world::Shared;
use crate::json::{Json, object};

pub(super) fn routes(shared: &Shared) -> Router<Shared> {
    Router::new()
        .route("/me", get(me))
        .route("/bookings", post(bookings::create))
        .route("/bookings/{uid}", get(bookings::show))
        .route("/bookings/{uid}/reschedule", post(changes::reschedule))
        .route("/bookings/{uid}/cancel", post(changes::cancel))
        .route("/bookings/{uid}/confirm", post(changes::confirm))
        .route("/bookings/{uid}/decline", post(changes::decline))
        .route("/bookings/{uid}/mark-absent", post(changes::mark_absent))
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route(
            "/webhooks/{id}",
            get(webhooks::show)
                .patch(webhooks::change)
                .delete(webhooks::delete),
        )
        .fallback(nowhere)
        .layer(middleware::from_fn_with_state(
            shared.clone(),
            refusal::dress,
        ))
}

async fn me(State(shared): State<Shared>, caller: Caller) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let owner = world.story.calcom.hosts().first();
    Ok(success(
        200,
        object! {
            "id": owner.map(|owner| owner.id),
            "email": owner.map(|owner| &owner.email),
            "name": owner.map(|owner| &owner.name),
            "avatarUrl": Json::Null,
            "bio": Json::Null,
            "timeFormat": 12,
            "defaultScheduleId": Json::Null,
            "weekStart": "Monday",
            "timeZone": owner.map(|owner| &owner.time_zone),
            "username": owner.map(|owner| &owner.username),
            "organizationId": Json::Null,
        },
    ))
}

async fn nowhere(method: axum::http::Method, uri: axum::http::Uri) -> Refusal {
    Refusal::not_found(format!("Cannot {method} /v2{}", uri.path()))
}

fn success(status: u16, data: Json) -> Response {
    answer(status, &object! { "status": "success", "data": data })
}
