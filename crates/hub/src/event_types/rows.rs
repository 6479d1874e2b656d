//! From rows to facts and back.

use calbridge_core::{
    event_type::{Edited, Facts, Field, Known, OfferedHost},
    ids::{ConnectionId, EventTypeId, TenantId},
};
use calbridge_store::{
    event_type_hosts::EventTypeHost,
    event_types::{EventType, Inactive},
    sql::Json,
};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// A row that says nothing yet.
pub(super) fn blank(
    id: EventTypeId,
    tenant_id: TenantId,
    connection_id: ConnectionId,
    external_id: String,
    now: Timestamp,
) -> EventType {
    EventType {
        id,
        public_id: Uuid::now_v7(),
        tenant_id,
        connection_id,
        external_id,
        created_at: now,
        active: false,
        slug: None,
        owner_slug: None,
        title: String::new(),
        description: None,
        length: None,
        lengths: Json(Vec::new()),
        price: None,
        currency: None,
        is_offered: true,
        is_hidden: false,
        scheduling_type: None,
        team_id: None,
        team_slug: None,
        parent_external_id: None,
        seats: None,
        needs_confirmation: false,
        minimum_notice: None,
        before_buffer: None,
        after_buffer: None,
        slot_interval: None,
        booking_window: None,
        custom_fields: Json(Vec::new()),
        locations: None,
        time_zone: None,
        schedule_id: None,
        booking_url: None,
        metadata: Value::Null,
        edited: Json(Edited::new()),
        deactivated_at: None,
        deactivated_because: None,
        last_synced_at: None,
        revision: 0,
        updated_at: now,
    }
}

/// What a row and its hosts say.
pub(super) fn known(row: &EventType, hosts: &[EventTypeHost]) -> Known {
    Known {
        id: row.id,
        external_id: row.external_id.clone(),
        facts: facts(row, hosts),
        edited: row.edited.0.clone(),
    }
}

fn facts(row: &EventType, hosts: &[EventTypeHost]) -> Facts {
    Facts {
        active: row.active,
        slug: row.slug.clone(),
        owner_slug: row.owner_slug.clone(),
        title: row.title.clone(),
        description: row.description.clone(),
        length: row.length,
        lengths: row.lengths.0.clone(),
        price: row.price,
        currency: row.currency.clone(),
        is_offered: row.is_offered,
        is_hidden: row.is_hidden,
        scheduling_type: row.scheduling_type.clone(),
        team_id: row.team_id,
        team_slug: row.team_slug.clone(),
        parent_external_id: row.parent_external_id.clone(),
        seats: row.seats,
        needs_confirmation: row.needs_confirmation,
        minimum_notice: row.minimum_notice,
        before_buffer: row.before_buffer,
        after_buffer: row.after_buffer,
        slot_interval: row.slot_interval,
        booking_window: row.booking_window.clone().unwrap_or_default(),
        custom_fields: row.custom_fields.0.clone(),
        locations: row.locations.clone().unwrap_or_default(),
        time_zone: row.time_zone.clone(),
        schedule_id: row.schedule_id,
        booking_url: row.booking_url.clone(),
        hosts: hosts
            .iter()
            .filter(|host| host.event_type_id == row.id)
            .map(offered_host)
            .collect(),
        metadata: row.metadata.clone(),
    }
}

fn offered_host(host: &EventTypeHost) -> OfferedHost {
    OfferedHost {
        provider_user_id: host.provider_user_id.clone(),
        name: host.name.clone(),
        username: host.username.clone(),
        mandatory: host.mandatory,
        priority: host.priority.clone(),
    }
}

/// Write facts into a row. Why it cannot be booked follows from them.
pub(super) fn write(row: &mut EventType, facts: Facts, edited: Edited, now: Timestamp) {
    let known = Known {
        id: row.id,
        external_id: row.external_id.clone(),
        facts,
        edited,
    };
    let because = inactive(&known);
    let Known { facts, edited, .. } = known;
    row.active = facts.active;
    row.slug = facts.slug;
    row.owner_slug = facts.owner_slug;
    row.title = facts.title;
    row.description = facts.description;
    row.length = facts.length;
    row.lengths = Json(facts.lengths);
    row.price = facts.price;
    row.currency = facts.currency;
    row.is_offered = facts.is_offered;
    row.is_hidden = facts.is_hidden;
    row.scheduling_type = facts.scheduling_type;
    row.team_id = facts.team_id;
    row.team_slug = facts.team_slug;
    row.parent_external_id = facts.parent_external_id;
    row.seats = facts.seats;
    row.needs_confirmation = facts.needs_confirmation;
    row.minimum_notice = facts.minimum_notice;
    row.before_buffer = facts.before_buffer;
    row.after_buffer = facts.after_buffer;
    row.slot_interval = facts.slot_interval;
    row.booking_window = Some(facts.booking_window).filter(|window| !window.is_null());
    row.custom_fields = Json(facts.custom_fields);
    row.locations = Some(facts.locations).filter(|locations| !locations.is_null());
    row.time_zone = facts.time_zone;
    row.schedule_id = facts.schedule_id;
    row.booking_url = facts.booking_url;
    row.metadata = facts.metadata;
    row.edited = Json(edited);
    row.deactivated_at = because.map(|_| row.deactivated_at.unwrap_or(now));
    row.deactivated_because = because;
    row.revision += 1;
    row.updated_at = now;
}

/// Why it cannot be booked; `None` when it can.
fn inactive(known: &Known) -> Option<Inactive> {
    if known.facts.active {
        None
    } else if !known.facts.is_offered {
        Some(Inactive::Managed)
    } else if known.edited.contains_key(&Field::Active) && !known.is_removed() {
        Some(Inactive::Person)
    } else {
        Some(Inactive::Removed)
    }
}

/// The hosts of an event type as rows. Who of ours they are is linked afterwards.
pub(super) fn hosts(row: &EventType, hosts: &[OfferedHost]) -> Vec<EventTypeHost> {
    hosts
        .iter()
        .map(|host| EventTypeHost {
            tenant_id: row.tenant_id,
            event_type_id: row.id,
            provider_user_id: host.provider_user_id.clone(),
            name: host.name.clone(),
            username: host.username.clone(),
            mandatory: host.mandatory,
            priority: host.priority.clone(),
            user_id: None,
        })
        .collect()
}
