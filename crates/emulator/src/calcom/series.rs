//! Recurring event types: several bookings in one go, a week apart.

use jiff::{SignedDuration, Timestamp};

use super::event_type::Kind;
use super::{BookingUid, CalCom, CalComError, NewBooking, Status};
use crate::Delivery;

impl CalCom {
    /// Book `count` weekly occurrences. Sends one `BOOKING_CREATED` each, with different uids.
    pub fn book_recurring(
        &mut self,
        new: &NewBooking,
        count: u32,
        now: Timestamp,
    ) -> Result<(Vec<BookingUid>, Vec<Delivery>), CalComError> {
        let event_type = self.wished(new)?;
        let Kind::Recurring { count: most } = event_type.kind else {
            return Err(CalComError::WrongKind);
        };
        let count = count.clamp(1, most);
        let minutes = new.minutes.unwrap_or(event_type.minutes);
        let host_id = event_type.user().unwrap_or(1);
        let starts: Vec<Timestamp> = (0..count)
            .filter_map(|week| {
                let later = SignedDuration::from_hours(7 * 24 * i64::from(week));
                new.start.checked_add(later).ok()
            })
            .collect();
        let all_free = starts.iter().all(|start| {
            self.host_is_free(
                host_id,
                *start,
                super::account::end_of(*start, minutes),
                None,
            )
        });
        if !all_free {
            return Err(CalComError::HostBusy);
        }
        let series = self.ids.uuid();
        let mut uids = Vec::new();
        let mut deliveries = Vec::new();
        for start in starts {
            let uid = self.store_new(
                NewBooking {
                    start,
                    ..new.clone()
                },
                now,
            )?;
            let booking = self.get_mut(&uid)?;
            booking.series = Some(series.clone());
            booking.series_count = count;
            self.schedule(&uid)?;
            let payload = self.view(&uid)?.created();
            deliveries.push(Delivery::calcom("BOOKING_CREATED", payload, now));
            uids.push(uid);
        }
        Ok((uids, deliveries))
    }

    /// Cancel an occurrence and all later ones. Sends one `BOOKING_CANCELLED` for the named occurrence,
    /// which does not say that the later ones went too.
    pub fn cancel_from(
        &mut self,
        uid: &BookingUid,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let named = self.get_active(uid)?;
        let series = named.series.clone().ok_or(CalComError::WrongKind)?;
        let from = named.start;
        for other in self.remaining(&series, from, now) {
            self.store_cancellation(&other, reason, now)?;
        }
        let payload = self.view(uid)?.cancelled(None).without("recurringEvent");
        Ok(vec![Delivery::calcom("BOOKING_CANCELLED", payload, now)])
    }

    /// Cancel what remains of a series. Sends one `BOOKING_CANCELLED` that names some occurrence,
    /// with `recurringEvent`.
    pub fn cancel_series(
        &mut self,
        series: &str,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let remaining = self.remaining(series, now, now);
        // Captured: the occurrence named is not the first one.
        let named = remaining
            .last()
            .cloned()
            .ok_or(CalComError::NoSuchBooking)?;
        for uid in &remaining {
            self.store_cancellation(uid, reason, now)?;
        }
        let view = self.view(&named)?;
        let payload = view
            .cancelled(None)
            .with("recurringEvent", view.recurring_event());
        Ok(vec![Delivery::calcom("BOOKING_CANCELLED", payload, now)])
    }

    fn remaining(&self, series: &str, from: Timestamp, now: Timestamp) -> Vec<BookingUid> {
        self.find_series(series)
            .into_iter()
            .filter(|booking| {
                booking.status == Status::Accepted && booking.start >= from && booking.end >= now
            })
            .map(|booking| booking.uid.clone())
            .collect()
    }
}
