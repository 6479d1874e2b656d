//! Who hosts and where: round robin turns, reassignment, another location.

use jiff::Timestamp;

use super::event_type::{EventType, Kind, Owner};
use super::schedule::Span;
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
        let booking = self.get_active(uid)?;
        let event_type = self.event_type_of(booking)?;
        if !event_type.is_team() {
            return Err(CalComError::WrongKind);
        }
        let next = self
            .hosts_of(event_type)
            .into_iter()
            .find(|host| {
                *host != booking.host_id
                    && self.host_is_free(*host, booking.start, booking.end, None)
            })
            .ok_or(CalComError::NoOtherHost)?;
        self.reassign_to(uid, next, now)
    }

    /// Give a team booking to that host. Sends `BOOKING_REASSIGNED`.
    pub fn reassign_to(
        &mut self,
        uid: &BookingUid,
        next: i64,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_active(uid)?.clone();
        let event_type = self.event_type_of(&booking)?.clone();
        if !self.hosts_of(&event_type).contains(&next) {
            return Err(CalComError::NoSuchHost);
        }
        if !self.host_is_free(next, booking.start, booking.end, Some(uid)) {
            return Err(CalComError::HostBusy);
        }
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

    /// The host whose turn it is, skipping those who are busy; those who are there come first. A collective booking
    /// needs all of them free and belongs to the first.
    pub(super) fn next_free_host(
        &mut self,
        event_type: &EventType,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<i64, CalComError> {
        let hosts = self.hosts_of(event_type);
        let is_free = |this: &Self, host| this.host_is_free(host, start, end, None);
        if event_type.kind == Kind::Collective {
            let all_free = hosts.iter().all(|host| is_free(self, *host));
            let first = hosts.first().filter(|_| all_free);
            return first.copied().ok_or(CalComError::HostBusy);
        }
        let span = Span { start, end };
        let count = hosts.len();
        let in_turn = |turns: usize| {
            let order = (0..count).map(move |step| turns + step);
            order.filter_map(|turn| Some((turn, *hosts.get(turn % count)?)))
        };
        let free: Vec<_> = in_turn(self.turns)
            .filter(|(_, host)| is_free(self, *host))
            .collect();
        let there = free
            .iter()
            .find(|(_, host)| self.can_host(event_type, *host, span, None));
        let (turn, host) = there.or(free.first()).ok_or(CalComError::HostBusy)?;
        self.turns = turn + 1;
        Ok(*host)
    }

    /// The ids of those who host an event type.
    pub(crate) fn hosts_of(&self, event_type: &EventType) -> Vec<i64> {
        match &event_type.owner {
            Owner::User(user) | Owner::Child { user, .. } => vec![*user],
            Owner::Team { team, hosts } if hosts.is_empty() => self
                .find_team(*team)
                .map_or_else(Vec::new, |team| team.members.clone()),
            Owner::Team { hosts, .. } => hosts.clone(),
        }
    }
}
