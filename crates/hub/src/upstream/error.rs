//! Why a provider could not be asked, or what it refused.

use calbridge_providers::calcom_api::{ApiError, ErrorKind};
use calbridge_store::StoreError;
use jiff::Timestamp;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The provider answered, and refuses.
    #[error(transparent)]
    Provider(#[from] ApiError),
    /// The key may make no more requests for a while.
    #[error("the request budget towards the provider is used up until {until}")]
    BudgetExhausted {
        /// When it is worth trying again.
        until: Timestamp,
    },
    /// The provider failed too often lately.
    #[error("the provider fails; it is not asked before {until}")]
    CircuitOpen {
        /// When it is asked again.
        until: Timestamp,
    },
    /// Nothing was sent: the request had no effect.
    #[error("the provider cannot be reached: {0}")]
    NotSent(String),
    /// It was sent, and no whole answer came: whether it had an effect is unknown.
    #[error("the provider did not answer: {0}")]
    NoAnswer(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AskError {
    /// Whether the provider is at fault: what counts for its breaker. A request that it refuses does not.
    pub(super) fn is_providers_fault(&self) -> bool {
        match self {
            Self::Provider(error) => error.kind == ErrorKind::Down,
            Self::NotSent(_) | Self::NoAnswer(_) => true,
            Self::BudgetExhausted { .. } | Self::CircuitOpen { .. } | Self::Store(_) => false,
        }
    }

    /// Whether the same question may have an answer a moment later.
    pub(super) fn may_pass(&self) -> bool {
        self.is_providers_fault()
    }

    /// One word for metrics and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Provider(error) => match error.kind {
                ErrorKind::Unauthorized => "unauthorized",
                ErrorKind::Forbidden => "forbidden",
                ErrorKind::NotFound => "not_found",
                ErrorKind::RateLimited { .. } => "rate_limited",
                ErrorKind::SlotTaken => "slot_taken",
                ErrorKind::Refused { .. } => "refused",
                ErrorKind::Gone => "gone",
                ErrorKind::Down => "down",
                ErrorKind::Misread { .. } => "misread",
            },
            Self::BudgetExhausted { .. } => "budget_exhausted",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::NotSent(_) => "not_sent",
            Self::NoAnswer(_) => "no_answer",
            Self::Store(_) => "store",
        }
    }

    /// The provider's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Provider(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// When it is worth trying again, if that is known.
    pub fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::BudgetExhausted { until } | Self::CircuitOpen { until } => Some(*until),
            Self::Provider(ApiError {
                kind: ErrorKind::RateLimited { retry_after },
                ..
            }) => now.checked_add(*retry_after).ok(),
            _ => None,
        }
    }
}
