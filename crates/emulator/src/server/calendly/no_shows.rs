//! Marks of people who did not come.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::gate::{Refusal, Token};
use super::resource;
use crate::calendly::{Calendly, Invitee, InviteeUri};
use crate::json::{Json, object};
use crate::server::body::read;
use crate::server::world::Shared;
use crate::spelling::micros;

#[derive(Debug, Deserialize)]
struct Mark {
    invitee: Option<String>,
}

pub(super) async fn create(
    State(shared): State<Shared>,
    _token: Token,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Mark = read(&body).map_err(|error| Refusal::invalid("body", &error))?;
    let uri = wish
        .invitee
        .ok_or_else(|| Refusal::invalid("invitee", "is missing"))?;
    let uri = InviteeUri::new(uri);
    shared.change(|world, now| {
        let calendly = &mut world.story.calendly;
        let deliveries = calendly.mark_no_show(&uri, now)?;
        let invitee = calendly.find_invitee(&uri).ok_or_else(Refusal::not_found)?;
        Ok((resource(201, mark_body(invitee)), deliveries))
    })
}

pub(super) async fn show(
    State(shared): State<Shared>,
    _token: Token,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let invitee = marked(&world.story.calendly, &uuid).ok_or_else(Refusal::not_found)?;
    Ok(resource(200, mark_body(invitee)))
}

pub(super) async fn delete(
    State(shared): State<Shared>,
    _token: Token,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    shared.change(|world, now| {
        let calendly = &mut world.story.calendly;
        let invitee = marked(calendly, &uuid).ok_or_else(Refusal::not_found)?;
        let uri = invitee.uri.clone();
        let deliveries = calendly.unmark_no_show(&uri, now)?;
        Ok((StatusCode::NO_CONTENT.into_response(), deliveries))
    })
}

fn marked<'a>(calendly: &'a Calendly, uuid: &str) -> Option<&'a Invitee> {
    calendly.invitees().iter().find(|invitee| {
        invitee
            .no_show
            .as_ref()
            .is_some_and(|mark| mark.uri.rsplit('/').next() == Some(uuid))
    })
}

fn mark_body(invitee: &Invitee) -> Json {
    object! {
        "uri": invitee.no_show.as_ref().map(|mark| &mark.uri),
        "invitee": invitee.uri.as_str(),
        "created_at": invitee.no_show.as_ref().map(|mark| micros(mark.created_at)),
    }
}
