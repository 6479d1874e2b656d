//! Who hosts and where: round robin turns, reassignment, another location.

use jiff::Timestamp;

use super::{BookingUid, CalCom, CalComError};
use crate::Delivery;
use crate::json::Json;

impl CalCom {
    /// Give a team booking to the next free host. Sends `BOOKING_REASSIGNED`.
    pub fn reassign(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_active(uid)?.clone();
        let event_type = self.event_type(&booking.event_type)?.clone();
        if !event_type.is_team() {
            return Err(CalComError::WrongKind);
        }
        let next = self
            .hosts
            .iter()
            .find(|host| {
                host.id != booking.host_id
                    && self.host_is_free(host.id, booking.start, booking.end, None)
            })
            .map(|host| host.id)
            .ok_or(CalComError::NoOtherHost)?;
        let booker = booking.attendees.first().map_or("", |booker| &booker.name);
        let title = self.title(&event_type.title, next, booker);
        let changed = self.get_mut(uid)?;
        changed.host_id = next;
        changed.title = title;
        changed.updated_at = now;
        let payload = self
            .view(uid)?
            .created()
            .with("addedHostUserIds", Json::list([next]))
            .with("removedHostUserIds", Json::list([booking.host_id]));
        Ok(vec![Delivery::calcom("BOOKING_REASSIGNED", payload, now)])
    }

    /// Meet elsewhere. Sends `BOOKING_LOCATION_UPDATED` (hosted service only).
    pub fn change_location(
        &mut self,
        uid: &BookingUid,
        location: &str,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let previous = self.get_active(uid)?.location.clone();
        let booking = self.get_mut(uid)?;
        location.clone_into(&mut booking.location);
        booking.location_changed = true;
        booking.ical_sequence += 1;
        booking.updated_at = now;
        let payload = self.view(uid)?.created().with("previousLocation", previous);
        Ok(vec![Delivery::calcom(
            "BOOKING_LOCATION_UPDATED",
            payload,
            now,
        )])
    }

    /// The host whose turn it is, skipping those who are busy.
    pub(super) fn next_free_host(
        &mut self,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<i64, CalComError> {
        for _ in 0..self.hosts.len() {
            let turn = self.turns % self.hosts.len().max(1);
            self.turns += 1;
            if let Some(host) = self.hosts.get(turn)
                && self.host_is_free(host.id, start, end, None)
            {
                return Ok(host.id);
            }
        }
        Err(CalComError::HostBusy)
    }
}
