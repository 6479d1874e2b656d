//! What the tables say of the bookings, compared with what the stored facts and events say, and mended where asked.
//!
//! The events of a booking are read anew with today's code; facts whose event has no body any more, and those that
//! people brought, are taken as they were stored. Then the booking's story is told and compared with every row that
//! is there. A booking is a transaction: nobody sees half of it, and the rest of the work goes on in between. Ids stay.

mod booking;
mod orphans;

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    ids::{BookingId, WebhookEventId},
    scope::Scope,
};
use calbridge_store::{StoreError, bookings, webhook_events};
use serde::Serialize;

use crate::{
    app::App,
    inbox::{ReplayError, apply::RowChanges},
};

/// Bookings and events looked for at once.
const AT_ONCE: i64 = 200;

/// The tables that follow from the facts.
const PROJECTIONS: [&str; 6] = [
    "bookings",
    "attendees",
    "leads",
    "activities",
    "booking_changes",
    "booking_references",
];

/// What to do about a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Nothing.
    Look,
    /// Write what the facts say.
    Apply,
}

/// Where the tables and the facts differ.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// The booking, where there is one.
    pub booking_id: Option<BookingId>,
    /// The event that was applied and of which nothing is there.
    pub webhook_event_id: Option<WebhookEventId>,
    /// The rows that change; leads may stand at each of their bookings.
    pub rows: RowChanges,
}

/// How many rows of a table differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Rows {
    /// Missing.
    pub insert: u64,
    /// Saying something else.
    pub update: u64,
    /// Too many.
    pub delete: u64,
}

/// What was looked at and what was found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    /// Bookings looked at.
    pub bookings: u64,
    /// Applied events of which no fact is there, looked at.
    pub events_without_facts: u64,
    /// Bookings and events with a difference.
    pub differences: u64,
    /// Differing rows by table.
    pub tables: BTreeMap<&'static str, Rows>,
    /// Events whose body is no longer kept; their facts were taken as they were stored.
    pub without_body: u64,
    /// Events that today's code cannot read; their facts were taken as they were stored.
    pub unreadable: u64,
    /// Bookings without any fact, which were left alone.
    pub without_facts: u64,
    /// Events that cannot be applied any more.
    pub failing: u64,
}

/// What looking at one booking or event came to.
#[derive(Default)]
struct Compared {
    rows: RowChanges,
    without_body: u64,
    unreadable: u64,
    without_facts: u64,
    /// Events that tell what is not stored.
    told_by: Vec<WebhookEventId>,
}

impl Compared {
    /// Only what follows from the facts counts as a difference, not what is noted beside it.
    fn keep_projections(&mut self) {
        self.rows.0.retain(|row| PROJECTIONS.contains(&row.table));
    }
}

impl Summary {
    fn count(&mut self, compared: &Compared) {
        self.without_body += compared.without_body;
        self.unreadable += compared.unreadable;
        self.without_facts += compared.without_facts;
        if compared.rows.0.is_empty() {
            return;
        }
        self.differences += 1;
        for row in &compared.rows.0 {
            let rows = self.tables.entry(row.table).or_default();
            match row.action {
                "insert" => rows.insert += 1,
                "delete" => rows.delete += 1,
                _ => rows.update += 1,
            }
        }
    }
}

/// How many bookings there are to look at.
pub async fn size(app: &App, scope: &Scope) -> Result<u64, StoreError> {
    let mut tx = app.store.read().await?;
    let count = bookings::count(&mut tx, scope).await?;
    tx.rollback().await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Compare a tenant's bookings with their facts, or only `one`. Each difference is told as it is found, and `step` after
/// each booking.
pub async fn rebuild(
    app: &App,
    scope: &Scope,
    mode: Mode,
    one: Option<BookingId>,
    mut tell: impl FnMut(Difference),
    mut step: impl FnMut(),
) -> Result<Summary, StoreError> {
    let mut summary = Summary::default();
    let mut told_by = BTreeSet::new();
    let mut after = BookingId(0);
    loop {
        let ids = match one {
            Some(id) => vec![id],
            None => next_bookings(app, scope, after).await?,
        };
        let Some(last) = ids.last() else { break };
        after = *last;
        for id in ids {
            let compared = booking::compare(app, scope, id, mode).await?;
            summary.bookings += 1;
            summary.count(&compared);
            told_by.extend(compared.told_by);
            if !compared.rows.0.is_empty() {
                tell(Difference {
                    booking_id: Some(id),
                    webhook_event_id: None,
                    rows: compared.rows,
                });
            }
            step();
        }
        if one.is_some() {
            return Ok(summary);
        }
    }
    look_for_orphans(app, scope, mode, &told_by, &mut summary, tell).await?;
    Ok(summary)
}

async fn next_bookings(
    app: &App,
    scope: &Scope,
    after: BookingId,
) -> Result<Vec<BookingId>, StoreError> {
    let mut tx = app.store.read().await?;
    let ids = bookings::list_ids_after(&mut tx, scope, after, AT_ONCE).await?;
    tx.rollback().await?;
    Ok(ids)
}

async fn look_for_orphans(
    app: &App,
    scope: &Scope,
    mode: Mode,
    seen: &BTreeSet<WebhookEventId>,
    summary: &mut Summary,
    mut tell: impl FnMut(Difference),
) -> Result<(), StoreError> {
    let mut after = WebhookEventId(0);
    loop {
        let mut tx = app.store.read().await?;
        let events = webhook_events::list_without_facts(&mut tx, scope, after, AT_ONCE).await?;
        tx.rollback().await?;
        let Some(last) = events.last() else {
            return Ok(());
        };
        after = last.id;
        for event in events.iter().filter(|event| !seen.contains(&event.id)) {
            summary.events_without_facts += 1;
            let compared = match orphans::compare(app, scope, event, mode).await {
                Ok(compared) => compared,
                Err(ReplayError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::warn!(webhook_event.id = event.id.0, %error, "An event cannot be applied any more");
                    summary.failing += 1;
                    continue;
                }
            };
            summary.count(&compared);
            if !compared.rows.0.is_empty() {
                tell(Difference {
                    booking_id: None,
                    webhook_event_id: Some(event.id),
                    rows: compared.rows,
                });
            }
        }
    }
}
