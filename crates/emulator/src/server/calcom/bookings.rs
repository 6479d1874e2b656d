//! `POST /v2/bookings`, `GET /v2/bookings/{uid}` and the same by seat.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::booking_body::booking_body;
use super::gate::Caller;
use super::observe::Arrival;
use super::refusal::Refusal;
use super::version::Shape;
use super::{old, responses, slots, success};
use crate::calcom::{BookingUid, CalCom, CalComError, EventType, Kind, NewBooking, Place, SeatUid};
use crate::json::Json;
use crate::server::body::read;
use crate::server::world::Shared;

/// The languages an attendee may have.
const LANGUAGES: [&str; 43] = [
    "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "es-419", "et", "eu", "fi",
    "fr", "he", "hr", "hu", "id", "it", "iw", "ja", "km", "ko", "lv", "nl", "no", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sr", "sv", "ta", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    start: String,
    attendee: Booker,
    event_type_id: Option<i64>,
    event_type_slug: Option<String>,
    username: Option<String>,
    team_slug: Option<String>,
    // Accepted and of no consequence: there is at most one organization.
    #[serde(rename = "organizationSlug")]
    _organization_slug: Option<String>,
    #[serde(default)]
    booking_fields_responses: Map<String, Value>,
    #[serde(default)]
    guests: Vec<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    location: Option<Value>,
    #[serde(rename = "meetingUrl")]
    _meeting_url: Option<String>,
    length_in_minutes: Option<i32>,
    #[serde(default)]
    instant: bool,
    recurrence_count: Option<u32>,
    #[serde(rename = "routing")]
    _routing: Option<Value>,
    #[serde(rename = "emailVerificationCode")]
    _email_verification_code: Option<String>,
    allow_conflicts: Option<bool>,
    allow_booking_out_of_bounds: Option<bool>,
    skip_booking_limits: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Booker {
    name: String,
    email: Option<String>,
    time_zone: String,
    phone_number: Option<String>,
    language: Option<String>,
}

pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
    Arrival(known): Arrival,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Create = read(&body).map_err(Refusal::bad_request)?;
    let flags = [
        wish.allow_conflicts,
        wish.allow_booking_out_of_bounds,
        wish.skip_booking_limits,
    ];
    match shape {
        // The old body has other required fields, all of which a newer one lacks.
        Shape::Old => {
            return Err(Refusal::bad_request(
                "timeZone must be a string, language must be a string, metadata must be an object, \
                 responses must be an object",
            ));
        }
        Shape::V2024 if flags.iter().any(Option::is_some) => {
            return Err(Refusal::bad_request(
                "property allowConflicts should not exist",
            ));
        }
        Shape::V2024 | Shape::V2026 => {}
    }
    // Honored for hosts, of no consequence for others: 1.2.
    let is_forced = caller == Caller::Owner && flags.contains(&Some(true));
    shared.change(|world, now| {
        let calcom = &mut world.story.calcom;
        let event_type = slots::select(
            calcom,
            wish.event_type_id,
            wish.event_type_slug.as_deref(),
            wish.username.as_deref(),
            wish.team_slug.as_deref(),
        )?
        .clone();
        let new = wish.checked(&event_type, caller)?;
        if !is_forced {
            calcom
                .check(&new, known, now)
                .map_err(|error| in_words(error, &event_type))?;
        }
        match event_type.kind {
            Kind::Recurring { count } => {
                let count = wish.recurrence_count.unwrap_or(count);
                let (uids, deliveries) = calcom.book_recurring(&new, count, now)?;
                let bodies = uids.iter().map(|uid| made(calcom, uid, caller));
                Ok((success(201, Json::list(bodies)), deliveries))
            }
            Kind::Seated { .. } => {
                let (uid, seat, deliveries) = calcom.book_seat(new, now)?;
                let data = made(calcom, &uid, caller).with("seatUid", SeatUid::as_str(&seat));
                Ok((success(201, data), deliveries))
            }
            _ => {
                let (uid, deliveries) = calcom.book(new, now)?;
                Ok((success(201, made(calcom, &uid, caller)), deliveries))
            }
        }
    })
}

