//! Who hosts a booking and where: reassign, location, references.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::bookings::body_of;
use super::event_types::number;
use super::gate::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::success;
use crate::Delivery;
use crate::calcom::{BookingUid, CalCom, CalComError, Calendars};
use crate::json::{Json, object};
use crate::server::body::read;
use crate::server::edition::Edition;
use crate::server::world::Shared;

/// Give the booking to another of its hosts.
pub(super) async fn reassign(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let uid = BookingUid::new(uid);
    shared.change(|world, now| {
        let edition = world.server.edition;
        let calcom = &mut world.story.calcom;
        let deliveries = match calcom.reassign(&uid, now) {
            // A personal booking stays where it is, and the answer names the same host: captured.
            Err(CalComError::WrongKind) => Vec::new(),
            reassigned => reassigned?,
        };
        Ok((reassigned(calcom, &uid), told(edition, deliveries)))
    })
}

/// Unknown fields are dropped without a word here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reason {
    #[serde(rename = "reason")]
    _reason: Option<String>,
}

pub(super) async fn reassign_to(
    State(shared): State<Shared>,
    caller: Caller,
    Path((uid, user)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let _: Reason = read(&body).map_err(Refusal::bad_request)?;
    let user = number(&user, "userId")?;
    let uid = BookingUid::new(uid);
    shared
        .change(|world, now| {
            let edition = world.server.edition;
            let calcom = &mut world.story.calcom;
            let deliveries = calcom.reassign_to(&uid, user, now)?;
            Ok::<_, CalComError>((reassigned(calcom, &uid), told(edition, deliveries)))
        })
        .map_err(Refusal::from)
}

/// Community servers tell nobody: 1.14.
fn told(edition: Edition, deliveries: Vec<Delivery>) -> Vec<Delivery> {
    match edition {
        Edition::Hosted => deliveries,
        Edition::Classic => Vec::new(),
    }
}

fn reassigned(calcom: &CalCom, uid: &BookingUid) -> Response {
    let host = calcom.find_booking(uid).and_then(|booking| {
        calcom
            .hosts()
            .iter()
            .find(|host| host.id == booking.host_id)
    });
    let host = host.map(|host| {
        object! {
            "id": host.id,
            "name": &host.name,
            "email": &host.email,
            "displayEmail": &host.email,
        }
    });
    success(
        200,
        object! { "bookingUid": uid.as_str(), "reassignedTo": host },
    )
}

/// Unknown fields are dropped without a word here.
#[derive(Debug, Deserialize)]
struct Move {
    location: Location,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Location {
    Address { address: String },
    AttendeeAddress { address: String },
    AttendeeDefined { location: String },
    AttendeePhone { phone: String },
    Phone { phone: String },
    Link { link: String },
    Integration { integration: String },
}

/// Meet elsewhere. The calendar entry does not follow.
pub(super) async fn change_location(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let wish: Move = read(&body).map_err(Refusal::bad_request)?;
    let place = match wish.location {
        Location::Address { address } | Location::AttendeeAddress { address } => address,
        Location::AttendeeDefined { location } => location,
        Location::AttendeePhone { phone } | Location::Phone { phone } => phone,
        Location::Link { link } => link,
        Location::Integration { integration } => format!("integrations:{integration}"),
    };
    let uid = BookingUid::new(uid);
    shared.change(|world, now| {
        let edition = world.server.edition;
        let calcom = &mut world.story.calcom;
        let deliveries = calcom.change_location(&uid, &place, now)?;
        let data = body_of(calcom, &uid, caller);
        Ok((success(200, data), told(edition, deliveries)))
    })
}

/// What the booking is called elsewhere: in the calendar and at the video service.
pub(super) async fn references(
    State(shared): State<Shared>,
    caller: Caller,
    Path(uid): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let booking = calcom
        .find_booking(&BookingUid::new(uid))
        .ok_or(CalComError::NoSuchBooking)?;
    let is_video = booking.location.contains("/video/");
    let has_calendar = calcom.calendars() == Calendars::Connected;
    let all = [("google_calendar", has_calendar), ("daily_video", is_video)];
    let wanted = params.get("type");
    let shown = all
        .into_iter()
        .filter(|(name, there)| *there && wanted.is_none_or(|wanted| wanted == *name))
        .map(|(name, _)| {
            object! {
                "type": name,
                "eventUid": format!("{name}-{}", booking.uid),
                "destinationCalendarId": Json::Null,
                "id": booking.id,
            }
        });
    Ok(success(200, Json::list(shown)))
}
