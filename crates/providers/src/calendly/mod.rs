//! Calendly: webhook signatures and bodies, and its API.

pub mod api;
mod details;
mod event;
mod normalize;
mod record;
mod verify;

pub use normalize::account_hint;
pub(crate) use normalize::normalize;
pub(crate) use verify::{sign, verify};
