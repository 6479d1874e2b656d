//! Tell the story of a booking again: its facts changed under our feet.

use calbridge_core::{change::Change, ids::BookingId, scope::Scope};
use calbridge_store::{
    StoreError,
    bookings::{self, Booking},
};

use crate::{
    app::App,
    inbox::apply::{self, Item, Rules},
    jobs::JobError,
};

/// Tell a booking's story again and write what follows.
pub async fn retell(app: &App, scope: &Scope, id: BookingId) -> Result<(), JobError> {
    let mut tx = app.store.read().await?;
    let booking = bookings::find(&mut tx, scope, id).await?;
    tx.rollback().await?;
    let Some(booking) = booking else {
        return Ok(());
    };
    Ok(apply_own(app, scope, &booking, Vec::new()).await?)
}

/// Apply facts of our own about a booking.
pub(super) async fn apply_own(
    app: &App,
    scope: &Scope,
    booking: &Booking,
    changes: Vec<Change>,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let registry = app.registry.current(&app.store, now).await;
    let settings = registry.settings(scope.tenant_id());
    let rules = Rules {
        tenant: &settings,
        connections: &registry,
    };
    let mut tx = app.store.write().await?;
    let items = [own_item(scope, booking, changes)];
    apply::lock(&mut tx, &[(scope, items.as_slice())]).await?;
    apply::apply(&mut tx, scope, rules, &items, None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Facts of our own about a booking.
pub(super) fn own_item(scope: &Scope, booking: &Booking, changes: Vec<Change>) -> Item {
    Item {
        connection_id: booking.connection_id,
        provider: booking.booking_provider,
        creates_leads: false,
        webhook_event_id: None,
        actor: scope.actor().clone(),
        booking_id: Some(booking.id),
        changes,
        payload: None,
    }
}
