//! Use cases about bookings, one verb per file.

mod complete;
mod find;
mod retell;

pub use complete::complete;
pub use find::{FindBookingError, FoundBooking, find, list};
pub use retell::retell;
