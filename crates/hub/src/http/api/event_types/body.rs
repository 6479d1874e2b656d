//! An event type as JSON.

use std::collections::BTreeMap;

use calbridge_core::event_type::{CustomField, Facts};
use calbridge_store::{
    event_type_hosts::EventTypeHost,
    event_types::{EventType, Inactive},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{event_types::Hosted, http::api::price};

/// What can be booked.
#[derive(Serialize, ToSchema)]
#[schema(as = EventType)]
pub struct EventTypeBody {
    /// Id.
    id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// The connection it comes from.
    connection_id: i64,
    /// The provider's id, as text.
    external_id: String,
    /// The same as a number, where it is one.
    #[schema(example = 2_026_361)]
    calcom_event_type_id: Option<i64>,
    /// The provider's slug.
    #[schema(example = "discovery")]
    slug: Option<String>,
    /// With its owner before it, as people see it.
    #[schema(example = "zhengrowth/discovery")]
    full_slug: Option<String>,
    /// Title.
    title: String,
    /// Description.
    description: Option<String>,
    /// Minutes; null for types without one length.
    #[schema(example = 30)]
    length: Option<u32>,
    /// Minutes to choose from.
    lengths: Vec<u32>,
    /// Price as a decimal of the currency; `0.00` is free, null unknown.
    #[schema(example = "50.00")]
    price: Option<String>,
    /// The same in minor units.
    #[schema(example = 5000)]
    price_minor: Option<i64>,
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    currency: Option<String>,
    /// Whether it can be booked.
    active: bool,
    /// The same.
    is_active: bool,
    /// Why it cannot be booked: `removed` at the provider, by a `person`, or `managed`: it only stands for its hosts' copies.
    inactive_because: Option<&'static str>,
    /// Since when.
    deactivated_at: Option<Timestamp>,
    /// Whether booking pages leave it out.
    is_hidden: bool,
    /// How hosts are chosen: `collective`, `round_robin`, `managed`; null for one person's.
    scheduling_type: Option<String>,
    /// The provider's id of the team.
    team_id: Option<i64>,
    /// The team's slug.
    team_slug: Option<String>,
    /// The provider's id of the event type that this one is a copy of.
    parent_external_id: Option<String>,
    /// How many may book the same slot.
    seats: Option<u32>,
    /// Whether the host must agree.
    needs_confirmation: bool,
    /// Minutes between booking and start.
    minimum_notice: Option<u32>,
    /// Minutes kept free before.
    before_buffer: Option<u32>,
    /// Minutes kept free after.
    after_buffer: Option<u32>,
    /// Minutes from one start to the next.
    slot_interval: Option<u32>,
    /// How far ahead it can be booked, as the provider says it.
    booking_window: Option<JsonValue>,
    /// What the booking page asks.
    custom_fields: Vec<CustomFieldBody>,
    /// Where it takes place, as the provider says it.
    locations: Option<JsonValue>,
    /// IANA zone of its hours.
    time_zone: Option<String>,
    /// The provider's page for it.
    booking_url: Option<String>,
    /// Who may host it.
    hosts: Vec<HostBody>,
    /// What was changed here, by field, with what the provider says instead.
    edited: BTreeMap<String, JsonValue>,
    /// When the provider was asked last.
    last_synced_at: Option<Timestamp>,
    /// When it was first seen.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
}

/// A question that the booking page asks.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomField)]
pub struct CustomFieldBody {
    /// Names the answer.
    #[schema(example = "company")]
    slug: String,
    /// What people read.
    #[serde(default)]
    label: Option<String>,
    /// What kind of answer.
    #[schema(example = "short_text")]
    r#type: String,
    /// Whether there is no booking without an answer.
    #[serde(default)]
    required: bool,
    /// The answers to choose from.
    #[serde(default)]
    options: Vec<String>,
}

impl From<CustomField> for CustomFieldBody {
    fn from(field: CustomField) -> Self {
        Self {
            slug: field.slug,
            label: field.label,
            r#type: field.kind,
            required: field.required,
            options: field.options,
        }
    }
}

impl From<CustomFieldBody> for CustomField {
    fn from(field: CustomFieldBody) -> Self {
        Self {
            slug: field.slug,
            label: field.label,
            kind: field.r#type,
            required: field.required,
            options: field.options,
        }
    }
}

/// Somebody who may host.
#[derive(Serialize, ToSchema)]
#[schema(as = EventTypeHost)]
pub struct HostBody {
    /// The provider's id of the person.
    provider_user_id: String,
    /// Name.
    name: Option<String>,
    /// The provider's name of the account.
    username: Option<String>,
    /// Whether every booking has this host.
    mandatory: bool,
    /// Who is taken first.
    priority: Option<String>,
    /// Our user, once that is confirmed.
    user_id: Option<i64>,
}

impl From<EventTypeHost> for HostBody {
    fn from(host: EventTypeHost) -> Self {
        Self {
            provider_user_id: host.provider_user_id,
            name: host.name,
            username: host.username,
            mandatory: host.mandatory,
            priority: host.priority,
            user_id: host.user_id.map(i64::from),
        }
    }
}

/// `owner/slug` of a row.
pub(crate) fn full_slug(row: &EventType) -> Option<String> {
    Facts {
        slug: row.slug.clone(),
        owner_slug: row.owner_slug.clone(),
        ..Facts::default()
    }
    .full_slug()
}

impl From<Hosted> for EventTypeBody {
    fn from(Hosted { event_type, hosts }: Hosted) -> Self {
        let row = event_type;
        Self {
            id: row.id.0,
            public_id: row.public_id,
            connection_id: row.connection_id.0,
            calcom_event_type_id: row.external_id.parse().ok(),
            full_slug: full_slug(&row),
            slug: row.slug,
            external_id: row.external_id,
            title: row.title,
            description: row.description,
            length: row.length,
            lengths: row.lengths.0,
            price: price::shown(row.price, row.currency.as_deref()),
            price_minor: row.price,
            currency: row.currency,
            active: row.active,
            is_active: row.active,
            inactive_because: row.deactivated_because.map(Inactive::as_str),
            deactivated_at: row.deactivated_at,
            is_hidden: row.is_hidden,
            scheduling_type: row.scheduling_type,
            team_id: row.team_id,
            team_slug: row.team_slug,
            parent_external_id: row.parent_external_id,
            seats: row.seats,
            needs_confirmation: row.needs_confirmation,
            minimum_notice: row.minimum_notice,
            before_buffer: row.before_buffer,
            after_buffer: row.after_buffer,
            slot_interval: row.slot_interval,
            booking_window: row.booking_window,
            custom_fields: row.custom_fields.0.into_iter().map(Into::into).collect(),
            locations: row.locations,
            time_zone: row.time_zone,
            booking_url: row.booking_url,
            hosts: hosts.into_iter().map(HostBody::from).collect(),
            edited: row
                .edited
                .0
                .into_iter()
                .map(|(field, provider)| (field.as_str().to_owned(), provider))
                .collect(),
            last_synced_at: row.last_synced_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
