//! A Cal.com account in memory: what it holds, the verbs that change it, and the webhook bodies those changes send.
//! No I/O, no clock of its own; everything random comes from the seed.

mod account;
mod answer;
mod attendance;
mod availability;
mod book;
mod booking;
mod busy;
mod cancel;
mod catalog;
mod clock;
mod compose;
mod defaults;
mod error;
mod event_type;
mod guests;
mod hosts;
mod pay;
mod payload;
mod reschedule;
mod reservation;
mod schedule;
mod seats;
mod series;
mod settings;
mod slots;
mod team;
mod template;
#[cfg(test)]
mod tests;
mod trigger;

pub use account::CalCom;
pub use attendance::ResponseForm;
pub use book::NewBooking;
pub use booking::{Attendee, Booking, BookingUid, SeatUid, Status};
pub use busy::{BusyBlock, Calendars};
pub use cancel::CancelledBy;
pub use compose::{Answer, OutOfOffice, Rotation};
pub use error::CalComError;
pub use event_type::{CustomField, EventType, FieldForm, Host, Kind, Owner, Place};
pub use guests::Guest;
pub use reschedule::{By, Move};
pub(crate) use reservation::Hold;
pub use reservation::Reservation;
pub(crate) use schedule::Span;
pub use schedule::{Day, DayOverride, Hours, Schedule};
pub use settings::{BookingWindow, Settings};
pub(crate) use slots::{Offer, SlotQuery};
pub use team::{Organization, Team};
pub use template::apply_template;
pub use trigger::TRIGGERS;
