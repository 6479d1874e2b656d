//! Since when an answer may be remembered: what happened to each connection, as a number that only grows.
//!
//! Whoever remembers an answer notes the number from before it asked. The answer holds as long as nothing with a higher
//! number touched its days. So what arrives while somebody still asks is not missed, and nothing has to be looked for
//! and deleted.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock},
};

use calbridge_core::ids::{ConnectionId, TenantId};
use calbridge_store::invalidations::{Invalidation, InvalidationKind};
use jiff::Timestamp;

/// Days that are noted one by one, for each connection; with more of them, everything counts as touched.
const MOST_DAYS: usize = 1024;

/// Changes that touch more days than this touch everything.
const LONGEST: i64 = 400;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// A moment in the order of what happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Seen(u64);

/// Days in UTC, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Days {
    first: i64,
    last: i64,
}

impl Days {
    /// The days that a stretch of time touches.
    pub fn of(from: Timestamp, until: Timestamp) -> Self {
        Self {
            first: day(from),
            // What ends at midnight does not touch the day that begins then.
            last: day(until.max(from) - jiff::SignedDuration::from_nanos(1)).max(day(from)),
        }
    }
}

fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SECONDS_OF_A_DAY)
}

/// What happened to the connections of all tenants.
#[derive(Debug, Default)]
pub struct Freshness(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    now: u64,
    everything: u64,
    connections: HashMap<(TenantId, ConnectionId), Touched>,
}

#[derive(Debug, Default)]
struct Touched {
    slots: BTreeMap<i64, u64>,
    all_slots: u64,
    event_types: u64,
    account: u64,
}

impl Freshness {
    /// The number to note before asking.
    pub fn now(&self) -> Seen {
        Seen(self.read(|state| state.now))
    }

    /// Whether free slots of these days may be as they were seen.
    pub fn slots_hold(
        &self,
        tenant: TenantId,
        connection: ConnectionId,
        days: Days,
        seen: Seen,
    ) -> bool {
        self.read(|state| {
            let Some(touched) = state.connections.get(&(tenant, connection)) else {
                return state.everything <= seen.0;
            };
            state.everything <= seen.0
                && touched.all_slots <= seen.0
                // An event type that changed offers other slots.
                && touched.event_types <= seen.0
                && touched
                    .slots
                    .range(days.first..=days.last)
                    .all(|(_, at)| *at <= seen.0)
        })
    }

    /// Whether the event types may be as they were seen.
    pub fn event_types_hold(&self, tenant: TenantId, connection: ConnectionId, seen: Seen) -> bool {
        self.other_holds(tenant, connection, seen, |touched| touched.event_types)
    }

    /// Whether the account may be as it was seen.
    pub fn account_holds(&self, tenant: TenantId, connection: ConnectionId, seen: Seen) -> bool {
        self.other_holds(tenant, connection, seen, |touched| touched.account)
    }

    fn other_holds(
        &self,
        tenant: TenantId,
        connection: ConnectionId,
        seen: Seen,
        which: impl Fn(&Touched) -> u64,
    ) -> bool {
        self.read(|state| {
            state.everything <= seen.0
                && state
                    .connections
                    .get(&(tenant, connection))
                    .is_none_or(|touched| which(touched) <= seen.0)
        })
    }

    /// These changed.
    pub fn touch(&self, these: &[Invalidation]) {
        if these.is_empty() {
            return;
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.now += 1;
        let now = state.now;
        for one in these {
            let touched = state
                .connections
                .entry((one.tenant_id, one.connection_id))
                .or_default();
            touched.note(one, now);
        }
    }

    /// Anything may have changed, as when bells were missed.
    pub fn touch_everything(&self) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.now += 1;
        state.everything = state.now;
        state.connections.clear();
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Touched {
    fn note(&mut self, one: &Invalidation, now: u64) {
        match one.kind {
            InvalidationKind::EventTypes => self.event_types = now,
            InvalidationKind::Account => self.account = now,
            InvalidationKind::Slots => match one.starts_at.zip(one.ends_at) {
                Some((from, until)) => self.note_slots(Days::of(from, until), now),
                None => self.note_all_slots(now),
            },
        }
    }

    fn note_slots(&mut self, days: Days, now: u64) {
        if days.last - days.first > LONGEST || self.slots.len() > MOST_DAYS {
            return self.note_all_slots(now);
        }
        for day in days.first..=days.last {
            self.slots.insert(day, now);
        }
    }

    fn note_all_slots(&mut self, now: u64) {
        self.all_slots = now;
        // Nothing that was seen before is left to be told apart.
        self.slots.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId(1);
    const CONNECTION: ConnectionId = ConnectionId(7);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn slots(connection: ConnectionId, from: &str, until: &str) -> Invalidation {
        Invalidation {
            id: 0,
            tenant_id: TENANT,
            connection_id: connection,
            kind: InvalidationKind::Slots,
            starts_at: Some(at(from)),
            ends_at: Some(at(until)),
            made_at: at(from),
        }
    }

    #[test]
    fn only_the_days_of_a_change_are_forgotten() {
        let freshness = Freshness::default();
        let seen = freshness.now();
        freshness.touch(&[slots(
            CONNECTION,
            "2026-03-02T23:30:00Z",
            "2026-03-03T00:00:00Z",
        )]);
        let holds = |from, until| {
            let days = Days::of(at(from), at(until));
            freshness.slots_hold(TENANT, CONNECTION, days, seen)
        };
        assert!(!holds("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"));
        assert!(holds("2026-03-03T00:00:00Z", "2026-03-10T00:00:00Z"));
        assert!(freshness.slots_hold(
            TENANT,
            ConnectionId(8),
            Days::of(at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z")),
            seen
        ));
        assert!(freshness.slots_hold(
            TenantId(2),
            CONNECTION,
            Days::of(at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z")),
            seen
        ));
    }

    #[test]
    fn what_was_seen_after_a_change_holds_until_the_next_one() {
        let freshness = Freshness::default();
        let days = Days::of(at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z"));
        let change = slots(CONNECTION, "2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z");
        freshness.touch(std::slice::from_ref(&change));
        let seen = freshness.now();
        assert!(freshness.slots_hold(TENANT, CONNECTION, days, seen));
        freshness.touch(&[change]);
        assert!(!freshness.slots_hold(TENANT, CONNECTION, days, seen));
    }

    #[test]
    fn too_many_days_count_as_all() {
        let freshness = Freshness::default();
        let seen = freshness.now();
        freshness.touch(&[slots(
            CONNECTION,
            "2020-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
        )]);
        let days = Days::of(at("2030-01-01T00:00:00Z"), at("2030-01-02T00:00:00Z"));
        assert!(!freshness.slots_hold(TENANT, CONNECTION, days, seen));
    }

    #[test]
    fn after_missed_bells_nothing_that_was_seen_before_holds() {
        let freshness = Freshness::default();
        let seen = freshness.now();
        freshness.touch_everything();
        assert!(!freshness.account_holds(TENANT, CONNECTION, seen));
        assert!(!freshness.event_types_hold(TENANT, CONNECTION, seen));
        assert!(freshness.account_holds(TENANT, CONNECTION, freshness.now()));
    }
}
