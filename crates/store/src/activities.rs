//! Table `activities`: what happened, on the timeline of a lead.

use calbridge_core::{
    ids::{BookingId, LeadId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    page::{Page, PageRequest},
    sql::{StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// An entry of a timeline.
    Activity {
        /// Id.
        id: i64,
        /// Tenant.
        tenant_id: TenantId,
        /// Lead.
        lead_id: Option<LeadId>,
        /// Booking.
        booking_id: Option<BookingId>,
        /// Names it within its booking.
        activity_key: Option<String>,
        /// Type, such as the booking type.
        activity_type: String,
        /// One line.
        subject: String,
        /// Further lines.
        body: String,
        /// Who.
        actor: String,
        /// When it happened.
        occurred_at: Timestamp,
        /// When we recorded it.
        created_at: Timestamp,
    }
}

/// Insert activities, or bring those with the same key up to date.
pub async fn put(tx: &mut Tx, activities: &[Activity]) -> Result<(), StoreError> {
    let rows = activities
        .iter()
        .map(|activity| activity.values().split_off(1))
        .collect();
    tx.insert_rows(
        "INSERT INTO activities (tenant_id, lead_id, booking_id, activity_key, type, subject, body, actor,
             occurred_at, created_at) VALUES",
        rows,
        "ON CONFLICT (booking_id, activity_key) DO UPDATE SET lead_id = excluded.lead_id, type = excluded.type,
             subject = excluded.subject, body = excluded.body, occurred_at = excluded.occurred_at",
    )
    .await?;
    Ok(())
}

/// The activities that follow from the stories of some bookings; what people wrote themselves is not among them.
pub async fn list_told(
    tx: &mut Tx,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<Vec<Activity>, StoreError> {
    if bookings.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, bookings.iter().copied());
    tx.query(format!(
        "SELECT *, type AS activity_type FROM activities
         WHERE tenant_id = $1 AND booking_id IN {list} AND activity_key IS NOT NULL ORDER BY booking_id, id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .all()
    .await
}

/// Delete activities that the story of their booking no longer calls for.
pub async fn delete(
    tx: &mut Tx,
    scope: &Scope,
    booking_id: BookingId,
    keys: &[String],
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let (list, bound) = in_list(3, keys);
    tx.query(format!(
        "DELETE FROM activities WHERE tenant_id = $1 AND booking_id = $2 AND activity_key IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind(booking_id)
    .bind_all::<Value>(bound)
    .execute()
    .await?;
    Ok(())
}

/// Whose activities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimelineOf {
    /// A lead's.
    Lead(LeadId),
    /// A booking's.
    Booking(BookingId),
}

/// A timeline, newest entry first.
pub async fn timeline(
    tx: &mut Tx,
    scope: &Scope,
    of: TimelineOf,
    page: PageRequest,
) -> Result<Page<Activity>, StoreError> {
    // A booking has few: they are found by it and sorted. The `+` keeps planners from walking a whole tenant in order.
    let (whose, id) = match of {
        TimelineOf::Lead(id) => ("tenant_id = $1 AND lead_id = $4 AND id < $2", id.0),
        TimelineOf::Booking(id) => ("+tenant_id = $1 AND booking_id = $4 AND +id < $2", id.0),
    };
    let rows = tx
        .query(format!(
            "SELECT *, type AS activity_type FROM activities WHERE {whose} ORDER BY id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind(id)
        .all()
        .await?;
    Ok(page.page(rows, |activity: &Activity| activity.id))
}
