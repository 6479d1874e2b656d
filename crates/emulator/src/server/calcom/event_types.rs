//! `GET /v2/event-types` and `GET /v2/event-types/{id}`.

use axum::extract::{Path, State};
use axum::response::Response;

use super::event_type_body::{own_body, team_body};
use super::gate::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::version::Shape;
use super::{old, success};
use crate::calcom::{CalCom, EventType};
use crate::json::Json;
use crate::server::world::Shared;

/// In which order a list comes; ids rise with the time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    OldestFirst,
    NewestFirst,
}

const ORDERS: [(&str, Order); 2] = [("asc", Order::OldestFirst), ("desc", Order::NewestFirst)];

/// One's own, or those of the users named. Without credentials, and those of others, without the hidden ones.
pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
    params: Params,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calcom = &world.story.calcom;
    let me = owner_id(calcom);
    if shape == Shape::Old {
        caller.or_unauthorized()?;
        return Ok(old::event_types(calcom));
    }
    let named = params.list("usernames").or_else(|| {
        let one = params.get("username")?;
        Some(vec![one])
    });
    let users: Vec<i64> = match (named, caller) {
        (Some(wanted), _) => calcom
            .hosts()
            .iter()
            .filter(|host| wanted.contains(&host.username.as_str()))
            .map(|host| host.id)
            .collect(),
        (None, Caller::Owner) => vec![me],
        (None, Caller::Anonymous) => Vec::new(),
    };
    let slug = params.get("eventSlug");
    let mut found: Vec<_> = calcom
        .event_types()
        .iter()
        .filter(|one| {
            let is_mine = caller == Caller::Owner && one.user() == Some(me);
            one.user().is_some_and(|user| users.contains(&user))
                && (is_mine || !one.settings.hidden)
                && slug.is_none_or(|slug| one.slug == slug)
        })
        .collect();
    sort(&mut found, &params)?;
    let bodies = found.into_iter().map(|one| own_body(calcom, one));
    Ok(success(200, Json::list(bodies)))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let id = number(&id, "eventTypeId")?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let event_type = calcom.find_event_type(id).ok_or_else(|| unknown(id))?;
    match event_type.user() {
        _ if shape == Shape::Old => Ok(old::event_type(event_type)),
        None => Ok(success(200, team_body(calcom, event_type))),
        Some(user) if user == owner_id(calcom) => Ok(success(200, own_body(calcom, event_type))),
        Some(_) => Err(Refusal::forbidden(format!(
            "User does not own event type with id={id}"
        ))),
    }
}

/// The user whose key it is.
pub(super) fn owner_id(calcom: &CalCom) -> i64 {
    calcom.hosts().first().map_or(1, |owner| owner.id)
}

/// An id in a path.
pub(super) fn number(given: &str, name: &str) -> Result<i64, Refusal> {
    given.parse().map_err(|_| {
        Refusal::bad_request(format!(
            "{name} must be a number (numeric string is expected)"
        ))
    })
}

pub(super) fn unknown(id: i64) -> Refusal {
    Refusal::not_found(format!("Event type with id {id} not found"))
}

/// By time of creation, if that is wished for.
pub(super) fn sort(found: &mut [&EventType], params: &Params) -> Result<(), Refusal> {
    match params.word("sortCreatedAt", &ORDERS)? {
        Some(Order::OldestFirst) => found.sort_by_key(|one| one.id),
        Some(Order::NewestFirst) => found.sort_by_key(|one| std::cmp::Reverse(one.id)),
        None => {}
    }
    Ok(())
}
