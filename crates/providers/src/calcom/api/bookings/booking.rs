//! One booking.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::people::{ProviderAttendee, ProviderHost, attendee, host};
use crate::calcom::api::{
    Call, Family, Operation, Profile,
    call::get as call,
    reader::{Misread, Object, Part, Shape},
};

/// A booking as Cal.com has it.
#[derive(Clone, PartialEq, Debug)]
pub struct ProviderBooking {
    /// A number; a new one at each reschedule.
    pub id: i64,
    /// The name; a new one at each reschedule.
    pub uid: String,
    /// The name of the meeting.
    pub title: Option<String>,
    /// The booker's notes.
    pub description: Option<String>,
    /// How it stands.
    pub status: BookingStatus,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// What was booked; absent once that is deleted.
    pub event_type_id: Option<i64>,
    /// Its name in links.
    pub event_type_slug: Option<String>,
    /// The organizer.
    pub hosts: Vec<ProviderHost>,
    /// Who comes. Empty for shared slots whose attendees this key may not see.
    pub attendees: Vec<ProviderAttendee>,
    /// Addresses of guests.
    pub guests: Vec<String>,
    /// The link of the video call, or another place; a marker such as `integrations:daily` if there is no room yet.
    pub location: Option<String>,
    /// The host did not come.
    pub host_absent: bool,
    /// What people answered.
    pub responses: Map<String, Value>,
    /// The caller's own.
    pub metadata: Map<String, Value>,
    /// Why it was cancelled; of a booking that stands, why it was moved here.
    pub cancellation_reason: Option<String>,
    /// Who cancelled it, where known.
    pub cancelled_by: Option<String>,
    /// Why it was moved.
    pub rescheduling_reason: Option<String>,
    /// Who moved it; on the old booking and on the new one.
    pub rescheduled_by: Option<String>,
    /// The uid of the booking before it.
    pub rescheduled_from: Option<String>,
    /// The uid of the booking after it.
    pub rescheduled_to: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed; changes of seats and absences do not count.
    pub updated_at: Option<Timestamp>,
    /// The name in calendars, which survives reschedules.
    pub ics_uid: Option<String>,
    /// The booker's opinion.
    pub rating: Option<i64>,
    /// The series it belongs to.
    pub recurring_uid: Option<String>,
    /// The new seat, in the answer to taking one.
    pub seat_uid: Option<String>,
    /// The whole of it, as sent.
    pub raw: Value,
}

/// How a booking stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BookingStatus {
    /// It takes place.
    Accepted,
    /// The host has yet to accept it.
    Pending,
    /// Nobody has answered the call yet.
    AwaitingHost,
    /// It does not take place, or was moved.
    Cancelled,
    /// The host rejected it.
    Rejected,
    /// A word nobody told us of.
    Unknown,
}

/// A booking, and the others of its series where the answer was about one.
#[derive(Clone, PartialEq, Debug)]
pub struct Bookings {
    /// The booking, or the first of the series in the order of the answer.
    pub first: ProviderBooking,
    /// The rest of the series.
    pub rest: Vec<ProviderBooking>,
}

const BOOKING: Shape = Shape {
    expected: &[
        "id",
        "uid",
        "title",
        "description",
        "hosts",
        "status",
        "start",
        "end",
        "duration",
        "eventTypeId",
        "eventType",
        "location",
        "absentHost",
        "createdAt",
        "updatedAt",
        "attendees",
    ],
    possible: &[
        "cancellationReason",
        "cancelledByEmail",
        "reschedulingReason",
        "rescheduledByEmail",
        "rescheduledFromUid",
        "rescheduledToUid",
        "meetingUrl",
        "metadata",
        "rating",
        "icsUid",
        "guests",
        "bookingFieldsResponses",
        "recurringBookingUid",
        "seatUid",
        // Undocumented: in the answers to create, get and reschedule.
        "isPlatformManagedUserBooking",
    ],
};

const EVENT_TYPE: Shape = Shape {
    expected: &["id", "slug"],
    possible: &[],
};

const STATUS: &[(&str, BookingStatus)] = &[
    ("accepted", BookingStatus::Accepted),
    ("pending", BookingStatus::Pending),
    ("awaiting_host", BookingStatus::AwaitingHost),
    ("cancelled", BookingStatus::Cancelled),
    ("rejected", BookingStatus::Rejected),
];

/// Ask for a booking by its uid, or for a series by its own. A booking that was moved still answers to its old uid.
pub fn get(profile: Profile, uid: &str) -> Call<Bookings> {
    call(Operation::BookingsGet, &[&"bookings", &uid], one_or_series)
        .version(profile.version(Family::Bookings))
}

pub(super) fn one_or_series(envelope: &Object<'_>) -> Result<Bookings, Misread> {
    let data = envelope.need("data")?;
    if !data.raw().is_array() {
        return Ok(Bookings {
            first: booking(&data)?,
            rest: Vec::new(),
        });
    }
    let mut series = data.each(booking)?.into_iter();
    Ok(Bookings {
        first: series.next().ok_or_else(|| data.misread("a booking"))?,
        rest: series.collect(),
    })
}

/// A booking of 2024-08-13 or later. That of 2024-04-15 has `startTime` and `endTime`.
pub(super) fn booking(part: &Part<'_>) -> Result<ProviderBooking, Misread> {
    const EXPECTED: &str = "a booking of 2024-08-13 or later";
    let it = part.unknown_object()?;
    for name in ["uid", "status", "start", "end", "attendees"] {
        it.recognize(name, EXPECTED)?;
    }
    let it = part.object(&BOOKING)?;
    let event_type = match it.part("eventType") {
        Some(part) => Some(part.object(&EVENT_TYPE)?),
        None => None,
    };
    let (id, slug) = match event_type {
        Some(event_type) => (event_type.integer("id")?, event_type.string("slug")?),
        None => (None, None),
    };
    Ok(ProviderBooking {
        id: it.need("id")?.integer()?,
        uid: it.need("uid")?.string()?,
        title: it.string("title")?,
        description: it.string("description")?,
        status: it
            .need("status")?
            .word(STATUS)?
            .unwrap_or(BookingStatus::Unknown),
        start: it.need("start")?.time()?,
        end: it.need("end")?.time()?,
        event_type_id: id.or(it.integer("eventTypeId")?),
        event_type_slug: slug,
        hosts: it.each("hosts", host)?,
        attendees: it.each("attendees", attendee)?,
        guests: it.each("guests", Part::string)?,
        location: it.string("location")?,
        host_absent: it.flag("absentHost")?.unwrap_or_default(),
        responses: it.own_fields("bookingFieldsResponses")?,
        metadata: it.own_fields("metadata")?,
        cancellation_reason: it.string("cancellationReason")?,
        cancelled_by: it.string("cancelledByEmail")?,
        rescheduling_reason: it.string("reschedulingReason")?,
        rescheduled_by: it.string("rescheduledByEmail")?,
        rescheduled_from: it.string("rescheduledFromUid")?,
        rescheduled_to: it.string("rescheduledToUid")?,
        created_at: it.time("createdAt")?,
        updated_at: it.time("updatedAt")?,
        ics_uid: it.string("icsUid")?,
        rating: it.integer("rating")?,
        recurring_uid: it.string("recurringBookingUid")?,
        seat_uid: it.string("seatUid")?,
        raw: part.raw().clone(),
    })
}
