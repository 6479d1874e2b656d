//! Both providers on one port: Cal.com below `/v2` (and what is left of `/v1`), Calendly below `/calendly`, the controls
//! below `/_emulator`. Changes made here, by API or by hand, are told to the registered webhooks.

mod body;
mod calcom;
mod calendly;
mod calls;
mod clock;
mod control;
mod control_calcom;
mod dispatch;
mod edition;
mod emulator;
mod hooks;
mod log;
#[cfg(test)]
mod tests;
mod world;

pub use calls::{ApiCall, OperationCount};
pub use clock::Clock;
pub use edition::{CalComServer, Edition, RateLimit, Subscribers};
pub use emulator::{Emulator, EmulatorConfig, StartError};
pub use log::LogEntry;
