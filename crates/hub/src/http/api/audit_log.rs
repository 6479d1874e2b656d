//! The audit log.

use axum::{Json, extract::State};
use calbridge_store::audit::AuditEntry;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as JsonValue;
use utoipa::ToSchema;

use super::{
    page::{self, PageBody, USUAL},
    timeline::PageQuery,
};
use crate::{
    app::App,
    http::{auth::Admin, extract::ValidQuery, problem::Problem},
    reads,
};

/// One thing somebody did.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditBody {
    /// Id.
    id: i64,
    /// Who or what.
    #[schema(example = "api_key:3")]
    actor: String,
    /// What was done.
    #[schema(example = "lead.change")]
    action: String,
    /// To what kind of thing.
    #[schema(example = "lead")]
    object_type: String,
    /// To which one.
    object_id: String,
    /// Before.
    #[schema(value_type = Option<Object>)]
    before: Option<JsonValue>,
    /// After.
    #[schema(value_type = Option<Object>)]
    after: Option<JsonValue>,
    /// When.
    created_at: Timestamp,
}

impl From<AuditEntry> for AuditBody {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            actor: entry.actor,
            action: entry.action,
            object_type: entry.object_type,
            object_id: entry.object_id,
            before: entry.before,
            after: entry.after,
            created_at: entry.created_at,
        }
    }
}

/// Who did what
///
/// Newest first. Needs the permission `admin`.
#[utoipa::path(
    get, path = "/api/v1/audit-log", tag = "administration", operation_id = "list_audit_log",
    params(PageQuery),
    responses((status = 200, description = "A page of entries", body = PageBody<AuditBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Admin(scope): Admin,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<PageBody<AuditBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let entries = reads::audit_log(&app, &scope, page).await?;
    Ok(Json(PageBody::of(entries, AuditBody::from)))
}
