//! An incident is over: because it passed, or because somebody says so.

use calbridge_core::scope::Scope;
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    incidents::{self, Incident},
    sql::Tx,
};
use jiff::Timestamp;
use serde_json::json;

use super::Kind;
use crate::app::App;

/// Why an incident could not be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveIncidentError {
    /// The tenant has no such incident, or it is over.
    #[error("there is no open incident {0}")]
    NotFound(i64),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody looked. What still lasts is raised again, as a new incident.
pub async fn resolve(app: &App, scope: &Scope, id: i64) -> Result<Incident, ResolveIncidentError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let incident = incidents::resolve_by_id(&mut tx, scope, id, now)
        .await?
        .ok_or(ResolveIncidentError::NotFound(id))?;
    let deed = Deed::of(scope, "incident.resolve", "incident", id)
        .after(json!({ "kind": incident.kind, "subject": incident.subject }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(incident)
}

/// It passed; nothing happens if there is no such incident.
pub async fn settle(app: &App, scope: &Scope, kind: Kind, subject: &str) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    settle_in(&mut tx, scope, kind.as_str(), subject, now).await?;
    tx.commit().await
}

/// The same, within a transaction.
pub(super) async fn settle_in(
    tx: &mut Tx,
    scope: &Scope,
    kind: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(incident) = incidents::resolve(tx, scope, kind, subject, now).await? {
        tracing::info!(
            incident.id = incident.id,
            incident.kind = incident.kind,
            tenant.id = incident.tenant_id.0,
            "Incident {} is over",
            incident.id
        );
    }
    Ok(())
}
