//! Make a stored booking at its provider.

use calbridge_core::{
    availability::Slot,
    intent::{IntentKey, IntentKind, Told},
    lane::Lane,
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    bookings::Booking,
    claims::{self, Claim},
    intents::{self, Intent},
    sql::Tx,
    stored_bookings,
};

use super::wish::Wish;
use crate::{
    app::App,
    booking::{
        BookError, FindBookingError, FoundBooking, Outcome,
        book::{lead, make},
        find,
        making::{Making, Provided},
    },
};

/// Push. The booking stays the same one, and is made at the provider once, however often this is asked for; what the
/// provider refused may be pushed again.
pub async fn push(
    app: &App,
    scope: &Scope,
    any_id: &str,
    lane: Lane,
) -> Result<Outcome, BookError> {
    let found = find(app, scope, any_id)
        .await
        .map_err(|error| match error {
            FindBookingError::Store(error) => BookError::Store(error),
            other => BookError::Booking(other),
        })?;
    let booking = &found.booking;
    if booking.external_booking_id.is_some() {
        return Ok(Outcome::Done(Box::new(found)));
    }
    let Some(known) = Known::read(app, scope, &found).await? else {
        return Err(BookError::NotStored);
    };
    if booking.status != "scheduled" {
        return Err(BookError::IsOff);
    }
    let request = known.wish.request(booking.scheduled_at, lane);
    let lead = lead(app, scope, &request).await?;
    let making = Making {
        lead: &lead,
        // Whoever pushes at the same time wants the same; after a refusal it is something new.
        key: IntentKey::of_request(
            scope.tenant_id(),
            &format!("push:{}:{}", booking.id, known.pushes),
        ),
        slot: slot(booking),
        held: None,
        provided: Provided::StillStored {
            booking: booking.id,
            claim: known.claim.map(|claim| claim.id),
        },
    };
    Box::pin(make(app, scope, &request, &making)).await
}

fn slot(booking: &Booking) -> Option<Slot> {
    let (start, end) = booking.scheduled_at.zip(booking.ends_at)?;
    Some(Slot { start, end })
}

/// What is known of a stored booking.
struct Known {
    wish: Wish,
    claim: Option<Claim>,
    /// Pushes that came to nothing.
    pushes: usize,
}

impl Known {
    /// `None` when the booking was not stored here.
    async fn read(
        app: &App,
        scope: &Scope,
        found: &FoundBooking,
    ) -> Result<Option<Self>, StoreError> {
        let id = found.booking.id;
        let mut tx = app.store.read().await?;
        let request = stored_bookings::find(&mut tx, scope, id).await?;
        let claim = claims::list_of_booking(&mut tx, scope, id).await?.pop();
        let pushes = wanted(&mut tx, scope, found).await?;
        tx.rollback().await?;
        let wish = request.and_then(|request| serde_json::from_value(request).ok());
        Ok(wish.map(|wish| Self {
            wish,
            claim,
            pushes: pushes.iter().filter(|one| !may_be_done(one)).count(),
        }))
    }
}

/// What was wanted of the provider so far to make a booking there.
pub(super) async fn wanted(
    tx: &mut Tx,
    scope: &Scope,
    found: &FoundBooking,
) -> Result<Vec<Intent>, StoreError> {
    let mut all = intents::list_of_booking(tx, scope, found.booking.id, 100).await?;
    all.retain(|intent| intent.standing.kind == IntentKind::Book);
    Ok(all)
}

/// Whether the provider has it, or may have it for all that anybody knows.
pub(super) fn may_be_done(intent: &Intent) -> bool {
    matches!(intent.standing.state.told(), Told::Done | Told::Settling)
}
