//! Event types: read from providers, changed here, listed.

mod edit;
mod find;
mod rows;
pub mod sync;

pub use edit::{Amount, EditEventTypeError, EventTypeEdit, edit};
pub(crate) use find::by_any_id;
pub use find::{FindEventTypeError, find, list, list_public, list_whole};

use calbridge_store::{event_type_hosts::EventTypeHost, event_types::EventType};

/// An event type with those who may host it.
#[derive(Clone, PartialEq, Debug)]
pub struct Hosted {
    /// The event type.
    pub event_type: EventType,
    /// Who may host it.
    pub hosts: Vec<EventTypeHost>,
}
