//! What the provider offers, remembered for a minute.

use std::sync::Arc;

use calbridge_core::{
    availability::Range,
    ids::{ConnectionId, TenantId},
    lane::Lane,
};
use calbridge_providers::calcom_api::{
    OfferedSlot,
    slots::{self, SlotsQuery},
};
use jiff::SignedDuration;

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

/// The offers of providers.
pub struct Offers(Remembered<SlotsKey, Vec<OfferedSlot>>);

impl Default for Offers {
    fn default() -> Self {
        let weigh = |slots: &Vec<OfferedSlot>| u32::try_from(slots.len()).unwrap_or(u32::MAX);
        Self(Remembered::new(
            "slots",
            TTL,
            SignedDuration::ZERO,
            MOST,
            weigh,
        ))
    }
}

/// What is offered in a window.
pub async fn offered(
    app: &App,
    target: &Target,
    query: SlotsQuery,
    age: Age,
    lane: Lane,
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
    let offers = &app.offers.0;
    let query = key.query.clone();
    let (asking, target) = (app.clone(), target.clone());
    let question = move || {
        let (app, target, query) = (asking.clone(), target.clone(), query.clone());
        async move {
            let call = slots::list(target.profile, &query);
            let answered = ask(&app, &target, &call, Wish::of(lane)).await?;
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
    let floor = |at: jiff::Timestamp| {
        let second = at.as_second().div_euclid(HOUR) * HOUR;
        jiff::Timestamp::from_second(second).unwrap_or(at)
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
