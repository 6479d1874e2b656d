//! The control door: how a command line on the same machine speaks with the process that serves.
//!
//! `serve` writes where it listens and a random key into a file that only its owner can read. Whoever shows that key
//! over loopback may give commands under `/_control/`; for everybody else there is nothing there. What a command does
//! beyond this process, it does through the database, as every other node does.

mod calcom;
mod client;
mod command;
mod door;
mod file;

pub use self::{
    calcom::{Probe, ResetCircuits, WarmUp},
    client::{Client, ControlError},
    command::{Ask, Command, Status, StatusAnswer},
    door::Door,
};

/// The paths begin with this.
const PREFIX: &str = "/_control";
