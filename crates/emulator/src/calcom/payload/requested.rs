//! `BOOKING_REQUESTED`: also sent for a booker's reschedule of a confirm-first booking, then without any
//! reschedule field. After `webhook_005` of the captures.

use super::{BOOKER_URL, View};
use crate::json::{Json, object};
use crate::spelling::millis;

impl View<'_> {
    pub(in crate::calcom) fn requested(&self) -> Json {
        let booking = self.booking;
        let event_type = self.event_type;
        object! {
            "bookerUrl": BOOKER_URL,
            "title": &booking.title,
            "startTime": millis(booking.start),
            "endTime": millis(booking.end),
            "type": &event_type.slug,
            "organizer": self.organizer(),
            "attendees": Json::list(booking.present().map(|one| self.requested_attendee(one))),
            "additionalNotes": self.notes(),
            "description": self.description(),
            "eventTypeId": event_type.id,
            "hideCalendarNotes": false,
            "hideCalendarEventDetails": false,
            "hideOrganizerEmail": false,
            "schedulingType": event_type.scheduling_type(),
            "seatsPerTimeSlot": Json::Null,
            "seatsShowAttendees": true,
            "seatsShowAvailabilityCount": true,
            "customReplyToEmail": Json::Null,
            "disableRescheduling": false,
            "disableCancelling": false,
            "customInputs": object! {},
            "responses": self.stored_responses(),
            "userFieldsResponses": self.custom_responses(),
            "location": &booking.location,
            "iCalUID": &booking.ical_uid,
            "iCalSequence": booking.ical_sequence,
            "requiresConfirmation": true,
            "oneTimePassword": &booking.one_time_password,
            "platformClientId": "",
            "platformRescheduleUrl": "",
            "platformCancelUrl": "",
            "platformBookingUrl": "",
            "uid": booking.uid.as_str(),
            "organizationId": Json::Null,
            "hideBranding": false,
            "bookingId": booking.id,
            "hashedLink": Json::Null,
            "status": "PENDING",
            "eventTitle": &event_type.title,
            "eventDescription": event_type.description.as_ref(),
            "price": event_type.price(),
            "currency": event_type.currency(),
            "length": event_type.minutes,
            "assignmentReason": Json::List(Vec::new()),
            "destinationCalendar": Json::Null,
            "metadata": &booking.metadata,
        }
    }
}
