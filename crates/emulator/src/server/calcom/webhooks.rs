//! The user's webhooks. Lists have no `pagination`; the secret comes back in clear.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::gate::Caller;
use super::refusal::Refusal;
use super::success;
use crate::calcom::TRIGGERS;
use crate::json::{Json, object};
use crate::server::body::read;
use crate::server::hooks::{CalComHook, MOST};
use crate::server::world::{Shared, World};
use crate::spelling::millis;

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
}

pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    Ok(success(
        200,
        Json::list(world.calcom_hooks.iter().map(hook_body)),
    ))
}

pub(super) async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let wish: Wish = read(&body).map_err(Refusal::bad_request)?;
    let missing = |what: &str| Refusal::bad_request(format!("{what} should not be empty"));
    let mut world = shared.world();
    check(&world, &wish, None)?;
    if world.calcom_hooks.len() >= MOST {
        return Err(Refusal::bad_request("emulator: too many webhooks"));
    }
    let hook = CalComHook {
        id: world.ids.uuid(),
        subscriber_url: wish
            .subscriber_url
            .ok_or_else(|| missing("subscriberUrl"))?,
        triggers: wish.triggers.ok_or_else(|| missing("triggers"))?,
        active: wish.active.ok_or_else(|| missing("active"))?,
        secret: wish.secret,
        payload_template: wish.payload_template,
        created_at: shared.clock.now(),
    };
    let data = hook_body(&hook);
    world.calcom_hooks.push(hook);
    Ok(success(201, data))
}

/// The single GET shows more than the other answers: captured.
pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let hook = world
        .calcom_hooks
        .iter()
        .find(|hook| hook.id == id)
        .ok_or_else(|| unknown(&id))?;
    let data = hook_body(hook).and(object! {
        "version": "2021-10-20",
        "time": Json::Null,
        "timeUnit": Json::Null,
        "createdAt": millis(hook.created_at),
        "appId": Json::Null,
        "platform": false,
        "teamId": Json::Null,
        "eventTypeId": Json::Null,
        "platformOAuthClientId": Json::Null,
    });
    Ok(success(200, data))
}

pub(super) async fn change(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let wish: Wish = read(&body).map_err(Refusal::bad_request)?;
    let mut world = shared.world();
    check(&world, &wish, Some(&id))?;
    let hook = world
        .calcom_hooks
        .iter_mut()
        .find(|hook| hook.id == id)
        .ok_or_else(|| unknown(&id))?;
    if let Some(url) = wish.subscriber_url {
        hook.subscriber_url = url;
    }
    if let Some(triggers) = wish.triggers {
        hook.triggers = triggers;
    }
    hook.active = wish.active.unwrap_or(hook.active);
    hook.secret = wish.secret.or_else(|| hook.secret.take());
    hook.payload_template = wish
        .payload_template
        .or_else(|| hook.payload_template.take());
    Ok(success(200, hook_body(hook)))
}

pub(super) async fn delete(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let mut world = shared.world();
    let position = world.calcom_hooks.iter().position(|hook| hook.id == id);
    let gone = world
        .calcom_hooks
        .remove(position.ok_or_else(|| unknown(&id))?);
    Ok(success(200, hook_body(&gone)))
}

fn check(world: &World, wish: &Wish, except: Option<&str>) -> Result<(), Refusal> {
    if let Some(url) = &wish.subscriber_url {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Refusal::bad_request("subscriberUrl must be a URL address"));
        }
        let taken = world
            .calcom_hooks
            .iter()
            .any(|hook| hook.subscriber_url == *url && Some(hook.id.as_str()) != except);
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
    match wish.version.as_deref() {
        None | Some("2021-10-20") => Ok(()),
        Some(other) => Err(Refusal::bad_request(format!(
            "{other} is not a webhook version"
        ))),
    }
}

fn unknown(id: &str) -> Refusal {
    Refusal::not_found(format!("Webhook ({id}) not found"))
}

fn hook_body(hook: &CalComHook) -> Json {
    object! {
        "id": &hook.id,
        "payloadTemplate": hook.payload_template.as_ref(),
        "triggers": Json::list(&hook.triggers),
        "subscriberUrl": &hook.subscriber_url,
        "active": hook.active,
        "secret": hook.secret.as_ref(),
        "userId": 1,
    }
}
