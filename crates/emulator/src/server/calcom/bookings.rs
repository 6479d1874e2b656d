//! `POST /v2/bookings` and `GET /v2/bookings/{uid}`.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::booking_body::booking_body;
use super::gate::{BookingsVersion, Caller};
use super::refusal::Refusal;
use super::success;
use crate::calcom::{BookingUid, CalCom, CalComError, Kind, NewBooking, SeatUid};
use crate::json::Json;
use crate::server::body::read;
use crate::server::world::Shared;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    start: String,
    attendee: Booker,
    event_type_id: Option<i64>,
    event_type_slug: Option<String>,
    // Accepted and of no consequence: there is one account.
    #[serde(rename = "username")]
    _username: Option<String>,
    #[serde(rename = "teamSlug")]
    _team_slug: Option<String>,
    #[serde(rename = "organizationSlug")]
    _organization_slug: Option<String>,
    #[serde(default)]
    booking_fields_responses: Map<String, Value>,
    #[serde(default)]
    guests: Vec<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(rename = "location")]
    _location: Option<Value>,
    length_in_minutes: Option<i64>,
    recurrence_count: Option<u32>,
    #[serde(rename = "emailVerificationCode")]
    _email_verification_code: Option<String>,
    #[serde(rename = "allowConflicts")]
    _allow_conflicts: Option<bool>,
    #[serde(rename = "allowBookingOutOfBounds")]
    _allow_booking_out_of_bounds: Option<bool>,
    #[serde(rename = "skipBookingLimits")]
    _skip_booking_limits: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Booker {
    name: String,
    email: String,
    time_zone: String,
    phone_number: Option<String>,
    language: Option<String>,
}

pub(super) async fn create(
    State(shared): State<Shared>,
    _version: BookingsVersion,
    _caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Create = read(&body).map_err(Refusal::bad_request)?;
    if wish.length_in_minutes.is_some() {
        return Err(Refusal::bad_request(
            "Can't specify 'lengthInMinutes' because event type has one length",
        ));
    }
    let start = instant(&wish.start)?;
    let metadata = texts(&wish.metadata)?;
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let event_type = calcom
            .event_types()
            .iter()
            .find(|known| {
                Some(known.id) == wish.event_type_id
                    || Some(&known.slug) == wish.event_type_slug.as_ref()
            })
            .ok_or(CalComError::NoSuchEventType)?;
        let (slug, kind) = (event_type.slug.clone(), event_type.kind);
        let mut responses = wish.booking_fields_responses;
        let notes = responses.remove("notes").map(|notes| text(&notes));
        let new = NewBooking {
            phone: wish.attendee.phone_number,
            time_zone: wish.attendee.time_zone,
            language: wish.attendee.language.unwrap_or_else(|| "en".to_owned()),
            guests: wish.guests,
            notes,
            metadata,
            responses: responses
                .iter()
                .map(|(slug, value)| (slug.clone(), text(value)))
                .collect(),
            ..NewBooking::new(slug, start, wish.attendee.name, wish.attendee.email)
        };
        match kind {
            Kind::Recurring { count } => {
                let count = wish.recurrence_count.unwrap_or(count);
                let (uids, deliveries) = calcom.book_recurring(&new, count, now)?;
                let bodies = uids.iter().map(|uid| body_of(calcom, uid));
                Ok((success(201, Json::list(bodies)), deliveries))
            }
            Kind::Seated { .. } => {
                let (uid, seat, deliveries) = calcom.book_seat(new, now)?;
                let data = body_of(calcom, &uid).with("seatUid", SeatUid::as_str(&seat));
                Ok((success(201, data), deliveries))
            }
            _ => {
                let (uid, deliveries) = calcom.book(new, now)?;
                Ok((success(201, body_of(calcom, &uid)), deliveries))
            }
        }
    })
}

pub(super) async fn show(
    State(shared): State<Shared>,
    _version: BookingsVersion,
    _caller: Caller,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calcom = &world.story.calcom;
    // A series uid in place of a booking's gives all its occurrences.
    let series = calcom.find_series(&uid);
    if !series.is_empty() {
        let bodies = series
            .into_iter()
            .map(|booking| booking_body(calcom, booking));
        return Ok(success(200, Json::list(bodies)));
    }
    let known = calcom.find_booking(&BookingUid::new(&uid));
    let booking = known.ok_or_else(|| {
        Refusal::not_found(format!(
            "Booking with uid={uid} was not found in the database"
        ))
    })?;
    Ok(success(200, booking_body(calcom, booking)))
}

/// The booking's body, or null when it is gone.
pub(super) fn body_of(calcom: &CalCom, uid: &BookingUid) -> Json {
    calcom
        .find_booking(uid)
        .map_or(Json::Null, |booking| booking_body(calcom, booking))
}

/// An instant; one without an offset is UTC.
pub(super) fn instant(given: &str) -> Result<Timestamp, Refusal> {
    given
        .parse()
        .or_else(|_| format!("{given}Z").parse())
        .map_err(|_| Refusal::bad_request("start must be a valid ISO 8601 date string"))
}

/// Metadata holds text only. The message is the captured one of `api_065`.
fn texts(given: &Map<String, Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut wrong = Vec::new();
    let mut texts = BTreeMap::new();
    for (key, value) in given {
        let found = match value {
            Value::String(value) => {
                texts.insert(key.clone(), value.clone());
                continue;
            }
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        wrong.push(format!(
            "metadata.{key} - Expected string, received {found}, "
        ));
    }
    if !wrong.is_empty() {
        return Err(Refusal::schema(wrong.concat()));
    }
    if texts.len() > 50
        || texts
            .iter()
            .any(|(key, value)| key.len() > 40 || value.len() > 500)
    {
        return Err(Refusal::bad_request(
            "metadata must have at most 50 keys of 40 and 500 characters",
        ));
    }
    Ok(texts)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
