//! Messages about one seat. After `webhook_021`, `webhook_024` and `webhook_025` of the captures.

use super::View;
use super::people::{attendee_row, locale};
use crate::calcom::{Attendee, Booking, SeatUid};
use crate::json::{Json, known, object};

impl View<'_> {
    /// `BOOKING_CREATED` of one seat: this person only, and another `iCalUID` each time.
    pub(in crate::calcom) fn seat_created(&self, attendee: &Attendee, ical_uid: &str) -> Json {
        let seat = object! { "attendeeSeatId": known(attendee.seat.as_ref().map(SeatUid::as_str)) };
        // Captured: a seat that brought no metadata shows the first seat's.
        let metadata = if attendee.seat_metadata.is_empty() {
            &self.booking.metadata
        } else {
            &attendee.seat_metadata
        };
        self.live(&[attendee], ical_uid, seat, object! {})
            .with("title", self.seat_title(attendee))
            .with("iCalSequence", 0)
            .and(object! { "metadata": self.live_metadata(metadata), "status": self.status() })
    }

    /// `BOOKING_RESCHEDULED` of one seat, in the booking it arrived in: names the mover, then those already
    /// there. `booking_id` is the id of the booking left when the mover joined another one.
    pub(in crate::calcom) fn seat_moved(
        &self,
        mover: &Attendee,
        left: &Booking,
        booking_id: i64,
        ical_uid: &str,
    ) -> Json {
        let others = self
            .booking
            .present()
            .filter(|attendee| attendee.id != mover.id);
        let who: Vec<_> = std::iter::once(mover).chain(others).collect();
        let seat = object! { "attendeeSeatId": known(mover.seat.as_ref().map(SeatUid::as_str)) };
        let from = object! { "rescheduleUid": left.uid.as_str() };
        self.live(&who, ical_uid, seat, from)
            .with("title", self.seat_title(mover))
            .with("bookingId", booking_id)
            .with("iCalSequence", left.ical_sequence + 1)
            .and(object! { "metadata": object! {}, "status": "ACCEPTED" })
    }

    /// `BOOKING_CANCELLED` of one seat while others remain: only that attendee, as a raw row; the
    /// `responses` still name the first attendee and everybody else.
    pub(in crate::calcom) fn seat_cancelled(
        &self,
        attendee: &Attendee,
        reason: Option<&str>,
    ) -> Json {
        let row = attendee_row(self.booking.id, attendee)
            .with("language", locale(&attendee.language))
            .with("utcOffset", self.offset_of(attendee));
        self.cancelled_base(Json::list([row]), known(reason), Json::Absent)
            .with("additionalNotes", Json::Null)
            .with("description", Json::Null)
    }

    fn seat_title(&self, attendee: &Attendee) -> String {
        format!(
            "{} between {} and {}",
            self.event_type.title, self.host.name, attendee.name
        )
    }
}
