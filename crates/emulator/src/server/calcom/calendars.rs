//! `/v2/calendars`: the owner's connected calendar and when it says busy.

use axum::extract::State;
use axum::response::Response;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::event_types::owner_id;
use super::gate::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::success;
use crate::calcom::{Calendars, Host, Span};
use crate::json::{Json, object};
use crate::server::world::Shared;
use crate::spelling::millis;

/// The number of the calendar's credential.
const CREDENTIAL: i64 = 1;

pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let owner = calcom
        .hosts()
        .first()
        .filter(|_| calcom.calendars() == Calendars::Connected);
    let data = match owner {
        Some(owner) => object! {
            "connectedCalendars": Json::List(vec![connected(owner)]),
            "destinationCalendar": object! {
                "id": 1,
                "integration": "google_calendar",
                "externalId": &owner.email,
                "primaryEmail": &owner.email,
                "userId": owner.id,
                "eventTypeId": Json::Null,
                "credentialId": CREDENTIAL,
                "delegationCredentialId": Json::Null,
            },
        },
        // Captured.
        None => object! {
            "connectedCalendars": Json::List(Vec::new()),
            "destinationCalendar": object! {},
        },
    };
    Ok(success(200, data))
}

fn connected(owner: &Host) -> Json {
    let calendar = object! {
        "externalId": &owner.email,
        "integration": "google_calendar",
        "name": &owner.name,
        "primary": true,
        "readOnly": false,
        "email": &owner.email,
        "isSelected": true,
        "credentialId": CREDENTIAL,
        "delegationCredentialId": Json::Null,
    };
    object! {
        "integration": object! {
            "name": "Google Calendar",
            "description": "Google Calendar",
            "type": "google_calendar",
            "title": "Google Calendar",
            "variant": "calendar",
            "category": "calendar",
            "categories": Json::list(["calendar"]),
            "logo": "icon.svg",
            "publisher": "Cal.com",
            "slug": "google-calendar",
            "url": "https://cal.com/",
            "email": &owner.email,
            "locationOption": Json::Null,
        },
        "credentialId": CREDENTIAL,
        "delegationCredentialId": Json::Null,
        "primary": calendar.clone(),
        "calendars": Json::List(vec![calendar]),
    }
}

/// One bracketed pair for each calendar: `calendarsToLoad[0][credentialId]=1&calendarsToLoad[0][externalId]=…`.
pub(super) async fn busy_times(
    State(shared): State<Shared>,
    caller: Caller,
    params: Params,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let zone = params
        .get("timeZone")
        .or_else(|| params.get("loggedInUsersTz"));
    let zone = TimeZone::get(zone.unwrap_or("UTC"))
        .map_err(|_| Refusal::bad_request("timeZone must be a valid IANA time zone"))?;
    let day = |name: &str| {
        let wrong = || Refusal::bad_request(format!("{name} must be a date such as 2026-11-23"));
        let given = params.get(name).ok_or_else(wrong)?;
        given.parse::<Date>().map_err(|_| wrong())
    };
    let midnight = |date: Date| {
        date.to_datetime(Time::midnight())
            .to_zoned(zone.clone())
            .map(|zoned| zoned.timestamp())
            .map_err(|_| Refusal::bad_request("date out of range"))
    };
    let last = day("dateTo")?;
    let span = Span {
        start: midnight(day("dateFrom")?)?,
        end: midnight(last.tomorrow().unwrap_or(last))?,
    };
    let credentials = params.bracketed("calendarsToLoad", "credentialId");
    let wanted = params.bracketed("calendarsToLoad", "externalId");
    if wanted.is_empty() || credentials.len() != wanted.len() {
        return Err(Refusal::bad_request(
            "calendarsToLoad must hold pairs of credentialId and externalId",
        ));
    }
    let world = shared.world();
    let calcom = &world.story.calcom;
    let me = owner_id(calcom);
    let is_mine = calcom.hosts().first().is_some_and(|owner| {
        credentials.contains(&"1")
            && wanted.contains(&owner.email.as_str())
            && calcom.calendars() == Calendars::Connected
    });
    let busy = calcom
        .busy()
        .iter()
        .filter(|block| is_mine && block.host == me)
        .filter(|block| {
            span.overlaps(Span {
                start: block.start,
                end: block.end,
            })
        })
        .map(|block| {
            object! {
                "start": millis(block.start),
                "end": millis(block.end),
                "source": "google-calendar",
            }
        });
    Ok(success(200, Json::list(busy)))
}
