//! What a stored booking will ask of its provider.

use calbridge_core::{
    ids::LeadId,
    lane::Lane,
    person::{EmailAddress, PhoneNumber},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::booking::{AttendeeRequest, BookRequest};

/// What was asked for when the booking was stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Wish {
    lead: LeadId,
    event_type: Option<String>,
    start: Timestamp,
    duration: Option<u32>,
    name: Option<String>,
    email: Option<EmailAddress>,
    phone: Option<PhoneNumber>,
    time_zone: Option<String>,
    language: Option<String>,
    notes: Option<String>,
    responses: Map<String, Value>,
    metadata: Map<String, Value>,
}

impl Wish {
    /// Of a request for a lead, at a time.
    pub fn of(request: BookRequest, lead: LeadId, start: Timestamp) -> Self {
        let attendee = request.attendee;
        Self {
            lead,
            event_type: request.event_type,
            start,
            duration: request.duration,
            name: attendee.name,
            email: attendee.email,
            phone: attendee.phone,
            time_zone: attendee.time_zone,
            language: attendee.language,
            notes: request.notes,
            responses: request.responses,
            metadata: request.metadata,
        }
    }

    /// The request, to be made now. Where the booking was moved meanwhile, at its new time.
    pub fn request(self, start: Option<Timestamp>, lane: Lane) -> BookRequest {
        BookRequest {
            name: None,
            lead: Some(self.lead),
            event_type: self.event_type,
            start: Some(start.unwrap_or(self.start)),
            duration: self.duration,
            attendee: AttendeeRequest {
                name: self.name,
                email: self.email,
                phone: self.phone,
                time_zone: self.time_zone,
                language: self.language,
            },
            notes: self.notes,
            responses: self.responses,
            metadata: self.metadata,
            lane,
        }
    }
}
