//! What a provider's answer means for an intent.

use calbridge_core::intent::{Answer, Certainty, Fit, Found, IntentKey, METADATA_NAME, Wanted};
use calbridge_providers::calcom_api::{
    ApiError, ErrorKind,
    bookings::{BookingStatus, ProviderBooking},
};
use calbridge_store::intents::Intent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Order;
use crate::upstream::AskError;

/// What the provider said when it did not do it, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// One word, as metrics have it: `refused`, `unauthorized` and so on.
    pub word: String,
    /// What it said.
    pub message: String,
}

impl Said {
    fn of(error: &AskError) -> Self {
        Self {
            word: error.word().to_owned(),
            message: error.to_string(),
        }
    }
}

/// An answer, read.
pub(super) struct Heard {
    /// What it is to the intent.
    pub answer: Answer,
    /// The booking in it.
    pub booking: Option<ProviderBooking>,
    /// What was said instead.
    pub said: Option<Said>,
    /// When the provider may be asked again.
    pub again_at: Option<Timestamp>,
}

/// Read what came of a call; `Ok(None)` when it was done and nobody saw how the booking is now.
pub(super) fn heard(
    order: &Order,
    intent: &Intent,
    outcome: Result<Option<ProviderBooking>, AskError>,
    now: Timestamp,
) -> Heard {
    match outcome {
        Ok(None) => Heard {
            answer: Answer::Nothing,
            booking: None,
            said: None,
            again_at: None,
        },
        Ok(Some(booking)) => {
            if let Some(said) = left_alone(order, &booking) {
                return Heard {
                    answer: Answer::Refused(Certainty::Sure),
                    booking: None,
                    said: Some(said),
                    again_at: None,
                };
            }
            Heard {
                answer: Answer::Done {
                    made: booking.uid.clone(),
                    fit: fit(order, &intent.key, &booking),
                },
                booking: Some(booking),
                said: None,
                again_at: None,
            }
        }
        Err(error) => Heard {
            answer: refusal(order, &error),
            booking: None,
            said: Some(Said::of(&error)),
            again_at: error.retry_at(now),
        },
    }
}

/// Whether a booking is what was ordered.
pub(super) fn fit(order: &Order, key: &IntentKey, booking: &ProviderBooking) -> Fit {
    let wanted = match order {
        Order::Book(book) => book.wanted(key),
        Order::Reschedule(to) => Wanted::Moved {
            from: to.uid.clone(),
            starts_at: to.start,
        },
        Order::Cancel(_) if booking.status == BookingStatus::Cancelled => return Fit::Right,
        Order::Host(order) if order.is_done(booking) => return Fit::Right,
        Order::Cancel(_) | Order::Host(_) => return Fit::Stranger,
    };
    wanted.fit(&Found {
        key: key_in(booking, key),
        predecessor: booking.rescheduled_from.clone(),
        starts_at: booking.start,
        ends_at: Some(booking.end),
        event_type_id: booking.event_type_id.map(|id| id.to_string()),
    })
}

/// The provider answers well also where it does nothing: for an address that nobody has, for a host who stays the same.
fn left_alone(order: &Order, booking: &ProviderBooking) -> Option<Said> {
    match order {
        Order::Host(order) if !order.is_done(booking) => Some(Said {
            word: "refused".to_owned(),
            message: order.left_alone().to_owned(),
        }),
        Order::Host(_) | Order::Book(_) | Order::Reschedule(_) | Order::Cancel(_) => None,
    }
}

/// What stands where our key would. Of a shared slot, each seat has its own.
fn key_in(booking: &ProviderBooking, ours: &IntentKey) -> Option<String> {
    let seats = booking.attendees.iter().map(|one| &one.metadata);
    let mut keys = std::iter::once(&booking.metadata)
        .chain(seats)
        .filter_map(|metadata| metadata.get(METADATA_NAME)?.as_str());
    let first = keys.clone().next();
    keys.find(|key| *key == ours.as_str())
        .or(first)
        .map(str::to_owned)
}

/// What it means that a call did not end with a booking.
fn refusal(order: &Order, error: &AskError) -> Answer {
    let api = match error {
        AskError::Provider(api) => api,
        AskError::NoAnswer(_) => return Answer::Nothing,
        AskError::BudgetExhausted { .. }
        | AskError::CircuitOpen { .. }
        | AskError::NotSent(_)
        | AskError::Store(_) => return Answer::NotProcessed,
    };
    match &api.kind {
        // Another host is busy: the booking keeps its time.
        ErrorKind::SlotTaken if matches!(order, Order::Host(_)) => Answer::Refused(certainty(api)),
        ErrorKind::SlotTaken => Answer::Taken(certainty(api)),
        ErrorKind::RateLimited { .. } => Answer::NotProcessed,
        ErrorKind::Refused { .. } => Answer::Refused(certainty(api)),
        ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Gone => {
            Answer::Refused(Certainty::Sure)
        }
        // A booking in a shape that nobody can read is a booking.
        ErrorKind::Down | ErrorKind::Misread { .. } => Answer::Nothing,
    }
}

/// Cal.com was seen to answer 400 from within a booking that it made. Other statuses come from before.
fn certainty(error: &ApiError) -> Certainty {
    if error.status == 400 {
        Certainty::Doubtful
    } else {
        Certainty::Sure
    }
}
