//! What Cal.com says of an event type, in our words.

use calbridge_core::event_type::{CustomField, Facts, Offered, OfferedHost};
use calbridge_providers::calcom_api::{
    OfferedEventType,
    event_types::{
        BookingField, Confirmation, EventTypeHost, FieldKind, FieldOrigin, Priority, Scheduling,
    },
};
use serde_json::Value;

/// What Cal.com says of an event type.
pub(super) fn offered(said: OfferedEventType) -> Offered {
    let is_offered = !said.is_managed_parent();
    let hosts = hosts(&said);
    let raw = |name: &str| said.raw.get(name).cloned().unwrap_or(Value::Null);
    let (booking_window, locations) = (raw("bookingWindow"), raw("locations"));
    let (price, currency) = match said.price {
        Some(price) => (Some(price.minor_units), price.currency),
        None => (None, None),
    };
    let team_slug = said.team.as_ref().and_then(|team| team.slug.clone());
    let owner_slug = match said.users.as_slice() {
        _ if said.team_id.is_some() => team_slug.clone(),
        [owner] => owner.username.clone(),
        _ => None,
    };
    Offered {
        external_id: said.id.to_string(),
        facts: Facts {
            active: is_offered,
            slug: Some(said.slug),
            owner_slug,
            title: said.title,
            description: said.description.filter(|text| !text.is_empty()),
            length: said.length,
            lengths: said.length_options,
            price,
            currency,
            is_offered,
            is_hidden: said.hidden,
            scheduling_type: said.scheduling.map(|kind| scheduling(kind).to_owned()),
            team_id: said.team_id,
            team_slug,
            parent_external_id: said.parent_id.map(|id| id.to_string()),
            seats: said.seats.map(|seats| seats.per_slot),
            needs_confirmation: said.confirmation != Confirmation::NotNeeded,
            minimum_notice: Some(said.minimum_notice),
            before_buffer: Some(said.before_buffer),
            after_buffer: Some(said.after_buffer),
            slot_interval: said.slot_interval,
            booking_window,
            custom_fields: said.fields.into_iter().filter_map(custom_field).collect(),
            locations,
            // Cal.com says the zone of hours, not of event types.
            time_zone: None,
            schedule_id: said.schedule_id,
            booking_url: said.booking_url,
            hosts,
            metadata: said.raw,
        },
    }
}

/// A team's hosts; of a person's own event type, the person.
fn hosts(said: &OfferedEventType) -> Vec<OfferedHost> {
    let mut hosts: Vec<OfferedHost> = if said.hosts.is_empty() && said.team_id.is_none() {
        let owners = said.users.iter().map(|owner| OfferedHost {
            provider_user_id: owner.id.to_string(),
            name: owner.name.clone(),
            username: owner.username.clone(),
            mandatory: true,
            priority: None,
        });
        owners.collect()
    } else {
        said.hosts.iter().map(host).collect()
    };
    // As the database gives them back; nobody hosts twice.
    hosts.sort();
    hosts.dedup_by(|one, other| one.provider_user_id == other.provider_user_id);
    hosts
}

fn host(host: &EventTypeHost) -> OfferedHost {
    OfferedHost {
        provider_user_id: host.user_id.to_string(),
        name: host.name.clone(),
        username: host.username.clone(),
        mandatory: host.mandatory,
        priority: host.priority.map(|priority| {
            let word = match priority {
                Priority::Lowest => "lowest",
                Priority::Low => "low",
                Priority::Medium => "medium",
                Priority::High => "high",
                Priority::Highest => "highest",
            };
            word.to_owned()
        }),
    }
}

fn scheduling(kind: Scheduling) -> &'static str {
    match kind {
        Scheduling::Collective => "collective",
        Scheduling::RoundRobin => "round_robin",
        Scheduling::Managed => "managed",
    }
}

/// What the owner asks beside what Cal.com always asks.
fn custom_field(field: BookingField) -> Option<CustomField> {
    (field.origin == FieldOrigin::Custom && !field.hidden).then(|| CustomField {
        slug: field.slug,
        label: field.label,
        kind: word(field.kind).to_owned(),
        required: field.required,
        options: field.options,
    })
}

fn word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Name => "name",
        FieldKind::Email => "email",
        FieldKind::MultiEmail => "multi_email",
        FieldKind::Phone => "phone",
        FieldKind::Address => "address",
        FieldKind::Location => "location",
        FieldKind::ShortText => "short_text",
        FieldKind::LongText => "long_text",
        FieldKind::Number => "number",
        FieldKind::Url => "url",
        FieldKind::Select => "select",
        FieldKind::MultiSelect => "multi_select",
        FieldKind::RadioGroup => "radio_group",
        FieldKind::CheckboxGroup => "checkbox_group",
        FieldKind::Checkbox => "checkbox",
        FieldKind::Unknown => "unknown",
    }
}
