//! Who meets in a booking.

use serde_json::{Map, Value};

use crate::calcom::api::reader::{Misread, Part, Shape};

/// The organizer of a booking. Further hosts of a team are among the attendees.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderHost {
    /// Cal.com's id of the user.
    pub id: Option<i64>,
    /// The name.
    pub name: Option<String>,
    /// The address, without the suffix that Cal.com's platform adds.
    pub email: Option<String>,
    /// The name in links.
    pub username: Option<String>,
    /// The IANA zone.
    pub time_zone: Option<String>,
}

/// Somebody who comes: the booker first, then guests, who have no name.
#[derive(Clone, PartialEq, Debug)]
pub struct ProviderAttendee {
    /// The name.
    pub name: Option<String>,
    /// The address as stored; calls that name an attendee want this one.
    pub email: Option<String>,
    /// The address without the suffix that Cal.com's platform adds.
    pub display_email: Option<String>,
    /// The number.
    pub phone: Option<String>,
    /// The IANA zone.
    pub time_zone: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// Did not come.
    pub absent: bool,
    /// The seat, where several share a slot.
    pub seat_uid: Option<String>,
    /// The answers, where several share a slot.
    pub responses: Map<String, Value>,
    /// The caller's own, where several share a slot.
    pub metadata: Map<String, Value>,
}

const HOST: Shape = Shape {
    expected: &["id", "name", "email", "username", "timeZone"],
    possible: &["displayEmail"],
};
const ATTENDEE: Shape = Shape {
    expected: &["name", "email", "timeZone", "absent"],
    possible: &[
        "displayEmail",
        "language",
        "phoneNumber",
        "seatUid",
        "bookingFieldsResponses",
        "metadata",
        "createdAt",
        "id",
        "bookingId",
    ],
};

pub(super) fn host(part: &Part<'_>) -> Result<ProviderHost, Misread> {
    let it = part.object(&HOST)?;
    let display = it.string("displayEmail")?;
    Ok(ProviderHost {
        // `unknown` stands where the user is gone.
        id: it
            .part("id")
            .filter(|part| part.raw().is_number())
            .map(|part| part.integer())
            .transpose()?,
        name: it.string("name")?,
        email: display.or(it.string("email")?),
        username: it.string("username")?,
        time_zone: it.string("timeZone")?,
    })
}

pub(super) fn attendee(part: &Part<'_>) -> Result<ProviderAttendee, Misread> {
    let it = part.object(&ATTENDEE)?;
    Ok(ProviderAttendee {
        name: it.string("name")?,
        email: it.string("email")?,
        display_email: it.string("displayEmail")?,
        phone: it.string("phoneNumber")?,
        time_zone: it.string("timeZone")?,
        language: it.string("language")?,
        absent: it.flag("absent")?.unwrap_or_default(),
        seat_uid: it.string("seatUid")?,
        responses: it.own_fields("bookingFieldsResponses")?,
        metadata: it.own_fields("metadata")?,
    })
}
