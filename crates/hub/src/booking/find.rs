//! Find bookings: by any id they ever had, or by filter.

use calbridge_core::{ids::BookingId, scope::Scope};
use calbridge_store::{
    Page, PageRequest, StoreError,
    attendees::{self, Attendee},
    booking_references::{self, ReferenceRow},
    bookings::{self, Booking, BookingFilter},
};

use crate::app::App;

/// A booking with everybody who comes and every id it ever had.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundBooking {
    /// The booking.
    pub booking: Booking,
    /// Who comes.
    pub attendees: Vec<Attendee>,
    /// Its ids at the provider, former ones included.
    pub references: Vec<ReferenceRow>,
}

/// Why a booking was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindBookingError {
    /// No booking of the tenant ever had this id.
    #[error("there is no booking {0}")]
    NotFound(String),
    /// More than one booking has this id.
    #[error("more than one booking has the id {0}")]
    Ambiguous(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The booking that an id names, whoever gave it the id and whenever.
pub async fn find(
    app: &App,
    scope: &Scope,
    any_id: &str,
) -> Result<FoundBooking, FindBookingError> {
    let mut tx = app.store.read().await?;
    let ids = bookings::find_by_any_id(&mut tx, scope, any_id).await?;
    let id = match ids.as_slice() {
        [] => return Err(FindBookingError::NotFound(any_id.to_owned())),
        [id] => *id,
        _ => return Err(FindBookingError::Ambiguous(any_id.to_owned())),
    };
    let booking = bookings::find(&mut tx, scope, id)
        .await?
        .ok_or_else(|| FindBookingError::NotFound(any_id.to_owned()))?;
    let mut found = complete_all(&mut tx, scope, vec![booking]).await?;
    tx.rollback().await?;
    found
        .pop()
        .ok_or_else(|| FindBookingError::NotFound(any_id.to_owned()))
}

/// Bookings of the tenant, newest first.
pub async fn list(
    app: &App,
    scope: &Scope,
    filter: &BookingFilter,
    page: PageRequest,
) -> Result<Page<FoundBooking>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = bookings::list(&mut tx, scope, filter, page).await?;
    let data = complete_all(&mut tx, scope, found.data).await?;
    tx.rollback().await?;
    Ok(Page {
        data,
        next_cursor: found.next_cursor,
    })
}

async fn complete_all(
    tx: &mut calbridge_store::sql::Tx,
    scope: &Scope,
    bookings: Vec<Booking>,
) -> Result<Vec<FoundBooking>, StoreError> {
    let ids: Vec<BookingId> = bookings.iter().map(|booking| booking.id).collect();
    let attendees = attendees::list(tx, scope, &ids).await?;
    let references = booking_references::list(tx, scope, &ids).await?;
    Ok(bookings
        .into_iter()
        .map(|booking| FoundBooking {
            attendees: attendees
                .iter()
                .filter(|attendee| attendee.booking_id == booking.id)
                .cloned()
                .collect(),
            references: references
                .iter()
                .filter(|row| row.booking_id == booking.id)
                .cloned()
                .collect(),
            booking,
        })
        .collect())
}
