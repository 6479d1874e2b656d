//! The emulator's own controls, below `/_emulator`: what a person would do on the providers' pages, faults, the log.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;

use super::body::{answer, read};
use super::control_calcom;
use super::world::Shared;
use crate::DeliveryPlan;
use crate::calcom::BookingUid;
use crate::calendly::{Canceler, InviteeUri};
use crate::json::{Json, object};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/calcom/book", post(book))
        .route("/calendly/reschedule", post(reschedule))
        .merge(control_calcom::routes())
        .route("/faults", post(set_faults))
        .route("/log", get(log))
        .route("/step", post(step))
}

/// All optional: somebody books something some time.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Book {
    event_type: Option<String>,
    start: Option<Timestamp>,
    name: Option<String>,
    email: Option<String>,
}

async fn book(State(shared): State<Shared>, body: Bytes) -> Response {
    let wish: Book = match read(&body) {
        Ok(wish) => wish,
        Err(error) => return refused(&error),
    };
    let booked = shared.change(|world, now| {
        let slug = wish.event_type.as_deref().unwrap_or("intro");
        let mut new = world.story.new_booking(slug, now);
        new.start = wish
            .start
            .unwrap_or_else(|| world.story.calcom.free_start(60, now));
        new.name = wish.name.unwrap_or(new.name);
        new.email = wish.email.unwrap_or(new.email);
        world.story.calcom.book(new, now)
    });
    match booked {
        Ok(uid) => answer(201, &object! { "uid": BookingUid::as_str(&uid) }),
        Err(error) => refused(&error.to_string()),
    }
}

/// What the invitee or the host does on the pretend `reschedule_url` page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reschedule {
    invitee: String,
    start_time: Timestamp,
    #[serde(default)]
    by_host: bool,
    reason: Option<String>,
    /// Tell of the new booking first.
    #[serde(default)]
    created_first: bool,
}

async fn reschedule(State(shared): State<Shared>, body: Bytes) -> Response {
    let wish: Reschedule = match read(&body) {
        Ok(wish) => wish,
        Err(error) => return refused(&error),
    };
    let by = if wish.by_host {
        Canceler::Host
    } else {
        Canceler::Invitee
    };
    let old = InviteeUri::new(wish.invitee);
    let moved = shared.change(|world, now| {
        let calendly = &mut world.story.calendly;
        let (uri, mut pair) =
            calendly.reschedule(&old, wish.start_time, by, wish.reason.as_deref(), now)?;
        if wish.created_first {
            pair.reverse();
        }
        Ok::<_, crate::calendly::CalendlyError>((uri, pair))
    });
    match moved {
        Ok(uri) => answer(201, &object! { "invitee": uri.as_str() }),
        Err(error) => refused(&error.to_string()),
    }
}

async fn set_faults(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<DeliveryPlan>(&body) {
        Ok(plan) => {
            shared.world().plan = plan;
            axum::Json(plan).into_response()
        }
        Err(error) => refused(&error),
    }
}

async fn log(State(shared): State<Shared>) -> Response {
    let entries = shared.world().log.entries();
    axum::Json(entries).into_response()
}

/// Let the story go on.
async fn step(State(shared): State<Shared>) -> Response {
    let mut world = shared.world();
    let deliveries = world.story.next_step(shared.clock.now());
    let events = Json::list(deliveries.iter().map(|delivery| &delivery.event));
    shared.publish(&mut world, deliveries);
    answer(200, &object! { "events": events })
}

pub(super) fn refused(why: &str) -> Response {
    answer(400, &object! { "error": why })
}
