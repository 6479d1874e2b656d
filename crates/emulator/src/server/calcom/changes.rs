//! Changes to a booking: reschedule, cancel, confirm, decline, mark absent, ask for another time.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::bookings::{body_of, instant, made};
use super::gate::Caller;
use super::observe::Arrival;
use super::refusal::Refusal;
use super::success;
use crate::calcom::{BookingUid, By, CalComError, CancelledBy, Move, SeatUid};
use crate::json::{Json, object};
use crate::server::body::{answer, read};
use crate::server::world::Shared;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reschedule {
    start: String,
    rescheduled_by: Option<String>,
    rescheduling_reason: Option<String>,
    seat_uid: Option<String>,
    #[serde(rename = "emailVerificationCode")]
    _email_verification_code: Option<String>,
}

pub(super) async fn reschedule(
    State(shared): State<Shared>,
    caller: Caller,
    Arrival(known): Arrival,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Reschedule = read(&body).map_err(Refusal::bad_request)?;
    let start = instant(&wish.start)?;
    let uid = BookingUid::new(uid);
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let is_seated = calcom
            .find_booking(&uid)
            .ok_or(CalComError::NoSuchBooking)?
            .attendees
            .iter()
            .any(|attendee| attendee.seat.is_some());
        if is_seated {
            let seat = wish.seat_uid.ok_or_else(|| {
                Refusal::bad_request("Please provide seatUid: this is a seated booking")
            })?;
            let (target, seat, deliveries) =
                calcom.move_seat(&uid, &SeatUid::new(seat), start, now)?;
            let data = made(calcom, &target, caller).with("seatUid", seat.as_str());
            return Ok((success(201, data), deliveries));
        }
        calcom.check_move(&uid, start, known, now)?;
        let owner = calcom.hosts().first().map(|owner| owner.email.clone());
        let is_host = caller == Caller::Owner
            && (wish.rescheduled_by.is_none() || wish.rescheduled_by == owner);
        let moving = Move {
            by: if is_host { By::Host } else { By::Booker },
            named: wish.rescheduled_by,
            reason: wish.rescheduling_reason,
        };
        let (new, deliveries) = calcom.reschedule_as(&uid, start, moving, now)?;
        Ok((success(201, made(calcom, &new, caller)), deliveries))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Cancel {
    cancellation_reason: Option<String>,
    #[serde(rename = "cancelSubsequentBookings")]
    later_ones_too: bool,
    seat_uid: Option<String>,
}

pub(super) async fn cancel(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Cancel = read(&body).map_err(Refusal::bad_request)?;
    let reason = wish.cancellation_reason.as_deref();
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let series = calcom.find_series(&uid);
        if !series.is_empty() {
            let uids: Vec<_> = series.iter().map(|booking| booking.uid.clone()).collect();
            let deliveries = calcom.cancel_series(&uid, reason, now)?;
            let bodies = uids.iter().map(|uid| body_of(calcom, uid, caller));
            return Ok((success(200, Json::list(bodies)), deliveries));
        }
        let uid = BookingUid::new(&uid);
        let booking = calcom
            .find_booking(&uid)
            .ok_or(CalComError::NoSuchBooking)?;
        let is_seated = booking
            .attendees
            .iter()
            .any(|attendee| attendee.seat.is_some());
        let forbids = calcom
            .find_event_type(booking.event_type_id)
            .is_some_and(|event_type| event_type.settings.disable_cancelling);
        if forbids {
            return Err(CalComError::NoCancelling.into());
        }
        let deliveries = match &wish.seat_uid {
            Some(seat) => calcom.cancel_seat(&uid, &SeatUid::new(seat), reason, now)?,
            None if is_seated && caller == Caller::Anonymous => {
                return Err(Refusal::bare(401, "User not a host of this event"));
            }
            // Host: the default of new event types. The booker needs no reason.
            None if caller == Caller::Owner && reason.is_none() => {
                return Err(Refusal::bare(400, "Cancellation reason is required"));
            }
            None if wish.later_ones_too => calcom.cancel_from(&uid, reason, now)?,
            None => calcom.cancel(&uid, CancelledBy::Api, reason, now)?,
        };
        Ok((success(200, body_of(calcom, &uid, caller)), deliveries))
    })
}

pub(super) async fn confirm(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let uid = BookingUid::new(uid);
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let deliveries = calcom.confirm(&uid, now)?;
        Ok((success(200, body_of(calcom, &uid, caller)), deliveries))
    })
}

#[derive(Debug, Deserialize)]
struct Decline {
    reason: Option<String>,
}

pub(super) async fn decline(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let wish: Decline = read(&body).map_err(Refusal::bad_request)?;
    let uid = BookingUid::new(uid);
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let deliveries = calcom.decline(&uid, wish.reason.as_deref(), now)?;
        Ok((success(200, body_of(calcom, &uid, caller)), deliveries))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MarkAbsent {
    host: Option<bool>,
    attendees: Option<Vec<Mark>>,
}

#[derive(Debug, Deserialize)]
struct Mark {
    email: String,
    absent: bool,
}

pub(super) async fn mark_absent(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let wish: MarkAbsent = read(&body).map_err(Refusal::bad_request)?;
    let uid = BookingUid::new(uid);
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let mut deliveries = Vec::new();
        if let Some(absent) = wish.host {
            deliveries.extend(calcom.mark_host_absent(&uid, absent, now)?);
        }
        if let Some(attendees) = &wish.attendees {
            let marks: Vec<_> = attendees
                .iter()
                .map(|mark| (mark.email.as_str(), mark.absent))
                .collect();
            deliveries.extend(calcom.mark_absent(&uid, &marks, now)?);
        }
        Ok((success(200, body_of(calcom, &uid, caller)), deliveries))
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestReschedule {
    reschedule_reason: Option<String>,
}

/// The host asks the booker to pick another time. The answer says nothing but that it worked.
pub(super) async fn request_reschedule(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let wish: RequestReschedule = read(&body).map_err(Refusal::bad_request)?;
    let uid = BookingUid::new(uid);
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let deliveries = calcom.request_reschedule(&uid, wish.reschedule_reason.as_deref(), now)?;
        Ok((answer(200, &object! { "status": "success" }), deliveries))
    })
}
