//! The rich form made while booking: created, rescheduled, payment initiated.
//! After `webhook_001` and `webhook_002` of the captures.

use std::collections::BTreeMap;

use super::{BOOKER_URL, View};
use crate::calcom::{Attendee, Booking};
use crate::json::{Json, known, object};
use crate::spelling::seconds;

impl View<'_> {
    /// `BOOKING_CREATED` right after booking.
    pub(in crate::calcom) fn created(&self) -> Json {
        let who: Vec<_> = self.booking.present().collect();
        self.live(&who, &self.booking.ical_uid, object! {}, object! {})
            .and(object! { "metadata": self.live_metadata(&self.booking.metadata), "status": self.status() })
    }

    /// `BOOKING_PAYMENT_INITIATED`: says `ACCEPTED` although the booking is pending.
    pub(in crate::calcom) fn payment_initiated(&self, payment: i64) -> Json {
        self.created()
            .with("status", "ACCEPTED")
            .with("paymentId", payment)
    }

    /// `BOOKING_RESCHEDULED` for the new booking. Without `iCalUID` unless seated.
    pub(in crate::calcom) fn rescheduled(&self, old: &Booking) -> Json {
        let who: Vec<_> = self.booking.present().collect();
        let moved = object! {
            "rescheduledBy": known(self.booking.rescheduled_by.as_ref()),
            "appsStatus": Json::List(Vec::new()),
        };
        let from = object! {
            "rescheduleId": old.id,
            "rescheduleUid": old.uid.as_str(),
            "rescheduleStartTime": seconds(old.start),
            "rescheduleEndTime": seconds(old.end),
        };
        let payload = self
            .live(&who, &self.booking.ical_uid, moved, from)
            .and(object! {
                "metadata": self.live_metadata(&self.booking.metadata),
                "status": self.status(),
            });
        if self.event_type.is_seated() {
            payload
        } else {
            payload.without("iCalUID")
        }
    }

    /// Everything up to `metadata`; `beside_uid` and `origin` are what a trigger adds after `uid` and at the end.
    pub(super) fn live(
        &self,
        who: &[&Attendee],
        ical_uid: &str,
        beside_uid: Json,
        origin: Json,
    ) -> Json {
        let booking = self.booking;
        let event_type = self.event_type;
        let booker = who.first().copied();
        object! {
            "bookerUrl": BOOKER_URL,
            "title": &booking.title,
            "startTime": seconds(booking.start),
            "endTime": seconds(booking.end),
            "type": &event_type.slug,
            "organizer": self.organizer(),
            "attendees": Json::list(who.iter().map(|attendee| self.live_attendee(attendee))),
            "additionalNotes": self.notes(),
            "description": self.description(),
            "eventTypeId": event_type.id,
            "hideCalendarNotes": false,
            "hideCalendarEventDetails": false,
            "hideOrganizerEmail": false,
            "schedulingType": event_type.scheduling_type(),
            "seatsPerTimeSlot": event_type.places(),
            "seatsShowAttendees": true,
            "seatsShowAvailabilityCount": true,
            "customReplyToEmail": Json::Null,
            "disableRescheduling": false,
            "disableCancelling": false,
            "customInputs": object! {},
            "responses": booker.map_or(Json::Absent, |booker| self.live_responses(booker)),
            "userFieldsResponses": self.custom_responses(),
            "location": &booking.location,
            "destinationCalendar": Json::Null,
            "iCalUID": ical_uid,
            "iCalSequence": booking.ical_sequence,
            "requiresConfirmation": event_type.confirms_first(),
            "oneTimePassword": Json::Null,
            "hashedLink": Json::Null,
            "hideBranding": false,
            "recurringEvent": self.recurring_event(),
            "uid": booking.uid.as_str(),
        }
        .and(beside_uid)
        .and(object! {
            "videoCallData": self.video_call_data(),
            "eventTitle": &event_type.title,
            "eventDescription": event_type.description.as_ref(),
            "price": event_type.price(),
            "currency": event_type.currency(),
            "length": event_type.minutes,
            "bookingId": booking.id,
            "team": self.team(),
        })
        .and(origin)
    }

    pub(super) fn live_metadata(&self, metadata: &BTreeMap<String, String>) -> Json {
        object! { "videoCallUrl": known(self.video_url()) }.and(metadata.into())
    }

    pub(super) fn status(&self) -> &'static str {
        self.booking.status.upper()
    }

    fn video_call_data(&self) -> Json {
        if !self.is_video() {
            return Json::Absent;
        }
        let room = &self.booking.uid.as_str()[..12.min(self.booking.uid.as_str().len())];
        object! {
            "type": "daily_video",
            "id": room,
            "password": "not-a-real-token",
            "url": format!("https://rooms.video.example/{room}"),
        }
    }
}
