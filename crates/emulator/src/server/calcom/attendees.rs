//! Who comes to a booking. No webhook tells of those who join later: captured.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::booking_body::attendee_body;
use super::bookings::body_of;
use super::event_types::number;
use super::gate::Caller;
use super::refusal::Refusal;
use super::success;
use crate::calcom::{Attendee, Booking, BookingUid, CalCom, CalComError, Guest};
use crate::json::Json;
use crate::server::body::read;
use crate::server::world::Shared;

/// So many guests may join in one request: 1.7.4.
const MOST: usize = 10;

pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let world = shared.world();
    let booking = find(&world.story.calcom, &uid)?;
    Ok(success(200, Json::list(booking.present().map(numbered))))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path((uid, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let id = number(&id, "attendeeId")?;
    let world = shared.world();
    let booking = find(&world.story.calcom, &uid)?;
    let attendee = booking
        .present()
        .find(|attendee| attendee.id == id)
        .ok_or_else(|| Refusal::not_found(format!("Attendee with id {id} not found")))?;
    Ok(success(200, numbered(attendee)))
}

/// Unknown fields are dropped without a word here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewAttendee {
    name: String,
    email: String,
    time_zone: String,
    phone_number: Option<String>,
    language: Option<String>,
}

pub(super) async fn add(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let wish: NewAttendee = read(&body).map_err(Refusal::bad_request)?;
    let guest = Guest {
        name: wish.name,
        email: wish.email,
        phone: wish.phone_number,
        time_zone: Some(wish.time_zone),
        language: wish.language,
    };
    let mut world = shared.world();
    let calcom = &mut world.story.calcom;
    let booking_uid = BookingUid::new(&uid);
    let ids = calcom.add_guests(&booking_uid, vec![guest], shared.clock.now())?;
    let booking = find(calcom, &uid)?;
    let added = booking
        .present()
        .find(|attendee| ids.contains(&attendee.id));
    let body = added.map_or(Json::Null, |attendee| {
        numbered(attendee).with("bookingId", booking.id)
    });
    Ok(success(201, body))
}

/// Unknown fields are dropped without a word here.
#[derive(Debug, Deserialize)]
struct NewGuests {
    guests: Vec<NewGuest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewGuest {
    email: String,
    name: Option<String>,
    time_zone: Option<String>,
    phone_number: Option<String>,
    language: Option<String>,
}

pub(super) async fn add_guests(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let wish: NewGuests = read(&body).map_err(Refusal::bad_request)?;
    if !(1..=MOST).contains(&wish.guests.len()) {
        return Err(Refusal::bad_request(
            "guests must contain from 1 to 10 elements",
        ));
    }
    let guests = wish
        .guests
        .into_iter()
        .map(|guest| Guest {
            name: guest.name.unwrap_or_default(),
            email: guest.email,
            phone: guest.phone_number,
            time_zone: guest.time_zone,
            language: guest.language,
        })
        .collect();
    let mut world = shared.world();
    let calcom = &mut world.story.calcom;
    let uid = BookingUid::new(uid);
    calcom.add_guests(&uid, guests, shared.clock.now())?;
    Ok(success(200, body_of(calcom, &uid, caller)))
}

fn find<'a>(calcom: &'a CalCom, uid: &str) -> Result<&'a Booking, CalComError> {
    calcom
        .find_booking(&BookingUid::new(uid))
        .ok_or(CalComError::NoSuchBooking)
}

fn numbered(attendee: &Attendee) -> Json {
    attendee_body(attendee).with("id", attendee.id)
}
