//! The crate as its callers see it: fixtures in, meanings and verdicts out.

mod calcom;
mod calcom_api;
mod calendly;
mod calendly_api;
mod fixtures;
mod meaning;
mod names;
mod robustness;
mod signatures;
