//! The names of Calendly's events.

use crate::spelling::event_name;

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Subject {
    /// Somebody's place in a meeting.
    Invitee(Event),
    /// Something else; the words say why nothing is done about it.
    Other(&'static str),
}

/// What happened to somebody's place, in Calendly's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    Created,
    Canceled,
    NoShowCreated,
    NoShowDeleted,
}

/// Event names of the contract (section on events), and those of the `NetSendo` documents.
const EVENTS: &[(&str, Event)] = &[
    ("invitee.created", Event::Created),
    ("invitee.canceled", Event::Canceled),
    ("invitee.cancelled", Event::Canceled),
    ("invitee_no_show.created", Event::NoShowCreated),
    ("invitee_no_show.deleted", Event::NoShowDeleted),
    ("invitee.no_show", Event::NoShowCreated),
];

/// Whole families, by how their names begin, and why nothing is done about them.
const FAMILIES: &[(&str, &str)] = &[
    (
        "routing_form_submission.",
        "it is about a routing form; a booking that follows is told by invitee.created",
    ),
    (
        "event_type.",
        "it is about an event type, not about a booking",
    ),
    (
        "contact.",
        "it is about a contact in Calendly, not about a booking",
    ),
    ("meeting_recap.", "recaps of meetings are not kept"),
];

/// What a name stands for, in any spelling; `None` is no error.
pub(super) fn find(name: &str) -> Option<Subject> {
    let spelled = event_name(name);
    let exact = EVENTS
        .iter()
        .find(|(known, _)| event_name(known) == spelled);
    if let Some((_, event)) = exact {
        return Some(Subject::Invitee(*event));
    }
    FAMILIES
        .iter()
        .find(|(start, _)| spelled.starts_with(&event_name(start)))
        .map(|(_, reason)| Subject::Other(reason))
}
