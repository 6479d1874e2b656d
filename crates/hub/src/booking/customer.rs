//! What the provider is told of whoever comes: from the request, the lead, and what the event type asks (AP-23).

use calbridge_core::{
    event_type::CustomField, intent::IntentKey, synthetic_address::SyntheticDomain,
};
use calbridge_store::{leads::Lead, tenants::TenantSettings};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{BookError, BookRequest, intent::BookOrder, metadata::metadata};
use crate::slots::Subject;

/// What is booked, when.
pub(super) struct What<'a> {
    /// The event type.
    pub subject: &'a Subject,
    /// The provider's number of it.
    pub event_type: i64,
    /// Start.
    pub start: Timestamp,
    /// Minutes, where the event type has several lengths.
    pub length: Option<u32>,
}

/// The order, with everything that the event type demands.
pub(super) fn order(
    request: &BookRequest,
    lead: &Lead,
    what: &What<'_>,
    tenant: &TenantSettings,
    key: &IntentKey,
) -> Result<BookOrder, BookError> {
    let attendee = &request.attendee;
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let email = attendee
        .email
        .as_ref()
        .map(|email| email.as_str().to_owned());
    let email = email
        .or_else(|| lead.email.clone())
        .or_else(|| stand_in(tenant, lead));
    let email = email.ok_or_else(|| missing("email", "the provider invites by e-mail"))?;
    let name = attendee.name.clone().or_else(|| filled(&lead.name));
    let name = name.ok_or_else(|| missing("name", "the provider needs it"))?;
    let phone = attendee
        .phone
        .as_ref()
        .map(|phone| phone.as_str().to_owned());
    let phone = phone.or_else(|| lead.phone_key.clone());
    let time_zone = attendee
        .time_zone
        .as_deref()
        .or(lead.time_zone.as_deref())
        .or(tenant.time_zone.as_deref())
        .unwrap_or("UTC");
    let questions = what.subject.event_type.as_ref();
    let questions = questions.map_or(&[][..], |event_type| &event_type.custom_fields.0);
    Ok(BookOrder {
        event_type: what.event_type,
        start: what.start,
        length: what.length,
        responses: answers(request, questions, &email, phone.as_deref())?,
        metadata: metadata(&request.metadata, lead.tenant_id, lead.id, key)?,
        name,
        email,
        phone,
        time_zone: time_zone.to_owned(),
        language: attendee.language.clone().or_else(|| lead.language.clone()),
    })
}

/// The address that the provider gets for somebody without one, if the tenant has a domain for it.
fn stand_in(tenant: &TenantSettings, lead: &Lead) -> Option<String> {
    let domain = SyntheticDomain::parse(tenant.synthetic_email_domain.as_deref()?).ok()?;
    Some(domain.address_of(lead.public_id))
}

fn answers(
    request: &BookRequest,
    questions: &[CustomField],
    email: &str,
    phone: Option<&str>,
) -> Result<Map<String, Value>, BookError> {
    let mut answers = request.responses.clone();
    if let Some(notes) = &request.notes {
        let slug = "notes".to_owned();
        answers.entry(slug).or_insert_with(|| notes.as_str().into());
    }
    for question in questions.iter().filter(|question| question.required) {
        if answers.contains_key(&question.slug) {
            continue;
        }
        let known = match question.kind.as_str() {
            "email" => Some(email),
            "phone" => phone,
            _ => None,
        };
        let known = known.ok_or_else(|| {
            let field = format!("responses.{}", question.slug);
            missing(field, "the event type does not do without an answer")
        })?;
        answers.insert(question.slug.clone(), known.into());
    }
    Ok(answers)
}

fn missing(field: impl Into<String>, why: &'static str) -> BookError {
    BookError::Missing {
        field: field.into(),
        why,
    }
}
