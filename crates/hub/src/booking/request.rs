//! A wish to book, and why it cannot be fulfilled.

use calbridge_core::{
    ids::LeadId,
    lane::Lane,
    person::{EmailAddress, PhoneNumber},
};
use calbridge_providers::calcom_api::bookings::MetadataError;
use calbridge_store::StoreError;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{FindBookingError, HoldError, NotDone, SettleError};
use crate::{
    leads::{CreateLeadError, FindLeadError},
    slots::SlotsError,
    upstream::TargetError,
};

/// What to book, when, and for whom.
#[derive(Clone, PartialEq, Debug)]
pub struct BookRequest {
    /// The caller's own name of the request: sent again, it is the same booking.
    pub name: Option<String>,
    /// The lead; `None`: whoever has the address.
    pub lead: Option<LeadId>,
    /// Any id of the event type; `None`: the default one.
    pub event_type: Option<String>,
    /// When; `None`: the next free time.
    pub start: Option<Timestamp>,
    /// Minutes, where the event type has several lengths.
    pub duration: Option<u32>,
    /// Who comes. What is missing is taken from the lead.
    pub attendee: AttendeeRequest,
    /// What the host should know.
    pub notes: Option<String>,
    /// Answers to the event type's questions, by their slugs.
    pub responses: Map<String, Value>,
    /// What goes along, and comes back with webhooks.
    pub metadata: Map<String, Value>,
    /// Who waits for it.
    pub lane: Lane,
}

/// Who comes, as far as the caller says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AttendeeRequest {
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// Phone number.
    pub phone: Option<PhoneNumber>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Language tag.
    pub language: Option<String>,
}

/// Why nothing was booked, or kept.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The tenant has no such lead.
    #[error(transparent)]
    Lead(FindLeadError),
    /// A lead cannot be made of whom it is for.
    #[error(transparent)]
    NewLead(CreateLeadError),
    /// Something that the event type demands is not there, and the lead does not have it.
    #[error("{field} is needed: {why}")]
    Missing {
        /// As the caller would send it.
        field: String,
        /// Who demands it.
        why: &'static str,
    },
    /// What should go along does not fit.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The time has passed.
    #[error("the time has passed")]
    InThePast,
    /// The lead has a booking, or one is under way; it was to get its first one.
    #[error("the lead has a booking")]
    LeadHasOne,
    /// Which stored booking.
    #[error(transparent)]
    Booking(FindBookingError),
    /// It was not stored here to be pushed later.
    #[error("the booking was not stored here: there is nothing to push")]
    NotStored,
    /// What was stored was called off.
    #[error("the booking was called off")]
    IsOff,
    /// Nothing is free.
    #[error("nothing is free in the next 60 days")]
    NothingFree,
    /// What is to be booked, or when it is free.
    #[error(transparent)]
    Slots(SlotsError),
    /// It cannot be booked through us.
    #[error("it cannot be booked through Calbridge: the provider's own page can")]
    ByHand {
        /// That page.
        link: Option<String>,
    },
    /// The connection cannot be asked.
    #[error(transparent)]
    Target(TargetError),
    /// It was not done.
    #[error(transparent)]
    NotDone(NotDone),
    /// It is wanted, and its job goes on; at this moment something is in the way.
    #[error(transparent)]
    Settle(SettleError),
    /// What its hold is.
    #[error(transparent)]
    Hold(HoldError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HoldError> for BookError {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Store(error) => Self::Store(error),
            other => Self::Hold(other),
        }
    }
}

impl From<FindLeadError> for BookError {
    fn from(error: FindLeadError) -> Self {
        match error {
            FindLeadError::Store(error) => Self::Store(error),
            other @ FindLeadError::NotFound(_) => Self::Lead(other),
        }
    }
}

impl From<CreateLeadError> for BookError {
    fn from(error: CreateLeadError) -> Self {
        match error {
            CreateLeadError::Store(error) => Self::Store(error),
            other => Self::NewLead(other),
        }
    }
}

impl From<SlotsError> for BookError {
    fn from(error: SlotsError) -> Self {
        match error {
            SlotsError::Store(error) => Self::Store(error),
            other => Self::Slots(other),
        }
    }
}

impl From<SettleError> for BookError {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => Self::Store(error),
            other => Self::Settle(other),
        }
    }
}
