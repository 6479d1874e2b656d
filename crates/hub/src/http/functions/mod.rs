//! Functions that browsers call from other sites: a query or a small body, answers anybody may read.

pub mod availability;
pub mod bookings;
mod cors;
pub mod event_types;

pub(super) use cors::{answer_to_all, preflight};
