//! What a caller is told of something that was wanted of a provider.

use calbridge_core::{availability::Slot, intent::Told, scope::Scope};
use calbridge_store::{StoreError, intents::Intent};
use uuid::Uuid;

use super::{FindBookingError, FoundBooking, find, intent::Said};
use crate::app::App;

/// What came of it, as far as it is known.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// It is done; the booking as it is now.
    Done(Box<FoundBooking>),
    /// It is not known yet. The intent tells, once it is.
    Settling(Box<Intent>),
}

/// It was not done, and will not be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotDone {
    /// Somebody else has the time.
    #[error("somebody else has the slot")]
    Taken {
        /// Free times near it.
        alternatives: Vec<Slot>,
    },
    /// The provider refuses.
    #[error("{}", .0.message)]
    Refused(Said),
    /// It did not happen.
    #[error("the provider did not do it; it may be asked for anew")]
    DidNotHappen,
}

/// How something ended that was wanted.
#[derive(Clone, PartialEq, Debug)]
pub enum Ended {
    /// Done; the booking, unless it is gone since.
    Done(Option<Box<FoundBooking>>),
    /// Not known yet.
    Settling,
    /// Somebody else has the time.
    Taken,
    /// The provider refuses.
    Refused(Said),
    /// It did not happen.
    NotDone,
}

/// Something that was wanted, and how it ended.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundIntent {
    /// What was wanted.
    pub intent: Intent,
    /// How it ended.
    pub ended: Ended,
}

/// What became of something that was wanted, by its public id; `None` when the tenant wanted no such thing.
pub async fn find_intent(
    app: &App,
    scope: &Scope,
    public_id: &str,
) -> Result<Option<FoundIntent>, StoreError> {
    let Ok(public_id) = public_id.parse::<Uuid>() else {
        return Ok(None);
    };
    let mut tx = app.store.read().await?;
    let intent = calbridge_store::intents::find_by_public_id(&mut tx, scope, public_id).await?;
    tx.rollback().await?;
    let Some(intent) = intent else {
        return Ok(None);
    };
    let ended = ended(app, scope, &intent).await?;
    Ok(Some(FoundIntent { intent, ended }))
}

/// How an intent ended.
pub(super) async fn ended(app: &App, scope: &Scope, intent: &Intent) -> Result<Ended, StoreError> {
    Ok(match intent.standing.state.told() {
        Told::Settling => Ended::Settling,
        Told::Taken => Ended::Taken,
        Told::NotDone => Ended::NotDone,
        Told::Refused => Ended::Refused(said(intent)),
        Told::Done => Ended::Done(match intent.booking_id {
            Some(id) => match find(app, scope, &id.to_string()).await {
                Ok(found) => Some(Box::new(found)),
                Err(FindBookingError::Store(error)) => return Err(error),
                Err(FindBookingError::NotFound(_) | FindBookingError::Ambiguous(_)) => None,
            },
            None => None,
        }),
    })
}

fn said(intent: &Intent) -> Said {
    let said = intent.outcome.clone();
    said.and_then(|said| serde_json::from_value(said).ok())
        .unwrap_or_else(|| Said {
            word: "refused".to_owned(),
            message: "the booking became something else meanwhile".to_owned(),
        })
}
