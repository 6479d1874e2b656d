//! What the demo came to.

use std::collections::BTreeMap;

use calbridge_core::scope::Scope;
use calbridge_store::{
    Page, PageRequest,
    bookings::{self, BookingFilter},
    leads::{self, LeadFilter},
    quarantine,
    webhook_events::{self, EventFilter},
};
use serde::Serialize;

use crate::app::App;

/// Counts by status.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    /// Webhook events.
    pub events: BTreeMap<String, usize>,
    /// Deliveries that came again.
    pub repeats: usize,
    /// Deliveries that nothing verified.
    pub quarantined: usize,
    /// Bookings.
    pub bookings: BTreeMap<String, usize>,
    /// Bookings that were moved.
    pub rescheduled: usize,
    /// Leads.
    pub leads: BTreeMap<String, usize>,
}

impl Summary {
    /// Count.
    pub(super) async fn of(app: &App, scope: &Scope) -> anyhow::Result<Self> {
        let mut summary = Self::default();
        let mut tx = app.store.read().await?;
        let mut page = PageRequest::first(PageRequest::MOST);
        loop {
            let found = webhook_events::list(&mut tx, scope, &EventFilter::default(), page).await?;
            for event in &found.data {
                *summary
                    .events
                    .entry(event.status.as_str().to_owned())
                    .or_default() += 1;
                summary.repeats += usize::try_from(event.repeats).unwrap_or(0);
            }
            let Some(next) = after(&found) else { break };
            page = next;
        }
        page = PageRequest::first(PageRequest::MOST);
        loop {
            let found = bookings::list(&mut tx, scope, &BookingFilter::default(), page).await?;
            for booking in &found.data {
                *summary.bookings.entry(booking.status.clone()).or_default() += 1;
                summary.rescheduled += usize::from(booking.rescheduled_count > 0);
            }
            let Some(next) = after(&found) else { break };
            page = next;
        }
        page = PageRequest::first(PageRequest::MOST);
        loop {
            let found = leads::list(&mut tx, scope, &LeadFilter::default(), page).await?;
            for lead in &found.data {
                *summary.leads.entry(lead.status.clone()).or_default() += 1;
            }
            let Some(next) = after(&found) else { break };
            page = next;
        }
        let quarantined =
            quarantine::list_of_all_tenants(&mut tx, PageRequest::first(PageRequest::MOST)).await?;
        summary.quarantined = quarantined.data.len();
        tx.rollback().await?;
        Ok(summary)
    }

    /// What was counted, how many, and how they divide.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let row = |what: &str, counts: &BTreeMap<String, usize>, more: &[(usize, &str)]| {
            let mut parts: Vec<_> = counts
                .iter()
                .map(|(word, count)| format!("{count} {word}"))
                .collect();
            let more = more.iter().filter(|(count, _)| *count > 0);
            parts.extend(more.map(|(count, word)| format!("{count} {word}")));
            vec![
                what.to_owned(),
                counts.values().sum::<usize>().to_string(),
                parts.join(", "),
            ]
        };
        let events = [
            (self.repeats, "came again"),
            (self.quarantined, "refused beside them"),
        ];
        vec![
            row("Webhook events", &self.events, &events),
            row(
                "Bookings",
                &self.bookings,
                &[(self.rescheduled, "of them moved")],
            ),
            row("Leads", &self.leads, &[]),
        ]
    }
}

fn after<T>(found: &Page<T>) -> Option<PageRequest> {
    found.next_cursor.map(|below| PageRequest {
        below: Some(below),
        ..PageRequest::first(PageRequest::MOST)
    })
}
