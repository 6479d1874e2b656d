//! Teams, who is in them, and what they offer. Hosted service only.

use axum::extract::{Path, State};
use axum::response::Response;

use super::event_type_body::team_body;
use super::event_types::{number, sort, unknown};
use super::gate::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::success;
use crate::calcom::{CalCom, EventType, Host, Team};
use crate::json::{Json, known, object};
use crate::server::world::Shared;

pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let teams = calcom.teams().iter().map(|team| body(calcom, team));
    Ok(success(200, Json::list(teams)))
}

pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    Ok(success(200, body(calcom, find(calcom, &id)?)))
}

pub(super) async fn memberships(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let page = params.page(250, 250)?;
    let emails = params.list("emails").unwrap_or_default();
    if emails.len() > 20 {
        return Err(Refusal::bad_request(
            "emails must contain no more than 20 elements",
        ));
    }
    let world = shared.world();
    let calcom = &world.story.calcom;
    let team = find(calcom, &id)?;
    let members = members(calcom, team)
        .filter(|(_, host)| emails.is_empty() || emails.contains(&host.email.as_str()))
        .map(|(position, host)| membership(team.id, position, host));
    Ok(success(200, Json::list(page.of(members))))
}

/// Readable without credentials: 1.8.
pub(super) async fn event_types(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calcom = &world.story.calcom;
    let team = find(calcom, &id)?;
    let slug = params.get("eventSlug");
    let hosts_limit = params.number("hostsLimit")?;
    let mut found: Vec<&EventType> = of_team(calcom, team.id)
        .filter(|one| caller == Caller::Owner || !one.settings.hidden)
        .filter(|one| slug.is_none_or(|slug| one.slug == slug))
        .collect();
    sort(&mut found, &params)?;
    let bodies = found.into_iter().map(|one| {
        let body = team_body(calcom, one);
        match (hosts_limit, body.get("hosts")) {
            (Some(limit), Some(Json::List(hosts))) => {
                let some = hosts.iter().take(usize::try_from(limit).unwrap_or(0));
                let some = Json::list(some.cloned());
                body.with("hosts", some)
            }
            _ => body,
        }
    });
    Ok(success(200, Json::list(bodies)))
}

pub(super) async fn event_type(
    State(shared): State<Shared>,
    caller: Caller,
    Path((team, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let id = number(&id, "eventTypeId")?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let team = find(calcom, &team)?;
    let event_type = of_team(calcom, team.id)
        .find(|one| one.id == id)
        .ok_or_else(|| unknown(id))?;
    Ok(success(200, team_body(calcom, event_type)))
}

pub(super) fn find<'a>(calcom: &'a CalCom, id: &str) -> Result<&'a Team, Refusal> {
    let id = number(id, "teamId")?;
    calcom
        .find_team(id)
        .ok_or_else(|| Refusal::not_found(format!("Team with id {id} not found")))
}

/// The team's event types.
pub(super) fn of_team(calcom: &CalCom, team: i64) -> impl Iterator<Item = &EventType> {
    calcom
        .event_types()
        .iter()
        .filter(move |one| one.team() == Some(team))
}

/// The hosts in a team, with their place in it.
pub(super) fn members<'a>(
    calcom: &'a CalCom,
    team: &'a Team,
) -> impl Iterator<Item = (usize, &'a Host)> {
    team.members
        .iter()
        .enumerate()
        .filter_map(|(position, id)| {
            let host = calcom.hosts().iter().find(|host| host.id == *id)?;
            Some((position, host))
        })
}

/// The first member owns the team.
pub(super) fn membership(team: i64, position: usize, host: &Host) -> Json {
    object! {
        "id": team * 100 + host.id,
        "userId": host.id,
        "teamId": team,
        "accepted": true,
        "role": if position == 0 { "OWNER" } else { "MEMBER" },
        "disableImpersonation": false,
        "user": object! {
            "avatarUrl": Json::Absent,
            "username": &host.username,
            "name": &host.name,
            "email": &host.email,
            "metadata": object! {},
        },
    }
}

pub(super) fn body(calcom: &CalCom, team: &Team) -> Json {
    object! {
        "id": team.id,
        "parentId": known(calcom.organization().map(|organization| organization.id)),
        "name": &team.name,
        "slug": &team.slug,
        "hideBranding": false,
        "isOrganization": false,
        "isPrivate": false,
        "hideBookATeamMember": false,
        "metadata": object! {},
        "timeFormat": 12,
        "timeZone": "Europe/Berlin",
        "weekStart": "Monday",
    }
}
