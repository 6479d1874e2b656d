//! The host's answer to a request: confirm or decline.

use jiff::Timestamp;

use super::{BookingUid, CalCom, CalComError, Status};
use crate::Delivery;

impl CalCom {
    /// Accept a request, also a declined one, even when the host was booked meanwhile. Sends `BOOKING_CREATED` without the caller's metadata.
    pub fn confirm(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_mut(uid)?;
        match booking.status {
            Status::Accepted => return Err(CalComError::AlreadyConfirmed),
            Status::Cancelled => return Err(CalComError::AlreadyCancelled),
            Status::Pending if booking.awaits_payment() => {
                return Err(CalComError::AwaitingPayment);
            }
            Status::Pending | Status::Rejected => {}
        }
        booking.status = Status::Accepted;
        booking.confirmed_by_host = true;
        booking.updated_at = now;
        self.schedule(uid)?;
        let payload = self.view(uid)?.confirmed();
        Ok(vec![Delivery::calcom("BOOKING_CREATED", payload, now)])
    }

    /// Decline a request. Declining again sends `BOOKING_REJECTED` again.
    pub fn decline(
        &mut self,
        uid: &BookingUid,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_mut(uid)?;
        match booking.status {
            Status::Accepted => return Err(CalComError::AlreadyConfirmed),
            Status::Cancelled => return Err(CalComError::AlreadyCancelled),
            Status::Pending | Status::Rejected => {}
        }
        booking.status = Status::Rejected;
        booking.rejection_reason = reason.map(str::to_owned);
        booking.updated_at = now;
        let payload = self.view(uid)?.rejected();
        Ok(vec![Delivery::calcom("BOOKING_REJECTED", payload, now)])
    }
}
