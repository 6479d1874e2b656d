//! Looking at the webhooks of all connections from time to time, and saying so when bookings are missed.

use calbridge_core::{lane::Lane, provider::Provider, scope::Scope};
use calbridge_store::{
    StoreError,
    incidents::{self, NewIncident},
};

use super::{Gravity, Report, check};
use crate::{app::App, jobs::JobError};

/// The incident of a connection whose bookings are not told, or not all.
pub const MISSING: &str = "webhook_missing";

/// Look at every connection that can be asked. What one refuses is logged; it fails nothing.
pub async fn check_all(app: &App) -> Result<(), JobError> {
    let snapshot = app.registry.current(&app.store, app.clock.now()).await;
    for known in snapshot.of_provider(Provider::CalCom) {
        let connection = &known.connection;
        if !snapshot.is_asked(connection.id) {
            continue;
        }
        let scope = Scope::system(connection.tenant_id);
        match check(app, &scope, connection.id, Lane::Sync).await {
            Ok(report) => note(app, &scope, &report).await?,
            // Why a provider does not answer has incidents of its own.
            Err(error) => tracing::info!(
                connection.id = %connection.id,
                "The webhooks of a connection could not be looked at: {error}"
            ),
        }
    }
    Ok(())
}

/// Raise the incident, or note that it is over.
pub(super) async fn note(app: &App, scope: &Scope, report: &Report) -> Result<(), StoreError> {
    let now = app.clock.now();
    let subject = report.connection_id.to_string();
    let wrong: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.gravity == Gravity::Wrong)
        .map(|finding| finding.says.as_str())
        .collect();
    let mut tx = app.store.write().await?;
    if wrong.is_empty() {
        incidents::resolve(&mut tx, scope, MISSING, &subject, now).await?;
    } else {
        let repair = format!("calbridge connections webhook repair {subject}");
        let incident = NewIncident {
            connection_id: Some(report.connection_id),
            kind: MISSING,
            detail: format!("{}: `{repair}`", wrong.join("; ")),
            subject,
        };
        incidents::raise(&mut tx, scope, incident, now).await?;
    }
    tx.commit().await
}
