//! Telling the story of a booking as the provider shows it, when we asked for it ourselves: it becomes the same as by a
//! webhook, and whichever comes first, the other joins.

use calbridge_core::{
    agreement,
    change::Change,
    ids::{BookingId, ConnectionId},
    scope::Scope,
    story::Fact,
};
use calbridge_providers::calcom_api::{self, bookings::ProviderBooking};
use calbridge_store::{StoreError, booking_changes, bookings, sql::Tx};
use jiff::Timestamp;

use crate::{
    connections::Snapshot,
    inbox::apply::{self, Care, Item, Keys, Rules},
};

/// Where a booking belongs.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub scope: &'a Scope,
    pub registry: &'a Snapshot,
    /// The connection that showed it.
    pub connection: ConnectionId,
    /// Which of our bookings it is, where that is known.
    pub booking: Option<BookingId>,
}

/// Apply what the provider shows; our booking, if there is one.
pub(super) async fn tell(
    tx: &mut Tx,
    desk: Desk<'_>,
    shown: &ProviderBooking,
    now: Timestamp,
) -> Result<Option<BookingId>, StoreError> {
    let Desk {
        scope,
        registry,
        connection,
        booking,
    } = desk;
    let Some(known) = registry.find(scope.tenant_id(), connection) else {
        return Ok(booking);
    };
    let settings = registry.settings(scope.tenant_id());
    let rules = Rules {
        tenant: &settings,
        connections: registry,
    };
    let mut items = [Item {
        connection_id: connection,
        provider: known.connection.provider,
        creates_leads: known.connection.creates_leads,
        webhook_event_id: None,
        actor: scope.actor().clone(),
        booking_id: booking,
        changes: calcom_api::facts(shown),
        payload: None,
    }];
    apply::lock(tx, &[(scope, items.as_slice())]).await?;
    if let Some(id) = booking {
        let [item] = &mut items;
        settle(tx, scope, id, &mut item.changes, now).await?;
    }
    // Whose booking it is, whoever asked knows.
    let care = Care {
        keys: Keys::Known,
        ..Care::default()
    };
    let applied = Box::pin(apply::apply_with(tx, scope, rules, &items, care, None, now)).await?;
    let told = applied.into_iter().flat_map(|one| one.bookings).next();
    if told.or(booking).is_some() {
        return Ok(told.or(booking));
    }
    // Everything it tells was known.
    let known = bookings::find_by_any_id(tx, scope, &shown.uid).await?;
    Ok(known.into_iter().next())
}

/// A record hardly tells how a booking came to stand as it does: who was given it, whose absence was a mistake. Where its
/// facts leave our booking otherwise than the provider shows it, those that make both agree go with them.
async fn settle(
    tx: &mut Tx,
    scope: &Scope,
    id: BookingId,
    changes: &mut Vec<Change>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = booking_changes::list(tx, scope, &[id]).await?;
    let known = known.into_iter().map(|row| Fact {
        fingerprint: row.fingerprint,
        change: row.change.0,
    });
    let mut all: Vec<Fact> = known.collect();
    all.extend(changes.iter().cloned().map(Fact::from));
    let finding = agreement::settle(&all, changes, now);
    if !finding.repair.is_empty() {
        *changes = finding.repair;
    }
    Ok(())
}
