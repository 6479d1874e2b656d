//! Booking the slot that a hold keeps.

use calbridge_core::{availability::Slot, scope::Scope};
use calbridge_store::{
    StoreError, bookings,
    claims::{self, Claim},
    holds::{self, Hold, HoldState},
    jobs,
    sql::Tx,
};
use jiff::{SignedDuration, Timestamp};

use super::{HoldError, find_hold, is_owner, owner, reservation::Reserved};
use crate::{
    app::App,
    booking::{
        BookError, BookRequest,
        desk::Desk,
        guard::{Guard, Taking},
    },
    slots::{self, SubjectError},
};

/// While we book, the provider goes on keeping the slot from others.
const GRACE: SignedDuration = SignedDuration::from_mins(1);

/// A hold that whoever made it wants to use.
pub(in crate::booking) struct Held(Hold);

/// The hold of that id, if it is the caller's; the request gets what it leaves open from it.
pub(in crate::booking) async fn held(
    app: &App,
    scope: &Scope,
    id: &str,
    request: &mut BookRequest,
) -> Result<Held, BookError> {
    let hold = find_hold(app, scope, id).await?;
    if !is_owner(scope, &hold) {
        return Err(HoldError::NotYours.into());
    }
    if *request.start.get_or_insert(hold.starts_at) != hold.starts_at {
        return Err(HoldError::OfAnother.into());
    }
    if request.event_type.is_none() {
        request.event_type = named(app, scope, &hold.event_type_id).await?;
    }
    Ok(Held(hold))
}

/// The event type by its own id, or none where only the default one is known.
async fn named(app: &App, scope: &Scope, id: &str) -> Result<Option<String>, StoreError> {
    let mut tx = app.store.read().await?;
    let subject = slots::subject(app, &mut tx, scope, Some(id)).await;
    tx.rollback().await?;
    match subject {
        Ok(_) => Ok(Some(id.to_owned())),
        Err(SubjectError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

impl Held {
    /// Whether it keeps what is to be booked; the desk learns how long that takes.
    pub fn fits(&self, desk: &mut Desk) -> Result<(), HoldError> {
        let hold = &self.0;
        let is_same = desk.subject.external_id == hold.event_type_id
            && desk.subject.connection.connection.id == hold.connection_id;
        if !is_same {
            return Err(HoldError::OfAnother);
        }
        let minutes = hold.ends_at.duration_since(hold.starts_at).as_mins();
        let minutes = u32::try_from(minutes).ok();
        let known = desk.subject.event_type.as_ref();
        let has_choice = |minutes: &u32| known.is_some_and(|it| it.lengths.0.contains(minutes));
        let kept = minutes.filter(has_choice);
        match (desk.search.duration, kept) {
            (Some(wanted), Some(kept)) if wanted != kept => Err(HoldError::OfAnother),
            (wanted, kept) => {
                desk.search.duration = wanted.or(kept);
                Ok(())
            }
        }
    }

    /// What it keeps, or kept; `None` when that has begun.
    pub fn slot(&self, now: Timestamp) -> Option<Slot> {
        let slot = Slot {
            start: self.0.starts_at,
            end: self.0.ends_at,
        };
        (slot.start > now).then_some(slot)
    }

    /// Make it the claim of a booking. One that is over is worth nothing: then the time is taken anew. `None` when somebody
    /// else has it.
    pub async fn take(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        guard: &Guard,
        taking: &Taking<'_>,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        guard.lock(tx, scope).await?;
        let public_id = self.0.public_id;
        let hold = holds::find_for_update(tx, scope, public_id).await?;
        let Some(hold) = hold.filter(|hold| hold.state != HoldState::Used) else {
            return guard.take(tx, scope, taking, None, now).await;
        };
        if gave_way(tx, scope, &hold).await? {
            return Ok(None);
        }
        let owner = owner(scope, public_id);
        let claim = claims::become_booking(tx, scope, hold.claim_id, &owner, now).await?;
        let Some(claim) = claim else {
            return guard.take(tx, scope, taking, None, now).await;
        };
        holds::end(tx, scope, hold.id, HoldState::Used, now).await?;
        if let Some(reserved) = Reserved::of(&claim, hold.expires_at) {
            let at = now.checked_add(GRACE).unwrap_or(now);
            jobs::enqueue(tx, vec![reserved.release_job(scope, at)], now).await?;
        }
        Ok(Some(claim))
    }

    /// Whether a booking made elsewhere has its time.
    pub async fn gave_way(&self, app: &App, scope: &Scope) -> Result<bool, StoreError> {
        let mut tx = app.store.read().await?;
        let hold = holds::find(&mut tx, scope, self.0.public_id).await?;
        let gave_way = match &hold {
            Some(hold) => gave_way(&mut tx, scope, hold).await?,
            None => false,
        };
        tx.rollback().await?;
        Ok(gave_way)
    }
}

/// As long as the booking takes place then.
async fn gave_way(tx: &mut Tx, scope: &Scope, hold: &Hold) -> Result<bool, StoreError> {
    let Some(by) = hold.displaced_by else {
        return Ok(false);
    };
    let booking = bookings::find(tx, scope, by).await?;
    Ok(booking.is_some_and(|booking| {
        let start = booking.scheduled_at;
        let end = booking.ends_at;
        booking.status == "scheduled"
            && start.is_some_and(|start| start < hold.ends_at)
            && end.is_some_and(|end| end > hold.starts_at)
    }))
}
