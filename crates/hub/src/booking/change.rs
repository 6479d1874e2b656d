//! What moving and calling off have in common: which booking, whether its provider can do it, and why it was not done.

use calbridge_core::{
    capability::{Operation, ability},
    intent::{IntentKey, IntentKind},
    lane::Lane,
    provider::Provider,
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    claims::Claim,
    connections::Connection,
    intents::{self, Intent, NewIntent, Recorded},
    jobs,
    sql::Tx,
    stored_bookings,
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    FindBookingError, FoundBooking, NotDone, Outcome, SettleError, find,
    intent::{HostAct, HostOrder, Order, first_look, see_through, settle_job},
    outcome::{Ended, ended},
};
use crate::{
    app::App,
    slots::SlotsError,
    upstream::{TargetError, server},
};

/// Why a booking was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Which booking.
    #[error(transparent)]
    Find(FindBookingError),
    /// A person can do it elsewhere.
    #[error("{why}")]
    ByHand {
        /// What is in the way.
        why: &'static str,
        /// Where it can be done, if the provider told us.
        link: Option<String>,
    },
    /// It is over, or was called off.
    #[error("the booking is {0}: it cannot be changed so")]
    NotAhead(String),
    /// The host has agreed to it.
    #[error("the host has agreed to the booking already: call it off instead")]
    AlreadyConfirmed,
    /// A stored booking is on its way to the provider.
    #[error("the booking is being pushed: try again once that is known")]
    IsPushed,
    /// Nobody can be absent yet.
    #[error("the booking has not begun: nobody can have missed it")]
    NotBegun,
    /// Nobody of that name comes.
    #[error("nobody who comes to the booking is known as {0}")]
    UnknownAttendee(String),
    /// The provider knows nobody of that name.
    #[error("there is no user {0} who is known to be a host at the provider")]
    UnknownHost(String),
    /// The time has passed.
    #[error("the time has passed")]
    InThePast,
    /// What its event type is.
    #[error(transparent)]
    Slots(SlotsError),
    /// The connection cannot be asked.
    #[error(transparent)]
    Target(TargetError),
    /// It was not done.
    #[error(transparent)]
    NotDone(NotDone),
    /// It is wanted, and its job goes on; at this moment something is in the way.
    #[error(transparent)]
    Settle(SettleError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FindBookingError> for ChangeError {
    fn from(error: FindBookingError) -> Self {
        match error {
            FindBookingError::Store(error) => Self::Store(error),
            other => Self::Find(other),
        }
    }
}

impl From<SettleError> for ChangeError {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => Self::Store(error),
            other => Self::Settle(other),
        }
    }
}

/// A booking that its provider can change for us.
pub(super) struct Changeable {
    pub found: FoundBooking,
    /// The provider's name of it.
    pub uid: String,
}

/// The booking that an id names, if its provider can do what is wanted.
pub(super) async fn changeable(
    app: &App,
    scope: &Scope,
    any_id: &str,
    operation: Operation,
) -> Result<Changeable, ChangeError> {
    let found = find(app, scope, any_id).await?;
    let provider = found.booking.booking_provider;
    let ability = ability(provider, operation);
    if provider != Provider::CalCom || !ability.has_call() {
        let why = "bookings of this provider are changed on its own pages";
        return Err(ChangeError::ByHand {
            why: ability.explanation().unwrap_or(why),
            link: page(app, scope, &found, operation).await?,
        });
    }
    match found.booking.external_booking_id.clone() {
        Some(uid) => Ok(Changeable { found, uid }),
        None => Err(ChangeError::ByHand {
            why: not_there(app, scope, &found).await?,
            link: None,
        }),
    }
}

/// Why a booking has no name at the provider.
async fn not_there(
    app: &App,
    scope: &Scope,
    found: &FoundBooking,
) -> Result<&'static str, StoreError> {
    let mut tx = app.store.read().await?;
    let stored = stored_bookings::find(&mut tx, scope, found.booking.id).await?;
    tx.rollback().await?;
    Ok(match stored {
        Some(_) => "the booking is only stored here: push it first",
        None => "the provider never told its name of the booking",
    })
}

