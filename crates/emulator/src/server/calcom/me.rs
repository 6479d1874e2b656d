//! `GET /v2/me`.

use axum::extract::State;
use axum::response::Response;

use super::gate::Caller;
use super::refusal::Refusal;
use super::success;
use crate::json::{Json, object};
use crate::server::world::Shared;

/// After `api_001` of the captures.
pub(super) async fn show(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let owner = calcom.hosts().first();
    let schedule = owner.and_then(|owner| calcom.default_schedule(owner.id));
    let organization = calcom.organization();
    let me = object! {
        "id": owner.map(|owner| owner.id),
        "email": owner.map(|owner| &owner.email),
        "name": owner.map(|owner| &owner.name),
        "avatarUrl": Json::Null,
        "bio": Json::Null,
        "timeFormat": 12,
        "defaultScheduleId": schedule.map(|schedule| schedule.id),
        "weekStart": "Monday",
        "timeZone": owner.map(|owner| &owner.time_zone),
        "username": owner.map(|owner| &owner.username),
        "organizationId": organization.map(|organization| organization.id),
    };
    let me = match organization {
        Some(organization) => me.with(
            "organization",
            object! { "isPlatform": false, "id": organization.id },
        ),
        None => me,
    };
    Ok(success(200, me))
}
