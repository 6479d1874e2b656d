//! Which of a provider's people are users of ours: the list for a review, and what a person decides.

use axum::{Json, extract::State};
use calbridge_core::ids::{ConnectionId, HostMatchId, UserId};
use calbridge_store::host_matches::{HostMatch, MatchFilter, MatchState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{self, PageBody, USUAL};
use crate::{
    app::App,
    hosts::{self, ReviewError},
    http::{
        auth::{Admin, Reader},
        extract::{AnyId, OptionalJson, ValidQuery},
        problem::{Code, Problem},
    },
};

/// A provider's person, and who of ours it is.
#[derive(Serialize, ToSchema)]
#[schema(as = HostMatch)]
pub struct HostMatchBody {
    /// Id.
    id: i64,
    /// The connection.
    connection_id: i64,
    /// The provider's id of the person.
    provider_user_id: String,
    /// Name.
    name: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// The provider's name of the account.
    username: Option<String>,
    /// The user it is, may be, or is not.
    user_id: Option<i64>,
    /// How sure that is, of 100; from 90 on it is confirmed without a person.
    #[schema(example = 70)]
    confidence: u8,
    /// What speaks for it: `same_id`, `same_email`, `same_username`, `same_name_and_account`, `same_name`, `chosen`, `nobody`.
    why: &'static str,
    /// `suggested`: a person should look; `confirmed`, `rejected`.
    #[schema(example = "suggested")]
    state: &'static str,
    /// When the person was first seen.
    created_at: Timestamp,
    /// When this was changed last.
    updated_at: Timestamp,
}

impl From<HostMatch> for HostMatchBody {
    fn from(row: HostMatch) -> Self {
        Self {
            id: row.id.0,
            connection_id: row.connection_id.0,
            provider_user_id: row.provider_user_id,
            name: row.name,
            email: row.email,
            username: row.username,
            user_id: row.user_id.map(i64::from),
            confidence: row.confidence,
            why: row.why.as_str(),
            state: row.state.as_str(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        let detail = error.to_string();
        match error {
            ReviewError::NotFound(_) => Self::not_found(detail),
            ReviewError::UnknownUser(_) => Self::invalid("user_id", detail),
            ReviewError::Nobody => Self::new(Code::MissingField, detail).at("user_id"),
            ReviewError::Store(error) => error.into(),
        }
    }
}

/// Which of them.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HostMatchQuery {
    /// Only in this state: `suggested`, `confirmed` or `rejected`.
    state: Option<String>,
    /// Only of this connection.
    connection_id: Option<i64>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List a provider's people
///
/// Newest first. `state=suggested` are those that a person should look at.
#[utoipa::path(
    get, path = "/api/v1/host-matches", tag = "users", operation_id = "list_host_matches",
    params(HostMatchQuery),
    responses((status = 200, description = "A page of them", body = PageBody<HostMatchBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<HostMatchQuery>,
) -> Result<Json<PageBody<HostMatchBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let unknown = || Problem::invalid("state", "use suggested, confirmed or rejected");
    let filter = MatchFilter {
        state: match query.state {
            Some(word) => Some(MatchState::from_word(&word).ok_or_else(unknown)?),
            None => None,
        },
        connection_id: query.connection_id.map(ConnectionId),
    };
    let found = hosts::list(&app, &scope, &filter, page).await?;
    Ok(Json(PageBody::of(found, HostMatchBody::from)))
}

/// Who it is.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = HostMatchConfirmation)]
pub struct ConfirmRequest {
    /// The user; the one who is suggested if absent.
    user_id: Option<i64>,
}

/// It is the user
///
/// Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/host-matches/{id}/confirm", tag = "users", operation_id = "confirm_host_match",
    params(("id" = String, Path, description = "`id`")),
    request_body = Option<ConfirmRequest>,
    responses((status = 200, description = "As it is now", body = HostMatchBody)),
)]
pub async fn confirm(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    OptionalJson(request): OptionalJson<ConfirmRequest>,
) -> Result<Json<HostMatchBody>, Problem> {
    let user = request.user_id.map(UserId);
    let row = hosts::confirm(&app, &scope, parse(&id)?, user).await?;
    Ok(Json(row.into()))
}

/// It is not the user
///
/// The same user is not suggested again. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/host-matches/{id}/reject", tag = "users", operation_id = "reject_host_match",
    params(("id" = String, Path, description = "`id`")),
    responses((status = 200, description = "As it is now", body = HostMatchBody)),
)]
pub async fn reject(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
) -> Result<Json<HostMatchBody>, Problem> {
    Ok(Json(hosts::reject(&app, &scope, parse(&id)?).await?.into()))
}

fn parse(id: &str) -> Result<HostMatchId, Problem> {
    id.parse()
        .map_err(|_| Problem::not_found(format!("there is no host match {id}")))
}
