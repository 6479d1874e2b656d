//! Changes to what is offered: event types come, change and go.

use jiff::Timestamp;

use super::{Audience, Calendly, CalendlyError, EventType, Place};
use crate::Delivery;

impl Calendly {
    /// Offer a new event type for one person. Sends `event_type.created`.
    pub fn create_event_type(
        &mut self,
        slug: &str,
        name: &str,
        minutes: i32,
        now: Timestamp,
    ) -> Vec<Delivery> {
        let event_type = EventType {
            uri: self.new_uri("event_types"),
            slug: slug.to_owned(),
            name: name.to_owned(),
            minutes,
            audience: Audience::Solo,
            place: Place::Zoom,
            host: 0,
            price: None,
            // A new one arrives inactive.
            active: false,
        };
        let payload = self.event_type_resource(&event_type, now);
        self.event_types.push(event_type);
        vec![self.envelope("event_type.created", payload, now)]
    }

    /// Rename an event type and offer it. Sends `event_type.updated`.
    pub fn rename_event_type(
        &mut self,
        slug: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalendlyError> {
        let position = self.position_of(slug)?;
        let Some(event_type) = self.event_types.get_mut(position) else {
            return Err(CalendlyError::NoSuchEventType);
        };
        name.clone_into(&mut event_type.name);
        event_type.active = true;
        let changed = event_type.clone();
        let payload = self.event_type_resource(&changed, now);
        Ok(vec![self.envelope("event_type.updated", payload, now)])
    }

    /// Stop offering an event type nobody has booked. Sends `event_type.deleted`.
    pub fn delete_event_type(
        &mut self,
        slug: &str,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalendlyError> {
        let position = self.position_of(slug)?;
        if self.events.iter().any(|event| event.event_type == slug) {
            return Err(CalendlyError::AlreadyFilled);
        }
        let mut gone = self.event_types.remove(position);
        gone.active = false;
        let payload = self
            .event_type_resource(&gone, now)
            .with("deleted_at", crate::spelling::micros(now));
        Ok(vec![self.envelope("event_type.deleted", payload, now)])
    }

    fn position_of(&self, slug: &str) -> Result<usize, CalendlyError> {
        self.event_types
            .iter()
            .position(|event_type| event_type.slug == slug)
            .ok_or(CalendlyError::NoSuchEventType)
    }
}
