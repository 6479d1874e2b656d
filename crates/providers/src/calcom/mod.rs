//! Cal.com: webhook signatures and bodies, and its API.

pub mod api;
mod details;
mod facts;
mod hosts;
mod identity;
mod message;
mod normalize;
mod people;
mod record;
mod template;
mod trigger;
mod verify;

pub(crate) use normalize::normalize;
pub(crate) use verify::{sign, verify};
