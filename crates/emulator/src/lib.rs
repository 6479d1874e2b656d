//! Servers that behave like Cal.com and Calendly towards us: for tests, demos and local work.
//! Written from the provider contracts only, never from our own client.

pub mod calcom;
pub mod calendly;
pub mod delivery;
pub mod faults;
mod ids;
mod json;
pub mod people;
#[cfg(test)]
mod samples;
pub mod sender;
pub mod server;
mod spelling;
pub mod story;

pub use calcom::CalCom;
pub use calendly::Calendly;
pub use delivery::{Delivery, Provider};
pub use faults::DeliveryPlan;
pub use server::{Clock, Emulator, EmulatorConfig};
pub use story::Story;
