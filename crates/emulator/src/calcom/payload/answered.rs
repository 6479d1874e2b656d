//! The form built from the database after an answer: confirmed, rejected, paid.
//! After `webhook_006` and `webhook_010` of the captures and sample 11.

use super::{BOOKER_URL, View};
use crate::json::{Json, known, object};
use crate::spelling::millis;

impl View<'_> {
    /// `BOOKING_CREATED` after a confirmation: the caller's metadata is lost.
    pub(in crate::calcom) fn confirmed(&self) -> Json {
        self.answered(Json::Absent).and(object! {
            "status": "ACCEPTED",
            "metadata": object! { "videoCallUrl": known(self.video_url()) },
        })
    }

    /// `BOOKING_REJECTED`: no metadata at all.
    pub(in crate::calcom) fn rejected(&self) -> Json {
        self.answered(known(self.booking.rejection_reason.as_ref()))
            .and(object! { "status": "REJECTED" })
    }

    /// `BOOKING_PAID`: the metadata is the payment's own.
    pub(in crate::calcom) fn paid(&self, payment: i64, external_id: &str) -> Json {
        let booking = self.booking;
        let event_type = self.event_type;
        let booker = booking.attendees.first();
        object! {
            "type": &event_type.slug,
            "title": &booking.title,
            "bookerUrl": BOOKER_URL,
            "description": self.notes(),
            "startTime": millis(booking.start),
            "endTime": millis(booking.end),
            "customInputs": object! {},
            "responses": self.stored_responses(),
            "userFieldsResponses": self.custom_responses(),
            "organizer": self.organizer(),
            "hideOrganizerEmail": false,
            "attendees": self.stored_attendees(),
            "location": self.stored_location(),
            "uid": booking.uid.as_str(),
            "destinationCalendar": Json::List(Vec::new()),
            "recurringEvent": Json::Null,
            "customReplyToEmail": Json::Null,
            "seatsPerTimeSlot": Json::Null,
            "seatsShowAttendees": true,
            "hideBranding": false,
            "disableCancelling": false,
            "disableRescheduling": false,
            "eventTitle": &event_type.title,
            "eventDescription": event_type.description.as_ref(),
            "requiresConfirmation": Json::Null,
            "price": event_type.price(),
            "currency": event_type.currency(),
            "length": event_type.minutes,
            "bookingId": booking.id,
            "eventTypeId": event_type.id,
            "status": self.status(),
            "paymentId": payment,
            "metadata": object! {
                "identifier": "cal.com",
                "bookingId": booking.id,
                "eventTypeId": event_type.id,
                "bookerEmail": known(booker.map(|booker| &booker.email)),
                "eventTitle": &event_type.title,
                "externalId": external_id,
            },
        }
    }

    fn answered(&self, rejection_reason: Json) -> Json {
        let booking = self.booking;
        let event_type = self.event_type;
        object! {
            "type": &event_type.slug,
            "title": &booking.title,
            "description": self.notes(),
            "bookerUrl": BOOKER_URL,
            "userFieldsResponses": self.custom_responses(),
            "responses": self.stored_responses(),
            "customInputs": object! {},
            "startTime": millis(booking.start),
            "endTime": millis(booking.end),
            "organizer": self.organizer(),
            "attendees": self.stored_attendees(),
            "location": &booking.location,
            "uid": booking.uid.as_str(),
            "destinationCalendar": Json::List(Vec::new()),
            "requiresConfirmation": event_type.confirms_first(),
            "hideOrganizerEmail": false,
            "hideCalendarNotes": false,
            "hideCalendarEventDetails": false,
            "eventTypeId": event_type.id,
            "customReplyToEmail": Json::Null,
            "seatsPerTimeSlot": Json::Null,
            "seatsShowAttendees": false,
            "disableCancelling": false,
            "disableRescheduling": false,
            "organizationId": Json::Null,
            "additionalNotes": self.notes(),
            "assignmentReason": Json::Null,
            "hideBranding": false,
            "rejectionReason": rejection_reason,
            "eventTitle": &event_type.title,
            "eventDescription": event_type.description.as_ref(),
            "price": event_type.price(),
            "currency": event_type.currency(),
            "length": event_type.minutes,
            "bookingId": booking.id,
        }
    }
}
