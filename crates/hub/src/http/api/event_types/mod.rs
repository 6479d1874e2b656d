//! Event types: list, get, change, sync.

pub mod body;
mod change;
mod sync;

use axum::{Json, extract::State};
use calbridge_core::ids::ConnectionId;
use calbridge_store::event_types::EventTypeFilter;
use serde::Deserialize;

pub use self::{body::EventTypeBody, change::*, sync::*};
use super::page::{self, PageBody, USUAL};
use crate::{
    app::App,
    branches,
    event_types::{self, FindEventTypeError},
    http::{
        auth::Reader,
        extract::{AnyId, ValidQuery},
        problem::{Code, Problem},
    },
};

impl From<FindEventTypeError> for Problem {
    fn from(error: FindEventTypeError) -> Self {
        let detail = error.to_string();
        match error {
            FindEventTypeError::NotFound(_) => Self::not_found(detail),
            FindEventTypeError::Ambiguous(_) => Self::new(Code::AmbiguousId, detail),
            FindEventTypeError::Store(error) => error.into(),
        }
    }
}

/// Which event types.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventTypeQuery {
    /// Only those that can be booked, or those that cannot.
    active: Option<bool>,
    /// Only those that this branch offers: its `id` or `public_id`.
    branch: Option<String>,
    /// Only of this connection.
    connection_id: Option<i64>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List event types
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/event-types", tag = "event types", operation_id = "list_event_types",
    params(EventTypeQuery),
    responses((status = 200, description = "A page of event types", body = PageBody<EventTypeBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<EventTypeQuery>,
) -> Result<Json<PageBody<EventTypeBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let branch_id = match query.branch {
        Some(branch) => Some(branches::find(&app, &scope, &branch).await?.id),
        None => None,
    };
    let filter = EventTypeFilter {
        active: query.active,
        branch_id,
        connection_id: query.connection_id.map(ConnectionId),
        ..EventTypeFilter::default()
    };
    let found = event_types::list(&app, &scope, &filter, page).await?;
    Ok(Json(PageBody::of(found, EventTypeBody::from)))
}

/// Get an event type
#[utoipa::path(
    get, path = "/api/v1/event-types/{id}", tag = "event types", operation_id = "get_event_type",
    params(("id" = String, Path, description = "`id`, `public_id`, the provider's id, or the slug with its owner")),
    responses((status = 200, description = "The event type", body = EventTypeBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<EventTypeBody>, Problem> {
    Ok(Json(event_types::find(&app, &scope, &id).await?.into()))
}
