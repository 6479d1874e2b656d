//! Changing what can be booked while the account lives.

use super::event_type::{EventType, Kind, Owner};
use super::{Booking, CalCom, CalComError};

impl CalCom {
    /// Offer something new. An id of 0 is replaced by the next free one. Gives the id.
    pub fn add_event_type(&mut self, mut event_type: EventType) -> i64 {
        let taken = self
            .every_event_type()
            .any(|known| known.id == event_type.id);
        if event_type.id == 0 || taken {
            event_type.id = 1 + self
                .every_event_type()
                .map(|known| known.id)
                .max()
                .unwrap_or(0);
        }
        let id = event_type.id;
        self.event_types.push(event_type);
        id
    }

    /// Offer a managed event type of a team, with one child for each member. Gives the parent's id and the children's.
    pub fn add_managed(&mut self, team: i64, template: &EventType) -> (i64, Vec<i64>) {
        let members = self
            .find_team(team)
            .map_or_else(Vec::new, |team| team.members.clone());
        let parent = self.add_event_type(EventType {
            kind: Kind::Managed,
            owner: Owner::Team {
                team,
                hosts: members.clone(),
            },
            ..template.clone()
        });
        let children = members
            .into_iter()
            .map(|user| {
                self.add_event_type(EventType {
                    id: 0,
                    owner: Owner::Child { user, parent },
                    ..template.clone()
                })
            })
            .collect();
        (parent, children)
    }

    /// Change an event type.
    pub fn change_event_type(
        &mut self,
        id: i64,
        change: impl FnOnce(&mut EventType),
    ) -> Result<(), CalComError> {
        let known = self.event_types.iter_mut().find(|known| known.id == id);
        change(known.ok_or(CalComError::NoSuchEventType)?);
        Ok(())
    }

    /// Offer an event type no longer, nor its children. Bookings of it stay, without naming it.
    pub fn remove_event_type(&mut self, id: i64) -> Result<(), CalComError> {
        self.find_event_type(id)
            .ok_or(CalComError::NoSuchEventType)?;
        let gone = self
            .event_types
            .extract_if(.., |known| known.id == id || known.parent() == Some(id));
        self.removed.extend(gone);
        Ok(())
    }

    /// One event type that is offered.
    pub fn find_event_type(&self, id: i64) -> Option<&EventType> {
        self.event_types.iter().find(|known| known.id == id)
    }

    /// The event type of that slug; templates and other hosts' copies of them come last.
    pub(super) fn event_type(&self, slug: &str) -> Result<&EventType, CalComError> {
        self.event_types
            .iter()
            .filter(|known| known.slug == slug)
            .min_by_key(|known| {
                (
                    known.kind == Kind::Managed,
                    known.parent().is_some(),
                    known.id,
                )
            })
            .ok_or(CalComError::NoSuchEventType)
    }

    /// The event type of a booking, also one that is no longer offered.
    pub(super) fn event_type_of(&self, booking: &Booking) -> Result<&EventType, CalComError> {
        self.every_event_type()
            .find(|known| known.id == booking.event_type_id)
            .ok_or(CalComError::NoSuchEventType)
    }

    fn every_event_type(&self) -> impl Iterator<Item = &EventType> {
        self.event_types.iter().chain(&self.removed)
    }
}
