//! The way in: verify, store, apply, answer.

pub mod apply;
mod commit;
mod door;
mod intake;
pub(crate) mod interpret;
mod log;
mod quarantine;
mod receive;
mod replay;
mod retry;
pub(crate) mod tries;

pub(crate) use commit::LONGEST_WAIT;
pub use door::Door;
pub use intake::{Intake, start_writers};
pub use quarantine::take_in_quarantined;
pub use receive::{Incoming, ReceiveError, receive};
pub use replay::{ReplayError, Replayed, dry_run, replay, replay_range};
pub use retry::{park, retry};

use calbridge_core::{
    ids::{BookingId, TenantId, WebhookEventId},
    provider::Provider,
};

/// What became of a delivery. The word stands in the answer to the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Applied.
    Processed,
    /// Known already.
    Duplicate,
    /// Understood, and nothing to do.
    Ignored,
    /// Stored; it could not be applied yet, or not be read.
    Accepted,
}

impl Outcome {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
            Self::Accepted => "accepted",
        }
    }
}

/// The answer to a delivery that was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// What became of it.
    pub outcome: Outcome,
    /// The event.
    pub event_id: WebhookEventId,
    /// Its name, as sent.
    pub event_type: String,
    /// Why it was ignored, or could not be applied.
    pub reason: Option<String>,
    /// The real changes it made, in words.
    pub moves: Vec<&'static str>,
    /// The bookings it is about.
    pub bookings: Vec<BookingId>,
}

/// What became of a webhook event, for whoever watches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct News {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Provider.
    pub provider: Provider,
    /// Through which URL it came.
    pub door: &'static str,
    /// What became of it.
    pub receipt: Receipt,
}
