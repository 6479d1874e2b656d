//! Deliveries that nothing verifies are kept for a while, and taken in when a secret comes that verifies them.

use std::sync::atomic::{AtomicI64, Ordering};

use calbridge_core::scope::Scope;
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    connections::Connection,
    quarantine::{self, NewQuarantinedDelivery},
};
use serde_json::json;

use super::{Door, Incoming, receive};
use crate::app::App;

/// Kept per second, at most: whoever sends rubbish must not take the database from those who do not.
const MOST_PER_SECOND: i64 = 20;

/// The second we are in and how many were kept in it, in one number.
static THIS_SECOND: AtomicI64 = AtomicI64::new(0);

/// Keep a delivery, if there is room. Failing to is only logged: it was refused in any case.
pub(super) async fn keep(app: &App, delivery: NewQuarantinedDelivery) {
    let now = app.clock.now();
    if !may_keep(now.as_second()) {
        app.metrics.inbox.not_kept();
        return;
    }
    let limits = &app.config.webhooks;
    let kept = async {
        let mut tx = app.store.write().await?;
        quarantine::keep(
            &mut tx,
            delivery,
            limits.quarantine_rows,
            limits.quarantine_bytes,
            now,
        )
        .await?;
        tx.commit().await
    };
    let kept: Result<(), StoreError> = kept.await;
    if let Err(error) = kept {
        tracing::warn!(%error, "Could not keep a refused delivery");
    }
}

fn may_keep(second: i64) -> bool {
    const ROOM: i64 = 1 << 16;
    let counted = THIS_SECOND.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
        let (then, count) = (state / ROOM, state % ROOM);
        if then == second {
            (count < MOST_PER_SECOND).then_some(state + 1)
        } else {
            Some(second * ROOM + 1)
        }
    });
    counted.is_ok()
}

/// Take in the quarantined deliveries that the secrets of a connection verify; how many there were.
///
/// A delivery may come before the connection it is for (NS-25).
pub async fn take_in_quarantined(app: &App, connection: &Connection) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let snapshot = app.registry.current(&app.store, now).await;
    let Some(known) = snapshot.by_token(&connection.hook_token) else {
        return Ok(0);
    };
    let mut tx = app.store.read().await?;
    let kept = quarantine::list_for_connection(&mut tx, connection.provider, connection.id).await?;
    tx.rollback().await?;
    let mut taken = 0;
    for delivery in kept {
        let incoming = Incoming {
            door: door(&delivery.door),
            token: delivery
                .connection_id
                .map(|_| connection.hook_token.clone()),
            headers: delivery.headers.0,
            body: delivery.body,
        };
        if !receive::belongs_to(&snapshot, known, &incoming, now) {
            continue;
        }
        let stored = app
            .intake
            .store(receive::read(known, incoming, true, delivery.created_at))
            .await;
        if stored.is_err() {
            tracing::warn!("Could not take in a quarantined delivery; it stays");
            continue;
        }
        let scope = Scope::system(connection.tenant_id);
        let mut tx = app.store.write().await?;
        quarantine::take_out(&mut tx, delivery.id).await?;
        let deed = Deed::of(
            &scope,
            "quarantine.take_in",
            "quarantined_delivery",
            delivery.id,
        )
        .after(json!({ "connection_id": connection.id }));
        audit::append(&mut tx, vec![deed], now).await?;
        tx.commit().await?;
        taken += 1;
    }
    Ok(taken)
}

fn door(word: &str) -> Door {
    Door::ALL
        .into_iter()
        .find(|door| door.as_str() == word)
        .unwrap_or(Door::Hook)
}
