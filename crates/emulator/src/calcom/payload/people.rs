//! Organizer, attendees and team, in each of their spellings.

use super::{TEAM, View};
use crate::calcom::Attendee;
use crate::json::{Json, known, object};
use crate::spelling::utc_offset;

impl View<'_> {
    pub(in crate::calcom) fn organizer(&self) -> Json {
        object! {
            "id": self.host.id,
            "name": &self.host.name,
            "email": &self.host.email,
            "username": &self.host.username,
            "timeZone": &self.host.time_zone,
            "language": locale("en"),
            "timeFormat": "h:mma",
            "utcOffset": utc_offset(&self.host.time_zone, self.booking.start),
        }
    }

    /// The team, without the organizer among its members. Absent for personal events.
    pub(super) fn team(&self) -> Json {
        if !self.event_type.is_team() {
            return Json::Absent;
        }
        let members = self
            .hosts
            .iter()
            .filter(|host| host.id != self.host.id)
            .map(|host| {
                let (first, last) = split_name(&host.name);
                object! {
                    "id": host.id,
                    "name": &host.name,
                    "email": &host.email,
                    "firstName": first,
                    "lastName": last,
                    "timeZone": &host.time_zone,
                    "language": locale("en"),
                }
            });
        object! { "id": TEAM.0, "name": TEAM.1, "members": Json::list(members) }
    }

    /// As made while booking: first and last name are there and empty.
    pub(super) fn live_attendee(&self, attendee: &Attendee) -> Json {
        object! {
            "email": &attendee.email,
            "name": &attendee.name,
            "phoneNumber": known(attendee.phone.as_ref()),
            "firstName": "",
            "lastName": "",
            "timeZone": &attendee.time_zone,
            "language": locale(&attendee.language),
            "utcOffset": self.offset_of(attendee),
        }
    }

    /// As in `BOOKING_REQUESTED`: the only form that splits the name.
    pub(super) fn requested_attendee(&self, attendee: &Attendee) -> Json {
        let (first, last) = split_name(&attendee.name);
        object! {
            "name": &attendee.name,
            "email": &attendee.email,
            "timeZone": &attendee.time_zone,
            "language": locale(&attendee.language),
            "phoneNumber": attendee.phone.as_ref(),
            "bookingSeat": Json::Null,
            "utcOffset": self.offset_of(attendee),
            "firstName": first,
            "lastName": last,
        }
    }

    /// As read from the database: no first and last name.
    pub(super) fn stored_attendee(&self, attendee: &Attendee) -> Json {
        object! {
            "name": &attendee.name,
            "email": &attendee.email,
            "timeZone": &attendee.time_zone,
            "phoneNumber": attendee.phone.as_ref(),
            "language": locale(&attendee.language),
            "utcOffset": self.offset_of(attendee),
        }
    }

    pub(super) fn stored_attendees(&self) -> Json {
        Json::list(
            self.booking
                .present()
                .map(|attendee| self.stored_attendee(attendee)),
        )
    }

    pub(in crate::calcom) fn attendee_rows(&self) -> Json {
        Json::list(
            self.booking
                .present()
                .map(|attendee| attendee_row(self.booking.id, attendee)),
        )
    }

    pub(super) fn offset_of(&self, attendee: &Attendee) -> i64 {
        utc_offset(&attendee.time_zone, self.booking.start)
    }
}

/// The raw database row of an attendee.
pub(super) fn attendee_row(booking_id: i64, attendee: &Attendee) -> Json {
    object! {
        "id": attendee.id,
        "email": &attendee.email,
        "name": &attendee.name,
        "timeZone": &attendee.time_zone,
        "phoneNumber": attendee.phone.as_ref(),
        "locale": &attendee.language,
        "bookingId": booking_id,
        "noShow": attendee.absent,
    }
}

pub(super) fn locale(language: &str) -> Json {
    object! { "locale": language }
}

fn split_name(name: &str) -> (&str, &str) {
    name.split_once(' ').unwrap_or((name, ""))
}
