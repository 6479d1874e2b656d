//! What is asked of a provider, as it stands in an intent.

use calbridge_core::intent::{IntentKey, IntentKind, Wanted};
use calbridge_providers::calcom_api::{
    EventTypeRef, Profile,
    bookings::{
        self, BookingMetadata, Cancel, MetadataError, NewAttendee, NewBooking, Occurrences,
        Reschedule,
    },
};
use calbridge_store::intents::Intent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    SettleError,
    host_order::{HostOrder, OrderCall},
};

/// What those who come read when nobody said why.
const NO_REASON: &str = "Cancelled";

/// What is asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::booking) enum Order {
    /// Make a booking.
    Book(BookOrder),
    /// Move one.
    Reschedule(RescheduleOrder),
    /// Call one off.
    Cancel(CancelOrder),
    /// What else a host does with one.
    Host(HostOrder),
}

/// A booking to be made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(in crate::booking) struct BookOrder {
    /// The provider's number of the event type.
    pub event_type: i64,
    /// Start.
    pub start: Timestamp,
    /// Minutes, where the event type has several lengths.
    pub length: Option<u32>,
    /// Who comes.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their number in E.164.
    pub phone: Option<String>,
    /// Their IANA zone.
    pub time_zone: String,
    /// Their language.
    pub language: Option<String>,
    /// Answers by the slugs of the questions.
    pub responses: Map<String, Value>,
    /// What goes along, our key among it.
    pub metadata: Map<String, Value>,
}

/// A booking to be moved.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(in crate::booking) struct RescheduleOrder {
    /// The provider's name of it.
    pub uid: String,
    /// The new start.
    pub start: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// A booking to be called off.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(in crate::booking) struct CancelOrder {
    /// The provider's name of it.
    pub uid: String,
    /// Why.
    pub reason: Option<String>,
}

impl Order {
    /// What an intent asks.
    pub fn of(intent: &Intent) -> Result<Self, SettleError> {
        serde_json::from_value(intent.request.clone())
            .map_err(|_| SettleError::Unreadable(intent.id))
    }

    /// What kind of intent it is.
    pub fn kind(&self) -> IntentKind {
        match self {
            Self::Book(_) => IntentKind::Book,
            Self::Reschedule(_) => IntentKind::Reschedule,
            Self::Cancel(_) => IntentKind::Cancel,
            Self::Host(order) => order.kind(),
        }
    }

    /// The call that does it.
    pub(super) fn call(&self, profile: Profile) -> Result<OrderCall, MetadataError> {
        Ok(OrderCall::Booking(match self {
            Self::Book(order) => bookings::create(profile, &order.booking()?),
            Self::Reschedule(order) => bookings::reschedule(profile, &order.uid, &order.move_to()),
            Self::Cancel(order) => bookings::cancel(profile, &order.uid, &order.cancel()),
            Self::Host(order) => return Ok(order.call(profile)),
        }))
    }
}

impl BookOrder {
    /// What the booking must be, to be this one.
    pub fn wanted(&self, key: &IntentKey) -> Wanted {
        Wanted::New {
            key: key.clone(),
            starts_at: self.start,
            // How long it takes is the provider's affair.
            ends_at: None,
            event_type_id: Some(self.event_type.to_string()),
        }
    }

    fn booking(&self) -> Result<NewBooking, MetadataError> {
        Ok(NewBooking {
            event_type: EventTypeRef::Id(self.event_type),
            start: self.start,
            attendee: NewAttendee {
                name: self.name.clone(),
                email: Some(self.email.clone()),
                phone: self.phone.clone(),
                time_zone: self.time_zone.clone(),
                language: self.language.clone(),
            },
            responses: self.responses.clone(),
            guests: Vec::new(),
            metadata: BookingMetadata::new(&self.metadata)?,
            location: None,
            length: self.length,
            occurrences: None,
        })
    }
}

impl RescheduleOrder {
    fn move_to(&self) -> Reschedule {
        Reschedule {
            start: self.start,
            by: None,
            reason: self.reason.clone(),
            seat_uid: None,
        }
    }
}

impl CancelOrder {
    fn cancel(&self) -> Cancel {
        // From a host, Cal.com takes no cancellation without one.
        let reason = self.reason.clone();
        Cancel {
            reason: Some(reason.unwrap_or_else(|| NO_REASON.to_owned())),
            occurrences: Occurrences::This,
            seat_uid: None,
        }
    }
}
