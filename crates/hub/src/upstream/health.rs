//! How providers are, as far as this process remembers: nothing is asked.

use calbridge_core::{breaker::BreakerState, ids::TenantId, provider::Provider};
use jiff::Timestamp;

use crate::app::App;

/// How a provider is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Health {
    /// Calls are answered, or none was made.
    Healthy,
    /// The last calls failed, or some are tried again.
    Degraded,
    /// Nobody asks at the moment, or the key is refused.
    Down,
}

impl Health {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

/// What a circuit breaker is in, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Circuit {
    /// Everybody asks.
    Closed,
    /// Some try.
    HalfOpen,
    /// Nobody asks.
    Open,
}

impl Circuit {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

/// The worst over the Cal.com connections of a tenant, or of all. Without connections nothing is wrong.
pub async fn worst(app: &App, of: Option<TenantId>) -> (Health, Circuit) {
    let now = app.clock.now();
    let snapshot = app.registry.current(&app.store, now).await;
    snapshot
        .of_provider(Provider::CalCom)
        .iter()
        .map(|known| &known.connection)
        .filter(|connection| of.is_none_or(|tenant| connection.tenant_id == tenant))
        .map(|connection| {
            let breaker = app.upstream.guards.breaker(connection.id);
            let (health, circuit) = judged(breaker.state(), now);
            if app.upstream.noted.is_refused(connection.id) {
                (Health::Down, circuit)
            } else {
                (health, circuit)
            }
        })
        .fold((Health::Healthy, Circuit::Closed), |one, other| {
            (one.0.max(other.0), one.1.max(other.1))
        })
}

fn judged(state: &BreakerState, now: Timestamp) -> (Health, Circuit) {
    match state {
        BreakerState::Closed { failures: 0 } => (Health::Healthy, Circuit::Closed),
        BreakerState::Closed { .. } => (Health::Degraded, Circuit::Closed),
        BreakerState::Open { until, .. } if now < *until => (Health::Down, Circuit::Open),
        // The next call tries.
        BreakerState::Open { .. } | BreakerState::HalfOpen { .. } => {
            (Health::Degraded, Circuit::HalfOpen)
        }
    }
}
