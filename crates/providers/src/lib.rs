//! Cal.com and Calendly: whether a webhook is theirs, what it means, and what to ask them. The only place that knows
//! vendor JSON.
//!
//! Nothing here stores, waits or asks the clock: each function depends on its arguments alone, and no input
//! makes one panic.

mod body;
mod calcom;
mod calendly;
mod fields;
mod reading;
mod redact;
mod signature;
mod spelling;

use std::time::Duration;

use calbridge_core::provider::Provider;
use jiff::Timestamp;
use secrecy::SecretString;

pub use calcom::api as calcom_api;
pub use calendly::{account_hint, api as calendly_api};
pub use reading::{Reading, normalize};
pub use signature::{Headers, Verification};

/// Judge the signature of a webhook over the raw bytes of its body.
///
/// Every secret is tried, so that two of them are good during a rotation; an empty secret verifies nothing.
/// `tolerance` is how far the signed time may be from `now`, in a scheme that signs one.
pub fn verify(
    provider: Provider,
    headers: Headers<'_>,
    body: &[u8],
    secrets: &[SecretString],
    now: Timestamp,
    tolerance: Duration,
) -> Verification {
    match provider {
        Provider::CalCom => calcom::verify(headers, body, secrets),
        Provider::Calendly => calendly::verify(headers, body, secrets, now, tolerance),
    }
}

/// The headers with which `provider` would sign this body now.
pub fn sign(
    provider: Provider,
    secret: &SecretString,
    body: &[u8],
    now: Timestamp,
) -> Vec<(String, String)> {
    match provider {
        Provider::CalCom => calcom::sign(secret, body),
        Provider::Calendly => calendly::sign(secret, body, now),
    }
}
