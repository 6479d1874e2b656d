//! Scheduled events, by when they start.

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
use serde_json::{Map, Value};

use super::answer::{get, name_in, next_page};
use crate::calcom::api::{
    Call, Operation,
    reader::{Misread, Object, Part, Shape},
};

/// One meeting in a calendar.
#[derive(Clone, PartialEq, Debug)]
pub struct ScheduledEvent {
    /// Its URI.
    pub uri: String,
    /// When it starts.
    pub start: Timestamp,
    /// When it was changed last. Absences do not count, nor do some changes of places.
    pub updated_at: Timestamp,
    /// How many may come, where it says.
    pub limit: Option<i64>,
    /// All of it.
    pub raw: Map<String, Value>,
}

impl ScheduledEvent {
    /// Whether several may book places.
    pub fn is_group(&self) -> bool {
        self.limit.is_some_and(|limit| limit > 1)
    }
}

/// Whose events.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum EventsOf {
    /// Those of everybody, for an owner or administrator.
    Organization(String),
    /// Those of the token's owner.
    User(String),
}

/// Which events.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EventsQuery {
    /// Whose.
    pub whose: EventsOf,
    /// Starting at or after.
    pub from: Timestamp,
    /// Starting before.
    pub until: Timestamp,
    /// At most so many at once.
    pub page_size: u32,
}

/// A page of events, in the order of their starts.
#[derive(Clone, PartialEq, Debug)]
pub struct EventsPage {
    /// The events, canceled ones too.
    pub events: Vec<ScheduledEvent>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

const EVENT: Shape = Shape {
    expected: &[
        "uri",
        "name",
        "status",
        "start_time",
        "end_time",
        "event_type",
        "location",
        "invitees_counter",
        "created_at",
        "updated_at",
        "event_memberships",
        "event_guests",
    ],
    possible: &[
        "calendar_event",
        "cancellation",
        "meeting_notes_plain",
        "meeting_notes_html",
    ],
};

const COUNTER: Shape = Shape {
    expected: &["total", "active", "limit"],
    possible: &[],
};

/// Ask for a page of events. Take `page` from the page before.
pub fn events(query: &EventsQuery, page: Option<&str>) -> Call<EventsPage> {
    let (name, uri) = match &query.whose {
        EventsOf::Organization(uri) => ("organization", uri),
        EventsOf::User(uri) => ("user", uri),
    };
    get(
        Operation::ScheduledEventsList,
        &[&"scheduled_events"],
        a_page,
    )
    .query(name, Some(uri))
    .query("min_start_time", Some(instant(query.from)))
    .query("max_start_time", Some(instant(query.until)))
    .query("sort", Some("start_time:asc"))
    .query("count", Some(query.page_size.clamp(1, 100)))
    .query("page_token", page)
}

/// Ask for one event, by its URI.
pub fn event(uri: &str) -> Call<ScheduledEvent> {
    let segments: &[&dyn std::fmt::Display] = &[&"scheduled_events", &name_in(uri)];
    get(Operation::ScheduledEventsGet, segments, |envelope| {
        read(&envelope.need("resource")?)
    })
}

fn a_page(envelope: &Object<'_>) -> Result<EventsPage, Misread> {
    Ok(EventsPage {
        events: envelope.need("collection")?.each(read)?,
        next: next_page(envelope)?,
    })
}

fn read(part: &Part<'_>) -> Result<ScheduledEvent, Misread> {
    let event = part.object(&EVENT)?;
    let counter = event.part("invitees_counter");
    let counter = counter.map(|part| part.object(&COUNTER)).transpose()?;
    Ok(ScheduledEvent {
        uri: event.need("uri")?.string()?,
        start: event.need("start_time")?.time()?,
        updated_at: event.need("updated_at")?.time()?,
        limit: match counter {
            Some(counter) => counter.integer("limit")?,
            None => None,
        },
        raw: part.raw().as_object().cloned().unwrap_or_default(),
    })
}

/// UTC with microseconds, as Calendly itself writes it.
fn instant(at: Timestamp) -> String {
    const MICROSECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
    MICROSECONDS.timestamp_to_string(&at)
}
