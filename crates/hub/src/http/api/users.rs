//! Users: list, create, get, change.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_store::users::User;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{page::PageBody, params};
use crate::{
    app::App,
    edit::Edit,
    http::{
        auth::{Admin, Reader},
        extract::{AnyId, ValidJson},
        problem::{Code, Problem},
    },
    users::{self, ChangeUserError, FindUserError, NewUser, UserEdit},
};

/// A person of the tenant, whether or not they sign in. Some host meetings.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    /// Id.
    id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// Name.
    #[schema(example = "Kim Lee")]
    name: String,
    /// E-mail address.
    email: Option<String>,
    /// Still one of them.
    is_active: bool,
    /// Cal.com's id of the person.
    #[schema(example = 98_765)]
    calcom_user_id: Option<i64>,
    /// Cal.com's name of the account.
    #[schema(example = "dr.smith")]
    calcom_username: Option<String>,
    /// IANA zone.
    time_zone: Option<String>,
    /// When the user was added.
    created_at: Timestamp,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            public_id: user.public_id,
            name: user.name,
            email: user.email,
            is_active: user.is_active,
            calcom_user_id: user.calcom_user_id,
            calcom_username: user.calcom_username,
            time_zone: user.time_zone,
            created_at: user.created_at,
        }
    }
}

impl From<FindUserError> for Problem {
    fn from(error: FindUserError) -> Self {
        match error {
            FindUserError::NotFound(_) => Self::not_found(error.to_string()),
            FindUserError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeUserError> for Problem {
    fn from(error: ChangeUserError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeUserError::NotFound(_) => Self::not_found(detail),
            ChangeUserError::BadName => Self::invalid("name", detail),
            ChangeUserError::HostTaken => Self::new(Code::Conflict, detail).at("calcom_user_id"),
            ChangeUserError::Store(error) => error.into(),
        }
    }
}

/// List the users
///
/// The oldest first, all on one page.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "users", operation_id = "list_users",
    responses((status = 200, description = "The users", body = PageBody<UserBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
) -> Result<Json<PageBody<UserBody>>, Problem> {
    let all = users::list(&app, &scope).await?;
    let data = all.into_iter().map(UserBody::from).collect();
    Ok(Json(PageBody::whole(data)))
}

/// Get a user
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", operation_id = "get_user",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    responses((status = 200, description = "The user", body = UserBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<UserBody>, Problem> {
    Ok(Json(users::find(&app, &scope, &id).await?.into()))
}

/// What is told about a user. What is absent stays as it is; null empties it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange)]
pub struct UserRequest {
    /// Name; a new user needs one.
    name: Option<String>,
    /// E-mail address: by it a provider's host is recognized.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Edit<String>,
    /// Still one of them.
    is_active: Option<bool>,
    /// Cal.com's id of the person.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    calcom_user_id: Edit<i64>,
    /// Cal.com's name of the account.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    calcom_username: Edit<String>,
    /// IANA zone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    time_zone: Edit<String>,
}

impl UserRequest {
    fn parse(self) -> Result<UserEdit, Problem> {
        Ok(UserEdit {
            name: self.name,
            email: self.email.try_map(|email| params::email("email", &email))?,
            is_active: self.is_active,
            calcom_user_id: self.calcom_user_id,
            calcom_username: self.calcom_username,
            time_zone: self
                .time_zone
                .try_map(|zone| params::time_zone("time_zone", &zone))?,
        })
    }
}

/// Add a user
///
/// Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/users", tag = "users", operation_id = "create_user",
    request_body = UserRequest,
    responses((
        status = 201, description = "The user", body = UserBody,
        headers(("Location", description = "Their path")),
    )),
)]
pub async fn create(
    State(app): State<App>,
    Admin(scope): Admin,
    ValidJson(mut request): ValidJson<UserRequest>,
) -> Result<Response, Problem> {
    let missing = || Problem::new(Code::MissingField, "a user needs a name").at("name");
    let new = NewUser {
        name: request.name.take().ok_or_else(missing)?,
        told: request.parse()?,
    };
    let user = users::create(&app, &scope, new).await?;
    let location = [(header::LOCATION, format!("/api/v1/users/{}", user.id))];
    let body = Json(UserBody::from(user));
    Ok((StatusCode::CREATED, location, body).into_response())
}

/// Change a user
///
/// Needs the permission `admin`.
#[utoipa::path(
    patch, path = "/api/v1/users/{id}", tag = "users", operation_id = "change_user",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    request_body = UserRequest,
    responses((status = 200, description = "The user as they are now", body = UserBody)),
)]
pub async fn change(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<UserRequest>,
) -> Result<Json<UserBody>, Problem> {
    let user = users::change(&app, &scope, &id, request.parse()?).await?;
    Ok(Json(user.into()))
}
