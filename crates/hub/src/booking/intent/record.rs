//! Writing down what was heard of an intent, with everything that follows from it, in one transaction: where it stands, the
//! booking, the claimed time, and the next thing to do.

use calbridge_core::{
    ids::{BookingId, ClaimId, IntentId},
    intent::{Answer, ClaimFate, Event, Fit, IntentKey, IntentKind, IntentState, Sighting, Step},
    scope::Scope,
};
use calbridge_providers::calcom_api::bookings::ProviderBooking;
use calbridge_store::{
    StoreError, bookings, claims,
    intents::{self, Intent, NewIntent, Recorded},
    jobs,
    sql::Tx,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{
    CancelOrder, Order, Said, SettleError,
    settle::{job_at, job_key},
};
use crate::{app::App, booking::agree, crash::Point, inbox::tries::Tries};

/// A request that was not looked at is sent again after this, if the provider does not say when.
const SOON: SignedDuration = SignedDuration::from_secs(5);

/// Something that was heard of an intent.
pub(super) struct News {
    /// What it is to the intent.
    pub event: Event,
    /// The booking that was seen.
    pub booking: Option<ProviderBooking>,
    /// What the provider said instead.
    pub said: Option<Said>,
    /// When the provider may be asked again.
    pub again_at: Option<Timestamp>,
}

impl News {
    /// Nothing but the event.
    pub fn of(event: Event) -> Self {
        Self {
            event,
            booking: None,
            said: None,
            again_at: None,
        }
    }

    /// The booking, if it tells something about ours: not a stranger's, and not one that is about to be called off.
    fn telling(&self) -> Option<&ProviderBooking> {
        let fits = match &self.event {
            Event::Answered(Answer::Done { fit, .. })
            | Event::Looked(Sighting::Ours { fit, .. }) => *fit == Fit::Right,
            Event::Looked(Sighting::Overtaken) => true,
            _ => false,
        };
        self.booking.as_ref().filter(|_| fits)
    }
}

/// An intent as it stands.
pub(super) async fn get(app: &App, scope: &Scope, id: IntentId) -> Result<Intent, SettleError> {
    let mut tx = app.store.read().await?;
    let intent = intents::find(&mut tx, scope, id).await?;
    tx.rollback().await?;
    intent.ok_or(SettleError::Unknown(id))
}

/// Write down what was heard: how the intent stands with it.
pub(super) async fn record(
    app: &App,
    scope: &Scope,
    mut intent: Intent,
    news: &News,
) -> Result<Intent, SettleError> {
    let mut tries = Tries::new();
    loop {
        // Large, and at the end of a long way.
        match Box::pin(try_record(app, scope, &intent, news)).await {
            Ok(Some(written)) => {
                app.crash_points.pass(Point::Recorded).await;
                return Ok(written);
            }
            // Somebody else wrote meanwhile: what was heard counts for what they left.
            Ok(None) => intent = get(app, scope, intent.id).await?,
            Err(SettleError::Store(error)) if tries.again(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// `None` when the intent is not what it was when it was read.
async fn try_record(
    app: &App,
    scope: &Scope,
    intent: &Intent,
    news: &News,
) -> Result<Option<Intent>, SettleError> {
    let now = app.clock.now();
    let step = intent.standing.on(&news.event);
    let registry = app.registry.current(&app.store, now).await;
    let mut tx = app.store.write().await?;
    let mut next = moved(intent, &step, news, now);
    // Bookings are locked before claims.
    if let Some(booking) = news.telling() {
        let desk = agree::Desk {
            scope,
            registry: &registry,
            connection: intent.connection_id,
            booking: intent.booking_id,
        };
        let told = agree::tell(&mut tx, desk, booking, now).await?;
        next.booking_id = told.or(next.booking_id);
    }
    let written = write_step(&mut tx, scope, (intent, next), step, now).await?;
    if written.is_some() {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(written)
}

/// Write what an intent was and is after a step, with what follows from it for its claim, its job and what is to be called
/// off; `None` when it is not what it was when it was read.
pub(super) async fn write_step(
    tx: &mut Tx,
    scope: &Scope,
    (was, mut next): (&Intent, Intent),
    step: Step,
    now: Timestamp,
) -> Result<Option<Intent>, StoreError> {
    if was.standing.state != step.next.state {
        next = see_to_claims(tx, scope, next, now).await?;
    }
    let Some(written) = intents::write(tx, scope, &next, now).await? else {
        return Ok(None);
    };
    if let Some(uid) = step.call_off {
        call_off(tx, scope, &written, uid, now).await?;
    }
    match written.next_look_at {
        Some(at) => jobs::enqueue(tx, vec![job_at(scope, &written, at)], now).await?,
        None => jobs::cancel(tx, &[job_key(written.id)]).await?,
    }
    Ok(Some(written))
}

/// The intent after a step.
pub(super) fn moved(intent: &Intent, step: &Step, news: &News, now: Timestamp) -> Intent {
    let (was, is) = (intent.standing.state, step.next.state);
    let is_new_doubt = is.doubt().is_some() && was.doubt().is_none();
    let looks = match &news.event {
        _ if is_new_doubt => 0,
        Event::Looked(_) => intent.looks.saturating_add(1),
        _ => intent.looks,
    };
    let wait = match is {
        IntentState::Unknown(doubt) => {
            let looks = u32::try_from(looks).unwrap_or_default();
            SignedDuration::try_from(doubt.next_look(looks)).unwrap_or(SOON)
        }
        _ => SOON,
    };
    let next_look_at = news.again_at.or_else(|| now.checked_add(wait).ok());
    let said = news.said.as_ref().map(|said| json!(said));
    Intent {
        standing: step.next.clone(),
        looks,
        outcome: said.or_else(|| intent.outcome.clone()),
        doubted_at: if is_new_doubt {
            Some(now)
        } else {
            intent.doubted_at
        },
        next_look_at: next_look_at.filter(|_| !is.is_settled()),
        ..intent.clone()
    }
}

/// What becomes of the claimed time.
async fn see_to_claims(
    tx: &mut Tx,
    scope: &Scope,
    mut next: Intent,
    now: Timestamp,
) -> Result<Intent, StoreError> {
    match (next.standing.state.claim(), next.claim_id) {
        (ClaimFate::Keep, _) | (ClaimFate::Free, None) => {}
        (ClaimFate::Free, Some(claim)) => {
            next.claim_id = None;
            claims::free(tx, scope, claim, now).await?;
        }
        (ClaimFate::Bind, claim) => {
            // What was claimed of a booking that goes to another host is the former host's time.
            let gives_up = matches!(next.standing.kind, IntentKind::Cancel | IntentKind::Assign);
            if let (true, Some(booking)) = (gives_up, next.booking_id) {
                claims::free_of_booking(tx, scope, booking, now).await?;
            }
            if let (Some(claim), Some(booking)) = (claim, next.booking_id) {
                if takes_place(tx, scope, booking, claim).await? {
                    claims::free_former(tx, scope, claim, now).await?;
                    claims::set_booking(tx, scope, claim, booking, now).await?;
                } else {
                    next.claim_id = None;
                    claims::free(tx, scope, claim, now).await?;
                }
            }
        }
    }
    Ok(next)
}

/// Whether a booking takes place when it is claimed for. It may have been called off, or moved on, before we knew of it.
async fn takes_place(
    tx: &mut Tx,
    scope: &Scope,
    booking: BookingId,
    claim: ClaimId,
) -> Result<bool, StoreError> {
    let booking = bookings::find(tx, scope, booking).await?;
    let claim = claims::find(tx, scope, claim).await?;
    Ok(booking.zip(claim).is_some_and(|(booking, claim)| {
        booking.status != "cancelled" && booking.scheduled_at == Some(claim.starts_at)
    }))
}

/// Something of ours is at the provider that nobody wants: have it called off, once.
async fn call_off(
    tx: &mut Tx,
    scope: &Scope,
    intent: &Intent,
    uid: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = IntentKey::of_request(scope.tenant_id(), &format!("call_off:{uid}"));
    let order = Order::Cancel(CancelOrder {
        uid,
        reason: Some("booked by mistake".to_owned()),
    });
    let new = NewIntent {
        public_id: Uuid::now_v7(),
        connection_id: intent.connection_id,
        key,
        kind: IntentKind::Cancel,
        request: json!(order),
        claim_id: None,
        booking_id: None::<BookingId>,
        lead_id: intent.lead_id,
        next_look_at: now,
    };
    if let Recorded::New(calling) = intents::record(tx, scope, &new, now).await? {
        jobs::enqueue(tx, vec![job_at(scope, &calling, now)], now).await?;
    }
    Ok(())
}
