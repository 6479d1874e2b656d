//! Section `webhooks`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The way in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// A larger body is refused with 413 before it is read.
    pub max_body_bytes: usize,
    /// How far the time that Calendly signs may be from ours, in seconds; beyond it an event is marked late.
    pub signature_tolerance_seconds: u64,
    /// Deliveries that may wait to be stored; the next one is answered with 503.
    pub queue: usize,
    /// Transactions that store deliveries at the same time, on PostgreSQL. SQLite has one writer.
    pub writers: usize,
    /// Refused deliveries that are kept, at most.
    pub quarantine_rows: i64,
    /// Their bytes, at most.
    pub quarantine_bytes: i64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            max_body_bytes: 1024 * 1024,
            signature_tolerance_seconds: 180,
            queue: 1024,
            writers: 4,
            quarantine_rows: 1000,
            quarantine_bytes: 32 * 1024 * 1024,
        }
    }
}

impl Webhooks {
    /// See [`Webhooks::signature_tolerance_seconds`].
    pub fn signature_tolerance(&self) -> Duration {
        Duration::from_secs(self.signature_tolerance_seconds)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let positive = self.max_body_bytes > 0
            && self.queue > 0
            && self.writers > 0
            && self.quarantine_rows > 0
            && self.quarantine_bytes > 0;
        if positive {
            Ok(())
        } else {
            Err("the numbers in section webhooks must be greater than 0".to_owned())
        }
    }
}
