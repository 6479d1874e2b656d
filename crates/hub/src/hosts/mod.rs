//! Hosts: which of a provider's people are users of ours.

mod recognize;
mod review;

pub use recognize::{Person, recognize, reconsider};
pub use review::{ReviewError, confirm, list, reject};
