//! Webhook events: list, get, replay.

pub mod body;
mod replay;

use axum::{Json, extract::State};
use calbridge_core::{
    ids::ConnectionId,
    scope::{Permission, Scope},
};
use calbridge_store::webhook_events::{EventFilter, EventStatus, WebhookEvent};
use serde::Deserialize;

use self::body::{EventBody, FullEventBody};
pub use self::replay::*;
use super::{
    page::{self, PageBody, USUAL},
    params,
    raw::RawBody,
};
use crate::{
    app::App,
    http::{
        auth::Reader,
        extract::{AnyId, ValidQuery},
        problem::Problem,
    },
    reads,
};

/// Which events.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only with this status: `received`, `processed`, `ignored` or `failed`.
    status: Option<String>,
    /// `true`: only those that failed and are not tried again by themselves.
    parked: Option<bool>,
    /// Only of this provider: `calcom` or `calendly`.
    provider: Option<String>,
    /// Only of this connection.
    connection_id: Option<i64>,
    /// Only with this name, as sent.
    event_type: Option<String>,
    /// Only about what the provider calls this.
    external_id: Option<String>,
    /// Only through this URL, such as `webhooks/calcom` or `hooks`.
    door: Option<String>,
    /// Only received at or after: a time, or a date, which means its first instant in UTC.
    from: Option<String>,
    /// Only received before: a time, or a date, which means its first instant in UTC.
    to: Option<String>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl EventQuery {
    fn filter(&self) -> Result<EventFilter, Problem> {
        Ok(EventFilter {
            parked: self.parked.unwrap_or_default(),
            status: self.status.as_deref().map(status).transpose()?,
            provider: self
                .provider
                .as_deref()
                .map(|text| params::provider("provider", text))
                .transpose()?,
            connection_id: self.connection_id.map(ConnectionId),
            event_type: self.event_type.clone(),
            external_id: self.external_id.clone(),
            door: self
                .door
                .as_deref()
                .map(|door| door.trim_matches('/').to_owned()),
            from: self
                .from
                .as_deref()
                .map(|text| params::instant("from", text))
                .transpose()?,
            to: self
                .to
                .as_deref()
                .map(|text| params::instant("to", text))
                .transpose()?,
        })
    }
}

/// The status of events that a word names, in any case.
fn status(word: &str) -> Result<EventStatus, Problem> {
    EventStatus::from_word(&word.trim().to_lowercase())
        .ok_or_else(|| Problem::invalid("status", "use received, processed, ignored or failed"))
}

/// List webhook events
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/webhook-events", tag = "webhook events", operation_id = "list_webhook_events",
    params(EventQuery),
    responses((status = 200, description = "A page of events", body = PageBody<EventBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<EventQuery>,
) -> Result<Json<PageBody<EventBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let found = reads::events(&app, &scope, &query.filter()?, page).await?;
    Ok(Json(PageBody::of(found, EventBody::from)))
}

/// Get a webhook event
///
/// With the permission `admin` also its headers and its body, as received, while they are kept.
#[utoipa::path(
    get, path = "/api/v1/webhook-events/{id}", tag = "webhook events", operation_id = "get_webhook_event",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    responses((status = 200, description = "The event", body = FullEventBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<FullEventBody>, Problem> {
    let event = find(&app, &scope, &id).await?;
    let raw = if scope.may(Permission::Admin) {
        reads::event_body(&app, &scope, event.id).await?
    } else {
        None
    };
    let raw = raw.map(|(headers, body)| RawBody::new(headers, body));
    Ok(Json(FullEventBody::new(event, raw)))
}

async fn find(app: &App, scope: &Scope, any_id: &str) -> Result<WebhookEvent, Problem> {
    reads::event(app, scope, any_id)
        .await?
        .ok_or_else(|| Problem::not_found(format!("there is no webhook event {any_id}")))
}
