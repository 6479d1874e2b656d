//! What a booking tells of the person who booked.

use std::collections::BTreeMap;

use calbridge_core::{
    change::BOOKER,
    person::{PersonName, PhoneNumber},
    story::{AttendeeStanding, Standing, Told},
};
use calbridge_store::{leads::Lead, sql::Json};
use jiff::Timestamp;

use super::{BookingFace, Rules};

/// Take over what was told later than what is known.
fn newer<T: PartialOrd>(
    told_at: &mut BTreeMap<String, Timestamp>,
    field: &str,
    told: Option<&Told<T>>,
    known: Option<&T>,
) -> bool {
    let Some(told) = told else { return false };
    let later = match told_at.get(field) {
        None => true,
        Some(at) if *at == told.at => known.is_none_or(|known| *known < told.value),
        Some(at) => *at < told.at,
    };
    if later {
        told_at.insert(field.to_owned(), told.at);
    }
    later
}

pub(super) fn learn_profile(lead: &mut Lead, standing: &Standing, attendee: &AttendeeStanding) {
    let told_at = &mut lead.told_at.0;
    let full_name = attendee.name.as_ref().map(|told| Told {
        value: told.value.full.clone(),
        at: told.at,
    });
    if newer(told_at, "name", full_name.as_ref(), Some(&lead.name)) {
        let PersonName { full, first, last } = attendee
            .name
            .as_ref()
            .map(|told| told.value.clone())
            .unwrap_or_default();
        (lead.name, lead.first_name, lead.last_name) = (full, first, last);
    }
    let mut keep = |field: &str, slot: &mut Option<String>, told: Option<&Told<String>>| {
        if newer(told_at, field, told, slot.as_ref()) {
            *slot = told.map(|told| told.value.clone());
        }
    };
    keep("phone", &mut lead.phone, attendee.phone.as_ref());
    keep(
        "time_zone",
        &mut lead.time_zone,
        attendee.time_zone.as_ref(),
    );
    keep("language", &mut lead.language, attendee.language.as_ref());
    // The notes of a group meeting are somebody's, but we cannot tell whose.
    if !standing.group {
        let notes = standing
            .notes
            .as_ref()
            .filter(|told| !told.value.is_empty())
            .map(|told| Told {
                value: format!("Booking notes: {}", told.value),
                at: told.at,
            });
        keep("activity_notes", &mut lead.activity_notes, notes.as_ref());
    }
    if lead.email_key.is_some() {
        // A person with an address is found by it; the number is only shown.
        lead.phone_key = lead
            .phone
            .as_deref()
            .and_then(|phone| PhoneNumber::parse(phone).ok())
            .map(|phone| phone.as_str().to_owned());
    }
}

pub(super) fn learn_origin(
    lead: &mut Lead,
    rules: Rules<'_>,
    standing: &Standing,
    attendee: &AttendeeStanding,
    booking: &BookingFace<'_>,
) {
    // The first booking by the provider's clock says why the person came.
    let told_at = &mut lead.told_at.0;
    let first_at = attendee.joined_at;
    if told_at.get("reference").is_none_or(|at| first_at <= *at) {
        told_at.insert("reference".to_owned(), first_at);
        lead.reference = Some(booking.booking_type.to_owned());
        let source = rules
            .tenant
            .source_detail
            .as_deref()
            .unwrap_or("website_direct");
        lead.source_detail = Some(source.to_owned());
    }
    if standing.group && attendee.key != BOOKER {
        return;
    }
    if let Some(told) = &standing.first_utm
        && lead.first_utm_at.is_none_or(|at| told.at < at)
    {
        lead.first_utm = Some(Json(told.value.clone()));
        lead.first_utm_at = Some(told.at);
    }
    if let Some(told) = &standing.last_utm
        && lead.last_utm_at.is_none_or(|at| told.at > at)
    {
        lead.last_utm = Some(Json(told.value.clone()));
        lead.last_utm_at = Some(told.at);
    }
}
