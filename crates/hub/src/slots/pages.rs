//! Finished answers about free slots, so that a question that was just answered costs no computation.

use std::sync::Arc;

use axum::body::Bytes;
use calbridge_core::{
    availability::Range,
    ids::{ConnectionId, TenantId},
};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

use super::Availability;
use crate::{
    app::App,
    metrics::CacheLookup,
    upstream::{Days, Seen},
};

/// A finished answer is given for as long as the provider's offer it was made of.
const TTL: SignedDuration = SignedDuration::from_mins(1);

/// Bytes of finished answers, at most.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// The doors that answer with slots.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SlotsDoor {
    /// `/api/v1/bookings/availability`
    Availability,
    /// `/api/v1/event-types/{id}/slots`
    EventType,
}

/// Names a question as it was put: everything that changes the answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PageKey {
    /// Tenant.
    pub tenant: TenantId,
    /// The door.
    pub door: SlotsDoor,
    /// What follows it in the path, and the query.
    pub question: String,
}

/// A finished answer.
#[derive(Debug)]
pub struct Page {
    /// The JSON.
    pub body: Bytes,
    /// Why nothing is free, as a word.
    pub reason: Option<&'static str>,
    connection: ConnectionId,
    days: Days,
    seen: Seen,
    as_of: Timestamp,
}

impl Page {
    /// A body made of what is free. `None` where nothing was asked, so that nothing would say when it is out of date.
    pub fn of(availability: &Availability, body: Bytes) -> Option<Self> {
        let subject = availability.subject.as_ref()?;
        let Range { start, end } = availability.window;
        Some(Self {
            body,
            reason: availability.reason.map(super::NoneFree::as_str),
            connection: subject.connection.connection.id,
            days: Days::of(start, end),
            seen: availability.seen,
            as_of: availability.as_of,
        })
    }
}

/// The finished answers of this process.
pub struct Pages(Cache<PageKey, Arc<Page>>);

impl Default for Pages {
    fn default() -> Self {
        let weigh = |key: &PageKey, page: &Arc<Page>| {
            let bytes = page.body.len() + key.question.len() + 256;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .name("pages")
            .max_capacity(MOST_BYTES)
            .weigher(weigh)
            .time_to_live(TTL.unsigned_abs())
            .build();
        Self(cache)
    }
}

impl Pages {
    /// The finished answer, if it is still right.
    pub fn find(&self, app: &App, key: &PageKey) -> Option<Arc<Page>> {
        let page = self.0.get(key).filter(|page| {
            let age = app.clock.now().duration_since(page.as_of).abs();
            let freshness = &app.upstream.freshness;
            age < TTL && freshness.slots_hold(key.tenant, page.connection, page.days, page.seen)
        });
        let outcome = match page {
            Some(_) => CacheLookup::Hit,
            None => CacheLookup::Miss,
        };
        app.metrics.upstream.looked_up("pages", outcome);
        page
    }

    /// Keep a finished answer.
    pub fn keep(&self, key: PageKey, page: Arc<Page>) {
        self.0.insert(key, page);
    }
}
