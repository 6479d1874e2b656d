//! Both providers on one port: Cal.com below `/v2`, Calendly below `/calendly`, the controls below `/_emulator`.
//! Changes made here, by API or by hand, are told to the registered webhooks.

mod body;
mod calcom;
mod calendly;
mod clock;
mod control;
mod dispatch;
mod emulator;
mod hooks;
mod log;
#[cfg(test)]
mod tests;
mod world;

pub use clock::Clock;
pub use emulator::{Emulator, EmulatorConfig, StartError};
pub use log::LogEntry;
