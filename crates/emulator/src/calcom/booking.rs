//! What the account knows of one booking.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

/// The uid of a booking: 22 characters of base 58. A reschedule makes a new one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookingUid(String);

impl BookingUid {
    /// A uid as received from outside; it may name no booking.
    pub fn new(uid: impl Into<String>) -> Self {
        Self(uid.into())
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BookingUid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The uid of one seat: `attendeeSeatId` in messages, `seatUid` in the API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatUid(String);

impl SeatUid {
    /// A seat uid as received from outside.
    pub fn new(uid: impl Into<String>) -> Self {
        Self(uid.into())
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waits for the host or the payment.
    Pending,
    /// Agreed.
    Accepted,
    /// Declined by the host.
    Rejected,
    /// Cancelled, or replaced by its successor.
    Cancelled,
}

impl Status {
    /// As webhooks spell it.
    pub fn upper(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Accepted => "ACCEPTED",
            Self::Rejected => "REJECTED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// As API v2 spells it.
    pub fn lower(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Someone who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// The row id.
    pub id: i64,
    /// The name; empty for a guest.
    pub name: String,
    /// The address.
    pub email: String,
    /// E.164, when given.
    pub phone: Option<String>,
    /// The IANA zone; guests inherit the booker's.
    pub time_zone: String,
    /// The language code.
    pub language: String,
    /// Marked as a no-show.
    pub absent: bool,
    /// Gave up the seat, or moved it elsewhere.
    pub cancelled: bool,
    /// The seat, for seated event types.
    pub seat: Option<SeatUid>,
    pub(crate) seat_metadata: BTreeMap<String, String>,
}

/// One row of the account.
#[derive(Debug, Clone)]
pub struct Booking {
    /// The integer id.
    pub id: i64,
    /// The uid.
    pub uid: BookingUid,
    /// The event type's slug.
    pub event_type: String,
    /// The event type's id.
    pub event_type_id: i64,
    /// Where it stands.
    pub status: Status,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// The id of the host.
    pub host_id: i64,
    /// The booker first, then the guests; for seated types one per seat.
    pub attendees: Vec<Attendee>,
    /// The booking this one replaced.
    pub predecessor: Option<BookingUid>,
    /// The booking that replaced this one.
    pub successor: Option<BookingUid>,
    /// The id shared by the occurrences of a series.
    pub series: Option<String>,
    /// What the caller attached.
    pub metadata: BTreeMap<String, String>,
    /// Where it happens.
    pub location: String,
    /// The host did not come.
    pub absent_host: bool,
    /// Paid for.
    pub paid: bool,
    pub(crate) title: String,
    pub(crate) notes: Option<String>,
    pub(crate) responses: BTreeMap<String, String>,
    pub(crate) ical_uid: String,
    pub(crate) ical_sequence: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) confirmed_by_host: bool,
    pub(crate) location_changed: bool,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) rejection_reason: Option<String>,
    pub(crate) rescheduling_reason: Option<String>,
    pub(crate) rescheduled_by: Option<String>,
    pub(crate) one_time_password: String,
    pub(crate) idempotency_key: String,
    pub(crate) payment: Option<i64>,
    pub(crate) series_count: u32,
}

impl Booking {
    /// Those who still come.
    pub fn present(&self) -> impl Iterator<Item = &Attendee> {
        self.attendees.iter().filter(|attendee| !attendee.cancelled)
    }

    pub(crate) fn overlaps(&self, start: Timestamp, end: Timestamp) -> bool {
        self.start < end && start < self.end
    }

    pub(crate) fn awaits_payment(&self) -> bool {
        self.payment.is_some() && !self.paid
    }
}
