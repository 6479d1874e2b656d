//! `GET /v2/slots`: free starts by day, both in the zone asked for.

use axum::extract::State;
use axum::response::Response;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::params::Params;
use super::refusal::Refusal;
use crate::calcom::{BookingUid, CalCom, EventType, Kind, Offer, SlotQuery, Span};
use crate::json::{Json, object};
use crate::server::body::answer;
use crate::server::world::Shared;
use crate::spelling::millis;

const PARAMETERS: [&str; 13] = [
    "start",
    "end",
    "eventTypeId",
    "eventTypeSlug",
    "username",
    "usernames",
    "teamSlug",
    "organizationSlug",
    "timeZone",
    "duration",
    "format",
    "bookingUidToReschedule",
    "rrHostSubsetIds",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Time,
    Range,
}

/// Needs no credentials. The data comes first: captured.
pub(super) async fn list(
    State(shared): State<Shared>,
    params: Params,
) -> Result<Response, Refusal> {
    params.only(&PARAMETERS)?;
    let query = SlotQuery {
        span: Span {
            start: edge(&params, "start", Edge::Start)?,
            end: edge(&params, "end", Edge::End)?,
        },
        minutes: duration(&params)?,
        moved: params.get("bookingUidToReschedule").map(BookingUid::new),
    };
    let zone = params.get("timeZone").map(zone).transpose()?;
    let format = params
        .word(
            "format",
            &[("time", Format::Time), ("range", Format::Range)],
        )?
        .unwrap_or(Format::Time);
    let world = shared.world();
    let calcom = &world.story.calcom;
    let now = shared.clock.now();
    // An inverted range is no error, there is just nothing in it: captured.
    let offers = match selected(calcom, &params)? {
        Selected::EventType(event_type) => calcom.slots(event_type, &query, now),
        Selected::Hosts(hosts) => calcom.common_slots(hosts, &query, now),
    };
    let days = by_day(&offers, zone.as_ref(), format);
    Ok(answer(200, &object! { "data": days, "status": "success" }))
}

/// What the free slots are of.
enum Selected<'a> {
    EventType(&'a EventType),
    Hosts(Vec<i64>),
}

fn selected<'a>(calcom: &'a CalCom, params: &Params) -> Result<Selected<'a>, Refusal> {
    if let Some(names) = params.list("usernames") {
        if names.len() < 2 || params.get("organizationSlug").is_none() {
            return Err(Refusal::bad_request(
                "usernames needs at least two of them, and organizationSlug",
            ));
        }
        let ids: Result<Vec<i64>, _> = names.iter().map(|name| user(calcom, name)).collect();
        return ids.map(Selected::Hosts);
    }
    let event_type = select(
        calcom,
        params.number("eventTypeId")?,
        params.get("eventTypeSlug"),
        params.get("username"),
        params.get("teamSlug"),
    )?;
    match event_type.kind {
        Kind::Managed => Err(Refusal::bad_request(
            "Managed event types have no slots of their own: ask for those of their children",
        )),
        _ => Ok(Selected::EventType(event_type)),
    }
}

/// The event type of an id, or of a slug with a user or a team.
pub(super) fn select<'a>(
    calcom: &'a CalCom,
    id: Option<i64>,
    slug: Option<&str>,
    username: Option<&str>,
    team: Option<&str>,
) -> Result<&'a EventType, Refusal> {
    let missing = || Refusal::not_found("Event Type not found");
    if let Some(id) = id {
        return calcom.find_event_type(id).ok_or_else(missing);
    }
    let of = |wanted: &dyn Fn(&EventType) -> bool| {
        calcom
            .event_types()
            .iter()
            .find(|one| Some(one.slug.as_str()) == slug && wanted(one))
            .ok_or_else(missing)
    };
    match (slug, username, team) {
        (Some(_), Some(name), _) => {
            let user = user(calcom, name)?;
            of(&|one| one.user() == Some(user))
        }
        (Some(_), None, Some(name)) => {
            let team = calcom
                .teams()
                .iter()
                .find(|team| team.slug == name)
                .ok_or_else(|| Refusal::not_found(format!("Team with slug {name} not found")))?;
            of(&|one| one.team() == Some(team.id))
        }
        _ => Err(Refusal::bad_request(
            "One of eventTypeId, eventTypeSlug with username, eventTypeSlug with teamSlug must be given",
        )),
    }
}

fn user(calcom: &CalCom, name: &str) -> Result<i64, Refusal> {
    calcom
        .hosts()
        .iter()
        .find(|host| host.username == name)
        .map(|host| host.id)
        .ok_or_else(|| Refusal::not_found(format!("User with username {name} not found")))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

/// A day or an instant in UTC. An end at midnight sharp means the end of that day: 1.6.
fn edge(params: &Params, name: &str, edge: Edge) -> Result<Timestamp, Refusal> {
    let wrong = || Refusal::bad_request(format!("{name} must be a valid ISO 8601 date string"));
    let given = params.get(name).ok_or_else(wrong)?;
    let instant = match given.parse::<Date>() {
        Ok(date) if !given.contains('T') => date
            .to_datetime(Time::midnight())
            .to_zoned(TimeZone::UTC)
            .map_err(|_| wrong())?
            .timestamp(),
        _ => super::bookings::instant(given).map_err(|_| wrong())?,
    };
    let at = instant.to_zoned(TimeZone::UTC);
    if edge == Edge::End && at.time() == Time::midnight() {
        let last = at.date().at(23, 59, 59, 0).to_zoned(TimeZone::UTC);
        return last.map(|last| last.timestamp()).map_err(|_| wrong());
    }
    Ok(instant)
}

/// Any number is taken: captured.
fn duration(params: &Params) -> Result<Option<i32>, Refusal> {
    let wrong = |_| Refusal::bad_request("duration must be a number");
    params
        .number("duration")?
        .map(i32::try_from)
        .transpose()
        .map_err(wrong)
}

fn zone(name: &str) -> Result<TimeZone, Refusal> {
    TimeZone::get(name).map_err(|_| Refusal::bad_request("timeZone must be a valid IANA time zone"))
}

fn by_day(offers: &[Offer], zone: Option<&TimeZone>, format: Format) -> Json {
    let mut days: Vec<(String, Json)> = Vec::new();
    for offer in offers {
        let local = |at: Timestamp| at.to_zoned(zone.cloned().unwrap_or(TimeZone::UTC));
        let spelled = |at: Timestamp| match zone {
            Some(_) => with_offset(&local(at)),
            None => millis(at),
        };
        let mut slot = object! { "start": spelled(offer.span.start) };
        if format == Format::Range {
            slot = slot.with("end", spelled(offer.span.end));
        }
        if let Some(seats) = &offer.seats {
            slot = slot
                .with("seatsBooked", seats.booked)
                .with("seatsRemaining", seats.total - seats.booked)
                .with("seatsTotal", seats.total);
            if let Some(uid) = &seats.booking {
                slot = slot.with("bookingUid", uid.as_str());
            }
        }
        let day = local(offer.span.start).date().to_string();
        match days.last_mut() {
            Some((last, Json::List(slots))) if *last == day => slots.push(slot),
            _ => days.push((day, Json::List(vec![slot]))),
        }
    }
    Json::Object(days)
}

/// `2050-09-05T09:00:00.000+02:00`
fn with_offset(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}
