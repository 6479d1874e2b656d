//! What moving and calling off have in common: which booking, whether its provider can do it, and why it was not done.

use calbridge_core::{
    capability::{Operation, ability},
    intent::{IntentKey, IntentKind},
    provider::Provider,
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    claims::Claim,
    intents::{self, Intent, NewIntent, Recorded},
    jobs,
    sql::Tx,
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    FindBookingError, FoundBooking, NotDone, Outcome, SettleError, find,
    intent::{Order, first_look, settle_job},
    outcome::{Ended, ended},
};
use crate::{app::App, slots::SlotsError, upstream::TargetError};

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
    #[error("the booking is {0}: it cannot be moved")]
    NotAhead(String),
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
            why: "the provider never told its name of the booking",
            link: None,
        }),
    }
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
        _ => "reschedule_url",
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
