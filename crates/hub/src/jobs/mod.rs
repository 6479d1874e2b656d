//! The job runner, and what there is to do. Every job is a few lines that call a use case, and may run twice.

mod runner;

pub use runner::{run_due, run_until_stopped};

use calbridge_store::StoreError;
use jiff::Timestamp;

/// What there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Apply a webhook event that failed.
    ApplyEvent,
    /// Complete a booking whose end has come.
    CompleteBooking,
    /// Tell the story of a booking again, after somebody wrote to the database.
    RetellBooking,
    /// Compress and delete what is old. There is one such job.
    Retention,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [
        Self::ApplyEvent,
        Self::CompleteBooking,
        Self::RetellBooking,
        Self::Retention,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApplyEvent => "apply_event",
            Self::CompleteBooking => "complete_booking",
            Self::RetellBooking => "retell_booking",
            Self::Retention => "retention",
        }
    }

    /// Back from the word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The key of the one job of this kind for an object.
    pub fn key(self, id: impl std::fmt::Display) -> String {
        format!("{}:{id}", self.as_str())
    }
}

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
