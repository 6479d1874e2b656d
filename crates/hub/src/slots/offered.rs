//! What the provider offers, remembered for a minute.

use std::{collections::BTreeSet, sync::Arc};

use calbridge_core::{
    availability::Range,
    ids::{ConnectionId, TenantId},
    lane::Lane,
};
use calbridge_providers::calcom_api::{
    OfferedSlot,
    slots::{self, SlotsQuery},
};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

use super::Age;
use crate::{
    app::App,
    upstream::{AskError, Days, Found, Lookup, Remembered, Target, Wish, ask},
};

/// Slots are remembered this long (AP-66).
const TTL: SignedDuration = SignedDuration::from_mins(1);

/// Slots that are remembered, at most.
const MOST: u64 = 2_000_000;

/// Names a question about slots: everything that changes the answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SlotsKey {
    tenant: TenantId,
    connection: ConnectionId,
    query: SlotsQuery,
}

/// What was offered is compared with what is offered next, if that is asked within this time.
const COMPARED: SignedDuration = SignedDuration::from_mins(10);

/// The offers of providers.
pub struct Offers {
    remembered: Remembered<SlotsKey, Vec<OfferedSlot>>,
    /// The starts that were offered last, also when they are out of date.
    last: Cache<SlotsKey, Arc<[Timestamp]>>,
}

impl Default for Offers {
    fn default() -> Self {
        let weigh = |slots: &Vec<OfferedSlot>| u32::try_from(slots.len()).unwrap_or(u32::MAX);
        let last = Cache::builder()
            .name("last_offers")
            .max_capacity(MOST)
            .weigher(|_, starts: &Arc<[Timestamp]>| {
                u32::try_from(starts.len()).unwrap_or(u32::MAX).max(1)
            })
            .time_to_live(COMPARED.unsigned_abs())
            .build();
        Self {
            remembered: Remembered::new("slots", TTL, SignedDuration::ZERO, MOST, weigh),
            last,
        }
    }
}

impl Offers {
    /// A new answer came: of what was offered before and still lies ahead, count what is not free any more.
    fn compare(&self, app: &App, key: SlotsKey, new: &[OfferedSlot], ahead: Timestamp) {
        let starts: Arc<[Timestamp]> = new.iter().map(|slot| slot.start).collect();
        if let Some(before) = self.last.get(&key) {
            let still: BTreeSet<Timestamp> = starts.iter().copied().collect();
            let offered = before.iter().filter(|start| **start >= ahead);
            let (mut count, mut stale) = (0, 0);
            for start in offered {
                count += 1;
                stale += u64::from(!still.contains(start));
            }
            app.metrics.upstream.looked_again(count, stale);
        }
        self.last.insert(key, starts);
    }
}

/// What is offered in a window. Slots before `ahead` may have gone by themselves.
pub async fn offered(
    app: &App,
    target: &Target,
    query: SlotsQuery,
    age: Age,
    lane: Lane,
    ahead: Timestamp,
) -> Result<Found<Vec<OfferedSlot>>, Arc<AskError>> {
    let (tenant, connection) = (target.tenant_id, target.connection_id);
    let days = Days::of(query.from, query.to);
    let key = SlotsKey {
        tenant,
        connection,
        query,
    };
    let lookup = Lookup {
        clock: &app.clock,
        freshness: &app.upstream.freshness,
        counted: &app.metrics.upstream,
    };
    let offers = &app.offers.remembered;
    let (asking, target, asked) = (app.clone(), target.clone(), key.clone());
    let question = move || {
        let (app, target, key) = (asking.clone(), target.clone(), asked.clone());
        async move {
            let call = slots::list(target.profile, &key.query);
            // Boxed: what is remembered carries the question through many hands.
            let answered = Box::pin(ask(&app, &target, &call, Wish::of(lane))).await?;
            app.offers.compare(&app, key, &answered.value, ahead);
            Ok(answered.value)
        }
    };
    if age == Age::New || !app.config.calcom.cache_enabled {
        return Box::pin(offers.ask_anew(&lookup, key, question())).await;
    }
    let freshness = Arc::clone(&app.upstream.freshness);
    let holds = move |seen| freshness.slots_hold(tenant, connection, days, seen);
    // Boxed: the whole of a call is large.
    Box::pin(offers.get(&lookup, key, holds, question)).await
}

/// The window that is asked for: whole hours, so that questions that differ little have one answer.
pub fn widened(window: Range) -> Range {
    const HOUR: i64 = 3600;
    let floor = |at: Timestamp| {
        let second = at.as_second().div_euclid(HOUR) * HOUR;
        Timestamp::from_second(second).unwrap_or(at)
    };
    let start = floor(window.start);
    let end = floor(window.end);
    let end = if end < window.end {
        end.checked_add(SignedDuration::from_hours(1))
            .unwrap_or(end)
    } else {
        end
    };
    Range { start, end }
}
