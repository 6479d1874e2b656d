//! Events that were applied and of which no fact is there: mostly repetitions of what another event told, sometimes
//! what is left of a booking that somebody deleted.

use std::{collections::BTreeSet, sync::Arc};

use calbridge_core::{
    change::{Change, Verdict},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    booking_changes, booking_references,
    sql::Tx,
    webhook_events::WebhookEvent,
};
use serde_json::json;

use super::{Compared, Mode};
use crate::{
    app::App,
    inbox::{
        LONGEST_WAIT, ReplayError,
        apply::{self, Rules},
        interpret::read,
        tries::Tries,
    },
};

/// Whether the event tells something that is not there, and in [`Mode::Apply`] have it there.
pub(super) async fn compare(
    app: &App,
    scope: &Scope,
    event: &WebhookEvent,
    mode: Mode,
) -> Result<Compared, ReplayError> {
    let mut tries = Tries::new();
    loop {
        match try_compare(app, scope, event, mode).await {
            Err(ReplayError::Store(error)) if tries.again(&error) => {}
            outcome => return outcome,
        }
    }
}

async fn try_compare(
    app: &App,
    scope: &Scope,
    event: &WebhookEvent,
    mode: Mode,
) -> Result<Compared, ReplayError> {
    let now = app.clock.now();
    let registry = app.registry.current(&app.store, now).await;
    let settings = Arc::clone(&registry.settings(scope.tenant_id()));
    let mut compared = Compared::default();
    let mut tx = app.store.write().await?;
    tx.wait_at_most(LONGEST_WAIT).await?;
    let read = match read(&mut tx, scope, event).await {
        Ok(read) => read,
        Err(ReplayError::BodyGone(_)) => {
            compared.without_body = 1;
            return Ok(compared);
        }
        Err(error) => return Err(error),
    };
    let changes = match &read.verdict {
        Verdict::Apply(changes) => changes,
        Verdict::Ignore(_) => return Ok(compared),
        Verdict::Unreadable(_) => {
            compared.unreadable = 1;
            return Ok(compared);
        }
    };
    let untold = untold(&mut tx, scope, event, changes).await?;
    if untold.is_empty() {
        return Ok(compared);
    }
    let items = [read.item(event, None, untold)];
    let rules = Rules {
        tenant: &settings,
        connections: &registry,
    };
    apply::lock(&mut tx, &[(scope, &items)]).await?;
    let report = Some(&mut compared.rows);
    apply::apply(&mut tx, scope, rules, &items, report, now).await?;
    compared.keep_projections();
    if mode == Mode::Look {
        tx.rollback().await?;
        return Ok(compared);
    }
    let deed = Deed::of(scope, "webhook_event.rebuild", "webhook_event", event.id)
        .after(json!({ "rows": compared.rows.0.len() }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(compared)
}

/// The facts that none of the bookings they name has.
async fn untold(
    tx: &mut Tx,
    scope: &Scope,
    event: &WebhookEvent,
    changes: &[Change],
) -> Result<Vec<Change>, StoreError> {
    let values: BTreeSet<String> = changes
        .iter()
        .flat_map(|change| &change.identity.references)
        .map(|reference| reference.value.clone())
        .collect();
    let values: Vec<String> = values.into_iter().collect();
    let named: BTreeSet<_> = booking_references::find(tx, scope, &values)
        .await?
        .into_iter()
        .filter(|row| row.connection_id == event.connection_id)
        .map(|row| row.booking_id)
        .collect();
    let named: Vec<_> = named.into_iter().collect();
    let told = booking_changes::list(tx, scope, &named).await?;
    let told: BTreeSet<&str> = told.iter().map(|row| row.fingerprint.as_str()).collect();
    Ok(changes
        .iter()
        .filter(|change| !told.contains(change.fingerprint().as_str()))
        .cloned()
        .collect())
}
