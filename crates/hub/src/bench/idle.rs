//! A path under the hub's whole HTTP stack where a delivery is read and answered, and nothing else is done with it.

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    routing::post,
};
use serde::Serialize;

use crate::{
    app::App,
    http::{self, Problem},
};

/// Before the token, which is as long as at the real path.
pub(super) const PATH: &str = "/idle";

/// As the real receipt.
#[derive(Serialize)]
struct Receipt {
    status: &'static str,
    success: bool,
    received: bool,
    event_type: String,
    event_id: i64,
}

/// The hub's router with this path beside the others.
pub(super) fn router(app: App) -> Router {
    let idle = Router::new().route(&format!("{PATH}/{{token}}"), post(take));
    http::router_with(app, idle)
}

async fn take(
    State(app): State<App>,
    Path(_token): Path<String>,
    request: Request,
) -> Result<Json<Receipt>, Problem> {
    let (parts, body) = request.into_parts();
    let body = http::body::read(&parts.headers, body, app.config.webhooks.max_body_bytes).await?;
    Ok(Json(Receipt {
        status: "processed",
        success: true,
        received: true,
        event_type: "BOOKING_CREATED".to_owned(),
        event_id: i64::try_from(body.len()).unwrap_or_default(),
    }))
}
