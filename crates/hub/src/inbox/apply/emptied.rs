//! Bookings of which nothing is told any more.

use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    bookings::{self, Booking},
    jobs, leads,
    sql::Tx,
};
use serde_json::json;

use super::{Known, RowChanges, affecting, groups::Group, writing::Desk};
use crate::jobs::Kind;

/// Remove the bookings of a group, with what hangs on them.
pub(super) async fn remove(
    tx: &mut Tx,
    desk: Desk<'_>,
    group: &Group,
    known: &Known,
    mut report: Option<&mut RowChanges>,
) -> Result<(), StoreError> {
    let Desk { scope, now, .. } = desk;
    for booking in group
        .bookings
        .iter()
        .filter_map(|id| known.bookings.get(id))
    {
        if let Some(report) = report.as_deref_mut() {
            report.note(
                "bookings",
                Some(booking.id.to_string()),
                Booking::COLUMNS,
                Some(&booking.values()),
                None,
            );
        }
        leads::forget_booking(tx, scope, booking.id, now).await?;
        jobs::cancel(tx, &[Kind::CompleteBooking.key(booking.id)]).await?;
        let deed = Deed::of(scope, "booking.remove", "booking", booking.id)
            .before(json!({ "external_booking_id": booking.external_booking_id }));
        audit::append(tx, vec![deed], now).await?;
        let affected = affecting::of_gone(desk, [booking]);
        bookings::delete(tx, scope, &[booking.id], affected, now).await?;
    }
    Ok(())
}
