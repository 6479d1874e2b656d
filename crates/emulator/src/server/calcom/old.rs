//! Answers in the shape of 2024-04-15: what a client gets that sends no version, or one the server does not know.
//! Enough of them to be told apart; nobody should build on them.

use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;

use super::event_types::owner_id;
use super::params::Params;
use super::refusal::Refusal;
use super::success;
use crate::calcom::{Booking, CalCom, EventType, Schedule, SlotQuery, Span};
use crate::json::{Json, object};
use crate::server::world::Shared;
use crate::spelling::millis;

/// Event types in groups: the user's, then each team's.
pub(super) fn event_types(calcom: &CalCom) -> Response {
    let me = owner_id(calcom);
    let group = |team: Option<i64>, name: &str, slug: &str| {
        let belongs = |one: &&EventType| match team {
            Some(_) => one.team() == team,
            None => one.user() == Some(me),
        };
        object! {
            "teamId": team,
            "bookerUrl": "https://cal.com",
            "membershipRole": team.map(|_| "OWNER"),
            "profile": object! { "slug": slug, "name": name, "image": Json::Null },
            "metadata": object! { "membershipCount": 1, "readOnly": false },
            "eventTypes": Json::list(calcom.event_types().iter().filter(belongs).map(row)),
        }
    };
    let own = calcom
        .hosts()
        .first()
        .map(|owner| group(None, &owner.name, &owner.username));
    let teams = calcom
        .teams()
        .iter()
        .map(|team| group(Some(team.id), &team.name, &team.slug));
    let groups = Json::list(own.into_iter().chain(teams));
    success(
        200,
        object! { "eventTypeGroups": groups, "profiles": Json::List(Vec::new()) },
    )
}

pub(super) fn event_type(event_type: &EventType) -> Response {
    success(200, object! { "eventType": row(event_type) })
}

/// Half a row of the database.
fn row(event_type: &EventType) -> Json {
    object! {
        "id": event_type.id,
        "title": &event_type.title,
        "description": event_type.description.as_ref(),
        "slug": &event_type.slug,
        "length": event_type.minutes,
        "hidden": event_type.settings.hidden,
        "position": 0,
        "schedulingType": Json::Null,
        "seatsPerTimeSlot": event_type.places(),
        "price": event_type.price(),
        "currency": event_type.currency(),
    }
}

pub(super) fn bookings<'a>(bookings: impl Iterator<Item = &'a Booking>) -> Response {
    success(
        200,
        object! {
            "bookings": Json::list(bookings.map(booking_row)),
            "recurringInfo": Json::List(Vec::new()),
            "nextCursor": Json::Null,
        },
    )
}

pub(super) fn booking(booking: &Booking) -> Response {
    success(200, booking_row(booking))
}

fn booking_row(booking: &Booking) -> Json {
    object! {
        "id": booking.id,
        "uid": booking.uid.as_str(),
        "title": &booking.title,
        "startTime": millis(booking.start),
        "endTime": millis(booking.end),
        "status": booking.status.upper(),
        "eventTypeId": booking.event_type_id,
        "metadata": &booking.metadata,
        "attendees": Json::list(booking.present().map(|attendee| object! {
            "id": attendee.id,
            "email": &attendee.email,
            "name": &attendee.name,
            "timeZone": &attendee.time_zone,
            "locale": &attendee.language,
        })),
    }
}

/// Days by number, times as instants of the first day of time.
pub(super) fn schedule(schedule: &Schedule) -> Json {
    let hours = schedule.availability.iter().map(|hours| {
        object! {
            "id": schedule.id,
            "userId": Json::Null,
            "eventTypeId": Json::Null,
            "days": Json::list(hours.days.iter().map(|day| (*day as i64 + 1) % 7)),
            "startTime": format!("1970-01-01T{}.000Z", hours.start_time),
            "endTime": format!("1970-01-01T{}.000Z", hours.end_time),
            "date": Json::Null,
            "scheduleId": schedule.id,
        }
    });
    object! {
        "id": schedule.id,
        "userId": schedule.owner,
        "name": &schedule.name,
        "timeZone": &schedule.time_zone,
        "availability": Json::list(hours),
    }
}

/// `GET /v2/slots/available`: other parameters, `slots` between the data and the days, and `time` for the start.
pub(super) async fn slots(
    State(shared): State<Shared>,
    params: Params,
) -> Result<Response, Refusal> {
    let edge = |name: &str| {
        let given = params.instant(name)?;
        given.ok_or_else(|| Refusal::bad_request(format!("{name} must be a valid date")))
    };
    let span = Span {
        start: edge("startTime")?,
        end: edge("endTime")?,
    };
    let world = shared.world();
    let calcom = &world.story.calcom;
    let id = params.number("eventTypeId")?.unwrap_or_default();
    let event_type = calcom
        .find_event_type(id)
        .ok_or_else(|| Refusal::not_found("Event Type not found"))?;
    let query = SlotQuery {
        span,
        minutes: None,
        moved: None,
    };
    let mut days: Vec<(String, Json)> = Vec::new();
    for offer in calcom.slots(event_type, &query, shared.clock.now()) {
        let day = offer.span.start.to_zoned(TimeZone::UTC).date().to_string();
        let slot = object! { "time": millis(offer.span.start) };
        match days.last_mut() {
            Some((last, Json::List(slots))) if *last == day => slots.push(slot),
            _ => days.push((day, Json::List(vec![slot]))),
        }
    }
    Ok(success(200, object! { "slots": Json::Object(days) }))
}
