//! What the business means: types, rules and state machines.
//!
//! No async, no I/O, no clock: everything here is a function of its arguments, so that the order in which
//! facts arrive can be tested exhaustively.

pub mod activity;
pub mod agreement;
pub mod availability;
pub mod booking_type;
pub mod breaker;
pub mod budget;
pub mod capability;
pub mod change;
pub mod claim;
pub mod event_type;
pub mod fingerprint;
pub mod host;
pub mod ids;
pub mod intent;
pub mod lane;
pub mod lead;
pub mod money;
pub mod person;
pub mod provider;
pub mod retry;
pub mod scope;
pub mod state;
pub mod story;
pub mod synthetic_address;
