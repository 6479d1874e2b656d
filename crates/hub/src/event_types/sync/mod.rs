//! Reading event types and hosts from a provider: asked for by the hour, the API, the command line or a function; done by
//! one at a time for each connection; recorded with what changed.

mod apply;
mod ask;
mod offered;
mod read;
mod report;
mod run;
mod status;

pub use apply::{Reading, apply};
pub(crate) use ask::readable_at;
pub use ask::{SyncError, ask_for, due, find_run, list_runs};
pub use report::SyncReport;
pub use run::{now, run_job};
pub use status::{Status, Statuses, Today, status};
