//! Bookings that the provider's list does not tell of: absences and seats move no `updatedAt`, and what it does not know
//! is on no list.

use calbridge_core::scope::Scope;
use calbridge_store::{
    PageRequest, StoreError,
    bookings::{self as rows, Booking, BookingFilter},
};

use super::{progress::Progress, reading::RECENT, seen::Seen};
use crate::{app::App, upstream::Target};

/// One run looks up at most so many.
const MOST: usize = 500;

/// Our bookings to ask for one by one, newest first: those that began lately, group meetings ahead, and with everything
/// also all others ahead. Of those that were asked for already none.
pub(super) async fn wanted(
    app: &App,
    scope: &Scope,
    target: &Target,
    progress: &Progress,
    seen: &Seen,
) -> Result<Vec<Booking>, StoreError> {
    let now = app.clock.now();
    let filter = BookingFilter {
        connection_id: Some(target.connection_id),
        from: Some(now - RECENT),
        ..BookingFilter::default()
    };
    // What an interrupted sweep read before is not known any more; the next one looks for what is missing.
    let is_whole = progress.since.is_none() && !progress.resumed;
    let mut page = PageRequest::first(PageRequest::MOST);
    page.below = progress.looked_up.map(i64::from);
    let mut found = Vec::new();
    let mut tx = app.store.read().await?;
    loop {
        let some = rows::list(&mut tx, scope, &filter, page).await?;
        found.extend(some.data.into_iter().filter(|booking| {
            let began = booking.scheduled_at.is_some_and(|start| start <= now);
            let subject = booking.external_booking_id.as_deref();
            booking.status != "cancelled"
                && (began || booking.is_group || is_whole)
                && subject.is_some_and(|subject| !seen.has(subject))
        }));
        let Some(below) = some.next_cursor.filter(|_| found.len() < MOST) else {
            break;
        };
        page.below = Some(below);
    }
    tx.rollback().await?;
    found.truncate(MOST);
    Ok(found)
}
