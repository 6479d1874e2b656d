//! Table `attendees`: who comes to a booking.

use calbridge_core::{
    ids::{AttendeeId, BookingId, LeadId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    sql::{StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// Somebody who comes.
    Attendee {
        /// Id.
        id: AttendeeId,
        /// Tenant.
        tenant_id: TenantId,
        /// Booking.
        booking_id: BookingId,
        /// Names the attendee within the booking.
        attendee_key: String,
        /// `booker` or `guest`.
        role: String,
        /// Lead, of those who booked.
        lead_id: Option<LeadId>,
        /// Name.
        name: Option<String>,
        /// First name.
        first_name: Option<String>,
        /// Everything else.
        last_name: Option<String>,
        /// E-mail address.
        email: Option<String>,
        /// Phone number.
        phone: Option<String>,
        /// IANA zone.
        time_zone: Option<String>,
        /// Language tag.
        language: Option<String>,
        /// The provider's name for the place.
        external_id: Option<String>,
        /// `active`, `cancelled` or `moved`.
        status: String,
        /// Marked absent, marked present again, or never marked.
        no_show: Option<bool>,
        /// When they were first heard of.
        joined_at: Timestamp,
        /// The last real change that concerns them.
        changed_at: Timestamp,
    }
}

/// The attendees of some bookings, in the order in which people would list them.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<Vec<Attendee>, StoreError> {
    if bookings.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, bookings.iter().copied());
    tx.query(format!(
        "SELECT * FROM attendees WHERE tenant_id = $1 AND booking_id IN {list}
         ORDER BY booking_id, role, joined_at, attendee_key"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .all()
    .await
}

/// Every place that some leads have or had.
pub async fn of_leads(
    tx: &mut Tx,
    scope: &Scope,
    leads: &[LeadId],
) -> Result<Vec<Attendee>, StoreError> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, leads.iter().copied());
    tx.query(format!(
        "SELECT * FROM attendees WHERE tenant_id = $1 AND lead_id IN {list} ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .all()
    .await
}

/// Insert attendees, or bring those with the same key up to date.
pub async fn put(tx: &mut Tx, attendees: &[Attendee]) -> Result<(), StoreError> {
    let columns = Attendee::COLUMNS[1..].join(", ");
    let set: Vec<_> = Attendee::COLUMNS[4..]
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let set = set.join(", ");
    let rows = attendees
        .iter()
        .map(|attendee| attendee.values().split_off(1))
        .collect();
    tx.insert_rows(
        &format!("INSERT INTO attendees ({columns}) VALUES"),
        rows,
        &format!("ON CONFLICT (booking_id, attendee_key) DO UPDATE SET {set}"),
    )
    .await?;
    Ok(())
}

/// Write everything about attendees that can change; each is given as it was and as it is.
pub async fn update(tx: &mut Tx, attendees: &[(Attendee, Attendee)]) -> Result<(), StoreError> {
    // The first four columns (id, tenant_id, booking_id, attendee_key) are fixed.
    let values = |attendee: &Attendee| {
        let mut values = attendee.values();
        values.drain(1..4);
        values
    };
    let rows = attendees
        .iter()
        .map(|(before, after)| (values(before), values(after)))
        .collect();
    let changing = &Attendee::COLUMNS[4..];
    tx.rewrite_rows("attendees", "id", changing, &["lead_id"], rows)
        .await?;
    Ok(())
}

/// Delete attendees whom the story no longer knows.
pub async fn delete(tx: &mut Tx, scope: &Scope, ids: &[AttendeeId]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let (list, bound) = in_list(2, ids.iter().copied());
    tx.query(format!(
        "DELETE FROM attendees WHERE tenant_id = $1 AND id IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .execute()
    .await?;
    Ok(())
}
