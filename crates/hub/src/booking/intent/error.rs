//! Why a step towards knowing could not be made.

use calbridge_core::ids::IntentId;
use calbridge_store::StoreError;
use jiff::{SignedDuration, Timestamp};

use crate::upstream::{AskError, TargetError};

/// Why a step towards knowing could not be made. The intent stays as it is, and its job tries again.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Nobody wants this.
    #[error("there is no intent {0}")]
    Unknown(IntentId),
    /// What is asked cannot be read: a newer release wrote it.
    #[error("this release cannot read what intent {0} asks for")]
    Unreadable(IntentId),
    /// The connection cannot be asked.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The provider does not say what became of it.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// Somebody else is at it.
    #[error("the provider was asked a moment ago; whoever asked may still write down the answer")]
    UnderWay {
        /// Until they had time enough.
        until: Timestamp,
    },
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SettleError {
    /// When it is worth trying again.
    pub fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let soon = || now.checked_add(SignedDuration::from_secs(30)).ok();
        match self {
            Self::UnderWay { until } => Some(*until),
            Self::Ask(error) => error.retry_at(now).or_else(soon),
            Self::Target(_) => now.checked_add(SignedDuration::from_mins(5)).ok(),
            Self::Unknown(_) | Self::Unreadable(_) | Self::Store(_) => None,
        }
    }
}
