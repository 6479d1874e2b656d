//! The flat `MEETING_STARTED` and `MEETING_ENDED`: the stored row, or a thin form for a booking the host
//! confirmed. After `webhook_068`, `webhook_070` and sample 12.

use super::View;
use crate::calcom::{BookingUid, ResponseForm};
use crate::json::{Json, object};
use crate::spelling::millis;

/// The field definitions a confirmed booking's clock events carry along.
const BOOKING_FIELDS: &str = include_str!("booking_fields.json");

impl View<'_> {
    pub(in crate::calcom) fn clock_event(&self, trigger: &str, form: ResponseForm) -> Json {
        if self.booking.confirmed_by_host {
            self.thin_clock_event(trigger, form)
        } else {
            self.thick_clock_event(trigger, form)
        }
    }

    fn thin_clock_event(&self, trigger: &str, form: ResponseForm) -> Json {
        let booking = self.booking;
        let fields = serde_json::from_str(BOOKING_FIELDS).unwrap_or(Json::Null);
        object! {
            "triggerEvent": trigger,
            "eventType": object! {
                "slug": &self.event_type.slug,
                "bookingFields": fields,
                "schedulingType": self.event_type.scheduling_type(),
                "owner": object! { "hideBranding": false },
                "hosts": Json::List(Vec::new()),
            },
            "uid": booking.uid.as_str(),
            "status": "ACCEPTED",
            "startTime": millis(booking.start),
            "responses": self.clock_responses(form),
            "title": &booking.title,
            "metadata": Json::from(&booking.metadata)
                .with("videoCallUrl", self.video_url().unwrap_or_default()),
            "cancellationReason": Json::Null,
            "endTime": millis(booking.end),
            "smsReminderNumber": Json::Null,
            "description": self.notes(),
            "attendees": self.attendee_rows(),
            "location": self.stored_location(),
            "customInputs": object! {},
            "id": booking.id,
            "userFieldsResponses": self.custom_responses(),
        }
    }

    fn thick_clock_event(&self, trigger: &str, form: ResponseForm) -> Json {
        let booking = self.booking;
        // Derived, not drawn: the host's UUID is the same in every message.
        let user_uuid = uuid::Uuid::from_u128(
            0x5f1c_0000_4000_8000_u128 << 64 | u128::from(self.host.id.unsigned_abs()),
        );
        object! {
            "triggerEvent": trigger,
            "id": booking.id,
            "uid": booking.uid.as_str(),
            "idempotencyKey": &booking.idempotency_key,
            "userId": self.host.id,
            "userPrimaryEmail": &self.host.email,
            "eventTypeId": self.event_type.id,
            "title": &booking.title,
            "description": self.notes(),
            "customInputs": object! {},
            "responses": self.clock_responses(form),
            "startTime": millis(booking.start),
            "endTime": millis(booking.end),
            "location": self.stored_location(),
            "createdAt": millis(booking.created_at),
            "updatedAt": millis(booking.updated_at),
            "status": "ACCEPTED",
            "paid": booking.paid,
            "destinationCalendarId": Json::Null,
            "cancellationReason": Json::Null,
            "rejectionReason": Json::Null,
            "reassignReason": Json::Null,
            "reassignById": Json::Null,
            "dynamicEventSlugRef": Json::Null,
            "dynamicGroupSlugRef": Json::Null,
            "rescheduled": Json::Null,
            "fromReschedule": booking.predecessor.as_ref().map(BookingUid::as_str),
            "recurringEventId": booking.series.as_ref(),
            "smsReminderNumber": Json::Null,
            "scheduledJobs": Json::List(Vec::new()),
            "metadata": &booking.metadata,
            "isRecorded": false,
            "iCalUID": &booking.ical_uid,
            "iCalSequence": booking.ical_sequence,
            "rating": Json::Null,
            "ratingFeedback": Json::Null,
            "noShowHost": booking.absent_host,
            "oneTimePassword": Json::Null,
            "cancelledBy": Json::Null,
            "rescheduledBy": booking.rescheduled_by.as_ref(),
            "creationSource": "API_V2",
            "userUuid": user_uuid.to_string(),
            "user": object! {
                "email": &self.host.email,
                "name": &self.host.name,
                "timeZone": &self.host.time_zone,
                "username": &self.host.username,
                "uuid": user_uuid.to_string(),
                "isPlatformManaged": false,
            },
            "attendees": self.attendee_rows(),
            "payment": Json::List(Vec::new()),
            "references": Json::List(Vec::new()),
            "appsStatus": Json::Null,
        }
    }
}
