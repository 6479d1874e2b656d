//! When an event type is free, and keeping a slot for a while.

mod list;

pub use list::{OfferedSlot, SlotSeats, SlotsQuery, list};
