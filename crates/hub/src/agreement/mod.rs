//! Comparing bookings with their provider's: by the hour what changed there, by the day a longer stretch, all of history when
//! a connection gets its key, and whenever somebody asks; done by one at a time for each connection. What differs is made
//! to agree, or waits for a person.
//!
//! Which facts settle a difference is decided in `core::agreement`; they are applied as a webhook's are.

mod ask;
mod known;
mod lookups;
mod progress;
mod reading;
mod report;
mod review;
mod run;
mod seen;
mod settle;
mod sweep;

pub use ask::{CursorError, ask_for, begin_history, comparable, due, go_on, ledger};
pub use report::{Compared, SweepReport};
pub use review::{Chosen, ReviewError, accept, dismiss, list_findings};
pub use run::{cursor_of, now, run_job, watch_through};
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