/// The provider's page on which a person can do it. Calendly's messages have both.
async fn page(
    app: &App,
    scope: &Scope,
    found: &FoundBooking,
    operation: Operation,
) -> Result<Option<String>, StoreError> {
    let name = match operation {
        Operation::Cancel => "cancel_url",
        Operation::Reschedule => "reschedule_url",
        // Hosts have no page of a single booking that could be linked.
        _ => return Ok(None),
    };
    let mut tx = app.store.read().await?;
    let body = calbridge_store::bookings::find_payload(&mut tx, scope, found.booking.id).await?;
    tx.rollback().await?;
    let link = body.and_then(|body| {
        Some(
            body.pointer(&format!("/payload/{name}"))?
                .as_str()?
                .to_owned(),
        )
    });
    Ok(link)
}

/// The hosted service's page on which a host sees a booking; where other servers have theirs, nobody told us.
pub(super) fn host_page(app: &App, connection: &Connection, uid: &str) -> Option<String> {
    let base = server(app, connection).ok()?;
    let is_hosted = base.as_str().starts_with("https://api.cal.com/");
    is_hosted.then(|| format!("https://app.cal.com/booking/{uid}"))
}

/// Have a host's act done: written down, asked for, and what came of it told.
pub(super) async fn act(
    app: &App,
    scope: &Scope,
    of: &Changeable,
    act: HostAct,
    lane: Lane,
) -> Result<Outcome, ChangeError> {
    let order = Order::Host(HostOrder {
        uid: of.uid.clone(),
        act,
    });
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let wanted = under_way(&mut tx, scope, of, order.kind()).await?;
    if let Some(same) = wanted.filter(|intent| intent.request == json!(order)) {
        tx.rollback().await?;
        return told(app, scope, same).await;
    }
    let intent = write_down(&mut tx, scope, of, &order, None, now).await?;
    tx.commit().await?;
    let intent = Box::pin(see_through(app, scope, intent, lane)).await?;
    told(app, scope, intent).await
}

/// Write down what is wanted of a booking, with its job.
pub(super) async fn write_down(
    tx: &mut Tx,
    scope: &Scope,
    of: &Changeable,
    order: &Order,
    claim: Option<&Claim>,
    now: Timestamp,
) -> Result<Intent, StoreError> {
    let booking = &of.found.booking;
    let new = NewIntent {
        public_id: Uuid::now_v7(),
        connection_id: booking.connection_id,
        key: IntentKey::new(Uuid::new_v4()),
        kind: order.kind(),
        request: json!(order),
        claim_id: claim.map(|claim| claim.id),
        booking_id: Some(booking.id),
        lead_id: booking.lead_id,
        next_look_at: first_look(now),
    };
    let intent = match intents::record(tx, scope, &new, now).await? {
        Recorded::New(intent) | Recorded::Known(intent) => intent,
    };
    jobs::enqueue(tx, vec![settle_job(scope, &intent, &new)], now).await?;
    Ok(intent)
}

/// What is wanted of the booking already and not known yet: asking a second time would only confuse.
pub(super) async fn under_way(
    tx: &mut Tx,
    scope: &Scope,
    of: &Changeable,
    kind: IntentKind,
) -> Result<Option<Intent>, StoreError> {
    let wanted = intents::list_of_booking(tx, scope, of.found.booking.id, 10).await?;
    Ok(wanted
        .into_iter()
        .find(|intent| intent.standing.kind == kind && !intent.standing.state.is_settled()))
}

/// What the caller is told.
pub(super) async fn told(app: &App, scope: &Scope, intent: Intent) -> Result<Outcome, ChangeError> {
    match ended(app, scope, &intent).await? {
        Ended::Done(Some(found)) => Ok(Outcome::Done(found)),
        Ended::Done(None) | Ended::Settling => Ok(Outcome::Settling(Box::new(intent))),
        Ended::Taken => Err(ChangeError::NotDone(NotDone::Taken {
            alternatives: Vec::new(),
        })),
        Ended::Refused(said) => Err(ChangeError::NotDone(NotDone::Refused(said))),
        Ended::NotDone => Err(ChangeError::NotDone(NotDone::DidNotHappen)),
    }
}
