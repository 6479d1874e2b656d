//! Webhook subscriptions: made and deleted, never changed; the key is never shown.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::gate::{Refusal, Token};
use super::resource;
use crate::calendly::EVENTS;
use crate::json::{Json, object};
use crate::server::body::{answer, read};
use crate::server::hooks::{CalendlyHook, MOST};
use crate::server::world::{Shared, World};
use crate::spelling::micros;

#[derive(Debug, Deserialize)]
struct Wish {
    url: Option<String>,
    events: Option<Vec<String>>,
    organization: Option<String>,
    scope: Option<String>,
    user: Option<String>,
    signing_key: Option<String>,
}

pub(super) async fn create(
    State(shared): State<Shared>,
    _token: Token,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Wish = read(&body).map_err(|error| Refusal::invalid("body", &error))?;
    let missing = |parameter: &str| Refusal::invalid(parameter, "is missing");
    let mut world = shared.world();
    let now = shared.clock.now();
    let uuid = world.ids.uuid();
    let hook = CalendlyHook {
        uri: format!(
            "{}/webhook_subscriptions/{}",
            world.story.calendly.base(),
            uuid
        ),
        url: wish.url.ok_or_else(|| missing("url"))?,
        events: wish.events.ok_or_else(|| missing("events"))?,
        organization: wish.organization.ok_or_else(|| missing("organization"))?,
        scope: wish.scope.ok_or_else(|| missing("scope"))?,
        user: wish.user,
        signing_key: wish.signing_key,
        created_at: now,
        updated_at: now,
        retry_started_at: None,
        disabled: false,
    };
    check(&world, &hook)?;
    let body = hook_body(&hook, &world);
    world.calendly_hooks.push(hook);
    Ok(resource(201, body))
}

#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    organization: Option<String>,
    scope: Option<String>,
    user: Option<String>,
}

pub(super) async fn list(
    State(shared): State<Shared>,
    _token: Token,
    Query(filter): Query<Filter>,
) -> Result<Response, Refusal> {
    let organization = filter
        .organization
        .ok_or_else(|| Refusal::invalid("organization", "is missing"))?;
    let scope = filter
        .scope
        .ok_or_else(|| Refusal::invalid("scope", "is missing"))?;
    let world = shared.world();
    let found: Vec<Json> = world
        .calendly_hooks
        .iter()
        .filter(|hook| {
            hook.organization == organization
                && hook.scope == scope
                && (filter.user.is_none() || hook.user == filter.user)
        })
        .map(|hook| hook_body(hook, &world))
        .collect();
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let pagination = object! {
        "count": count,
        "next_page": Json::Null,
        "previous_page": Json::Null,
        "next_page_token": Json::Null,
        "previous_page_token": Json::Null,
    };
    Ok(answer(
        200,
        &object! { "collection": found, "pagination": pagination },
    ))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    _token: Token,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let position = position(&world, &uuid)?;
    let hook = world
        .calendly_hooks
        .get(position)
        .ok_or_else(Refusal::not_found)?;
    Ok(resource(200, hook_body(hook, &world)))
}

pub(super) async fn delete(
    State(shared): State<Shared>,
    _token: Token,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let mut world = shared.world();
    let position = position(&world, &uuid)?;
    world.calendly_hooks.remove(position);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn check(world: &World, hook: &CalendlyHook) -> Result<(), Refusal> {
    let calendly = &world.story.calendly;
    if !hook.url.starts_with("https://") && !hook.url.starts_with("http://") {
        return Err(Refusal::invalid("url", "is invalid"));
    }
    if hook.organization != calendly.organization() {
        return Err(Refusal::invalid("organization", "is unknown"));
    }
    if !["user", "organization", "group"].contains(&hook.scope.as_str()) {
        return Err(Refusal::invalid("scope", "is invalid"));
    }
    if hook.scope == "user" && hook.user.is_none() {
        return Err(Refusal::invalid("user", "is missing"));
    }
    for event in &hook.events {
        let only_organization = event.starts_with("routing_form");
        if !EVENTS.contains(&event.as_str()) || (only_organization && hook.scope != "organization")
        {
            return Err(Refusal::invalid("events", "is invalid"));
        }
    }
    let taken = world
        .calendly_hooks
        .iter()
        .any(|other| other.url == hook.url && other.scope == hook.scope && other.user == hook.user);
    if taken {
        return Err(Refusal::exists("Hook with this url already exists"));
    }
    if world.calendly_hooks.len() >= MOST {
        return Err(Refusal::invalid("url", "emulator: too many subscriptions"));
    }
    Ok(())
}

fn position(world: &World, uuid: &str) -> Result<usize, Refusal> {
    world
        .calendly_hooks
        .iter()
        .position(|hook| hook.uri.rsplit('/').next() == Some(uuid))
        .ok_or_else(Refusal::not_found)
}

fn hook_body(hook: &CalendlyHook, world: &World) -> Json {
    object! {
        "uri": &hook.uri,
        "callback_url": &hook.url,
        "created_at": micros(hook.created_at),
        "updated_at": micros(hook.updated_at),
        "retry_started_at": hook.retry_started_at.map(micros),
        "state": if hook.disabled { "disabled" } else { "active" },
        "events": Json::list(&hook.events),
        "scope": &hook.scope,
        "organization": &hook.organization,
        "user": hook.user.as_ref(),
        "group": Json::Null,
        "creator": world.story.calendly.users().first().map(|owner| &owner.uri),
    }
}
