//! A Cal.com account in memory: what it holds, the verbs that change it, and the webhook bodies those changes send.
//! No I/O, no clock of its own; everything random comes from the seed.

mod account;
mod answer;
mod attendance;
mod book;
mod booking;
mod cancel;
mod compose;
mod error;
mod event_type;
mod hosts;
mod pay;
mod payload;
mod reschedule;
mod schedule;
mod seats;
mod series;
mod template;
#[cfg(test)]
mod tests;
mod trigger;

pub use account::CalCom;
pub use attendance::ResponseForm;
pub use book::NewBooking;
pub use booking::{Attendee, Booking, BookingUid, SeatUid, Status};
pub use cancel::CancelledBy;
pub use compose::{Answer, OutOfOffice, Rotation};
pub use error::CalComError;
pub use event_type::{CustomField, EventType, Host, Kind, Place};
pub use reschedule::{By, Move};
pub use template::apply_template;
pub use trigger::TRIGGERS;
