//! Webhooks of the user, of event types and of the organization: 1.13. Lists have no `pagination`; the secret comes
//! back in clear.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::event_types::{number, owner_id, unknown as unknown_event_type};
use super::gate::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::subscriber;
use super::{organizations, success, teams};
use crate::calcom::TRIGGERS;
use crate::json::{Json, object};
use crate::server::body::read;
use crate::server::edition::Edition;
use crate::server::hooks::{CalComHook, Level, MOST};
use crate::server::world::{Shared, World};
use crate::spelling::millis;

/// The names in the path: `team`, `event_type`, `org`, `hook`.
type Names = Path<HashMap<String, String>>;

/// Unknown fields are dropped without a word here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    active: Option<bool>,
    subscriber_url: Option<String>,
    triggers: Option<Vec<String>>,
    secret: Option<String>,
    payload_template: Option<String>,
    version: Option<String>,
    time: Option<i64>,
    time_unit: Option<String>,
}

pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Path(names): Names,
    params: Params,
) -> Result<Response, Refusal> {
    let page = params.page(250, 250)?;
    let world = shared.world();
    let level = enter(&world, caller, &names)?;
    let hooks = world.calcom_hooks.iter().filter(|hook| hook.level == level);
    let bodies = page.of(hooks).map(|hook| body(&world, hook));
    Ok(success(200, Json::list(bodies)))
}

pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    Path(names): Names,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let mut world = shared.world();
    let level = enter(&world, caller, &names)?;
    let wish: Wish = read(&bytes).map_err(Refusal::bad_request)?;
    let missing = |what: &str| Refusal::bad_request(format!("{what} should not be empty"));
    check(&world, &wish, level, None)?;
    if world.calcom_hooks.len() >= MOST {
        return Err(Refusal::bad_request("emulator: too many webhooks"));
    }
    let hook = CalComHook {
        id: world.ids.uuid(),
        level,
        subscriber_url: wish
            .subscriber_url
            .ok_or_else(|| missing("subscriberUrl"))?,
        triggers: wish.triggers.ok_or_else(|| missing("triggers"))?,
        active: wish.active.ok_or_else(|| missing("active"))?,
        secret: wish.secret,
        payload_template: wish.payload_template,
        version: wish.version.unwrap_or_else(|| "2021-10-20".to_owned()),
        time: wish.time,
        time_unit: wish.time_unit,
        created_at: shared.clock.now(),
    };
    let data = body(&world, &hook);
    world.calcom_hooks.push(hook);
    Ok(success(201, data))
}

/// On community servers the single GET shows more than the other answers: captured.
pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(names): Names,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let position = find(&world, caller, &names)?;
    let hook = &world.calcom_hooks[position];
    let data = match world.server.edition {
        Edition::Hosted => body(&world, hook),
        Edition::Classic => {
            object! { "userId": Json::Null, "eventTypeId": Json::Null, "teamId": Json::Null }
                .overlaid(body(&world, hook))
                .overlaid(versioned(hook))
                .overlaid(object! {
                    "createdAt": millis(hook.created_at),
                    "appId": Json::Null,
                    "platform": false,
                    "platformOAuthClientId": Json::Null,
                })
        }
    };
    Ok(success(200, data))
}

pub(super) async fn change(
    State(shared): State<Shared>,
    caller: Caller,
    Path(names): Names,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let mut world = shared.world();
    let position = find(&world, caller, &names)?;
    let wish: Wish = read(&bytes).map_err(Refusal::bad_request)?;
    let (level, id) = {
        let hook = &world.calcom_hooks[position];
        (hook.level, hook.id.clone())
    };
    check(&world, &wish, level, Some(&id))?;
    let hook = &mut world.calcom_hooks[position];
    if let Some(url) = wish.subscriber_url {
        hook.subscriber_url = url;
    }
    if let Some(triggers) = wish.triggers {
        hook.triggers = triggers;
    }
    if let Some(version) = wish.version {
        hook.version = version;
    }
    hook.active = wish.active.unwrap_or(hook.active);
    hook.secret = wish.secret.or_else(|| hook.secret.take());
    hook.payload_template = wish
        .payload_template
        .or_else(|| hook.payload_template.take());
    hook.time = wish.time.or(hook.time);
    hook.time_unit = wish.time_unit.or_else(|| hook.time_unit.take());
    Ok(success(200, body(&world, &world.calcom_hooks[position])))
}

