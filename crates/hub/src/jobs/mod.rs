//! The job runner, and what there is to do. Every job is a few lines that call a use case, and may run twice.

mod kinds;
mod runner;
pub mod schedule;
mod settle;
mod slots;
mod work;

pub use self::{
    kinds::Kind,
    runner::{run_due, run_until_stopped, take},
    settle::settle,
    slots::{Busy, Slots},
    work::{Ended, work},
};

use calbridge_store::StoreError;
use jiff::Timestamp;

/// Why a job did not succeed, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Try again.
    #[error("{why}")]
    Retry {
        /// When; `None` leaves it to the runner.
        at: Option<Timestamp>,
        /// Why.
        why: String,
    },
    /// Trying again will not help.
    #[error("{0}")]
    Fail(String),
}

impl JobError {
    /// Try again at a time of the job's choosing.
    pub fn retry_at(at: Timestamp, why: &dyn std::error::Error) -> Self {
        Self::Retry {
            at: Some(at),
            why: why.to_string(),
        }
    }

    /// Trying again will not help.
    pub fn fail(why: impl Into<String>) -> Self {
        Self::Fail(why.into())
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Retry {
            at: None,
            why: error.to_string(),
        }
    }
}
