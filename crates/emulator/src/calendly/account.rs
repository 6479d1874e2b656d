//! The organization itself: what it holds and how to read it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::event_type::{self, EventType, User};
use super::state::last_segment;
use super::{CalendlyError, EventUri, Invitee, InviteeUri, ScheduledEvent};
use crate::ids::Ids;

/// The real service's base URL.
const API: &str = "https://api.calendly.com";

/// Which generation of payloads is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadForm {
    /// The invitee together with its `scheduled_event`.
    Current,
    /// As in 2023: without `scheduled_event`.
    WithoutScheduledEvent,
}

/// An emulated Calendly organization.
#[derive(Debug)]
pub struct Calendly {
    pub(super) ids: Ids,
    pub(super) base: String,
    pub(super) organization: String,
    pub(super) routing_form: String,
    pub(super) users: Vec<User>,
    pub(super) event_types: Vec<EventType>,
    pub(super) events: Vec<ScheduledEvent>,
    pub(super) invitees: Vec<Invitee>,
    pub(super) form: PayloadForm,
    by_uri: HashMap<InviteeUri, usize>,
}

impl Calendly {
    /// An organization with two users, four event types and no bookings.
    pub fn new(seed: u64) -> Self {
        Self::with_base(seed, API)
    }

    /// The same, whose URIs start with another base URL.
    pub fn with_base(seed: u64, base: impl Into<String>) -> Self {
        let base = base.into().trim_end_matches('/').to_owned();
        let mut ids = Ids::new(seed);
        let mut uri = |kind: &str| format!("{base}/{kind}/{}", ids.uuid());
        Self {
            organization: uri("organizations"),
            routing_form: uri("routing_forms"),
            users: event_type::users(&mut uri),
            event_types: event_type::event_types(&mut uri),
            events: Vec::new(),
            invitees: Vec::new(),
            form: PayloadForm::Current,
            by_uri: HashMap::new(),
            base,
            ids,
        }
    }

    /// Choose the generation of payloads.
    pub fn set_payload_form(&mut self, form: PayloadForm) {
        self.form = form;
    }

    /// Every booking ever made, also canceled ones, in the order they were made.
    pub fn invitees(&self) -> &[Invitee] {
        &self.invitees
    }

    /// Every scheduled event ever made.
    pub fn scheduled_events(&self) -> &[ScheduledEvent] {
        &self.events
    }

    /// One booking.
    pub fn find_invitee(&self, uri: &InviteeUri) -> Option<&Invitee> {
        self.invitees.get(*self.by_uri.get(uri)?)
    }

    /// One scheduled event.
    pub fn find_event(&self, uri: &EventUri) -> Option<&ScheduledEvent> {
        // Events are looked up soon after they are made, so the search starts at the end.
        self.events.iter().rev().find(|event| event.uri == *uri)
    }

    /// The invitees of a scheduled event.
    pub fn invitees_of<'a>(&'a self, event: &'a EventUri) -> impl Iterator<Item = &'a Invitee> {
        self.invitees
            .iter()
            .filter(move |invitee| invitee.event == *event)
    }

    /// What can be booked.
    pub fn event_types(&self) -> &[EventType] {
        &self.event_types
    }

    /// The members; the first one owns the organization.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The URI of the organization.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The base URL all URIs start with.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Forget events that ended before an instant, so that a long run stays small.
    pub fn forget_ended_before(&mut self, instant: Timestamp) {
        self.events.retain(|event| event.end >= instant);
        let kept: std::collections::HashSet<_> =
            self.events.iter().map(|event| event.uri.clone()).collect();
        self.invitees
            .retain(|invitee| kept.contains(&invitee.event));
        self.by_uri = self
            .invitees
            .iter()
            .enumerate()
            .map(|(position, invitee)| (invitee.uri.clone(), position))
            .collect();
    }

    pub(super) fn owner_uri(&self) -> &str {
        self.users.first().map_or("", |owner| &owner.uri)
    }

    pub(super) fn event_type(&self, slug: &str) -> Result<&EventType, CalendlyError> {
        self.event_types
            .iter()
            .find(|event_type| event_type.slug == slug)
            .ok_or(CalendlyError::NoSuchEventType)
    }

    /// The slug of the event type with this URI, or with this last segment.
    pub fn find_event_type(&self, uri: &str) -> Option<&EventType> {
        let uuid = last_segment(uri);
        self.event_types
            .iter()
            .find(|event_type| last_segment(&event_type.uri) == uuid)
    }

    pub(super) fn invitee(&self, uri: &InviteeUri) -> Result<&Invitee, CalendlyError> {
        self.find_invitee(uri).ok_or(CalendlyError::NoSuchInvitee)
    }

    pub(super) fn invitee_mut(&mut self, uri: &InviteeUri) -> Result<&mut Invitee, CalendlyError> {
        let position = self.by_uri.get(uri).ok_or(CalendlyError::NoSuchInvitee)?;
        self.invitees
            .get_mut(*position)
            .ok_or(CalendlyError::NoSuchInvitee)
    }

    pub(super) fn event(&self, uri: &EventUri) -> Result<&ScheduledEvent, CalendlyError> {
        self.find_event(uri).ok_or(CalendlyError::NoSuchEvent)
    }

    pub(super) fn event_mut(
        &mut self,
        uri: &EventUri,
    ) -> Result<&mut ScheduledEvent, CalendlyError> {
        self.events
            .iter_mut()
            .rev()
            .find(|event| event.uri == *uri)
            .ok_or(CalendlyError::NoSuchEvent)
    }

    pub(super) fn insert_invitee(&mut self, invitee: Invitee) {
        self.by_uri.insert(invitee.uri.clone(), self.invitees.len());
        self.invitees.push(invitee);
    }

    pub(super) fn new_uri(&mut self, kind: &str) -> String {
        format!("{}/{kind}/{}", self.base, self.ids.uuid())
    }

    /// An instant shortly before `now`, with microseconds: rows are written a moment before they are told.
    pub(super) fn just_before(
        &mut self,
        now: Timestamp,
        micros: std::ops::Range<i64>,
    ) -> Timestamp {
        let micros = micros.start + self.ids.below(micros.end - micros.start);
        now.checked_sub(SignedDuration::from_micros(micros))
            .unwrap_or(now)
    }
}

/// When an event of that length ends.
pub(super) fn end_of(start: Timestamp, minutes: i32) -> Timestamp {
    start
        .checked_add(SignedDuration::from_mins(minutes.into()))
        .unwrap_or(Timestamp::MAX)
}
