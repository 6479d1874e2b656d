//! What can be booked.

mod field;
mod list;
mod offered;
mod reference;
mod rules;
mod whom;

pub use field::{BookingField, FieldKind, FieldOrigin};
pub use list::{PAGE, Whose, get, list, list_from};
pub use offered::{EventLocation, OfferedEventType, Price};
pub use reference::EventTypeRef;
pub use rules::{
    BookingWindow, Confirmation, Frequency, Recurrence, Seats, ThresholdUnit, WindowDays,
};
pub use whom::{EventTypeHost, EventTypeOwner, EventTypeTeam, Priority, Scheduling};

pub(super) use list::recognize;
