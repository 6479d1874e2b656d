//! Asking providers: what stands between a call as `calbridge_providers` writes it and the network.
//!
//! A call is admitted by the connection's breaker and by the budget of its key, carried within a deadline, read, counted,
//! and, if it only reads, tried again. What was asked a moment ago is remembered (`Remembered`), as long as nothing
//! happened that could change it (`Freshness`). Nobody holds a transaction meanwhile.

mod ask;
mod error;
mod freshness;
mod guard;
mod notes;
mod remembered;
mod send;
mod target;

use std::sync::Arc;

pub use self::{
    ask::{Answered, Wish, ask},
    error::AskError,
    freshness::{Days, Freshness, Seen},
    guard::{Guards, left, reset},
    notes::Noted,
    remembered::{Found, Lookup, Remembered},
    send::{ClientError, client},
    target::{Target, TargetError, target, target_of},
};

/// What all calls to providers share.
pub struct Upstream {
    http: reqwest::Client,
    /// Breakers and budgets.
    pub guards: Guards,
    /// What happened to connections, for whoever remembers an answer.
    pub freshness: Arc<Freshness>,
    noted: Noted,
}

impl Upstream {
    /// Nothing asked yet.
    pub fn new() -> Result<Self, ClientError> {
        Ok(Self {
            http: client()?,
            guards: Guards::default(),
            freshness: Arc::default(),
            noted: Noted::default(),
        })
    }
}
