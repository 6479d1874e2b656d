//! Booking leads without being asked (FL-40, FL-41): off unless the tenant or the installation wants it, bounded for each lead
//! and each minute, and never a second booking.
//!
//! A schedule looks for leads and writes down that they are begun with; a job for each lead tries. What came of it stands in
//! `automatic_bookings` and on the lead's timeline.

mod attempt;
mod begin;
mod ledger;

pub use attempt::run_job;
pub use begin::due;
pub use ledger::{RestartError, list, restart};
