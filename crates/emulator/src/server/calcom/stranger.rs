//! An answer with a booking that is somebody else's: what a provider that recognizes requests by their content does.

use axum::response::Response;
use serde_json::Value;

use super::booking_body::booking_body;
use super::bookings::instant;
use super::gate::Caller;
use super::success;
use crate::calcom::{BookingUid, CalCom, CalComError, NewBooking, Status};
use crate::people;
use crate::server::world::Shared;

/// Answer with a booking of the same slot that has another booker; if there is none, somebody books it first.
pub(super) fn answer(shared: &Shared, body: &[u8]) -> Option<Response> {
    let wish: Value = serde_json::from_slice(body).ok()?;
    let start = instant(wish.get("start")?.as_str()?).ok()?;
    let email = wish.pointer("/attendee/email")?.as_str()?;
    let id = wish.get("eventTypeId").and_then(Value::as_i64);
    let slug = wish.get("eventTypeSlug").and_then(Value::as_str);
    let there = |calcom: &CalCom| {
        calcom
            .bookings()
            .find(|booking| {
                booking.start == start
                    && booking.status == Status::Accepted
                    && booking.present().all(|present| present.email != email)
            })
            .map(|booking| booking.uid.clone())
    };
    let uid: BookingUid = shared
        .change(|world, now| {
            let calcom = &mut world.story.calcom;
            if let Some(uid) = there(calcom) {
                return Ok::<_, CalComError>((uid, Vec::new()));
            }
            let stranger = people::people()
                .find(|person| person.email != email)
                .ok_or(CalComError::NoSuchBooking)?;
            let new = NewBooking {
                event_type_id: id,
                ..NewBooking::new(
                    slug.unwrap_or_default(),
                    start,
                    stranger.name,
                    stranger.email,
                )
            };
            calcom.book(new, now)
        })
        .ok()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let booking = calcom.find_booking(&uid)?;
    Some(success(201, booking_body(calcom, booking, Caller::Owner)))
}
