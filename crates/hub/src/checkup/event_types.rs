//! The event types of a connection: there, read lately, and the default one among them.

use std::time::Duration;

use calbridge_core::scope::Scope;
use calbridge_store::{
    PageRequest, StoreError,
    event_types::{self, EventType, EventTypeFilter},
    sync_runs::{RunState, SyncCause},
};
use jiff::SignedDuration;

use super::{Finding, Fix};
use crate::{
    app::App,
    connections::KnownConnection,
    event_types::sync::{self, SyncError},
};

/// A sync that is asked for here may take this long.
const PATIENCE: Duration = Duration::from_mins(5);

/// Where nobody syncs by the hour, a day is late.
const USUAL: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn look(
    app: &App,
    known: &KnownConnection,
    name: &str,
    fix: Fix,
) -> Result<Vec<Finding>, StoreError> {
    let rows = rows(app, known).await?;
    let Some(trouble) = trouble(app, known, &rows, name) else {
        return Ok(whole(known, &rows, name));
    };
    if fix == Fix::Nothing {
        return Ok(std::iter::once(trouble)
            .chain(default(known, &rows, name))
            .collect());
    }
    let mut findings = vec![read(app, known, name, trouble).await?];
    findings.extend(whole(known, &self::rows(app, known).await?, name));
    Ok(findings)
}

fn whole(known: &KnownConnection, rows: &[EventType], name: &str) -> Vec<Finding> {
    let active = rows.iter().filter(|row| row.active).count();
    let says = format!("{name}: {active} can be booked");
    let mut findings = vec![Finding::ok("event types", says)];
    findings.extend(default(known, rows, name));
    findings
}

async fn rows(app: &App, known: &KnownConnection) -> Result<Vec<EventType>, StoreError> {
    let scope = Scope::system(known.connection.tenant_id);
    let filter = EventTypeFilter {
        connection_id: Some(known.connection.id),
        ..EventTypeFilter::default()
    };
    let mut tx = app.store.read().await?;
    let mut page = PageRequest::first(PageRequest::MOST);
    let mut all = Vec::new();
    loop {
        let found = event_types::list(&mut tx, &scope, &filter, page).await?;
        all.extend(found.data);
        page.below = found.next_cursor;
        if page.below.is_none() {
            break;
        }
    }
    tx.rollback().await?;
    Ok(all)
}

fn trouble(app: &App, known: &KnownConnection, rows: &[EventType], name: &str) -> Option<Finding> {
    let tenant = known.connection.tenant_id;
    let remedy = format!("`calbridge event-types sync --tenant {tenant}`");
    if !rows.iter().any(|row| row.active) {
        let says = format!("{name}: no event type of it can be booked");
        return Some(Finding::warn("event types", says, remedy));
    }
    let newest = rows.iter().filter_map(|row| row.last_synced_at).max()?;
    let age = app.clock.now().duration_since(newest);
    let late = app
        .config
        .sync
        .event_types()
        .map_or(USUAL, |every| every * 3);
    (age > late).then(|| {
        let says = format!("{name}: event types were read {} h ago", age.as_hours());
        Finding::warn("event types", says, remedy)
    })
}

fn default(known: &KnownConnection, rows: &[EventType], name: &str) -> Option<Finding> {
    let id = known.connection.default_event_type_id.as_deref()?;
    let row = rows.iter().find(|row| row.external_id == id);
    let wrong = match row {
        Some(row) if row.active => return None,
        Some(_) => "cannot be booked",
        None => "is not among those of the provider",
    };
    let says = format!("{name}: its default event type {id} {wrong}");
    let remedy = "choose one of `calbridge event-types list --active` (CALCOM_EVENT_TYPE_ID, or the connection's setting)";
    Some(Finding::fail("event types", says, remedy))
}

async fn read(
    app: &App,
    known: &KnownConnection,
    name: &str,
    trouble: Finding,
) -> Result<Finding, StoreError> {
    let scope = Scope::cli(known.connection.tenant_id);
    let id = Some(known.connection.id);
    let runs = sync::now(app, &scope, id, SyncCause::Cli, PATIENCE, &|_| ()).await;
    Ok(match runs {
        Ok(runs) if runs.iter().all(|run| run.state == RunState::Done) => {
            Finding::fixed("event types", format!("{name}: event types were read"))
        }
        Ok(runs) => {
            let why = runs.into_iter().find_map(|run| run.error);
            let why = why.unwrap_or_else(|| "it goes on".to_owned());
            Finding {
                says: format!("{}; reading them: {why}", trouble.says),
                ..trouble
            }
        }
        Err(SyncError::Store(error)) => return Err(error),
        Err(error) => Finding {
            says: format!("{}; reading them: {error}", trouble.says),
            ..trouble
        },
    })
}
