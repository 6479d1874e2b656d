//! Servers that behave like Cal.com and Calendly towards us: for tests, demos and local work.
//! Written from the provider contracts only, never from our own client.

pub mod api_faults;
pub mod calcom;
pub mod calendly;
pub mod delivery;
pub mod faults;
mod ids;
mod json;
#[cfg(any(test, feature = "openapi"))]
pub mod openapi;
pub mod people;
#[cfg(test)]
mod samples;
pub mod sender;
pub mod server;
mod spelling;
pub mod story;

pub use api_faults::{ApiFailure, ApiFault, ApiPlan};
pub use calcom::CalCom;
pub use calendly::Calendly;
pub use delivery::{Delivery, Provider};
pub use faults::DeliveryPlan;
pub use server::{
    ApiCall, CalComServer, Clock, Edition, Emulator, EmulatorConfig, OperationCount, RateLimit,
    Subscribers,
};
pub use story::Story;
