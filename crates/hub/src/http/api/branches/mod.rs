//! Branches: list, create, get, change, delete, and what each one offers.

mod offers;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_store::branches::Branch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::offers::*;
use super::{page::PageBody, params};
use crate::{
    app::App,
    branches::{self, BranchEdit, ChangeBranchError, FindBranchError, NewBranch},
    edit::Edit,
    http::{
        auth::{Admin, Reader},
        extract::{AnyId, ValidJson},
        problem::{Code, Problem},
    },
};

/// A place where meetings are held.
#[derive(Serialize, ToSchema)]
#[schema(as = Branch)]
pub struct BranchBody {
    /// Id.
    id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// Name, unique in the tenant.
    #[schema(example = "Center")]
    name: String,
    /// IANA zone.
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// Address.
    address: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// Whether it offers anything at present.
    is_active: bool,
    /// When it was added.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
}

impl From<Branch> for BranchBody {
    fn from(branch: Branch) -> Self {
        Self {
            id: branch.id.0,
            public_id: branch.public_id,
            name: branch.name,
            time_zone: branch.time_zone,
            address: branch.address,
            phone: branch.phone,
            is_active: branch.is_active,
            created_at: branch.created_at,
            updated_at: branch.updated_at,
        }
    }
}

impl From<FindBranchError> for Problem {
    fn from(error: FindBranchError) -> Self {
        match error {
            FindBranchError::NotFound(_) => Self::not_found(error.to_string()),
            FindBranchError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeBranchError> for Problem {
    fn from(error: ChangeBranchError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeBranchError::NotFound(_) => Self::not_found(detail),
            ChangeBranchError::BadName => Self::invalid("name", detail),
            ChangeBranchError::NameTaken => Self::new(Code::Conflict, detail).at("name"),
            ChangeBranchError::Store(error) => error.into(),
        }
    }
}

/// List the branches
///
/// The oldest first, all on one page.
#[utoipa::path(
    get, path = "/api/v1/branches", tag = "branches", operation_id = "list_branches",
    responses((status = 200, description = "The branches", body = PageBody<BranchBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
) -> Result<Json<PageBody<BranchBody>>, Problem> {
    let all = branches::list(&app, &scope).await?;
    let data = all.into_iter().map(BranchBody::from).collect();
    Ok(Json(PageBody::whole(data)))
}

/// A branch to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBranch)]
pub struct NewBranchRequest {
    /// Name, unique in the tenant.
    #[schema(example = "Center")]
    name: String,
    /// IANA zone.
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// Address.
    address: Option<String>,
    /// Phone number, as people write it.
    phone: Option<String>,
    /// Whether it offers anything at present; true if absent.
    is_active: Option<bool>,
}

/// Add a branch
///
/// Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/branches", tag = "branches", operation_id = "create_branch",
    request_body = NewBranchRequest,
    responses((
        status = 201, description = "The branch", body = BranchBody,
        headers(("Location", description = "Its path")),
    )),
)]
pub async fn create(
    State(app): State<App>,
    Admin(scope): Admin,
    ValidJson(request): ValidJson<NewBranchRequest>,
) -> Result<Response, Problem> {
    let told = ChangeBranchRequest {
        name: None,
        time_zone: request.time_zone.map_or(Edit::Keep, Edit::Set),
        address: request.address.map_or(Edit::Keep, Edit::Set),
        phone: request.phone.map_or(Edit::Keep, Edit::Set),
        is_active: request.is_active,
    };
    let new = NewBranch {
        name: request.name,
        told: told.parse()?,
    };
    let branch = branches::create(&app, &scope, new).await?;
    let location = [(header::LOCATION, format!("/api/v1/branches/{}", branch.id))];
    let body = Json(BranchBody::from(branch));
    Ok((StatusCode::CREATED, location, body).into_response())
}

/// Get a branch
#[utoipa::path(
    get, path = "/api/v1/branches/{id}", tag = "branches", operation_id = "get_branch",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    responses((status = 200, description = "The branch", body = BranchBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<BranchBody>, Problem> {
    Ok(Json(branches::find(&app, &scope, &id).await?.into()))
}

/// What to change. What is absent stays as it is; null empties it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BranchChange)]
pub struct ChangeBranchRequest {
    /// Name, unique in the tenant.
    name: Option<String>,
    /// IANA zone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    time_zone: Edit<String>,
    /// Address.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    address: Edit<String>,
    /// Phone number.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone: Edit<String>,
    /// Whether it offers anything at present.
    is_active: Option<bool>,
}

impl ChangeBranchRequest {
    fn parse(self) -> Result<BranchEdit, Problem> {
        Ok(BranchEdit {
            name: self.name,
            time_zone: self
                .time_zone
                .try_map(|zone| params::time_zone("time_zone", &zone))?,
            address: self.address,
            phone: self.phone,
            is_active: self.is_active,
        })
    }
}

/// Change a branch
///
/// Needs the permission `admin`.
#[utoipa::path(
    patch, path = "/api/v1/branches/{id}", tag = "branches", operation_id = "change_branch",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    request_body = ChangeBranchRequest,
    responses((status = 200, description = "The branch as it is now", body = BranchBody)),
)]
pub async fn change(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<ChangeBranchRequest>,
) -> Result<Json<BranchBody>, Problem> {
    let branch = branches::change(&app, &scope, &id, request.parse()?).await?;
    Ok(Json(branch.into()))
}

/// Delete a branch
///
/// With what it offers; the event types stay. Needs the permission `admin`.
#[utoipa::path(
    delete, path = "/api/v1/branches/{id}", tag = "branches", operation_id = "delete_branch",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    responses((status = 204, description = "It is gone")),
)]
pub async fn delete(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
) -> Result<StatusCode, Problem> {
    branches::delete(&app, &scope, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
