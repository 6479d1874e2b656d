//! Table `bookings`: agreed meetings, each one the same through all its reschedules.

use calbridge_core::{
    change::Host,
    ids::{BookingId, ConnectionId, LeadId, TenantId, UserId},
    provider::Provider,
    scope::Scope,
    state::Confirmation,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    invalidations::{self, Affected},
    page::{Page, PageRequest},
    sql::{Engine, Json, RawJson, StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// One agreed meeting. Without its payload, which is large and rarely read.
    Booking {
        /// Id.
        id: BookingId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// Provider.
        booking_provider: Provider,
        /// When the row was made.
        created_at: Timestamp,
        /// The lead of the first who booked.
        lead_id: Option<LeadId>,
        /// The provider's current id.
        external_booking_id: Option<String>,
        /// The provider's current integer.
        external_number: Option<i64>,
        /// Booking type.
        booking_type: String,
        /// Title.
        title: Option<String>,
        /// Description.
        description: Option<String>,
        /// What the booker wrote.
        notes: Option<String>,
        /// Start.
        scheduled_at: Option<Timestamp>,
        /// End.
        ends_at: Option<Timestamp>,
        /// Start before the last reschedule.
        previous_start: Option<Timestamp>,
        /// How often it was moved.
        rescheduled_count: i32,
        /// IANA zone of the one who booked.
        time_zone: Option<String>,
        /// The provider's event type id or URI.
        event_type_id: Option<String>,
        /// The provider's slug of the event type.
        event_type_slug: Option<String>,
        /// `scheduled`, `completed`, `cancelled` or `no_show`.
        status: String,
        /// Whether the host has agreed.
        confirmation: Confirmation,
        /// Why it was called off or declined.
        cancellation_reason: Option<String>,
        /// Place.
        location: Option<String>,
        /// Link to the meeting.
        meeting_url: Option<String>,
        /// Several may book places.
        is_group: bool,
        /// How many places.
        capacity: Option<i64>,
        /// Paid for.
        paid: bool,
        /// Price in minor units.
        price: Option<i64>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Series of a recurring booking.
        series: Option<String>,
        /// Who is met.
        hosts: Json<Vec<Host>>,
        /// The user of ours who is responsible.
        assigned_teacher_id: Option<UserId>,
        /// The change whose body is the payload.
        told_by: Option<String>,
        /// When it was made, if a fact tells.
        made_at: Option<Timestamp>,
        /// The last real change.
        changed_at: Timestamp,
        /// Raised by every write of ours.
        revision: i64,
        /// When the row was changed last.
        updated_at: Timestamp,
    }
}

/// Columns that never change: they come first.
const FIXED: usize = 6;

/// Insert bookings, with ids from [`crate::ids::reserve`], and their payloads. `affected` is what their times invalidate.
pub async fn insert(
    tx: &mut Tx,
    bookings: &[(Booking, Option<RawJson>)],
    affected: Affected,
    now: Timestamp,
) -> Result<(), StoreError> {
    invalidations::announce(tx, affected, now);
    let columns = Booking::column_list();
    let rows = bookings
        .iter()
        .map(|(booking, payload)| {
            let mut values = booking.values();
            values.push(payload.into());
            values
        })
        .collect();
    tx.insert_rows(
        &format!("INSERT INTO bookings ({columns}, webhook_payload) VALUES"),
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// Columns of indexes.
const INDEXED: &[&str] = &["lead_id", "scheduled_at"];

/// A booking as it was and as it is, with its payload if there is a new one.
pub type ChangedBooking = (Booking, Booking, Option<RawJson>);

/// Write everything about bookings that can change. A payload of `None` stays as it is. `affected` is what their old and
/// new times invalidate.
pub async fn update(
    tx: &mut Tx,
    bookings: &[ChangedBooking],
    affected: Affected,
    now: Timestamp,
) -> Result<(), StoreError> {
    invalidations::announce(tx, affected, now);
    let changing = &Booking::COLUMNS[FIXED..];
    let values = |booking: &Booking| {
        let mut values = booking.values();
        values.drain(1..FIXED);
        values
    };
    let (mut with_payload, mut without) = (Vec::new(), Vec::new());
    for (old, new, payload) in bookings {
        let (old, mut new) = (values(old), values(new));
        if payload.is_some() {
            new.push(payload.into());
            with_payload.push((old, new));
        } else {
            without.push((old, new));
        }
    }
    let and_payload = [changing, &["webhook_payload"]].concat();
    tx.rewrite_rows("bookings", "id", &and_payload, INDEXED, with_payload)
        .await?;
    tx.rewrite_rows("bookings", "id", changing, INDEXED, without)
        .await?;
    Ok(())
}

/// Give a booking the payload of another. Nobody's time changes by it, so nothing is invalidated.
pub async fn copy_payload(
    tx: &mut Tx,
    scope: &Scope,
    from: BookingId,
    to: BookingId,
) -> Result<(), StoreError> {
    tx.query(
        "UPDATE bookings SET webhook_payload = (SELECT b.webhook_payload FROM bookings b WHERE b.tenant_id = $1 AND b.id = $2)
         WHERE tenant_id = $1 AND id = $3",
    )
    .bind(scope.tenant_id())
    .bind(from)
    .bind(to)
    .execute()
    .await?;
    Ok(())
}

/// Delete bookings that were joined with others; what hangs on them must have been moved.
pub async fn delete(
    tx: &mut Tx,
    scope: &Scope,
    ids: &[BookingId],
    affected: Affected,
    now: Timestamp,
) -> Result<(), StoreError> {
    invalidations::announce(tx, affected, now);
    if ids.is_empty() {
        return Ok(());
    }
    let (list, values) = in_list(2, ids.iter().copied());
    tx.query(format!(
        "DELETE FROM bookings WHERE tenant_id = $1 AND id IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .execute()
    .await?;
    Ok(())
}

/// Bookings of a tenant by id, locked until the end of the transaction.
pub async fn find_many_for_update(
    tx: &mut Tx,
    scope: &Scope,
    ids: &[BookingId],
) -> Result<Vec<Booking>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let for_update = tx.for_update();
    let columns = Booking::column_list();
    let (list, values) = in_list(2, ids.iter().copied());
    tx.query(format!(
        "SELECT {columns} FROM bookings WHERE tenant_id = $1 AND id IN {list} ORDER BY id {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// Bookings of a tenant by id.
pub async fn find_many(
    tx: &mut Tx,
    scope: &Scope,
    ids: &[BookingId],
) -> Result<Vec<Booking>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Booking::column_list();
    let (list, values) = in_list(2, ids.iter().copied());
    tx.query(format!(
        "SELECT {columns} FROM bookings WHERE tenant_id = $1 AND id IN {list} ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// The booking, if the tenant has it.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    id: BookingId,
) -> Result<Option<Booking>, StoreError> {
    Ok(find_many(tx, scope, &[id]).await?.pop())
}

/// The body that told the details of a booking last.
pub async fn find_payload(
    tx: &mut Tx,
    scope: &Scope,
    id: BookingId,
) -> Result<Option<serde_json::Value>, StoreError> {
    let found: Option<(Option<serde_json::Value>,)> = tx
        .query("SELECT webhook_payload FROM bookings WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await?;
    Ok(found.and_then(|(payload,)| payload))
}

/// The bookings of a tenant that any id ever named: our own ids, the provider's current ones and all former ones.
pub async fn find_by_any_id(
    tx: &mut Tx,
    scope: &Scope,
    any_id: &str,
) -> Result<Vec<BookingId>, StoreError> {
    let number: Option<i64> = any_id.parse().ok();
    let public_id: Option<Uuid> = any_id.parse().ok();
    let found: Vec<(BookingId,)> = tx
        .query(
            "SELECT id FROM bookings WHERE tenant_id = $1 AND id = $2
             UNION SELECT id FROM bookings WHERE tenant_id = $1 AND public_id = $3
             UNION SELECT booking_id FROM booking_references WHERE tenant_id = $1 AND value = $4
             ORDER BY 1 LIMIT 3",
        )
        .bind(scope.tenant_id())
        .bind(number)
        .bind(public_id)
        .bind(any_id)
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Which bookings to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BookingFilter {
    /// Only with this status.
    pub status: Option<String>,
    /// Only with this confirmation.
    pub confirmation: Option<Confirmation>,
    /// Only of this provider.
    pub provider: Option<Provider>,
    /// Only of this connection.
    pub connection_id: Option<ConnectionId>,
    /// Only those this lead has a part in.
    pub lead_id: Option<LeadId>,
    /// Only of this type.
    pub booking_type: Option<String>,
    /// Only those that were moved, or those that were not.
    pub rescheduled: Option<bool>,
    /// Starting at or after.
    pub from: Option<Timestamp>,
    /// Starting before.
    pub to: Option<Timestamp>,
}

/// Bookings of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &BookingFilter,
    page: PageRequest,
) -> Result<Page<Booking>, StoreError> {
    let columns = Booking::column_list();
    let mut conditions = Conditions::from(4);
    conditions.add("status =", filter.status.as_ref(), "");
    conditions.add("confirmation =", filter.confirmation, "");
    conditions.add("booking_provider =", filter.provider, "");
    conditions.add("connection_id =", filter.connection_id, "");
    conditions.add("booking_type =", filter.booking_type.as_ref(), "");
    conditions.add("scheduled_at >=", filter.from, "");
    conditions.add("scheduled_at <", filter.to, "");
    conditions.add(
        "id IN (SELECT booking_id FROM attendees WHERE tenant_id = $1 AND lead_id =",
        filter.lead_id,
        ")",
    );
    match filter.rescheduled {
        Some(true) => conditions.add_plain("rescheduled_count > 0"),
        Some(false) => conditions.add_plain("rescheduled_count = 0"),
        None => {}
    }
    let (conditions, values) = conditions.finish();
    // SQLite knows no distributions: for some days it would walk the tenant's bookings in order. The `+` sends it to the
    // index of starts.
    let some_days = filter.from.is_some() && filter.to.is_some() && tx.engine() == Engine::Sqlite;
    let id = if some_days { "+id" } else { "id" };
    let rows = tx
        .query(format!(
            "SELECT {columns} FROM bookings WHERE tenant_id = $1 AND {id} < $2{conditions} ORDER BY {id} DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |booking: &Booking| booking.id.0))
}

/// The newest bookings a lead has a part in.
pub async fn list_of_lead(
    tx: &mut Tx,
    scope: &Scope,
    lead_id: LeadId,
    limit: i64,
) -> Result<Vec<Booking>, StoreError> {
    let filter = BookingFilter {
        lead_id: Some(lead_id),
        ..BookingFilter::default()
    };
    Ok(list(tx, scope, &filter, PageRequest { below: None, limit })
        .await?
        .data)
}

/// Everything that names or hangs on `from` belongs to `to` from now on, apart from attendees and activities,
/// which follow from the changes.
pub async fn join(
    tx: &mut Tx,
    scope: &Scope,
    from: BookingId,
    to: BookingId,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE booking_references SET booking_id = $3 WHERE tenant_id = $1 AND booking_id = $2",
        "UPDATE booking_changes SET booking_id = $3 WHERE tenant_id = $1 AND booking_id = $2
             AND fingerprint NOT IN (SELECT c.fingerprint FROM booking_changes c WHERE c.booking_id = $3)",
        "UPDATE leads SET current_booking_id = $3 WHERE tenant_id = $1 AND current_booking_id = $2",
        "UPDATE claims SET booking_id = $3 WHERE tenant_id = $1 AND booking_id = $2",
        "UPDATE booking_intents SET booking_id = $3 WHERE tenant_id = $1 AND booking_id = $2",
        "UPDATE booking_conflicts SET other_booking_id = $3 WHERE tenant_id = $1 AND other_booking_id = $2",
        "UPDATE findings SET booking_id = $3 WHERE tenant_id = $1 AND booking_id = $2",
    ] {
        tx.query(sql)
            .bind(scope.tenant_id())
            .bind(from)
            .bind(to)
            .execute()
            .await?;
    }
    Ok(())
}

/// Ids of a tenant's bookings above `after`, in order.
pub async fn list_ids_after(
    tx: &mut Tx,
    scope: &Scope,
    after: BookingId,
    limit: i64,
) -> Result<Vec<BookingId>, StoreError> {
    let found: Vec<(BookingId,)> = tx
        .query("SELECT id FROM bookings WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3")
        .bind(scope.tenant_id())
        .bind(after)
        .bind(limit)
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// How many bookings a tenant has.
pub async fn count(tx: &mut Tx, scope: &Scope) -> Result<i64, StoreError> {
    let (count,) = tx
        .query("SELECT COUNT(*) FROM bookings WHERE tenant_id = $1")
        .bind(scope.tenant_id())
        .one()
        .await?;
    Ok(count)
}
