//! Cancelling a booking, and the host's wish that the booker picks another time.

use jiff::Timestamp;

use super::{BookingUid, CalCom, CalComError, Status};
use crate::Delivery;

/// Through which door a booking is cancelled; only the web page says by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelledBy {
    /// API v2: the message has no `cancelledBy`.
    Api,
    /// The booker on the web page.
    Booker,
    /// The host on the web page.
    Host,
}

impl CalCom {
    /// Cancel a whole booking. Sends `BOOKING_CANCELLED`.
    pub fn cancel(
        &mut self,
        uid: &BookingUid,
        by: CancelledBy,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        if self.get_active(uid)?.end < now {
            return Err(CalComError::AlreadyOver);
        }
        let cancelled_by = self.email_of(uid, by)?;
        self.store_cancellation(uid, reason, now)?;
        let payload = self.view(uid)?.cancelled(cancelled_by);
        let delivery = Delivery::calcom("BOOKING_CANCELLED", payload, now);
        for attendee in &mut self.get_mut(uid)?.attendees {
            attendee.cancelled = attendee.seat.is_some();
        }
        Ok(vec![delivery])
    }

    /// The host asks the booker to pick another time. Looks like a cancellation with
    /// `requestReschedule: true`, in a thinner form.
    pub fn request_reschedule(
        &mut self,
        uid: &BookingUid,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        if self.get_active(uid)?.end < now {
            return Err(CalComError::AlreadyOver);
        }
        let reason = format!("Please reschedule. {}", reason.unwrap_or_default());
        self.store_cancellation(uid, Some(reason.trim_end()), now)?;
        let payload = self.view(uid)?.reschedule_requested();
        Ok(vec![Delivery::calcom("BOOKING_CANCELLED", payload, now)])
    }

    pub(super) fn store_cancellation(
        &mut self,
        uid: &BookingUid,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), CalComError> {
        self.unschedule(uid);
        let booking = self.get_mut(uid)?;
        booking.status = Status::Cancelled;
        booking.ical_sequence += 1;
        booking.cancellation_reason = reason.map(str::to_owned);
        booking.updated_at = now;
        Ok(())
    }

    fn email_of(&self, uid: &BookingUid, by: CancelledBy) -> Result<Option<String>, CalComError> {
        let view = self.view(uid)?;
        Ok(match by {
            CancelledBy::Api => None,
            CancelledBy::Booker => view
                .booking
                .present()
                .next()
                .map(|booker| booker.email.clone()),
            CancelledBy::Host => Some(view.host.email.clone()),
        })
    }
}
