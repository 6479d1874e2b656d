//! From what a provider lists to rows, in one transaction.

use calbridge_core::{
    event_type::{Change, Edited, Known, Listing, Offered, Plan, plan},
    ids::{ConnectionId, EventTypeId},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    event_type_hosts::{self, EventTypeHost},
    event_types::{self, EventType},
    ids,
    sql::Tx,
};
use jiff::Timestamp;
use serde_json::json;

use super::report::SyncReport;
use crate::{
    event_types::rows,
    hosts::{self, Person},
};

/// What was read of a provider's lists.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// The event types.
    pub listing: Listing,
    /// The people who host, with whatever lists tell about them.
    pub people: Vec<Person>,
    /// What could not be read, and why.
    pub failures: Vec<String>,
}

/// Bring the rows of a connection up to date.
pub async fn apply(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    reading: &Reading,
    now: Timestamp,
) -> Result<SyncReport, StoreError> {
    let before = event_types::list_of_connection_for_update(tx, scope, connection_id).await?;
    let ids: Vec<_> = before.iter().map(|row| row.id).collect();
    let their_hosts = event_type_hosts::list(tx, scope, &ids).await?;
    let known: Vec<_> = before
        .iter()
        .map(|row| rows::known(row, &their_hosts))
        .collect();
    let plan = plan(&known, &reading.listing);

    let added = add(tx, scope, connection_id, &plan.add, now).await?;
    let changed = change(tx, scope, before, &plan, now).await?;
    let listed: Vec<EventTypeId> = plan
        .unchanged
        .iter()
        .filter(|id| is_listed(**id, &known, &reading.listing))
        .copied()
        .collect();
    event_types::note_synced(tx, scope, &listed, now).await?;
    audit::append(tx, deeds(scope, &plan, &added), now).await?;

    let mut report = SyncReport::of(&plan, &added, &changed);
    report.hosts_to_review =
        hosts::recognize(tx, scope, connection_id, &reading.people, now).await?;
    report.listed = reading.listing.offered().len();
    report.complete = reading.listing.is_whole();
    Ok(report)
}

fn is_listed(id: EventTypeId, known: &[Known], listing: &Listing) -> bool {
    let external_id = known
        .iter()
        .find(|one| one.id == id)
        .map(|one| &one.external_id);
    listing
        .offered()
        .iter()
        .any(|one| Some(&one.external_id) == external_id)
}

async fn add(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    offered: &[Offered],
    now: Timestamp,
) -> Result<Vec<EventType>, StoreError> {
    let ids = ids::reserve(tx, "event_types", offered.len()).await?;
    let mut added = Vec::with_capacity(offered.len());
    let mut their_hosts = Vec::new();
    for (id, one) in ids.into_iter().zip(offered) {
        let external_id = one.external_id.clone();
        let id = EventTypeId(id);
        let mut row = rows::blank(id, scope.tenant_id(), connection_id, external_id, now);
        their_hosts.extend(rows::hosts(&row, &one.facts.hosts));
        rows::write(&mut row, one.facts.clone(), Edited::new(), now);
        row.last_synced_at = Some(now);
        added.push(row);
    }
    event_types::insert(tx, &added).await?;
    write_hosts(tx, scope, &added, &their_hosts).await?;
    Ok(added)
}

async fn change(
    tx: &mut Tx,
    scope: &Scope,
    before: Vec<EventType>,
    plan: &Plan,
    now: Timestamp,
) -> Result<Vec<EventType>, StoreError> {
    let changes = || plan.change.iter().chain(&plan.deactivate);
    let change_of = |id: EventTypeId| changes().find(|change: &&Change| change.id == id);
    let mut changed = Vec::new();
    let mut their_hosts = Vec::new();
    for mut row in before {
        let Some(change) = change_of(row.id) else {
            continue;
        };
        their_hosts.extend(rows::hosts(&row, &change.facts.hosts));
        rows::write(&mut row, change.facts.clone(), change.edited.clone(), now);
        row.last_synced_at = Some(now);
        changed.push(row);
    }
    event_types::update(tx, &changed).await?;
    write_hosts(tx, scope, &changed, &their_hosts).await?;
    Ok(changed)
}

async fn write_hosts(
    tx: &mut Tx,
    scope: &Scope,
    rows: &[EventType],
    hosts: &[EventTypeHost],
) -> Result<(), StoreError> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    event_type_hosts::replace(tx, scope, &ids, hosts).await
}

fn deeds(scope: &Scope, plan: &Plan, added: &[EventType]) -> Vec<Deed> {
    let add = added.iter().map(|row| {
        Deed::of(scope, "event_type.add", "event_type", row.id)
            .after(json!({ "external_id": row.external_id, "title": row.title }))
    });
    let of_change = |action: &'static str| {
        move |change: &Change| {
            let fields: Vec<_> = change.fields.iter().map(|one| one.field).collect();
            Deed::of(scope, action, "event_type", change.id).after(json!({ "fields": fields }))
        }
    };
    let told = plan
        .change
        .iter()
        .filter(|change| !change.fields.is_empty());
    add.chain(told.map(of_change("event_type.sync")))
        .chain(
            plan.deactivate
                .iter()
                .map(of_change("event_type.deactivate")),
        )
        .collect()
}
