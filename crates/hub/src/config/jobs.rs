//! Section `jobs`.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Work that is done beside the requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Jobs that one node does at the same time, 2 or more. One worker in four, and at least one, is kept for jobs that
    /// somebody waits for, and as many for the others.
    pub concurrency: usize,
    /// How long a node that is silent keeps its jobs before others take them over, in seconds.
    pub lease_seconds: u32,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            concurrency: 8,
            lease_seconds: 60,
        }
    }
}

impl Jobs {
    /// See [`Jobs::lease_seconds`].
    pub fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.lease_seconds))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.concurrency < 2 {
            return Err("jobs.concurrency must be 2 or more".to_owned());
        }
        if self.lease_seconds == 0 {
            return Err("jobs.lease_seconds must be greater than 0".to_owned());
        }
        Ok(())
    }
}
