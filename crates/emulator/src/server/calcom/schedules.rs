//! `/v2/schedules`: the owner's opening hours.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::event_types::{number, owner_id};
use super::gate::Caller;
use super::refusal::Refusal;
use super::version::Shape;
use super::{old, success};
use crate::calcom::{CalCom, DayOverride, Hours, Schedule};
use crate::json::{Json, object};
use crate::server::body::read;
use crate::server::world::Shared;

pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let mine = mine(&world.story.calcom);
    let bodies = mine.map(|schedule| shown(schedule, shape));
    Ok(success(200, Json::list(bodies)))
}

pub(super) async fn default(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let schedule = calcom.default_schedule(owner_id(calcom));
    Ok(success(
        200,
        schedule.map_or(Json::Null, |schedule| shown(schedule, shape)),
    ))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let schedule = find(&world.story.calcom, &id)?;
    Ok(success(200, shown(schedule, shape)))
}

/// Unknown fields are dropped without a word here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    name: Option<String>,
    time_zone: Option<String>,
    availability: Option<Vec<Hours>>,
    is_default: Option<bool>,
    overrides: Option<Vec<DayOverride>>,
}

pub(super) async fn change(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let wish: Wish = read(&body).map_err(Refusal::bad_request)?;
    let mut world = shared.world();
    let calcom = &mut world.story.calcom;
    let mut schedule = find(calcom, &id)?.clone();
    schedule.name = wish.name.unwrap_or(schedule.name);
    if let Some(zone) = wish.time_zone {
        TimeZone::get(&zone)
            .map_err(|_| Refusal::bad_request("timeZone must be a valid IANA time zone"))?;
        schedule.time_zone = zone;
    }
    schedule.availability = wish.availability.unwrap_or(schedule.availability);
    schedule.overrides = wish.overrides.unwrap_or(schedule.overrides);
    schedule.is_default = wish.is_default.unwrap_or(schedule.is_default);
    calcom.set_schedule(schedule.clone());
    Ok(success(200, shown(&schedule, shape)))
}

fn mine(calcom: &CalCom) -> impl Iterator<Item = &Schedule> {
    let me = owner_id(calcom);
    calcom
        .schedules()
        .iter()
        .filter(move |schedule| schedule.owner == me)
}

fn find<'a>(calcom: &'a CalCom, id: &str) -> Result<&'a Schedule, Refusal> {
    let id = number(id, "scheduleId")?;
    if let Some(schedule) = mine(calcom).find(|schedule| schedule.id == id) {
        return Ok(schedule);
    }
    if calcom.schedules().iter().any(|schedule| schedule.id == id) {
        return Err(Refusal::forbidden(format!(
            "User does not own schedule with id={id}"
        )));
    }
    Err(Refusal::not_found(format!(
        "Schedule with id={id} not found"
    )))
}

fn shown(schedule: &Schedule, shape: Shape) -> Json {
    if shape == Shape::Old {
        return old::schedule(schedule);
    }
    object! {
        "id": schedule.id,
        "ownerId": schedule.owner,
        "name": &schedule.name,
        "timeZone": &schedule.time_zone,
        "availability": json(&schedule.availability),
        "isDefault": schedule.is_default,
        "overrides": json(&schedule.overrides),
    }
}

fn json(value: &impl Serialize) -> Json {
    let value = serde_json::to_value(value).unwrap_or_default();
    serde_json::from_value(value).unwrap_or(Json::Null)
}
