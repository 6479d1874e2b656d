//! What becomes of holds by itself: they expire, providers lose theirs, and in the end they are forgotten.

use calbridge_core::scope::Scope;
use calbridge_store::{
    StoreError, claims,
    holds::{self, Hold, Reservation},
    intents,
};
use jiff::{SignedDuration, Timestamp};

use super::reservation::is_kept;
use crate::{app::App, jobs::JobError};

/// Rows in one transaction.
const AT_ONCE: i64 = 100;

/// Reservations that are looked at each time.
const MOST_LOOKS: i64 = 20;

/// What took time of the past is kept this long, for whoever asks what became of it.
const PAST: SignedDuration = SignedDuration::from_hours(24);

/// What runs from time to time: forget holds that have expired, whose reservations run out by themselves, and look whether
/// providers keep what they said.
pub async fn look_after_holds(app: &App) -> Result<(), JobError> {
    expire(app).await?;
    let mut tx = app.store.read().await?;
    let reserved = holds::list_reserved_in_all(&mut tx, app.clock.now(), MOST_LOOKS).await?;
    tx.rollback().await?;
    for (hold, name) in reserved {
        if is_kept(app, &hold, &name).await == Some(false) {
            lose(app, &hold).await?;
        }
    }
    Ok(())
}

async fn expire(app: &App) -> Result<(), StoreError> {
    loop {
        let mut tx = app.store.write().await?;
        let gone = claims::expire_in_all(&mut tx, app.clock.now(), AT_ONCE).await?;
        tx.commit().await?;
        if i64::try_from(gone.len()).unwrap_or(i64::MAX) < AT_ONCE {
            return Ok(());
        }
    }
}

/// The hold goes on: it keeps the slot from everybody who books through us.
async fn lose(app: &App, hold: &Hold) -> Result<(), StoreError> {
    let now = app.clock.now();
    let scope = Scope::system(hold.tenant_id);
    let mut tx = app.store.write().await?;
    if holds::set_reservation(&mut tx, &scope, hold.id, Reservation::Lost, now).await? {
        claims::set_reservation(&mut tx, &scope, hold.claim_id, None, now).await?;
        tx.commit().await?;
        app.metrics.upstream.reservation_lost();
        tracing::warn!(
            tenant.id = %hold.tenant_id,
            connection.id = %hold.connection_id,
            hold.id = %hold.public_id,
            "The provider keeps the slot of a hold no longer"
        );
        return Ok(());
    }
    tx.rollback().await
}

/// What runs from time to time: forget what claims, holds and intents of long ago were.
pub async fn prune(app: &App) -> Result<(), JobError> {
    let now = app.clock.now();
    let past = now.checked_sub(PAST).unwrap_or(now);
    let days = app.config.retention.settled_intents_days;
    let settled = (days > 0)
        .then(|| SignedDuration::from_hours(24 * i64::from(days)))
        .and_then(|age| now.checked_sub(age).ok());
    while prune_some(app, past, settled).await? {}
    Ok(())
}

/// Whether there may be more.
async fn prune_some(
    app: &App,
    past: Timestamp,
    settled: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let mut tx = app.store.write().await?;
    let mut most = claims::prune_past_in_all(&mut tx, past, AT_ONCE).await?;
    most = most.max(holds::prune_past_in_all(&mut tx, past, AT_ONCE).await?);
    if let Some(settled) = settled {
        most = most.max(intents::prune_settled_in_all(&mut tx, settled, AT_ONCE).await?);
    }
    tx.commit().await?;
    Ok(most >= AT_ONCE.unsigned_abs())
}
