//! Bookings as what takes time: who must be met when, and how many places of a group meeting are gone.

use calbridge_core::{
    change::Host,
    ids::{BookingId, ConnectionId},
    scope::Scope,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    sql::{Json, StoreError, Tx},
    types::row_type,
};

/// Longer meetings are not looked for.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

row_type! {
    /// A booking that takes time.
    BusyTime {
        /// Id.
        id: BookingId,
        /// Start.
        scheduled_at: Timestamp,
        /// End.
        ends_at: Timestamp,
        /// The provider's id or URI of the event type.
        event_type_id: Option<String>,
        /// Who is met.
        hosts: Json<Vec<Host>>,
        /// Several may book places.
        is_group: bool,
        /// Places that are taken.
        places: i64,
    }
}

/// The bookings of a connection that take time between two instants, by their start. What the host has not agreed to
/// takes none.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<BusyTime>, StoreError> {
    let begun_after = from.checked_sub(LONGEST).unwrap_or(Timestamp::MIN);
    tx.query(
        "SELECT b.id, b.scheduled_at, b.ends_at, b.event_type_id, b.hosts, b.is_group,
             (SELECT count(*) FROM attendees a WHERE a.booking_id = b.id AND a.role = 'booker' AND a.status = 'active') AS places
         FROM bookings b
         WHERE b.tenant_id = $1 AND b.scheduled_at > $3 AND b.scheduled_at < $5 AND b.ends_at > $4
             AND b.connection_id = $2 AND b.status = 'scheduled' AND b.confirmation = 'confirmed'
         ORDER BY b.scheduled_at, b.id",
    )
    .bind(scope.tenant_id())
    .bind(connection_id)
    .bind(begun_after)
    .bind(from)
    .bind(until)
    .all()
    .await
}
