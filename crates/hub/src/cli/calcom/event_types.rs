//! `calbridge calcom list-event-types`

use calbridge_core::provider::Provider;
use calbridge_store::{
    PageRequest,
    event_types::{self, EventType, EventTypeFilter},
};
use serde_json::{Value, json};

use crate::cli::{
    context::{Context, TenantOption},
    output::{at, or_empty},
};

pub(super) async fn list(context: &Context, all: bool, tenant: TenantOption) -> anyhow::Result<()> {
    let filter = EventTypeFilter {
        provider: Some(Provider::CalCom),
        active: (!all).then_some(true),
        ..EventTypeFilter::default()
    };
    let found = context
        .in_tenant(tenant, async |app, scope| {
            let mut found = Vec::new();
            let mut page = PageRequest::first(PageRequest::MOST);
            let mut tx = app.store.read().await?;
            loop {
                let part = event_types::list(&mut tx, scope, &filter, page).await?;
                found.extend(part.data);
                match part.next_cursor {
                    Some(below) => page.below = Some(below),
                    None => break,
                }
            }
            tx.rollback().await?;
            Ok(found)
        })
        .await?;
    if context.out.is_json() {
        let data: Vec<Value> = found.iter().map(body).collect();
        return context.out.json(&json!({ "data": data }));
    }
    let header = [
        "Id",
        "At Cal.com",
        "Title",
        "Slug",
        "Minutes",
        "Can be booked",
        "Synced",
    ];
    let rows = found.into_iter().map(row).collect();
    let if_empty = "no event type is known; `calbridge connections show ID` says whether there is an API key to ask with";
    context.out.table(&header, rows, if_empty)
}

fn row(event_type: EventType) -> Vec<String> {
    vec![
        event_type.id.to_string(),
        event_type.external_id,
        event_type.title,
        or_empty(event_type.slug),
        or_empty(event_type.length),
        if event_type.active { "yes" } else { "no" }.to_owned(),
        event_type.last_synced_at.map(at).unwrap_or_default(),
    ]
}

fn body(event_type: &EventType) -> Value {
    json!({
        "id": event_type.id,
        "external_id": event_type.external_id,
        "connection_id": event_type.connection_id,
        "title": event_type.title,
        "slug": event_type.slug,
        "owner_slug": event_type.owner_slug,
        "length": event_type.length,
        "active": event_type.active,
        "last_synced_at": event_type.last_synced_at,
    })
}
