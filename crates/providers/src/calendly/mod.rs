//! Calendly: webhook signatures and bodies.

mod details;
mod event;
mod normalize;
mod verify;

pub use normalize::account_hint;
pub(crate) use normalize::normalize;
pub(crate) use verify::{sign, verify};
