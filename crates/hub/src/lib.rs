//! The application: use cases, their front doors, and what runs in the background.

pub mod agreement;
mod answer;
pub mod app;
pub mod backup;
#[cfg(feature = "emulator")]
pub mod bench;
pub mod booking;
pub mod branches;
pub mod canary;
pub mod checkup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connections;
pub mod control;
pub mod correlation;
pub mod crash;
#[cfg(feature = "emulator")]
pub mod demo;
pub mod edit;
pub mod event_types;
pub mod hosts;
pub mod http;
pub mod inbox;
pub mod incidents;
pub mod jobs;
pub mod keys;
pub mod leads;
pub mod limits;
pub mod liveness;
pub mod logging;
pub mod metrics;
pub mod node;
pub mod provider_webhooks;
pub mod reads;
pub mod rebuild;
pub mod retention;
mod secret;
pub mod serve;
pub mod slots;
pub mod startup;
pub mod tenants;
pub mod upstream;
pub mod users;
