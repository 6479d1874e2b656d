//! Section `retention`.

use serde::{Deserialize, Serialize};

/// How long what is not needed every day is kept. 0 means forever.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Raw bodies are compressed after so many days.
    pub compress_after_days: u32,
    /// Raw bodies are deleted after so many days. What they told stays, and so does the body that a booking shows.
    pub purge_after_days: u32,
    /// Jobs that failed for good are deleted after so many days.
    pub failed_jobs_days: u32,
    /// What we wanted of providers is forgotten so many days after it was settled. Until then a repeated request is known.
    pub settled_intents_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            compress_after_days: 7,
            purge_after_days: 90,
            failed_jobs_days: 30,
            settled_intents_days: 90,
        }
    }
}
