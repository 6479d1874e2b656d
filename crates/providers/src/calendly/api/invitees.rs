//! Who comes to a scheduled event, and who was going to.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::{get, name_in, next_page};
use crate::calcom::api::{
    Call, Operation,
    reader::{Misread, Object, Part, Shape},
};

/// One person's place in an event.
#[derive(Clone, PartialEq, Debug)]
pub struct Invitee {
    /// Its URI.
    pub uri: String,
    /// Whether the person still comes.
    pub is_active: bool,
    /// When the place was booked.
    pub created_at: Timestamp,
    /// All of it.
    pub raw: Map<String, Value>,
}

/// A page of invitees.
#[derive(Clone, PartialEq, Debug)]
pub struct InviteesPage {
    /// The invitees, canceled ones too.
    pub invitees: Vec<Invitee>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

const INVITEE: Shape = Shape {
    expected: &[
        "uri",
        "email",
        "name",
        "status",
        "timezone",
        "event",
        "created_at",
        "updated_at",
        "questions_and_answers",
        "tracking",
        "rescheduled",
        "cancel_url",
        "reschedule_url",
    ],
    possible: &[
        "first_name",
        "last_name",
        "text_reminder_number",
        "old_invitee",
        "new_invitee",
        "routing_form_submission",
        "cancellation",
        "canceled",
        "payment",
        "no_show",
        "reconfirmation",
        "scheduling_method",
        "invitee_scheduled_by",
    ],
};

const STATUS: &[(&str, bool)] = &[("active", true), ("canceled", false)];

/// Ask for a page of an event's invitees, by the event's URI. Take `page` from the page before.
pub fn invitees(event: &str, page: Option<&str>) -> Call<InviteesPage> {
    let segments: &[&dyn std::fmt::Display] = &[&"scheduled_events", &name_in(event), &"invitees"];
    get(Operation::InviteesList, segments, a_page)
        .query("count", Some(100))
        .query("sort", Some("created_at:asc"))
        .query("page_token", page)
}

fn a_page(envelope: &Object<'_>) -> Result<InviteesPage, Misread> {
    Ok(InviteesPage {
        invitees: envelope.need("collection")?.each(read)?,
        next: next_page(envelope)?,
    })
}

fn read(part: &Part<'_>) -> Result<Invitee, Misread> {
    let invitee = part.object(&INVITEE)?;
    let status = invitee.need("status")?;
    Ok(Invitee {
        uri: invitee.need("uri")?.string()?,
        // A word that nobody told us of calls nothing off.
        is_active: status.word(STATUS)?.unwrap_or(true),
        created_at: invitee.need("created_at")?.time()?,
        raw: part.raw().as_object().cloned().unwrap_or_default(),
    })
}
