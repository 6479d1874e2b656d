//! What a person decides where no rule does.

use calbridge_core::{
    agreement::adopt,
    ids::{BookingId, FindingId},
    scope::Scope,
    story::Fact,
};
use calbridge_store::{
    Page, PageRequest, StoreError,
    audit::{self, Deed},
    booking_changes, bookings,
    findings::{self, Finding, FindingFilter, FindingState},
    incidents, ledger,
    sql::Tx,
};
use jiff::Timestamp;
use serde_json::json;

use super::{
    CONFLICT, MISSING_THERE,
    reading::{self, Record},
};
use crate::{
    app::App,
    inbox::apply::{self, Item, Rules},
    upstream::{self, AskError, TargetError},
};

/// Whose standing counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen {
    /// It stays as it is here; nothing is told to the provider.
    Ours,
    /// It becomes as it is at the provider.
    Theirs,
}

/// Why a finding could not be settled.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The tenant has no such finding.
    #[error("there is no finding {0}")]
    NotFound(FindingId),
    /// It is settled already.
    #[error("finding {id} is settled already: {}", state.as_str())]
    Settled {
        /// The finding.
        id: FindingId,
        /// What became of it.
        state: FindingState,
    },
    /// The booking is gone.
    #[error("the booking of finding {0} is gone")]
    NoBooking(FindingId),
    /// The connection cannot be asked.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The provider did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Findings, newest first.
pub async fn list_findings(
    app: &App,
    scope: &Scope,
    filter: &FindingFilter,
    page: PageRequest,
) -> Result<Page<Finding>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = findings::list(&mut tx, scope, filter, page).await?;
    tx.rollback().await?;
    Ok(found)
}

/// Decide which side is right. Ours: the same difference is not asked about again. Theirs: what the provider says now becomes
/// so here.
pub async fn accept(
    app: &App,
    scope: &Scope,
    id: FindingId,
    chosen: Chosen,
) -> Result<Finding, ReviewError> {
    match chosen {
        Chosen::Ours => settle(app, scope, id, FindingState::Ours).await,
        Chosen::Theirs => accept_theirs(app, scope, id).await,
    }
}

/// Nobody minds. If the next comparison still finds it, it is a new finding.
pub async fn dismiss(app: &App, scope: &Scope, id: FindingId) -> Result<Finding, ReviewError> {
    settle(app, scope, id, FindingState::Dismissed).await
}

async fn settle(
    app: &App,
    scope: &Scope,
    id: FindingId,
    state: FindingState,
) -> Result<Finding, ReviewError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    current(&mut tx, scope, id).await?;
    let settled = write_down(&mut tx, scope, id, state, now).await?;
    tx.commit().await?;
    Ok(settled)
}

async fn accept_theirs(app: &App, scope: &Scope, id: FindingId) -> Result<Finding, ReviewError> {
    // Reading would do, but not for a lock.
    let mut tx = app.store.write().await?;
    let finding = current(&mut tx, scope, id).await?;
    tx.rollback().await?;
    let booking_id = finding.booking_id.ok_or(ReviewError::NoBooking(id))?;
    let target = upstream::any_target(app, scope, finding.connection_id).await?;
    // It may have changed since it was found.
    let record = reading::look_up(app, &target, &finding.external_id).await?;
    let now = app.clock.now();
    let registry = app.registry.current(&app.store, now).await;
    let settings = registry.settings(scope.tenant_id());
    let rules = Rules {
        tenant: &settings,
        connections: &registry,
    };
    let mut tx = app.store.write().await?;
    let item = item(&mut tx, scope, (id, booking_id), record, now).await?;
    let items = [item];
    apply::lock(&mut tx, &[(scope, items.as_slice())]).await?;
    apply::apply(&mut tx, scope, rules, &items, None, now).await?;
    let settled = write_down(&mut tx, scope, id, FindingState::Theirs, now).await?;
    let entry = ledger::Entry {
        repaired: 1,
        ..ledger::Entry::default()
    };
    ledger::add(&mut tx, scope, finding.connection_id, entry, now).await?;
    tx.commit().await?;
    Ok(settled)
}

/// What makes the booking stand as the provider's record says.
async fn item(
    tx: &mut Tx,
    scope: &Scope,
    (id, booking_id): (FindingId, BookingId),
    record: Option<Record>,
    now: Timestamp,
) -> Result<Item, ReviewError> {
    let booking = bookings::find(tx, scope, booking_id)
        .await?
        .ok_or(ReviewError::NoBooking(id))?;
    let known = booking_changes::list(tx, scope, &[booking_id]).await?;
    let known: Vec<Fact> = known
        .into_iter()
        .map(|row| Fact {
            fingerprint: row.fingerprint,
            change: row.change.0,
        })
        .collect();
    let facts = record.map(|record| record.facts).unwrap_or_default();
    Ok(Item {
        connection_id: booking.connection_id,
        provider: booking.booking_provider,
        creates_leads: false,
        webhook_event_id: None,
        actor: scope.actor().clone(),
        booking_id: Some(booking_id),
        changes: adopt(&known, &facts, now),
        payload: None,
    })
}

/// The finding, if it can still be settled.
async fn current(tx: &mut Tx, scope: &Scope, id: FindingId) -> Result<Finding, ReviewError> {
    let finding = findings::find_for_update(tx, scope, id)
        .await?
        .ok_or(ReviewError::NotFound(id))?;
    match finding.state {
        FindingState::Open | FindingState::Ours => Ok(finding),
        state @ (FindingState::Theirs | FindingState::Dismissed | FindingState::Agreed) => {
            Err(ReviewError::Settled { id, state })
        }
    }
}

/// In the finding, in the log of who did what, and for whoever was told of it as an incident.
async fn write_down(
    tx: &mut Tx,
    scope: &Scope,
    id: FindingId,
    state: FindingState,
    now: Timestamp,
) -> Result<Finding, ReviewError> {
    let settled = findings::settle(tx, scope, id, state, now)
        .await?
        .ok_or(ReviewError::NotFound(id))?;
    if let Some(booking_id) = settled.booking_id {
        for kind in [CONFLICT, MISSING_THERE] {
            incidents::resolve(tx, scope, kind, &booking_id.to_string(), now).await?;
        }
    }
    let deed = Deed::of(scope, "finding.settle", "finding", id).after(json!({
        "state": state.as_str(),
        "booking_id": settled.booking_id,
        "differences": settled.differences.0,
    }));
    audit::append(tx, vec![deed], now).await?;
    Ok(settled)
}
