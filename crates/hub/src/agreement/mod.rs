//! Comparing bookings with their provider's: by the hour what changed there, by the day all of it, and whenever somebody
//! asks; done by one at a time for each connection. What differs is made to agree, or told to a person.
//!
//! Which facts settle a difference is decided in `core::agreement`; they are applied as a webhook's are.

mod ask;
mod lookups;
mod pages;
mod report;
mod run;
mod settle;
mod sweep;

pub use ask::{ask_for, comparable, due, ledger};
pub use report::{Compared, SweepReport};
pub use run::{now, run_job};
pub use settle::{CONFLICT, MISSING_THERE};
pub use sweep::{SweepError, look};

/// What of the bookings is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Extent {
    /// Only what changed at the provider since, and what does not count as a change there.
    pub since: Option<jiff::Timestamp>,
    /// At most so many.
    pub limit: Option<usize>,
}