pub(super) async fn delete(
    State(shared): State<Shared>,
    caller: Caller,
    Path(names): Names,
) -> Result<Response, Refusal> {
    let mut world = shared.world();
    let position = find(&world, caller, &names)?;
    let gone = world.calcom_hooks.remove(position);
    Ok(success(200, body(&world, &gone)))
}

pub(super) async fn delete_all(
    State(shared): State<Shared>,
    caller: Caller,
    Path(names): Names,
) -> Result<Response, Refusal> {
    let mut world = shared.world();
    let level = enter(&world, caller, &names)?;
    let before = world.calcom_hooks.len();
    world.calcom_hooks.retain(|hook| hook.level != level);
    let gone = before - world.calcom_hooks.len();
    Ok(success(200, Json::from(format!("{gone} webhooks deleted"))))
}

/// The level of the path, for those who may see it.
fn enter(world: &World, caller: Caller, names: &HashMap<String, String>) -> Result<Level, Refusal> {
    caller.or_unauthorized()?;
    let calcom = &world.story.calcom;
    if let Some(org) = names.get("org") {
        return organizations::enter(calcom, caller, org).map(|org| Level::Organization(org.id));
    }
    let Some(id) = names.get("event_type") else {
        return Ok(Level::User(owner_id(calcom)));
    };
    let id = number(id, "eventTypeId")?;
    let event_type = calcom
        .find_event_type(id)
        .ok_or_else(|| unknown_event_type(id))?;
    let is_there = match names.get("team") {
        Some(team) => event_type.team() == Some(teams::find(calcom, team)?.id),
        None => event_type.user() == Some(owner_id(calcom)),
    };
    if is_there {
        Ok(Level::EventType(id))
    } else {
        Err(Refusal::forbidden("User is not owner of the event type"))
    }
}

/// Where the webhook of the path is.
fn find(world: &World, caller: Caller, names: &HashMap<String, String>) -> Result<usize, Refusal> {
    let level = enter(world, caller, names)?;
    let id = names.get("hook").map_or("", String::as_str);
    world
        .calcom_hooks
        .iter()
        .position(|hook| hook.id == id && hook.level == level)
        .ok_or_else(|| Refusal::not_found(format!("Webhook ({id}) not found")))
}

fn check(world: &World, wish: &Wish, level: Level, except: Option<&str>) -> Result<(), Refusal> {
    if let Some(url) = &wish.subscriber_url {
        subscriber::check(url, world.server.subscribers)?;
        let taken = world.calcom_hooks.iter().any(|hook| {
            hook.subscriber_url == *url && hook.level == level && Some(hook.id.as_str()) != except
        });
        if taken {
            return Err(Refusal::conflict(
                "Webhook with this subscriber url already exists for this user",
            ));
        }
    }
    for trigger in wish.triggers.iter().flatten() {
        if trigger == "PING" || !TRIGGERS.contains(&trigger.as_str()) {
            return Err(Refusal::bad_request(format!(
                "{trigger} is not a valid trigger"
            )));
        }
    }
    let units = [None, Some("DAY"), Some("HOUR"), Some("MINUTE")];
    if !units.contains(&wish.time_unit.as_deref()) {
        return Err(Refusal::bad_request(
            "timeUnit must be one of DAY, HOUR, MINUTE",
        ));
    }
    match (wish.version.as_deref(), world.server.edition) {
        (None | Some("2021-10-20"), _) | (Some("2026-07-27"), Edition::Hosted) => Ok(()),
        (Some(other), _) => Err(Refusal::bad_request(format!(
            "{other} is not a webhook version"
        ))),
    }
}

fn body(world: &World, hook: &CalComHook) -> Json {
    let (owner, id) = match hook.level {
        Level::User(id) => ("userId", id),
        Level::EventType(id) => ("eventTypeId", id),
        Level::Organization(id) => ("teamId", id),
    };
    let body = object! {
        "id": &hook.id,
        "payloadTemplate": hook.payload_template.as_ref(),
        "triggers": Json::list(&hook.triggers),
        "subscriberUrl": &hook.subscriber_url,
        "active": hook.active,
        "secret": hook.secret.as_ref(),
    }
    .with(owner, id);
    match world.server.edition {
        Edition::Hosted => body.and(versioned(hook)),
        Edition::Classic => body,
    }
}

fn versioned(hook: &CalComHook) -> Json {
    object! {
        "version": &hook.version,
        "time": hook.time,
        "timeUnit": hook.time_unit.as_ref(),
    }
}
