//! Whether the process lives, and whether it can work.

use std::time::Duration;

use axum::{Json, extract::State};
use calbridge_store::tenants;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Code, Problem};
use crate::app::App;

/// The database must answer within this.
const MOST_TIME: Duration = Duration::from_secs(2);

/// All is well.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthBody {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: HealthBody = HealthBody { status: "ok" };

/// Whether the process serves
#[utoipa::path(
    get, path = "/health/live", tag = "health", operation_id = "get_live",
    responses((status = 200, description = "It does", body = HealthBody)),
    security(()),
)]
pub async fn live() -> Json<HealthBody> {
    Json(OK)
}

/// Whether it can work
///
/// The database answers, and what stores deliveries and does jobs in this process is alive.
#[utoipa::path(
    get, path = "/health/ready", tag = "health", operation_id = "get_ready",
    responses((status = 200, description = "It can", body = HealthBody)),
    security(()),
)]
pub async fn ready(State(app): State<App>) -> Result<Json<HealthBody>, Problem> {
    if let Some(trouble) = app.liveness.trouble() {
        tracing::warn!("Not ready: {trouble}");
        return Err(Problem::new(Code::TryAgain, trouble));
    }
    let look = async {
        let mut tx = app.store.read().await?;
        tenants::list_all(&mut tx).await?;
        tx.rollback().await
    };
    match tokio::time::timeout(MOST_TIME, look).await {
        Ok(Ok(())) => Ok(Json(OK)),
        Ok(Err(error)) => {
            tracing::warn!(%error, "The database does not answer");
            Err(not_ready())
        }
        Err(_) => {
            tracing::warn!("The database does not answer in time");
            Err(not_ready())
        }
    }
}

fn not_ready() -> Problem {
    Problem::new(Code::TryAgain, "the database does not answer")
}
