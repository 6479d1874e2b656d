//! Connections. Secrets go in by the command line and never come out.

use axum::{Json, extract::State};
use calbridge_core::ids::ConnectionId;
use calbridge_store::sql::Json as Stored;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::PageBody;
use crate::{
    app::App,
    connections::{self, ApiEdit, ChangeApiError, ShownConnection},
    edit::Edit,
    http::{
        auth::Admin,
        extract::{AnyId, ValidJson},
        problem::Problem,
    },
};

/// An authorized link to one provider account.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub struct ConnectionBody {
    /// Id.
    id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// Tenant.
    tenant_id: i64,
    /// Provider.
    #[schema(example = "cal.com")]
    provider: &'static str,
    /// Name, unique among the tenant's connections of the provider.
    name: String,
    /// The path for the provider's webhook.
    #[schema(example = "/hooks/...")]
    webhook_path: String,
    /// Whether a delivery must be signed: `required` or `off`.
    #[schema(example = "required")]
    signature_policy: &'static str,
    /// Webhook secrets that count now; during a rotation two.
    webhook_secrets: usize,
    /// Whether there is an API key.
    has_api_key: bool,
    /// Events that are applied; null means all.
    wanted_events: Option<Vec<&'static str>>,
    /// Whether a booking of somebody unknown makes a lead.
    creates_leads: bool,
    /// Calendly's URI of the account's user.
    calendly_user_uri: Option<String>,
    /// Base URL of the API; null: that of the settings.
    api_url: Option<String>,
    /// Which versions of the API the server speaks; null until an answer has shown it.
    #[schema(example = "hosted-2026")]
    api_profile: Option<String>,
    /// The provider's id of the event type for bookings that name none.
    default_event_type_id: Option<String>,
    /// The provider's organization that it works in.
    organization_id: Option<i64>,
    /// The provider's team that it works in.
    team_id: Option<i64>,
    /// That team's slug.
    team_slug: Option<String>,
    /// Requests to the provider in a minute; null: those of the settings.
    requests_per_minute: Option<i32>,
    /// Requests to the provider at once; null: those of the settings.
    requests_at_once: Option<i32>,
    /// The account that the API key belongs to, as the provider said last.
    account_id: Option<String>,
    /// Its name.
    account_name: Option<String>,
    /// Its IANA zone.
    account_time_zone: Option<String>,
    /// When it was made.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
    /// When it was switched off.
    disabled_at: Option<Timestamp>,
}

impl From<ShownConnection> for ConnectionBody {
    fn from(shown: ShownConnection) -> Self {
        let ShownConnection {
            connection,
            webhook_secrets,
            has_api_key,
        } = shown;
        Self {
            id: connection.id.0,
            public_id: connection.public_id,
            tenant_id: connection.tenant_id.0,
            provider: connection.provider.as_str(),
            webhook_path: connection.webhook_path(),
            name: connection.name,
            signature_policy: connection.signature_policy.as_str(),
            webhook_secrets,
            has_api_key,
            wanted_events: connection
                .wanted_events
                .map(|Stored(wanted)| wanted.iter().map(|event| event.as_str()).collect()),
            creates_leads: connection.creates_leads,
            calendly_user_uri: connection.calendly_user_uri,
            api_url: connection.api_url,
            api_profile: connection.api_profile,
            default_event_type_id: connection.default_event_type_id,
            organization_id: connection.organization_id,
            team_id: connection.team_id,
            team_slug: connection.team_slug,
            requests_per_minute: connection.requests_per_minute,
            requests_at_once: connection.requests_at_once,
            account_id: connection.account_id,
            account_name: connection.account_name,
            account_time_zone: connection.account_time_zone,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            disabled_at: connection.disabled_at,
        }
    }
}

/// The tenant's connections
///
/// The oldest first, all on one page. Needs the permission `admin`.
#[utoipa::path(
    get, path = "/api/v1/connections", tag = "administration", operation_id = "list_connections",
    responses((status = 200, description = "The connections", body = PageBody<ConnectionBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Admin(scope): Admin,
) -> Result<Json<PageBody<ConnectionBody>>, Problem> {
    let all = connections::list(&app, &scope).await?;
    let data = all.into_iter().map(ConnectionBody::from).collect();
    Ok(Json(PageBody::whole(data)))
}

/// A connection
///
/// Needs the permission `admin`.
#[utoipa::path(
    get, path = "/api/v1/connections/{id}", tag = "administration", operation_id = "get_connection",
    params(("id" = i64, Path, description = "The connection")),
    responses((status = 200, description = "The connection", body = ConnectionBody)),
)]
pub async fn get(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
) -> Result<Json<ConnectionBody>, Problem> {
    let found = connections::find(&app, &scope, parse(&id)?).await?;
    found
        .map(|shown| Json(shown.into()))
        .ok_or_else(|| Problem::not_found(format!("there is no connection {id}")))
}

/// What to change. What is absent stays as it is; null goes back to the settings.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectionChange)]
pub struct ChangeConnectionRequest {
    /// Base URL of the API, `https://`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "https://api.cal.eu/v2")]
    api_url: Edit<String>,
    /// The provider's id of the event type for bookings that name none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    default_event_type_id: Edit<String>,
    /// The provider's organization.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    organization_id: Edit<i64>,
    /// The provider's team.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    team_id: Edit<i64>,
    /// That team's slug.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    team_slug: Edit<String>,
    /// Requests to the provider in a minute.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    requests_per_minute: Edit<i32>,
    /// Requests to the provider at once.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    requests_at_once: Edit<i32>,
}

impl From<ChangeConnectionRequest> for ApiEdit {
    fn from(request: ChangeConnectionRequest) -> Self {
        Self {
            api_url: request.api_url,
            default_event_type_id: request.default_event_type_id,
            organization_id: request.organization_id,
            team_id: request.team_id,
            team_slug: request.team_slug,
            requests_per_minute: request.requests_per_minute,
            requests_at_once: request.requests_at_once,
        }
    }
}

impl From<ChangeApiError> for Problem {
    fn from(error: ChangeApiError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeApiError::NotFound(_) => Self::not_found(detail),
            ChangeApiError::EmptyKey => Self::invalid("api_key", detail),
            ChangeApiError::BadUrl(_) => Self::invalid("api_url", detail),
            ChangeApiError::NotPositive(field) => Self::invalid(field, detail),
            ChangeApiError::Store(error) => error.into(),
        }
    }
}

/// Change how a connection's provider is reached
///
/// Needs the permission `admin`.
#[utoipa::path(
    patch, path = "/api/v1/connections/{id}", tag = "administration", operation_id = "change_connection",
    params(("id" = i64, Path, description = "The connection")),
    request_body = ChangeConnectionRequest,
    responses((status = 200, description = "The connection as it is now", body = ConnectionBody)),
)]
pub async fn change(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<ChangeConnectionRequest>,
) -> Result<Json<ConnectionBody>, Problem> {
    let id = parse(&id)?;
    connections::change_api(&app, &scope, id, request.into()).await?;
    let found = connections::find(&app, &scope, id).await?;
    found
        .map(|shown| Json(shown.into()))
        .ok_or_else(|| Problem::not_found(format!("there is no connection {id}")))
}

fn parse(id: &str) -> Result<ConnectionId, Problem> {
    id.parse()
        .map_err(|_| Problem::not_found("the path names no connection"))
}
