//! When an event type is free, and keeping a slot for a while.

mod list;
mod reserve;

pub use list::{OfferedSlot, SlotSeats, SlotsQuery, list};
pub use reserve::{Reservation, ReserveSlot, release, reservation, reserve};
