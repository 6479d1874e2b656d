//! Bookings that the provider's list does not tell of: absences and seats move no `updatedAt`, and what it does not know
//! is on no list.

use std::collections::BTreeSet;

use calbridge_core::{ids::ConnectionId, lane::Lane, scope::Scope};
use calbridge_providers::calcom_api::{ErrorKind, ProviderBooking, bookings};
use calbridge_store::{
    PageRequest, StoreError,
    bookings::{self as rows, Booking, BookingFilter},
};
use jiff::SignedDuration;

use super::Extent;
use crate::{
    app::App,
    upstream::{self, AskError, Target, Wish},
};

/// Absences are marked within some days.
const AFTER_START: SignedDuration = SignedDuration::from_hours(3 * 24);

/// One run looks up at most so many.
const MOST: usize = 500;

/// Our bookings to ask for one by one: those that began lately, group meetings ahead, and with everything also all others
/// ahead.
pub(super) async fn wanted(
    app: &App,
    scope: &Scope,
    connection_id: ConnectionId,
    extent: Extent,
    seen: &BTreeSet<String>,
) -> Result<Vec<Booking>, StoreError> {
    let now = app.clock.now();
    let filter = BookingFilter {
        connection_id: Some(connection_id),
        from: Some(now - AFTER_START),
        ..BookingFilter::default()
    };
    let mut page = PageRequest::first(PageRequest::MOST);
    let mut found = Vec::new();
    let mut tx = app.store.read().await?;
    loop {
        let some = rows::list(&mut tx, scope, &filter, page).await?;
        found.extend(some.data.into_iter().filter(|booking| {
            let began = booking.scheduled_at.is_some_and(|start| start <= now);
            let subject = booking.external_booking_id.as_ref();
            booking.status != "cancelled"
                && (began || booking.is_group || extent.since.is_none())
                && subject.is_some_and(|subject| !seen.contains(subject))
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

/// The provider's record of one of ours; `None` when it does not know it.
pub(super) async fn look_up(
    app: &App,
    target: &Target,
    booking: &Booking,
) -> Result<Option<ProviderBooking>, AskError> {
    let uid = booking.external_booking_id.as_deref().unwrap_or_default();
    let call = bookings::get(target.profile, uid);
    match upstream::ask(app, target, &call, Wish::of(Lane::Sync)).await {
        Ok(answered) => Ok(Some(answered.value.first)),
        Err(AskError::Provider(error)) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
