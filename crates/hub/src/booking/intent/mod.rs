//! What we want of a provider, carried out: written down, sent once, looked for when its answer is lost, and what came of
//! it written down with all that follows.
//!
//! Callers of the use cases wait for [`see_through`]; after a crash, or when that takes too long, the job does the same
//! steps ([`run_job`]). What a webhook tells before the answer counts as well ([`note_sighted`]).

mod answer;
mod error;
mod host_order;
mod look;
mod order;
mod overdue;
mod record;
mod send;
mod settle;
mod sight;

pub(crate) use self::sight::{Meant, Sighted, meant, note_sighted};
pub use self::{answer::Said, error::SettleError, overdue::see_to_overdue, settle::run_job};
pub(super) use self::{
    host_order::{HostAct, HostOrder},
    order::{BookOrder, CancelOrder, Order, RescheduleOrder},
    settle::{first_look, see_through, settle_job},
};
