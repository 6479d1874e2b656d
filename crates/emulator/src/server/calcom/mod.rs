//! API v2 of Cal.com: what a client needs to know who it is, what can be booked, when it is free, to book and to hear
//! of changes.

mod attendees;
mod booking_body;
mod bookings;
mod calendars;
mod changes;
mod event_type_body;
mod event_types;
mod filters;
mod gate;
mod hosts;
mod limiter;
mod list;
mod me;
mod observe;
mod old;
mod organizations;
mod params;
mod refusal;
mod reservations;
mod responses;
mod schedules;
mod slots;
mod stranger;
mod subscriber;
mod teams;
mod version;
mod webhooks;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};

pub(super) use self::limiter::Limiter;
use super::body::answer;
use super::edition::Edition;
use super::world::Shared;
use crate::json::{Json, object};

pub(super) fn routes(shared: &Shared) -> Router<Shared> {
    Router::new()
        .route("/me", get(me::show))
        .merge(event_types_and_teams())
        .merge(times())
        .merge(bookings_one_by_one())
        .merge(webhooks_of_all_levels())
        .route_layer(from_fn_with_state(shared.clone(), limiter::limit))
        .route_layer(from_fn_with_state(shared.clone(), version::choose))
        .fallback(observe::nowhere)
        .method_not_allowed_fallback(observe::nowhere)
        .layer(from_fn_with_state(shared.clone(), observe::observe))
}

/// API v1: gone at the hosted service, and never on the servers that are emulated as classic.
pub(super) fn retired() -> Router<Shared> {
    Router::new().fallback(gone)
}

fn event_types_and_teams() -> Router<Shared> {
    Router::new()
        .route("/event-types", get(event_types::list))
        .route("/event-types/{id}", get(event_types::show))
        .route("/teams", get(teams::list))
        .route("/teams/{team}", get(teams::show))
        .route("/teams/{team}/memberships", get(teams::memberships))
        .route("/teams/{team}/bookings", get(list::of_team))
        .route("/teams/{team}/event-types", get(teams::event_types))
        .route("/teams/{team}/event-types/{id}", get(teams::event_type))
        .route("/organizations/{org}/teams", get(organizations::teams))
        .route(
            "/organizations/{org}/teams/event-types",
            get(organizations::event_types),
        )
        .route(
            "/organizations/{org}/memberships",
            get(organizations::memberships),
        )
        .route("/organizations/{org}/bookings", get(list::of_organization))
        .route(
            "/organizations/{org}/teams/{team}/bookings",
            get(list::of_organization_team),
        )
}

fn times() -> Router<Shared> {
    Router::new()
        .route("/slots", get(slots::list))
        .route("/slots/available", get(old::slots))
        .route("/slots/reservations", post(reservations::create))
        .route(
            "/slots/reservations/{uid}",
            get(reservations::show)
                .patch(reservations::change)
                .delete(reservations::delete),
        )
        .route("/schedules", get(schedules::list))
        .route("/schedules/default", get(schedules::default))
        .route(
            "/schedules/{id}",
            get(schedules::show).patch(schedules::change),
        )
        .route("/calendars", get(calendars::list))
        .route("/calendars/busy-times", get(calendars::busy_times))
}

fn bookings_one_by_one() -> Router<Shared> {
    Router::new()
        .route("/bookings", get(list::of_caller).post(bookings::create))
        .route("/bookings/by-seat/{seat}", get(bookings::show_by_seat))
        .route("/bookings/{uid}", get(bookings::show))
        .route("/bookings/{uid}/reschedule", post(changes::reschedule))
        .route("/bookings/{uid}/cancel", post(changes::cancel))
        .route("/bookings/{uid}/confirm", post(changes::confirm))
        .route("/bookings/{uid}/decline", post(changes::decline))
        .route("/bookings/{uid}/mark-absent", post(changes::mark_absent))
        .route(
            "/bookings/{uid}/request-reschedule",
            post(changes::request_reschedule),
        )
        .route("/bookings/{uid}/reassign", post(hosts::reassign))
        .route("/bookings/{uid}/reassign/{user}", post(hosts::reassign_to))
        .route("/bookings/{uid}/location", patch(hosts::change_location))
        .route("/bookings/{uid}/guests", post(attendees::add_guests))
        .route(
            "/bookings/{uid}/attendees",
            get(attendees::list).post(attendees::add),
        )
        .route("/bookings/{uid}/attendees/{id}", get(attendees::show))
        .route("/bookings/{uid}/references", get(hosts::references))
}

fn webhooks_of_all_levels() -> Router<Shared> {
    let each = || {
        get(webhooks::show)
            .patch(webhooks::change)
            .delete(webhooks::delete)
    };
    let all = || get(webhooks::list).post(webhooks::create);
    let of_event_type = "/event-types/{event_type}/webhooks";
    let of_team_type = "/teams/{team}/event-types/{event_type}/webhooks";
    let of_organization = "/organizations/{org}/webhooks";
    Router::new()
        .route("/webhooks", all())
        .route("/webhooks/{hook}", each())
        .route(of_event_type, all().delete(webhooks::delete_all))
        .route(&format!("{of_event_type}/{{hook}}"), each())
        .route(of_team_type, all().delete(webhooks::delete_all))
        .route(&format!("{of_team_type}/{{hook}}"), each())
        .route(of_organization, all())
        .route(&format!("{of_organization}/{{hook}}"), each())
}

async fn gone(State(shared): State<Shared>) -> Response {
    let edition = shared.world().server.edition;
    match edition {
        Edition::Hosted => answer(
            410,
            &object! { "message": "API v1 has been removed. Please migrate to API v2." },
        ),
        Edition::Classic => StatusCode::NOT_FOUND.into_response(),
    }
}

fn success(status: u16, data: Json) -> Response {
    answer(status, &object! { "status": "success", "data": data })
}
