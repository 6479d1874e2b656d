//! What the log says about deliveries and events: one line each, with its door and its provider.

use calbridge_core::provider::Provider;
use calbridge_store::webhook_events::WebhookEvent;

use super::{Door, Outcome, Receipt, intake::Delivery};
use crate::logging::{WEBHOOKS, name_of};

/// A delivery was stored.
pub(super) fn stored(delivery: &Delivery, receipt: &Receipt) {
    let connection = &delivery.connection.connection;
    let (id, outcome) = (receipt.event_id.0, receipt.outcome.as_str());
    let _request = delivery.span.enter();
    tracing::info!(
        target: WEBHOOKS,
        door = delivery.door.as_str(),
        tenant.id = connection.tenant_id.0,
        connection.id = connection.id.0,
        webhook_event.id = id,
        webhook_event.kind = delivery.meaning.canonical.as_str(),
        provider = connection.provider.as_str(),
        "Webhook event {id} of {}: {outcome}",
        name_of(connection.provider)
    );
    if receipt.outcome == Outcome::Accepted {
        tracing::warn!(
            target: WEBHOOKS,
            door = delivery.door.as_str(),
            webhook_event.id = id,
            provider = connection.provider.as_str(),
            "Webhook event {id} of {} is stored and could not be applied; `calbridge events show {id}` says why",
            name_of(connection.provider)
        );
    }
}

/// A delivery was answered with 503.
pub(super) fn turned_away(door: Door, provider: Provider, why: &dyn std::error::Error) {
    tracing::warn!(
        target: WEBHOOKS,
        door = door.as_str(),
        provider = provider.as_str(),
        "Turned away a delivery of {}: {why}",
        name_of(provider)
    );
}

/// A delivery was refused.
pub(super) fn refused(door: Door, provider: Provider, connection: Option<i64>, reason: &str) {
    tracing::warn!(
        target: WEBHOOKS,
        door = door.as_str(),
        provider = provider.as_str(),
        connection.id = connection,
        "Refused a delivery of {}: {reason}",
        name_of(provider)
    );
}

/// A delivery came to a URL that no connection has.
pub(super) fn unknown_hook(door: Door) {
    tracing::info!(
        target: WEBHOOKS,
        door = door.as_str(),
        "Refused a delivery to a URL that no connection has"
    );
}

/// An event was applied that could not be before, or by somebody's wish.
pub(super) fn applied_again(event: &WebhookEvent, outcome: &str) {
    let id = event.id.0;
    tracing::info!(
        target: WEBHOOKS,
        door = event.door,
        tenant.id = event.tenant_id.0,
        webhook_event.id = id,
        provider = event.provider.as_str(),
        "Webhook event {id} of {}, read again: {outcome}",
        name_of(event.provider)
    );
}

/// An event still cannot be applied.
pub(super) fn still_fails(event: &WebhookEvent, what_next: &str) {
    let id = event.id.0;
    tracing::warn!(
        target: WEBHOOKS,
        door = event.door,
        tenant.id = event.tenant_id.0,
        webhook_event.id = id,
        webhook_event.attempts = event.attempts + 1,
        provider = event.provider.as_str(),
        "Webhook event {id} of {} still cannot be applied; {what_next}",
        name_of(event.provider)
    );
}
