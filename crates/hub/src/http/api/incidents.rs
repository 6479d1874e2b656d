//! Incidents.

use axum::{Json, extract::State};
use calbridge_store::incidents::Incident;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{self, PageBody, USUAL};
use crate::{
    app::App,
    http::{
        auth::Admin,
        extract::{AnyId, ValidQuery},
        problem::Problem,
    },
    incidents::{self, Kind, ResolveIncidentError, Which},
};

/// Something that an operator should look at.
#[derive(Serialize, ToSchema)]
#[schema(as = Incident)]
pub struct IncidentBody {
    /// Id.
    id: i64,
    /// What is the matter.
    #[schema(example = "breaker_open")]
    kind: String,
    /// Tells two of a kind apart.
    #[schema(example = "connection:1")]
    subject: String,
    /// The connection it is about.
    connection_id: Option<i64>,
    /// What was seen last.
    detail: String,
    /// What to do about it.
    remedy: Option<&'static str>,
    /// How often it was seen.
    occurrences: i64,
    /// When it was seen first.
    first_seen_at: Timestamp,
    /// When it was seen last.
    last_seen_at: Timestamp,
    /// When it was over; null while it lasts.
    resolved_at: Option<Timestamp>,
}

impl From<Incident> for IncidentBody {
    fn from(incident: Incident) -> Self {
        Self {
            id: incident.id,
            remedy: Kind::from_word(&incident.kind).map(Kind::remedy),
            kind: incident.kind,
            subject: incident.subject,
            connection_id: incident.connection_id.map(i64::from),
            detail: incident.detail,
            occurrences: incident.occurrences,
            first_seen_at: incident.first_seen_at,
            last_seen_at: incident.last_seen_at,
            resolved_at: incident.resolved_at,
        }
    }
}

impl From<ResolveIncidentError> for Problem {
    fn from(error: ResolveIncidentError) -> Self {
        match error {
            ResolveIncidentError::NotFound(_) => Self::not_found(error.to_string()),
            ResolveIncidentError::Store(error) => error.into(),
        }
    }
}

/// Which incidents.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IncidentQuery {
    /// `true` for those that last only, oldest first and on one page.
    open: Option<bool>,
    /// Rows of a page, 1 to 200.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Incidents
///
/// Newest first. Needs the permission `admin`.
#[utoipa::path(
    get, path = "/api/v1/incidents", tag = "administration", operation_id = "list_incidents",
    params(IncidentQuery),
    responses((status = 200, description = "A page of incidents", body = PageBody<IncidentBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Admin(scope): Admin,
    ValidQuery(query): ValidQuery<IncidentQuery>,
) -> Result<Json<PageBody<IncidentBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let which = match query.open {
        Some(true) => Which::Open,
        Some(false) | None => Which::All,
    };
    let found = incidents::list(&app, &scope, which, page).await?;
    Ok(Json(PageBody::of(found, IncidentBody::from)))
}

/// Say that an incident is over
///
/// What still lasts is raised again as a new one. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/resolve", tag = "administration", operation_id = "resolve_incident",
    params(("id" = i64, Path, description = "The incident")),
    responses((status = 200, description = "It is over", body = IncidentBody)),
)]
pub async fn resolve(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
) -> Result<Json<IncidentBody>, Problem> {
    let id = id
        .parse()
        .map_err(|_| Problem::not_found("the path names no incident"))?;
    let incident = incidents::resolve(&app, &scope, id).await?;
    Ok(Json(incident.into()))
}
