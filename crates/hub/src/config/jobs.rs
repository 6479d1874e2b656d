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
    /// How often in a row a job is taken over from workers that fell silent, 1 or more. After that it counts as one that
    /// ends the process that does it, and has failed.
    pub takeovers: u16,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            concurrency: 8,
            lease_seconds: 60,
            takeovers: 5,
        }
    }
}

impl Jobs {
    /// See [`Jobs::lease_seconds`].
    pub fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.lease_seconds))
    }

    /// See [`Jobs::takeovers`].
    pub fn most_takeovers(&self) -> i32 {
        i32::from(self.takeovers)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.concurrency < 2 {
            return Err("jobs.concurrency must be 2 or more".to_owned());
        }
        if self.lease_seconds == 0 {
            return Err("jobs.lease_seconds must be greater than 0".to_owned());
        }
        if self.takeovers == 0 {
            return Err("jobs.takeovers must be greater than 0".to_owned());
        }
        Ok(())
    }
}
