//! What is counted where providers are asked.

use std::time::Duration;

use calbridge_core::provider::Provider;
use calbridge_providers::calcom_api;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

/// Calls to providers, and what saves them.
pub struct Upstream {
    seconds: Family<Operation, Histogram>,
    calls: Family<Called, Counter>,
    breakers: Family<Breaker, Counter>,
    waits: Family<Waited, Counter>,
    lookups: Family<LookedUp, Counter>,
    drifts: Family<Operation, Counter>,
    syncs: Family<Synced, Counter>,
    offered: Counter,
    stale: Counter,
    lost_reservations: Counter,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Operation {
    provider: &'static str,
    operation: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Called {
    provider: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Breaker {
    to: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Waited {
    lane: &'static str,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct LookedUp {
    cache: &'static str,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Synced {
    kind: &'static str,
    outcome: &'static str,
}

/// How a reading of a provider's lists ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncEnd {
    /// Everything was read.
    Done,
    /// Not everything was.
    Failed,
    /// It goes on when the provider answers again.
    Stopped,
}

impl SyncEnd {
    const ALL: [Self; 3] = [Self::Done, Self::Failed, Self::Stopped];

    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// What a lookup among remembered answers came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheLookup {
    /// It was there.
    Hit,
    /// It was there, and is fetched again meanwhile.
    Stale,
    /// It had to be asked for.
    Miss,
}

impl CacheLookup {
    fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Miss => "miss",
        }
    }
}

/// What waiting for the request budget came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BudgetWait {
    /// Its turn came.
    Granted,
    /// It would have taken too long.
    Exhausted,
}

impl Upstream {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let upstream = Self {
            seconds: Family::new_with_constructor(|| Histogram::new(super::seconds())),
            calls: Family::default(),
            breakers: Family::default(),
            waits: Family::default(),
            lookups: Family::default(),
            drifts: Family::default(),
            syncs: Family::default(),
            offered: Counter::default(),
            stale: Counter::default(),
            lost_reservations: Counter::default(),
        };
        // An alert sees an increase only of what was there before.
        for to in ["closed", "open", "half_open"] {
            drop(upstream.breakers.get_or_create(&Breaker { to }));
        }
        for operation in calcom_api::Operation::ALL {
            drop(upstream.calls.get_or_create(&Called {
                provider: Provider::CalCom.as_str(),
                operation: operation.as_str(),
                outcome: "ok",
            }));
        }
        for kind in ["event_types", "bookings"] {
            for end in SyncEnd::ALL {
                let outcome = end.as_str();
                drop(upstream.syncs.get_or_create(&Synced { kind, outcome }));
            }
        }
        registry.register(
            "sync_runs",
            "Readings of providers' lists that ended, by how",
            upstream.syncs.clone(),
        );
        registry.register(
            "provider_call_seconds",
            "How long providers took to answer, by operation",
            upstream.seconds.clone(),
        );
        registry.register(
            "provider_calls",
            "Calls to providers, by what came of them",
            upstream.calls.clone(),
        );
        registry.register(
            "breaker_changes",
            "Circuit breakers that changed, by the state they changed to",
            upstream.breakers.clone(),
        );
        registry.register(
            "budget_waits",
            "Calls that had to wait for the request budget, by what came of it",
            upstream.waits.clone(),
        );
        registry.register(
            "cache_lookups",
            "Lookups among remembered answers, by what came of them",
            upstream.lookups.clone(),
        );
        registry.register(
            "provider_drifts",
            "Answers of providers that differ from what is known of them",
            upstream.drifts.clone(),
        );
        registry.register(
            "offered_slots",
            "Free slots that were offered from memory and looked at again later",
            upstream.offered.clone(),
        );
        registry.register(
            "stale_offers",
            "Those of them that were not free any more",
            upstream.stale.clone(),
        );
        registry.register(
            "lost_reservations",
            "Slots that a provider kept for a hold, and gave up before its time",
            upstream.lost_reservations.clone(),
        );
        upstream
    }

    /// A call was made.
    pub fn called(
        &self,
        provider: &'static str,
        operation: &'static str,
        outcome: &'static str,
        took: Duration,
    ) {
        self.calls
            .get_or_create(&Called {
                provider,
                operation,
                outcome,
            })
            .inc();
        self.seconds
            .get_or_create(&Operation {
                provider,
                operation,
            })
            .observe(took.as_secs_f64());
    }

    /// A call was not made, for a reason of ours.
    pub fn held_back(
        &self,
        provider: &'static str,
        operation: &'static str,
        outcome: &'static str,
    ) {
        self.calls
            .get_or_create(&Called {
                provider,
                operation,
                outcome,
            })
            .inc();
    }

    /// A breaker changed to this state.
    pub fn breaker_changed(&self, to: &'static str) {
        self.breakers.get_or_create(&Breaker { to }).inc();
    }

    /// A call had to wait for the budget.
    pub fn waited(&self, lane: &'static str, outcome: BudgetWait) {
        let outcome = match outcome {
            BudgetWait::Granted => "granted",
            BudgetWait::Exhausted => "exhausted",
        };
        self.waits.get_or_create(&Waited { lane, outcome }).inc();
    }

    /// Somebody looked for a remembered answer.
    pub fn looked_up(&self, cache: &'static str, outcome: CacheLookup) {
        let outcome = outcome.as_str();
        self.lookups
            .get_or_create(&LookedUp { cache, outcome })
            .inc();
    }

    /// A reading of a provider's lists ended.
    pub fn synced(&self, kind: &'static str, end: SyncEnd) {
        let outcome = end.as_str();
        self.syncs.get_or_create(&Synced { kind, outcome }).inc();
    }

    /// An answer differed from what is known.
    pub fn drifted(&self, provider: &'static str, operation: &'static str) {
        self.drifts
            .get_or_create(&Operation {
                provider,
                operation,
            })
            .inc();
    }

    /// Of so many slots that were offered, so many were gone at the next look.
    pub fn looked_again(&self, offered: u64, stale: u64) {
        self.offered.inc_by(offered);
        self.stale.inc_by(stale);
    }

    /// A provider keeps the slot of a hold no longer.
    pub fn reservation_lost(&self) {
        self.lost_reservations.inc();
    }
}
