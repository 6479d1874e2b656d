//! Which leads are begun with.

use calbridge_core::{ids::LeadId, lead::AutomaticBooking, scope::Scope};
use calbridge_store::{
    StoreError, automatic_bookings,
    jobs::{self, NewJob},
    tenants,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    app::App,
    jobs::{JobError, Kind},
};

/// The outcome of a try should be known by then; otherwise somebody looks.
pub(super) const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Begin with the leads that are due, tenant by tenant.
pub async fn due(app: &App) -> Result<(), JobError> {
    let mut tx = app.store.read().await?;
    let tenants = tenants::list_all(&mut tx).await?;
    tx.rollback().await?;
    for tenant in tenants {
        let rules = &tenant.settings.0.automatic_booking;
        let scope = Scope::system(tenant.id);
        begin(app, &scope, rules).await?;
    }
    Ok(())
}

async fn begin(app: &App, scope: &Scope, rules: &AutomaticBooking) -> Result<(), StoreError> {
    let now = app.clock.now();
    let most = i64::from(rules.leads_per_run);
    let mut tx = app.store.read().await?;
    // What was begun is seen through, also after it was switched off.
    let overdue = automatic_bookings::list_overdue(&mut tx, scope, now, most).await?;
    let fresh = if rules.is_on(app.config.bookings.automatic) {
        automatic_bookings::list_due(&mut tx, scope, &rules.status, now, most).await?
    } else {
        Vec::new()
    };
    tx.rollback().await?;
    if overdue.is_empty() && fresh.is_empty() {
        return Ok(());
    }
    let look_at = now.checked_add(LOOK_AFTER).unwrap_or(now);
    let mut tx = app.store.write().await?;
    automatic_bookings::begin(&mut tx, scope, &fresh, look_at, now).await?;
    let all = overdue.into_iter().chain(fresh);
    let all = all.map(|lead| job(scope, lead, now)).collect();
    jobs::enqueue(&mut tx, all, now).await?;
    tx.commit().await
}

fn job(scope: &Scope, lead: LeadId, now: Timestamp) -> NewJob {
    NewJob {
        tenant_id: scope.tenant_id(),
        kind: Kind::BookLead.as_str(),
        unique_key: Kind::BookLead.key(lead),
        payload: json!({ "lead_id": lead }),
        run_at: now,
        lane: Kind::BookLead.lane(),
    }
}
