//! What is told of a booking that carries the key of an intent, by a webhook or a sweep. Whichever of it and the provider's
//! answer comes first settles the intent; the other finds it settled, and joins.

use calbridge_core::{
    ids::{BookingId, ConnectionId},
    intent::{Event, Fit, Found, IntentKey, IntentState, Sighting},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    intents::{self, Intent},
    sql::Tx,
};
use jiff::Timestamp;

use super::{
    Order,
    record::{News, moved, write_step},
};

/// A new booking, not one that was moved, with a key of ours.
pub(crate) struct Sighted {
    /// Connection.
    pub connection_id: ConnectionId,
    /// The key.
    pub key: IntentKey,
    /// The provider's id of it.
    pub made: String,
    /// Our booking.
    pub booking_id: BookingId,
    /// Start.
    pub starts_at: Timestamp,
    /// The provider's id of the event type.
    pub event_type_id: Option<String>,
}

/// The booking, stored here before, that an intent makes at its provider.
pub(crate) struct Meant {
    /// Connection.
    pub connection_id: ConnectionId,
    /// The key.
    pub key: IntentKey,
    /// Our booking.
    pub booking_id: BookingId,
    /// When it is to be.
    pub starts_at: Timestamp,
}

/// The stored bookings that intents with these keys make: the provider may tell of them before it answers.
pub(crate) async fn meant(
    tx: &mut Tx,
    scope: &Scope,
    keys: &[IntentKey],
) -> Result<Vec<Meant>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let intents = intents::find_by_keys(tx, scope, keys).await?;
    let meant = intents.into_iter().filter_map(|intent| {
        let Ok(Order::Book(order)) = Order::of(&intent) else {
            return None;
        };
        Some(Meant {
            connection_id: intent.connection_id,
            booking_id: intent.booking_id?,
            key: intent.key,
            starts_at: order.start,
        })
    });
    Ok(meant.collect())
}

/// Settle the intents whose bookings were seen. Their bookings are locked, so nobody writes down an answer about one of
/// them meanwhile.
pub(crate) async fn note_sighted(
    tx: &mut Tx,
    scope: &Scope,
    sighted: &[Sighted],
    now: Timestamp,
) -> Result<(), StoreError> {
    if sighted.is_empty() {
        return Ok(());
    }
    let keys: Vec<IntentKey> = sighted.iter().map(|one| one.key.clone()).collect();
    for mut intent in intents::find_by_keys(tx, scope, &keys).await? {
        let about = sighted
            .iter()
            .filter(|one| one.key == intent.key && one.connection_id == intent.connection_id);
        for one in about.collect::<Vec<_>>() {
            intent = note(tx, scope, intent, one, now).await?;
        }
    }
    Ok(())
}

async fn note(
    tx: &mut Tx,
    scope: &Scope,
    intent: Intent,
    one: &Sighted,
    now: Timestamp,
) -> Result<Intent, StoreError> {
    let Ok(Order::Book(order)) = Order::of(&intent) else {
        return Ok(intent);
    };
    let fit = order.wanted(&intent.key).fit(&Found {
        key: Some(one.key.as_str().to_owned()),
        predecessor: None,
        starts_at: one.starts_at,
        ends_at: None,
        event_type_id: one.event_type_id.clone(),
    });
    let made = one.made.clone();
    let event = Event::Looked(Sighting::Ours { made, fit });
    let step = intent.standing.on(&event);
    if step.next == intent.standing && step.call_off.is_none() {
        return Ok(intent);
    }
    let mut next = moved(&intent, &step, &News::of(event), now);
    if fit == Fit::Right && step.next.state == IntentState::Done {
        next.booking_id = Some(one.booking_id);
    }
    tracing::info!(
        intent.id = %intent.id,
        booking.id = %one.booking_id,
        "Heard what became of intent {} before its answer",
        intent.id
    );
    // Somebody wrote that the answer is lost, or that another look found nothing: with that, everything is done again.
    write_step(tx, scope, (&intent, next), step, now)
        .await?
        .ok_or(StoreError::Busy)
}
