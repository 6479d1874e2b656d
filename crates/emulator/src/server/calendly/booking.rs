//! `POST /invitees`: booking through the API. No hold, no idempotency key, no second chance.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::gate::{Refusal, Token};
use super::resource;
use crate::calendly::{BookedThrough, NewInvitee};
use crate::server::body::read;
use crate::server::world::Shared;

/// Unknown fields are dropped without a word.
#[derive(Debug, Deserialize)]
struct Book {
    event_type: Option<String>,
    start_time: Option<Timestamp>,
    invitee: Option<Person>,
    #[serde(default)]
    questions_and_answers: Vec<Answer>,
    #[serde(default)]
    tracking: BTreeMap<String, Value>,
    #[serde(default)]
    event_guests: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Person {
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    timezone: Option<String>,
    text_reminder_number: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    question: String,
    answer: String,
}

pub(super) async fn book(
    State(shared): State<Shared>,
    _token: Token,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wish: Book = read(&body).map_err(|error| Refusal::invalid("body", &error))?;
    let missing = |parameter: &str| Refusal::invalid(parameter, "is missing");
    let uri = wish.event_type.ok_or_else(|| missing("event_type"))?;
    let start = wish.start_time.ok_or_else(|| missing("start_time"))?;
    let person = wish.invitee.ok_or_else(|| missing("invitee"))?;
    let email = person.email.ok_or_else(|| missing("invitee.email"))?;
    let time_zone = person.timezone.ok_or_else(|| missing("invitee.timezone"))?;
    let name = match (person.name, &person.first_name, &person.last_name) {
        (Some(name), _, _) => name,
        (None, Some(first), Some(last)) => format!("{first} {last}"),
        (None, Some(first), None) => first.clone(),
        (None, None, _) => return Err(missing("invitee.name")),
    };
    if wish.event_guests.len() > 10 {
        return Err(Refusal::invalid("event_guests", "has too many entries"));
    }
    let texts = wish
        .tracking
        .into_iter()
        .filter_map(|(key, value)| match value {
            Value::String(text) => Some((key, text)),
            _ => None,
        });
    let tracking = texts.collect();
    let answers = wish
        .questions_and_answers
        .into_iter()
        .map(|one| (one.question, one.answer));
    let answers = answers.collect();
    shared.change(|world, now| {
        let calendly = &mut world.story.calendly;
        let event_type = calendly
            .find_event_type(&uri)
            .ok_or_else(Refusal::not_found)?;
        let new = NewInvitee {
            first_name: person.first_name,
            last_name: person.last_name,
            time_zone,
            phone: person.text_reminder_number,
            answers,
            tracking,
            guests: wish.event_guests,
            through: BookedThrough::Api,
            ..NewInvitee::new(event_type.slug.clone(), start, name, email)
        };
        let (uri, deliveries) = calendly.book(new, now)?;
        let invitee = calendly.find_invitee(&uri).ok_or_else(Refusal::not_found)?;
        Ok((
            resource(201, calendly.invitee_resource(invitee)),
            deliveries,
        ))
    })
}
