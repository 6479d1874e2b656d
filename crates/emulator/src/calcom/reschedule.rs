//! Moving a booking to another time: a new booking with a new uid, the old one cancelled in silence.

use jiff::Timestamp;

use super::book::video_url;
use super::event_type::Place;
use super::{Booking, BookingUid, CalCom, CalComError, Status};
use crate::Delivery;

/// Who moves a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Whoever booked.
    Booker,
    /// The host.
    Host,
}

/// Who moves a booking, and what they say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// On which side.
    pub by: By,
    /// The address given as `rescheduledBy`, if any.
    pub named: Option<String>,
    /// The reason, if any.
    pub reason: Option<String>,
}

impl CalCom {
    /// Move a booking. Sends `BOOKING_RESCHEDULED`, or `BOOKING_REQUESTED` when a booker moves a
    /// confirm-first booking. A seated booking can only be moved whole, by its host; then its uid stays.
    pub fn reschedule(
        &mut self,
        uid: &BookingUid,
        new_start: Timestamp,
        by: By,
        now: Timestamp,
    ) -> Result<(BookingUid, Vec<Delivery>), CalComError> {
        let named = match by {
            By::Booker => self
                .get(uid)?
                .attendees
                .first()
                .map(|booker| booker.email.clone()),
            By::Host => Some(self.view(uid)?.host.email.clone()),
        };
        self.reschedule_as(
            uid,
            new_start,
            Move {
                by,
                named,
                reason: None,
            },
            now,
        )
    }

    /// Move a booking the way API v2 does: the message names the mover only when the caller did, and the
    /// reason is stored but not in the message at all.
    pub fn reschedule_as(
        &mut self,
        uid: &BookingUid,
        new_start: Timestamp,
        moving: Move,
        now: Timestamp,
    ) -> Result<(BookingUid, Vec<Delivery>), CalComError> {
        let Move {
            by,
            named: rescheduled_by,
            reason,
        } = moving;
        let old = self.get_active(uid)?.clone();
        if old.awaits_payment() {
            return Err(CalComError::AwaitingPayment);
        }
        if new_start < now {
            return Err(CalComError::InThePast);
        }
        let event_type = self.event_type_of(&old)?.clone();
        if event_type.is_seated() && by == By::Booker {
            return Err(CalComError::WrongKind);
        }
        let new_end = new_start
            .checked_add(old.end.duration_since(old.start))
            .unwrap_or(Timestamp::MAX);
        if !self.host_is_free(old.host_id, new_start, new_end, Some(uid)) {
            return Err(CalComError::HostBusy);
        }
        if event_type.is_seated() {
            return self.reschedule_everybody(&old, new_start, new_end, rescheduled_by, now);
        }
        let asks_again = event_type.confirms_first() && by == By::Booker;
        let new_uid = self.new_uid();
        let mut new = Booking {
            id: self.next_booking_id(),
            uid: new_uid.clone(),
            status: if asks_again {
                Status::Pending
            } else {
                Status::Accepted
            },
            start: new_start,
            end: new_end,
            predecessor: Some(uid.clone()),
            ical_sequence: old.ical_sequence + 1,
            created_at: now,
            updated_at: now,
            confirmed_by_host: false,
            rescheduled_by: rescheduled_by.clone(),
            rescheduling_reason: reason,
            one_time_password: self.ids.uuid(),
            idempotency_key: self.ids.uuid(),
            ..old.clone()
        };
        if event_type.place == Place::Video {
            new.location = video_url(&new_uid);
        }
        for attendee in &mut new.attendees {
            attendee.id = self.next_row_id();
            attendee.absent = false;
        }
        self.insert(new);
        // Captured: when the booker moves a confirm-first booking, the clock rows of the old one stay
        // and MEETING_STARTED/ENDED arrive for it at the old times.
        if !asks_again {
            self.unschedule(uid);
        }
        let replaced = self.get_mut(uid)?;
        replaced.status = Status::Cancelled;
        replaced.successor = Some(new_uid.clone());
        replaced.rescheduled_by = rescheduled_by;
        replaced.updated_at = now;
        let view = self.view(&new_uid)?;
        let delivery = if asks_again {
            Delivery::calcom("BOOKING_REQUESTED", view.requested(), now)
        } else {
            Delivery::calcom("BOOKING_RESCHEDULED", view.rescheduled(&old), now)
        };
        if !asks_again {
            self.schedule(&new_uid)?;
        }
        Ok((new_uid, vec![delivery]))
    }

    fn reschedule_everybody(
        &mut self,
        old: &Booking,
        new_start: Timestamp,
        new_end: Timestamp,
        rescheduled_by: Option<String>,
        now: Timestamp,
    ) -> Result<(BookingUid, Vec<Delivery>), CalComError> {
        self.unschedule(&old.uid);
        let booking = self.get_mut(&old.uid)?;
        booking.start = new_start;
        booking.end = new_end;
        booking.ical_sequence += 1;
        booking.rescheduled_by = rescheduled_by;
        booking.updated_at = now;
        self.schedule(&old.uid)?;
        let payload = self.view(&old.uid)?.rescheduled(old);
        Ok((
            old.uid.clone(),
            vec![Delivery::calcom("BOOKING_RESCHEDULED", payload, now)],
        ))
    }
}
