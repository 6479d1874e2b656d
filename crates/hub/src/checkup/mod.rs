//! What `calbridge doctor` looks at beyond this machine: each connection with a key at its provider, the way in, and how
//! this hub is reached. With [`Fix::WhatCanBe`] it mends what it can.

mod connection;
mod event_types;
mod finding;
mod key;
mod reach;
mod ring;
mod webhooks;

pub use self::{
    connection::connection,
    finding::{Finding, Level},
    reach::reach,
};

/// Whether to mend what can be mended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fix {
    /// Look only.
    Nothing,
    /// Mend it.
    WhatCanBe,
}
