//! Scheduled events and their invitees.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::gate::{Refusal, Token};
use super::resource;
use crate::calendly::{Calendly, EventUri, InviteeUri};
use crate::json::{Json, object};
use crate::server::body::read;
use crate::server::world::Shared;

pub(super) async fn show(
    State(shared): State<Shared>,
    _token: Token,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calendly = &world.story.calendly;
    let uri = event_uri(calendly, &uuid);
    let event = calendly.find_event(&uri).ok_or_else(Refusal::not_found)?;
    let body = calendly
        .event_resource(event, shared.clock.now())?
        .with("calendar_event", Json::Null);
    Ok(resource(200, body))
}

pub(super) async fn show_invitee(
    State(shared): State<Shared>,
    _token: Token,
    Path((event, invitee)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calendly = &world.story.calendly;
    let uri = InviteeUri::new(format!(
        "{}/invitees/{invitee}",
        event_uri(calendly, &event)
    ));
    let invitee = calendly.find_invitee(&uri).ok_or_else(Refusal::not_found)?;
    Ok(resource(200, calendly.invitee_resource(invitee)))
}

#[derive(Debug, Deserialize)]
struct Cancel {
    reason: Option<String>,
}

/// Cancels for everyone; a second cancel is 403.
pub(super) async fn cancel(
    State(shared): State<Shared>,
    _token: Token,
    Path(uuid): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Cancel = read(&body).map_err(|error| Refusal::invalid("body", &error))?;
    if wish
        .reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > 10_000)
    {
        return Err(Refusal::invalid("reason", "is too long"));
    }
    shared.change(|world, now| {
        let calendly = &mut world.story.calendly;
        let uri = event_uri(calendly, &uuid);
        let deliveries = calendly.cancel_event(&uri, wish.reason.as_deref(), now)?;
        let event = calendly.find_event(&uri).ok_or_else(Refusal::not_found)?;
        let body = calendly.event_resource(event, now)?;
        let body = body.get("cancellation").cloned().unwrap_or(object! {});
        Ok((resource(201, body), deliveries))
    })
}

pub(super) fn event_uri(calendly: &Calendly, uuid: &str) -> EventUri {
    EventUri::new(format!("{}/scheduled_events/{uuid}", calendly.base()))
}
