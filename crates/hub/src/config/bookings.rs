//! Section `bookings`.

use serde::{Deserialize, Serialize};

/// What happens to bookings by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bookings {
    /// Complete a confirmed booking when its end has come, in case the provider does not say so.
    pub complete_after_end: bool,
    /// Book leads without being asked, for tenants whose settings do not say otherwise.
    pub automatic: bool,
}

impl Default for Bookings {
    fn default() -> Self {
        Self {
            complete_after_end: true,
            automatic: false,
        }
    }
}
