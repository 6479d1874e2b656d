//! Use cases about bookings, one verb per file.

mod agree;
mod assign;
pub mod automatic;
mod book;
mod cancel;
mod change;
mod complete;
mod confirm;
mod customer;
mod decline;
mod desk;
mod find;
mod free;
mod guard;
mod hold;
mod intent;
mod making;
mod metadata;
mod no_show;
mod outcome;
mod request;
mod reschedule;
mod retell;
mod stored;

pub use assign::{AssignRequest, NewHost, assign};
pub use book::{book, book_held};
pub use cancel::{CancelRequest, cancel};
pub use change::ChangeError;
pub use complete::complete;
pub use confirm::{ConfirmRequest, confirm};
pub use decline::{DeclineRequest, decline};
pub use find::{FindBookingError, FoundBooking, find, list};
pub use hold::{
    HoldError, HoldRequest, Reserved, find_hold, hold, look_after_holds, prune, release,
    release_reservation, release_reservation_job,
};
pub(crate) use intent::{Meant, Sighted, meant, note_sighted};
pub use intent::{Said, SettleError, run_job as settle, see_to_overdue};
pub use no_show::{NoShowRequest, Presence, mark_no_show};
pub use outcome::{Ended, FoundIntent, NotDone, Outcome, find_intent};
pub use request::{AttendeeRequest, BookError, BookRequest};
pub use reschedule::{RescheduleRequest, reschedule};
pub use retell::retell;
pub use stored::{push, store};
