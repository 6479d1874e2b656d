//! Asking providers: what stands between a call as `calbridge_providers` writes it and the network.
//!
//! A call is admitted by the connection's breaker and by the budget of its key, carried within a deadline, read, counted,
//! and, if it only reads, tried again. What was asked a moment ago is remembered (`Remembered`), as long as nothing
//! happened that could change it (`Freshness`). Nobody holds a transaction meanwhile.

mod ask;
mod error;
mod follow;
mod freshness;
mod guard;
mod health;
mod notes;
mod remembered;
mod send;
mod target;

use std::sync::{Arc, Mutex, PoisonError};

use calbridge_store::invalidations::Invalidation;

pub use self::{
    ask::{Answered, Wish, ask},
    error::AskError,
    follow::{follow_until_stopped, learn_breakers, prune},
    freshness::{Days, Freshness, Seen},
    guard::{Guards, left, reset},
    health::{Circuit, Health, worst},
    notes::{Noted, forget as forget_profile},
    remembered::{Found, Lookup, Remembered},
    send::{ClientError, client},
    target::{Target, TargetError, any_target, server, target, target_of},
};

/// What this process invalidated between two looks, at most; beyond that it hears of it twice.
const MOST_OWN: usize = 100_000;

/// What all calls to providers share.
pub struct Upstream {
    http: reqwest::Client,
    /// Breakers and budgets.
    pub guards: Guards,
    /// What happened to connections, for whoever remembers an answer.
    pub freshness: Arc<Freshness>,
    noted: Noted,
    /// What this process said itself and need not hear from the database.
    own: Mutex<Vec<Invalidation>>,
}

impl Upstream {
    /// Nothing asked yet.
    pub fn new() -> Result<Self, ClientError> {
        Ok(Self {
            http: client()?,
            guards: Guards::default(),
            freshness: Arc::default(),
            noted: Noted::default(),
            own: Mutex::default(),
        })
    }

    /// A commit of this process invalidated these.
    pub fn invalidated(&self, these: &[Invalidation]) {
        self.freshness.touch(these);
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that does not follow others never takes them.
        if own.len() < MOST_OWN {
            own.extend_from_slice(these);
        }
    }

    fn take_own(&self) -> Vec<Invalidation> {
        std::mem::take(&mut *self.own.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