impl Create {
    /// What is wished for, if the event type allows it.
    fn checked(&self, event_type: &EventType, caller: Caller) -> Result<NewBooking, Refusal> {
        let settings = &event_type.settings;
        if settings.requires_authentication && caller == Caller::Anonymous {
            return Err(Refusal::unauthorized(
                "This event type requires authentication to be booked",
            ));
        }
        if self.length_in_minutes.is_some() && settings.lengths.is_empty() {
            return Err(Refusal::bad_request(
                "Can't specify 'lengthInMinutes' because event type has one length",
            ));
        }
        if self.instant && !event_type.is_team() {
            return Err(Refusal::bad_request(
                "Instant bookings are only possible for team event types",
            ));
        }
        self.attendee.check()?;
        self.check_location(event_type)?;
        let start = instant(&self.start)?;
        let metadata = texts(&self.metadata)?;
        responses::check(event_type, &self.booking_fields_responses)?;
        let mut responses = self.booking_fields_responses.clone();
        let notes = responses.remove("notes").map(|notes| text(&notes));
        let email = self.attendee.email.clone();
        let email = email
            .filter(|email| email.contains('@'))
            .ok_or_else(|| Refusal::schema("responses - {email}error_required_field, "))?;
        Ok(NewBooking {
            event_type_id: Some(event_type.id),
            minutes: self.length_in_minutes,
            phone: self.attendee.phone_number.clone(),
            time_zone: self.attendee.time_zone.clone(),
            language: self
                .attendee
                .language
                .clone()
                .unwrap_or_else(|| "en".to_owned()),
            guests: self.guests.clone(),
            notes,
            metadata,
            responses: responses
                .iter()
                .map(|(slug, value)| (slug.clone(), text(value)))
                .collect(),
            ..NewBooking::new(
                event_type.slug.as_str(),
                start,
                self.attendee.name.as_str(),
                email,
            )
        })
    }

    /// It must be one the event type has: 1.7.1.
    fn check_location(&self, event_type: &EventType) -> Result<(), Refusal> {
        let Some(location) = &self.location else {
            return Ok(());
        };
        let expected = match event_type.place {
            Place::Address(_) => "address",
            Place::Phone(_) => "phone",
            Place::Video => "integration",
        };
        let given = location.get("type").and_then(Value::as_str);
        // The team's default covers every team event type.
        if given == Some(expected)
            || (event_type.is_team() && given == Some("organizersDefaultApp"))
        {
            return Ok(());
        }
        Err(Refusal::bad_request(format!(
            "Location type {} is not one of the event type's",
            given.unwrap_or("unknown")
        )))
    }
}

impl Booker {
    fn check(&self) -> Result<(), Refusal> {
        if TimeZone::get(&self.time_zone).is_err() {
            return Err(Refusal::bad_request(
                "attendee.timeZone must be a valid IANA time zone",
            ));
        }
        match &self.language {
            Some(language) if !LANGUAGES.contains(&language.as_str()) => Err(Refusal::bad_request(
                format!("attendee.language {language} is not supported"),
            )),
            _ => Ok(()),
        }
    }
}

/// The texts for users and teams differ; out of hours and busy have the same.
fn in_words(error: CalComError, event_type: &EventType) -> Refusal {
    match error {
        CalComError::HostBusy if event_type.is_team() => Refusal::bad_request(
            "One of the hosts either already has booking at this time or is not available",
        ),
        CalComError::WrongKind => Refusal::bad_request(
            "Event type is the parent of a managed event type and cannot be booked",
        ),
        CalComError::WrongLength => Refusal::bad_request(
            "Provided lengthInMinutes is not one of the possible lengths of the event type",
        ),
        other => other.into(),
    }
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
    Path(uid): Path<String>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calcom = &world.story.calcom;
    // A series uid in place of a booking's gives all its occurrences.
    let series = calcom.find_series(&uid);
    if !series.is_empty() {
        let bodies = series
            .into_iter()
            .map(|booking| booking_body(calcom, booking, caller));
        return Ok(success(200, Json::list(bodies)));
    }
    let known = calcom.find_booking(&BookingUid::new(&uid));
    let booking = known.ok_or_else(|| {
        Refusal::not_found(format!(
            "Booking with uid={uid} was not found in the database"
        ))
    })?;
    if shape == Shape::Old {
        return Ok(old::booking(booking));
    }
    Ok(success(200, booking_body(calcom, booking, caller)))
}

pub(super) async fn show_by_seat(
    State(shared): State<Shared>,
    caller: Caller,
    Path(seat): Path<String>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calcom = &world.story.calcom;
    let seat = SeatUid::new(seat);
    let booking = calcom
        .bookings()
        .find(|booking| {
            booking
                .present()
                .any(|one| one.seat.as_ref() == Some(&seat))
        })
        .ok_or_else(|| {
            Refusal::not_found(format!("Booking with seat {} was not found", seat.as_str()))
        })?;
    Ok(success(200, booking_body(calcom, booking, caller)))
}

/// The body of a booking just made. The extra field is captured and documented nowhere.
pub(super) fn made(calcom: &CalCom, uid: &BookingUid, caller: Caller) -> Json {
    body_of(calcom, uid, caller).with("isPlatformManagedUserBooking", false)
}

/// The booking's body, or null when it is gone.
pub(super) fn body_of(calcom: &CalCom, uid: &BookingUid, caller: Caller) -> Json {
    calcom
        .find_booking(uid)
        .map_or(Json::Null, |booking| booking_body(calcom, booking, caller))
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
