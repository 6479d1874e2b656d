//! Booking, and taking a place in a group event.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::account::end_of;
use super::event_type::Audience;
use super::{Calendly, CalendlyError, EventUri, Invitee, InviteeUri, ScheduledEvent};
use crate::Delivery;

/// Through which door someone books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookedThrough {
    /// The booking page.
    Page,
    /// `POST /invitees`.
    Api,
}

/// What someone fills in to book.
#[derive(Debug, Clone)]
pub struct NewInvitee {
    /// The event type's slug.
    pub event_type: String,
    /// When to start.
    pub start: Timestamp,
    /// The full name.
    pub name: String,
    /// The first name, when the form asks for two.
    pub first_name: Option<String>,
    /// The last name, when the form asks for two.
    pub last_name: Option<String>,
    /// The address.
    pub email: String,
    /// The IANA zone.
    pub time_zone: String,
    /// The number for text reminders.
    pub phone: Option<String>,
    /// Questions and answers in the order of the form.
    pub answers: Vec<(String, String)>,
    /// `utm_...` and `salesforce_uuid`.
    pub tracking: BTreeMap<String, String>,
    /// Addresses of further guests.
    pub guests: Vec<String>,
    /// The door.
    pub through: BookedThrough,
    /// The routing form submission that led here.
    pub routing_form_submission: Option<String>,
}

impl NewInvitee {
    /// A booking with the least one has to say.
    pub fn new(
        event_type: impl Into<String>,
        start: Timestamp,
        name: impl Into<String>,
        email: impl Into<String>,
    ) -> Self {
        Self {
            event_type: event_type.into(),
            start,
            name: name.into(),
            first_name: None,
            last_name: None,
            email: email.into(),
            time_zone: "America/New_York".to_owned(),
            phone: None,
            answers: Vec::new(),
            tracking: BTreeMap::new(),
            guests: Vec::new(),
            through: BookedThrough::Page,
            routing_form_submission: None,
        }
    }
}

impl Calendly {
    /// Book. Sends `invitee.created`. A group event type gives a place in the event already there.
    pub fn book(
        &mut self,
        new: NewInvitee,
        now: Timestamp,
    ) -> Result<(InviteeUri, Vec<Delivery>), CalendlyError> {
        if let Audience::Group { .. } = self.event_type(&new.event_type)?.audience {
            return self.book_group_place(new, now);
        }
        self.check_slot(&new.event_type, new.start, None, now)?;
        let event = self.store_event(&new.event_type, new.start, new.guests.clone(), now)?;
        self.invite(new, event, now)
    }

    /// Take a place in a group event: the same scheduled event, an invitee of one's own.
    pub fn book_group_place(
        &mut self,
        new: NewInvitee,
        now: Timestamp,
    ) -> Result<(InviteeUri, Vec<Delivery>), CalendlyError> {
        if new.start <= now {
            return Err(CalendlyError::NotInTheFuture);
        }
        let event = self.group_event(&new, now)?;
        self.invite(new, event, now)
    }

    /// The group event with room at that start, or a new one.
    pub(super) fn group_event(
        &mut self,
        new: &NewInvitee,
        now: Timestamp,
    ) -> Result<EventUri, CalendlyError> {
        let limit = self.event_type(&new.event_type)?.limit();
        let existing = self.events.iter().find(|event| {
            event.event_type == new.event_type
                && event.start == new.start
                && event.cancellation.is_none()
        });
        if let Some(event) = existing {
            let active = self
                .invitees_of(&event.uri)
                .filter(|one| one.is_active())
                .count();
            if usize::try_from(limit).is_ok_and(|limit| active >= limit) {
                return Err(CalendlyError::AlreadyFilled);
            }
            let uri = event.uri.clone();
            let event = self.event_mut(&uri)?;
            event.updated_at = now;
            event.guests.extend(new.guests.iter().cloned());
            return Ok(uri);
        }
        self.check_slot(&new.event_type, new.start, None, now)?;
        self.store_event(&new.event_type, new.start, new.guests.clone(), now)
    }

    /// Refuse a start that is not in the future or at which the host has another event.
    pub(super) fn check_slot(
        &self,
        slug: &str,
        start: Timestamp,
        except: Option<&EventUri>,
        now: Timestamp,
    ) -> Result<(), CalendlyError> {
        let event_type = self.event_type(slug)?;
        if start <= now {
            return Err(CalendlyError::NotInTheFuture);
        }
        let end = end_of(start, event_type.minutes);
        let host_of = |slug: &str| self.event_type(slug).map(|known| known.host).ok();
        let taken = self.events.iter().any(|event| {
            event.cancellation.is_none()
                && Some(&event.uri) != except
                && event.start < end
                && start < event.end
                && host_of(&event.event_type) == Some(event_type.host)
        });
        if taken {
            Err(CalendlyError::AlreadyFilled)
        } else {
            Ok(())
        }
    }

    pub(super) fn store_event(
        &mut self,
        slug: &str,
        start: Timestamp,
        guests: Vec<String>,
        now: Timestamp,
    ) -> Result<EventUri, CalendlyError> {
        let minutes = self.event_type(slug)?.minutes;
        let uri = EventUri::new(self.new_uri("scheduled_events"));
        let created_at = self.just_before(now, 40_000..80_000);
        self.events.push(ScheduledEvent {
            uri: uri.clone(),
            event_type: slug.to_owned(),
            start,
            end: end_of(start, minutes),
            cancellation: None,
            guests,
            created_at,
            updated_at: created_at,
        });
        Ok(uri)
    }

    fn invite(
        &mut self,
        new: NewInvitee,
        event: EventUri,
        now: Timestamp,
    ) -> Result<(InviteeUri, Vec<Delivery>), CalendlyError> {
        let paid = self.event_type(&new.event_type)?.price.is_some();
        let created_at = self.just_before(now, 5_000..35_000);
        let uri = self.new_invitee_uri(&event);
        let payment = paid.then(|| format!("ch_{}", self.ids.hex(12)));
        self.insert_invitee(Invitee {
            uri: uri.clone(),
            event,
            name: new.name,
            first_name: new.first_name,
            last_name: new.last_name,
            email: new.email,
            time_zone: new.time_zone,
            phone: new.phone,
            cancellation: None,
            rescheduled: false,
            old_invitee: None,
            new_invitee: None,
            no_show: None,
            answers: new.answers,
            tracking: new.tracking,
            by_api: new.through == BookedThrough::Api,
            payment,
            routing_form_submission: new.routing_form_submission,
            created_at,
            updated_at: created_at,
        });
        let delivery = self.tell("invitee.created", &uri, now)?;
        Ok((uri, vec![delivery]))
    }

    pub(super) fn new_invitee_uri(&mut self, event: &EventUri) -> InviteeUri {
        InviteeUri::new(format!("{event}/invitees/{}", self.ids.uuid()))
    }
}
