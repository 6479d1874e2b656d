//! Section `limits`.

use serde::{Deserialize, Serialize};

/// How much callers of the API may ask, each for itself. A quarter of it may come at once; 0 is no limit. Deliveries of
/// providers are not limited.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests of one key in a minute.
    pub key_per_minute: u32,
    /// Requests of one address in a minute, of those without a key that works.
    pub address_per_minute: u32,
    /// How often one address may show a key that does not work, in a minute.
    pub failures_per_minute: u32,
    /// Proxies in front of us, as addresses or networks separated by commas: what they say in `X-Forwarded-For` is
    /// believed, so that their callers are told apart.
    pub trusted_proxies: super::Networks,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key_per_minute: 1200,
            address_per_minute: 600,
            failures_per_minute: 60,
            trusted_proxies: super::Networks::default(),
        }
    }
}
