//! Rows for `MEETING_STARTED` and `MEETING_ENDED`: written when a booking is accepted, sent when their time comes.

use jiff::{SignedDuration, Timestamp};

use super::{BookingUid, CalCom, CalComError, ResponseForm};
use crate::Delivery;
use crate::json::Json;

/// A message waiting for its time. Its body is a snapshot: later edits do not show in it.
#[derive(Debug, Clone)]
pub(super) struct ClockRow {
    at: Timestamp,
    trigger: &'static str,
    uid: BookingUid,
    body: Json,
}

impl CalCom {
    /// Send what the clock has reached. Rows more than a day late are dropped, as the provider does.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Delivery> {
        let (mut due, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.clock)
            .into_iter()
            .partition(|row| row.at <= now);
        self.clock = waiting;
        due.sort_by_key(|row| row.at);
        due.iter()
            .filter(|row| now.duration_since(row.at) <= SignedDuration::from_hours(24))
            .map(|row| Delivery::calcom_bare(row.trigger, &row.body, now))
            .collect()
    }

    pub(super) fn schedule(&mut self, uid: &BookingUid) -> Result<(), CalComError> {
        let view = self.view(uid)?;
        let row = |at, trigger| ClockRow {
            at,
            trigger,
            uid: uid.clone(),
            body: view.clock_event(trigger, ResponseForm::Labelled),
        };
        let rows = [
            row(view.booking.start, "MEETING_STARTED"),
            row(view.booking.end, "MEETING_ENDED"),
        ];
        self.clock.extend(rows);
        Ok(())
    }

    pub(super) fn unschedule(&mut self, uid: &BookingUid) {
        self.clock.retain(|row| row.uid != *uid);
    }

    pub(super) fn unschedule_one(&mut self, uid: &BookingUid, trigger: &str) {
        self.clock
            .retain(|row| row.uid != *uid || row.trigger != trigger);
    }
}
