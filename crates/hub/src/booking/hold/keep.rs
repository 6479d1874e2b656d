//! Keep a slot for somebody.

use calbridge_core::{availability::Slot, lane::Lane, scope::Scope};
use calbridge_store::{
    StoreError,
    holds::{self, Hold},
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{HoldError, owner, reservation::reserve};
use crate::{
    app::App,
    booking::{BookError, desk::Desk, guard::Taking},
    inbox::tries::Tries,
};

/// Seconds, at least.
pub(super) const SHORTEST: u32 = 10;

/// Seconds, at most.
pub(super) const LONGEST: u32 = 3600;

/// Seconds, when nobody says.
const USUAL: u32 = 300;

/// A slot to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldRequest {
    /// Any id of the event type; `None`: the default one.
    pub event_type: Option<String>,
    /// When.
    pub start: Timestamp,
    /// Minutes, where the event type has several lengths.
    pub duration: Option<u32>,
    /// For how many seconds.
    pub seconds: Option<u32>,
    /// Who waits for it.
    pub lane: Lane,
}

/// Keep a slot that is offered, for whoever asks. The provider is asked to keep it too, where it can; the hold does not
/// depend on that.
pub async fn hold(app: &App, scope: &Scope, request: HoldRequest) -> Result<Hold, BookError> {
    let lasts = lasts(request.seconds)?;
    let event_type = request.event_type.as_deref();
    let desk = Desk::open(app, scope, event_type, request.duration, request.lane).await?;
    if request.start <= app.clock.now() {
        return Err(BookError::InThePast);
    }
    let Some(slot) = desk.search.at(app, scope, request.start).await? else {
        return Err(desk.taken(app, scope, &desk.search, request.start).await);
    };
    let public_id = Uuid::new_v4();
    let mut tries = Tries::new();
    let kept = loop {
        match keep(app, scope, &desk, slot, (public_id, lasts)).await {
            Err(error) if tries.again(&error) => {}
            other => break other?,
        }
    };
    match kept {
        Some(hold) => Ok(Box::pin(reserve(app, scope, &desk, hold, request.lane)).await),
        None => Err(desk.taken(app, scope, &desk.search, request.start).await),
    }
}

fn lasts(seconds: Option<u32>) -> Result<SignedDuration, HoldError> {
    let seconds = seconds.unwrap_or(USUAL);
    if (SHORTEST..=LONGEST).contains(&seconds) {
        Ok(SignedDuration::from_secs(seconds.into()))
    } else {
        Err(HoldError::NotSoLong)
    }
}

/// `None` when somebody else has the time.
async fn keep(
    app: &App,
    scope: &Scope,
    desk: &Desk,
    slot: Slot,
    (public_id, lasts): (Uuid, SignedDuration),
) -> Result<Option<Hold>, StoreError> {
    let now = app.clock.now();
    let until = now.checked_add(lasts).unwrap_or(now);
    let taking = Taking {
        slot,
        owner: &owner(scope, public_id),
        instead_of: None,
    };
    let mut tx = app.store.write().await?;
    let Some(claim) = desk.guard.hold(&mut tx, scope, &taking, until, now).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let hold = holds::record(&mut tx, scope, public_id, &claim, now).await?;
    tx.commit().await?;
    Ok(Some(hold))
}
