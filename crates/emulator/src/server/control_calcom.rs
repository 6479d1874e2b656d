//! The controls of the Cal.com side: which server it is, what goes wrong, what was asked, and what the account has.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use serde::Deserialize;
use serde_json::Value;

use super::body::{answer, read};
use super::control::refused;
use super::edition::CalComServer;
use super::world::Shared;
use crate::ApiPlan;
use crate::calcom::{BusyBlock, Calendars, EventType, Organization, Team};
use crate::json::{Json, object};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/calcom/server", get(server).put(set_server))
        .route("/calcom/faults", post(set_faults))
        .route("/calcom/calls", get(calls).delete(forget_calls))
        .route("/calcom/operations", get(operations))
        .route("/calcom/event-types", get(event_types).post(add_event_type))
        .route("/calcom/managed-event-types", post(add_managed))
        .route(
            "/calcom/event-types/{id}",
            patch(change_event_type).delete(remove_event_type),
        )
        .route("/calcom/busy", post(add_busy).delete(clear_busy))
        .route("/calcom/calendars", put(set_calendars))
        .route("/calcom/teams", post(set_team))
        .route("/calcom/organization", put(set_organization))
}

async fn server(State(shared): State<Shared>) -> Response {
    let server = shared.world().server.clone();
    axum::Json(server).into_response()
}

async fn set_server(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<CalComServer>(&body) {
        Ok(server) => {
            shared.set_calcom_server(server.clone());
            axum::Json(server).into_response()
        }
        Err(error) => refused(&error),
    }
}

async fn set_faults(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<ApiPlan>(&body) {
        Ok(plan) => {
            shared.set_api_plan(plan.clone());
            axum::Json(plan).into_response()
        }
        Err(error) => refused(&error),
    }
}

async fn calls(State(shared): State<Shared>) -> Response {
    let calls = shared.world().calls.calls();
    axum::Json(calls).into_response()
}

async fn forget_calls(State(shared): State<Shared>) -> Response {
    shared.world().calls.clear();
    nothing()
}

async fn operations(State(shared): State<Shared>) -> Response {
    let counts = shared.world().calls.counts();
    axum::Json(counts).into_response()
}

async fn event_types(State(shared): State<Shared>) -> Response {
    let event_types = shared.world().story.calcom.event_types().to_vec();
    axum::Json(event_types).into_response()
}

async fn add_event_type(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<EventType>(&body) {
        Ok(event_type) => {
            let id = shared.world().story.calcom.add_event_type(event_type);
            answer(201, &object! { "id": id })
        }
        Err(error) => refused(&error),
    }
}

/// A managed event type of a team.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Managed {
    team: i64,
    template: EventType,
}

async fn add_managed(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<Managed>(&body) {
        Ok(Managed { team, template }) => {
            let calcom = &mut shared.world().story.calcom;
            let (id, children) = calcom.add_managed(team, &template);
            answer(201, &object! { "id": id, "children": Json::list(children) })
        }
        Err(error) => refused(&error),
    }
}

/// The fields given take the place of those there are; nested ones too.
async fn change_event_type(
    State(shared): State<Shared>,
    Path(id): Path<i64>,
    body: Bytes,
) -> Response {
    let change = match read::<Value>(&body) {
        Ok(change) => change,
        Err(error) => return refused(&error),
    };
    let calcom = &mut shared.world().story.calcom;
    let Some(known) = calcom.find_event_type(id) else {
        return answer(404, &object! { "error": "no such event type" });
    };
    let mut merged = serde_json::to_value(known).unwrap_or_default();
    merge(&mut merged, change);
    match serde_json::from_value::<EventType>(merged) {
        Ok(changed) => {
            match calcom.change_event_type(id, |known| *known = EventType { id, ..changed }) {
                Ok(()) => nothing(),
                Err(error) => refused(&error.to_string()),
            }
        }
        Err(error) => refused(&error.to_string()),
    }
}

fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change))
            if into.contains_key("slug") || into.contains_key("lengths") =>
        {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change,
    }
}

async fn remove_event_type(State(shared): State<Shared>, Path(id): Path<i64>) -> Response {
    match shared.world().story.calcom.remove_event_type(id) {
        Ok(()) => nothing(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn add_busy(State(shared): State<Shared>, body: Bytes) -> Response {
    let block = match read::<BusyBlock>(&body) {
        Ok(block) => block,
        Err(error) => return refused(&error),
    };
    match shared.world().story.calcom.add_busy(block) {
        Ok(()) => nothing(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn clear_busy(State(shared): State<Shared>) -> Response {
    shared.world().story.calcom.clear_busy();
    nothing()
}

async fn set_calendars(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<Calendars>(&body) {
        Ok(calendars) => {
            shared.world().story.calcom.connect_calendars(calendars);
            nothing()
        }
        Err(error) => refused(&error),
    }
}

async fn set_team(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<Team>(&body) {
        Ok(team) => {
            shared.world().story.calcom.set_team(team);
            nothing()
        }
        Err(error) => refused(&error),
    }
}

/// Null leaves the organization.
async fn set_organization(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<Option<Organization>>(&body) {
        Ok(organization) => {
            shared.world().story.calcom.set_organization(organization);
            nothing()
        }
        Err(error) => refused(&error),
    }
}

fn nothing() -> Response {
    answer(200, &object! {})
}
