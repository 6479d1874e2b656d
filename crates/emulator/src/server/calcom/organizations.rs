//! What an organization has. Hosted service only, and only for those in it.

use axum::extract::{Path, State};
use axum::response::Response;

use super::event_type_body::team_body;
use super::event_types::{number, sort};
use super::gate::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::{success, teams};
use crate::calcom::{CalCom, EventType, Organization};
use crate::json::Json;
use crate::server::world::Shared;

pub(super) async fn teams(
    State(shared): State<Shared>,
    caller: Caller,
    Path(org): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    let page = params.page(250, 250)?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    enter(calcom, caller, &org)?;
    let teams = page
        .of(calcom.teams())
        .map(|team| teams::body(calcom, team));
    Ok(success(200, Json::list(teams)))
}

pub(super) async fn event_types(
    State(shared): State<Shared>,
    caller: Caller,
    Path(org): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    let page = params.page(250, 250)?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    enter(calcom, caller, &org)?;
    let mut found: Vec<&EventType> = calcom
        .event_types()
        .iter()
        .filter(|one| one.is_team())
        .collect();
    sort(&mut found, &params)?;
    let bodies = page.of(found).map(|one| team_body(calcom, one));
    Ok(success(200, Json::list(bodies)))
}

pub(super) async fn memberships(
    State(shared): State<Shared>,
    caller: Caller,
    Path(org): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    let page = params.page(250, 250)?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let organization = enter(calcom, caller, &org)?;
    let members = calcom.hosts().iter().enumerate().map(|(position, host)| {
        teams::membership(organization.id, position, host)
            .with("attributes", Json::List(Vec::new()))
    });
    Ok(success(200, Json::list(page.of(members))))
}

/// The organization of the path, for those who have a role in it.
pub(super) fn enter<'a>(
    calcom: &'a CalCom,
    caller: Caller,
    org: &str,
) -> Result<&'a Organization, Refusal> {
    caller.or_unauthorized()?;
    let id = number(org, "orgId")?;
    calcom
        .organization()
        .filter(|organization| organization.id == id)
        .ok_or_else(|| {
            Refusal::forbidden(format!(
                "RolesGuard - user is not part of the organization with id={id}"
            ))
        })
}
