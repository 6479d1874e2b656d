//! `/v2/slots/reservations`: soft holds.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::bookings::instant;
use super::gate::Caller;
use super::refusal::Refusal;
use super::success;
use crate::calcom::{CalComError, Hold, Reservation};
use crate::json::{Json, object};
use crate::server::body::{answer, read};
use crate::server::world::Shared;
use crate::spelling::millis;

/// How many minutes a hold lasts when nobody says otherwise.
const USUAL: i32 = 5;

/// Unknown fields are dropped without a word here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    event_type_id: i64,
    slot_start: String,
    slot_duration: Option<i32>,
    reservation_duration: Option<i32>,
}

pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    let hold = wished(caller, &body)?;
    let now = shared.clock.now();
    let kept = shared
        .world()
        .story
        .calcom
        .reserve(hold, now)
        .map_err(in_words)?;
    Ok(success(201, reservation(&kept, Some(hold.lasts))))
}

/// Nobody asks who wants to know: captured. What is unknown or over is null, not an error.
pub(super) async fn show(
    State(shared): State<Shared>,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let kept = world
        .story
        .calcom
        .find_reservation(&uid, shared.clock.now());
    let data = kept.map_or(Json::Null, |kept| reservation(kept, None));
    Ok(success(200, data))
}

pub(super) async fn change(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let hold = wished(caller, &body)?;
    let now = shared.clock.now();
    let kept = shared
        .world()
        .story
        .calcom
        .move_reservation(&uid, hold, now)
        .map_err(in_words)?;
    Ok(success(200, reservation(&kept, Some(hold.lasts))))
}

/// Also fine when there is none: captured.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    shared.world().story.calcom.release(&uid);
    Ok(answer(200, &object! { "status": "success" }))
}

fn wished(caller: Caller, body: &[u8]) -> Result<Hold, Refusal> {
    let wish: Wish = read(body).map_err(Refusal::bad_request)?;
    if wish.reservation_duration.is_some() && caller == Caller::Anonymous {
        return Err(Refusal::unauthorized(
            "reservationDuration can only be used for authenticated requests",
        ));
    }
    let lasts = wish.reservation_duration.unwrap_or(USUAL);
    if lasts < 1 {
        return Err(Refusal::bad_request(
            "reservationDuration must not be less than 1",
        ));
    }
    Ok(Hold {
        event_type: wish.event_type_id,
        start: instant(&wish.slot_start)
            .map_err(|_| Refusal::bad_request("slotStart must be a valid ISO 8601 date string"))?,
        minutes: wish.slot_duration,
        lasts,
    })
}

fn in_words(error: CalComError) -> Refusal {
    match error {
        CalComError::HostBusy => Refusal::unprocessable("Booking with this slot already exists."),
        CalComError::Full => Refusal::unprocessable("Booking with this slot has no seats left."),
        other => other.into(),
    }
}

fn reservation(kept: &Reservation, lasts: Option<i32>) -> Json {
    let minutes = kept.span.end.duration_since(kept.span.start).as_mins();
    object! {
        "eventTypeId": kept.event_type,
        "slotStart": millis(kept.span.start),
        "slotEnd": millis(kept.span.end),
        "slotDuration": minutes,
        "reservationUid": &kept.uid,
        "reservationDuration": lasts.map_or(Json::Absent, Json::from),
        "reservationUntil": millis(kept.until),
    }
}
