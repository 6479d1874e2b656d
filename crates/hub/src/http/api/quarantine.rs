//! Deliveries that nothing verified.

use axum::{Json, extract::State};
use calbridge_store::quarantine::QuarantinedDelivery;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    page::{self, PageBody},
    raw::RawBody,
    timeline::PageQuery,
};
use crate::{
    app::App,
    http::{auth::Admin, extract::ValidQuery, problem::Problem},
    reads,
};

/// Bodies come along, so a page is short.
const FEW: i64 = 20;

/// A delivery that nothing verified. Nothing in it is to be trusted.
#[derive(Serialize, ToSchema)]
#[schema(as = QuarantinedDelivery)]
pub struct QuarantinedBody {
    /// Id.
    id: i64,
    /// Connection, when the URL names one.
    connection_id: Option<i64>,
    /// The provider that the URL is for.
    #[schema(example = "cal.com")]
    provider: &'static str,
    /// Through which URL it came.
    #[schema(example = "webhooks/calcom")]
    door: String,
    /// Why it is here.
    reason: String,
    #[serde(flatten)]
    raw: RawBody,
    /// When it came.
    created_at: Timestamp,
}

impl From<QuarantinedDelivery> for QuarantinedBody {
    fn from(delivery: QuarantinedDelivery) -> Self {
        Self {
            id: delivery.id,
            connection_id: delivery.connection_id.map(i64::from),
            provider: delivery.provider.as_str(),
            door: delivery.door,
            reason: delivery.reason,
            raw: RawBody::new(delivery.headers.0, delivery.body),
            created_at: delivery.created_at,
        }
    }
}

/// Deliveries that nothing verified
///
/// Newest first; 20 if `limit` is absent. Needs the permission `admin`. Those that came through the shared URLs belong
/// to no tenant and are shown while there is only one.
#[utoipa::path(
    get, path = "/api/v1/quarantine", tag = "administration", operation_id = "list_quarantine",
    params(PageQuery),
    responses((status = 200, description = "A page of deliveries", body = PageBody<QuarantinedBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Admin(scope): Admin,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<PageBody<QuarantinedBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), FEW)?;
    let found = reads::quarantined(&app, &scope, page).await?;
    Ok(Json(PageBody::of(found, QuarantinedBody::from)))
}
