//! API v2 of Calendly: scheduled events and their invitees, booking, canceling, no-shows and webhook subscriptions.

mod booking;
mod events;
mod gate;
mod lists;
mod no_shows;
mod webhooks;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use self::gate::{Refusal, Token};
use super::body::answer;
use super::world::Shared;
use crate::json::{Json, object};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/users/me", get(me))
        .route(
            "/webhook_subscriptions",
            get(webhooks::list).post(webhooks::create),
        )
        .route(
            "/webhook_subscriptions/{uuid}",
            get(webhooks::show).delete(webhooks::delete),
        )
        .route("/scheduled_events", get(lists::events))
        .route("/scheduled_events/{uuid}", get(events::show))
        .route("/scheduled_events/{uuid}/invitees", get(lists::invitees))
        .route(
            "/scheduled_events/{uuid}/cancellation",
            post(events::cancel),
        )
        .route(
            "/scheduled_events/{uuid}/invitees/{invitee}",
            get(events::show_invitee),
        )
        .route("/invitees", post(booking::book))
        .route("/invitee_no_shows", post(no_shows::create))
        .route(
            "/invitee_no_shows/{uuid}",
            get(no_shows::show).delete(no_shows::delete),
        )
        .fallback(nowhere)
}

async fn me(State(shared): State<Shared>, _token: Token) -> Result<Response, Refusal> {
    let world = shared.world();
    let calendly = &world.story.calendly;
    let owner = calendly.users().first().ok_or_else(Refusal::not_found)?;
    Ok(resource(200, calendly.user_resource(owner)))
}

async fn nowhere() -> Refusal {
    Refusal::not_found()
}

fn resource(status: u16, resource: Json) -> Response {
    answer(status, &object! { "resource": resource })
}
