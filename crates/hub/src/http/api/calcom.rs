//! How Cal.com is, and how far we are behind it, for monitors: always 200, and nothing is asked for it.
//!
//! Whoever shows a key hears about their tenant. Everybody else hears about all of them together, which on an installation
//! with one tenant is that one; what exactly went wrong is told to those with a key only.

use axum::{Json, extract::State, http::request::Parts};
use calbridge_core::{
    ids::TenantId,
    scope::{Permission, Scope},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, event_types::sync, http::auth, upstream};

/// How Cal.com is.
#[derive(Serialize, ToSchema)]
#[schema(as = CalComHealth)]
pub struct CalComHealthBody {
    /// Always `cal.com`.
    #[schema(example = "cal.com")]
    service: &'static str,
    /// `healthy`, `degraded` (the last calls failed) or `down` (it is not asked, or refuses the key); the worst connection
    /// counts.
    #[schema(example = "healthy")]
    status: &'static str,
    /// Always `v2`.
    #[schema(example = "v2")]
    api_version: &'static str,
    /// `closed`, `open` or `half_open`; the worst connection counts.
    #[schema(example = "closed")]
    circuit_breaker: &'static str,
    /// Whether answers are remembered.
    #[schema(example = true)]
    cache_enabled: bool,
}

/// How far we are behind Cal.com.
#[derive(Serialize, ToSchema)]
#[schema(as = CalComSyncStatus)]
pub struct SyncStatusBody {
    /// When event types were read without an error.
    #[schema(example = "2025-01-10T10:00:00Z")]
    last_sync: Option<Timestamp>,
    /// Event types that can be booked.
    #[schema(example = 15)]
    event_types_count: i64,
    /// Webhook events that are stored and still to be applied.
    #[schema(example = 0)]
    pending_webhooks: i64,
    /// What went wrong in the last sync of each connection.
    sync_errors: Vec<String>,
    /// When bookings were compared without an error.
    last_comparison: Option<Timestamp>,
    /// How bookings came to us today, in UTC.
    today: TodayBody,
    /// Differences that wait for a person.
    #[schema(example = 0)]
    open_findings: i64,
}

/// How bookings came to us in a day.
#[derive(Serialize, ToSchema)]
#[schema(as = CalComSyncToday)]
pub struct TodayBody {
    /// Webhook events that were applied; 100000 stands for as many or more.
    received: i64,
    /// Bookings that only a comparison with the provider found.
    found: i64,
    /// Bookings that stood otherwise at the provider and were made to agree.
    repaired: i64,
    /// Bookings about which both sides began to differ.
    conflicting: i64,
}

impl From<sync::Today> for TodayBody {
    fn from(today: sync::Today) -> Self {
        Self {
            received: today.received,
            found: today.found,
            repaired: today.repaired,
            conflicting: today.conflicting,
        }
    }
}

/// How Cal.com is
///
/// As this process remembers it; Cal.com is not asked. The answer is 200 whatever it says.
#[utoipa::path(
    get, path = "/api/health/calcom", tag = "health", operation_id = "get_calcom_health",
    responses((status = 200, description = "How it is", body = CalComHealthBody)),
    security((), ("bearer" = []), ("api_key" = [])),
)]
pub async fn health(State(app): State<App>, parts: Parts) -> Json<CalComHealthBody> {
    let tenant = known(&app, &parts).await;
    let (health, circuit) = upstream::worst(&app, tenant).await;
    Json(CalComHealthBody {
        service: "cal.com",
        status: health.as_str(),
        api_version: "v2",
        circuit_breaker: circuit.as_str(),
        cache_enabled: app.config.calcom.cache_enabled,
    })
}

/// How far it is read
///
/// Looked up at most once a second. The answer is 200 whatever it says.
#[utoipa::path(
    get, path = "/api/calcom/sync-status", tag = "health", operation_id = "get_calcom_sync_status",
    responses((status = 200, description = "How far it is", body = SyncStatusBody)),
    security((), ("bearer" = []), ("api_key" = [])),
)]
pub async fn sync_status(State(app): State<App>, parts: Parts) -> Json<SyncStatusBody> {
    let tenant = known(&app, &parts).await;
    let status = sync::status(&app, tenant).await;
    let sync_errors = match tenant {
        Some(_) => status.errors.clone(),
        None => vec![
            "a sync failed; with an API key this says which".to_owned();
            status.errors.len().min(1)
        ],
    };
    Json(SyncStatusBody {
        sync_errors,
        ..SyncStatusBody::of(&status)
    })
}

impl SyncStatusBody {
    /// With everything that went wrong.
    pub fn of(status: &sync::Status) -> Self {
        Self {
            last_sync: status.last_sync,
            event_types_count: status.event_types,
            pending_webhooks: status.pending,
            sync_errors: status.errors.clone(),
            last_comparison: status.last_comparison,
            today: status.today.into(),
            open_findings: status.open_findings,
        }
    }
}

/// The tenant of whoever shows a key that may read. Nobody is turned away: a monitor is to hear how things are.
async fn known(app: &App, parts: &Parts) -> Option<TenantId> {
    let scope = auth::scope(parts, app, Permission::Read).await;
    scope.ok().as_ref().map(Scope::tenant_id)
}
