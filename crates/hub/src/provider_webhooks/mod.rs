//! Our webhooks as they are registered at Cal.com: look whether they are right, make and mend them, change their secret.
//!
//! Cal.com keeps webhooks at several levels. Those of a user do not hear of team bookings; an organization's hear of
//! everything. It redelivers nothing, so what is wrong here is lost until somebody compares.

mod address;
mod error;
mod judge;
mod look;
mod plan;
mod repair;
mod rotate;
mod secrets;
mod tell;
mod watch;

pub use self::{
    address::{Address, Door},
    error::WebhooksError,
    judge::{Finding, Gravity, Ours, Report, SecretState, level_name},
    look::check,
    plan::Step,
    repair::{Repaired, repair},
    rotate::{OVERLAP, Rotated, rotate},
    tell::{Outcome, Told},
    watch::{MISSING, check_all},
};

/// Whether to do it or only to say what would be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Do it.
    Do,
    /// Say it.
    DryRun,
}
