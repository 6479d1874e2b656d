//! Cal.com: webhook signatures and bodies.

mod details;
mod facts;
mod hosts;
mod identity;
mod message;
mod normalize;
mod people;
mod template;
mod trigger;
mod verify;

pub(crate) use normalize::normalize;
pub(crate) use verify::{sign, verify};
