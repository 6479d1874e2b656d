//! Bookings that are stored here and wait to be made at a provider (AP-22). They take their time from the beginning, and
//! stay the same booking when they are pushed.

mod call_off;
mod push;
mod store;
mod wish;

pub(super) use call_off::call_off;
pub use push::push;
pub use store::store;
