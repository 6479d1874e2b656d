//! `BOOKING_CANCELLED`: no metadata, `+00:00` times, a zero price becomes null. After `webhook_004` of the
//! captures; the thin form of request-reschedule after sample 19.

use super::people::locale;
use super::{BOOKER_URL, View};
use crate::json::{Json, known, object};
use crate::spelling::numeric_offset;

impl View<'_> {
    pub(in crate::calcom) fn cancelled(&self, by: Option<String>) -> Json {
        let reason = known(self.booking.cancellation_reason.as_ref());
        self.cancelled_base(self.stored_attendees(), reason, known(by))
    }

    pub(super) fn cancelled_base(&self, attendees: Json, reason: Json, by: Json) -> Json {
        let booking = self.booking;
        let event_type = self.event_type;
        object! {
            "bookerUrl": BOOKER_URL,
            "title": &booking.title,
            "length": event_type.minutes,
            "type": &event_type.slug,
            "additionalNotes": self.notes(),
            "description": self.description(),
            "customInputs": object! {},
            "eventTypeId": event_type.id,
            "userFieldsResponses": self.custom_responses(),
            "responses": self.stored_responses(),
            "startTime": numeric_offset(booking.start),
            "endTime": numeric_offset(booking.end),
            "organizer": self.organizer(),
            "attendees": attendees,
            "uid": booking.uid.as_str(),
            "bookingId": booking.id,
            "location": &booking.location,
            "destinationCalendar": Json::List(Vec::new()),
            "cancellationReason": reason,
            "seatsPerTimeSlot": event_type.places(),
            "seatsShowAttendees": event_type.is_seated(),
            "iCalUID": &booking.ical_uid,
            "iCalSequence": booking.ical_sequence,
            "hideOrganizerEmail": false,
            "customReplyToEmail": Json::Null,
            "schedulingType": event_type.scheduling_type(),
            "hideBranding": false,
            "team": self.team(),
            "eventTitle": &event_type.title,
            "eventDescription": event_type.description.as_ref(),
            "requiresConfirmation": event_type.confirms_first().then_some(true),
            "price": Some(event_type.price()).filter(|price| *price > 0),
            "currency": event_type.currency(),
            "status": "CANCELLED",
            "cancelledBy": by,
            "requestReschedule": false,
        }
    }

    /// The thinner object sent when the host asks the booker to pick another time.
    pub(in crate::calcom) fn reschedule_requested(&self) -> Json {
        let booking = self.booking;
        let attendees = booking.present().map(|attendee| {
            object! {
                "id": attendee.id,
                "email": &attendee.email,
                "name": &attendee.name,
                "username": "",
                "language": locale(&attendee.language),
                "timeZone": &attendee.time_zone,
                "phoneNumber": attendee.phone.as_ref(),
                "utcOffset": self.offset_of(attendee),
            }
        });
        object! {
            "bookingId": booking.id,
            "type": &self.event_type.slug,
            "title": &booking.title,
            "description": self.notes(),
            "customInputs": Json::Null,
            "responses": self.stored_responses(),
            "userFieldsResponses": self.custom_responses(),
            "startTime": numeric_offset(booking.start),
            "endTime": numeric_offset(booking.end),
            "organizer": self.organizer().without("timeFormat"),
            "attendees": Json::list(attendees),
            "uid": booking.uid.as_str(),
            "location": &booking.location,
            "destinationCalendar": Json::List(Vec::new()),
            "iCalUID": &booking.ical_uid,
            "cancelledBy": &self.host.email,
            "cancellationReason": known(booking.cancellation_reason.as_ref()),
            "status": "CANCELLED",
            "eventTypeId": self.event_type.id,
            "length": self.event_type.minutes,
            "iCalSequence": booking.ical_sequence,
            "eventTitle": &self.event_type.title,
            "requestReschedule": true,
        }
    }
}
