//! Use cases about bookings, one verb per file.

mod agree;
mod book;
mod cancel;
mod change;
mod complete;
mod customer;
mod find;
mod free;
mod guard;
mod intent;
mod metadata;
mod outcome;
mod request;
mod reschedule;
mod retell;

pub use book::book;
pub use cancel::{CancelRequest, cancel};
pub use change::ChangeError;
pub use complete::complete;
pub use find::{FindBookingError, FoundBooking, find, list};
pub use intent::{Said, SettleError, run_job as settle};
pub use outcome::{Ended, FoundIntent, NotDone, Outcome, find_intent};
pub use request::{AttendeeRequest, BookError, BookRequest};
pub use reschedule::{RescheduleRequest, reschedule};
pub use retell::retell;
