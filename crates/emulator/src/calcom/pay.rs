//! Paying for a booking of a paid event type.

use jiff::Timestamp;

use super::{BookingUid, CalCom, CalComError, Status};
use crate::Delivery;

impl CalCom {
    /// Pay. Sends `BOOKING_PAID`, whose metadata is the payment's own, then `BOOKING_CREATED`.
    pub fn pay(&mut self, uid: &BookingUid, now: Timestamp) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_active(uid)?;
        let payment = match booking.payment {
            Some(payment) if !booking.paid => payment,
            _ => return Err(CalComError::NothingToPay),
        };
        let booking = self.get_mut(uid)?;
        booking.paid = true;
        booking.status = Status::Accepted;
        booking.updated_at = now;
        self.schedule(uid)?;
        let external_id = format!("pi_{}", self.ids.hex(8));
        let view = self.view(uid)?;
        Ok(vec![
            Delivery::calcom("BOOKING_PAID", view.paid(payment, &external_id), now),
            Delivery::calcom("BOOKING_CREATED", view.confirmed(), now),
        ])
    }
}
