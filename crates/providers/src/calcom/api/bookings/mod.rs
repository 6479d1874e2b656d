//! Bookings: reading them, and changing them.
//!
//! Whoever knows a uid may cancel and reschedule; the rest needs the host's key.

mod booking;
mod change;
mod create;
mod list;
mod metadata;
mod people;

pub use booking::{BookingStatus, Bookings, ProviderBooking, get};
pub use change::{
    Absences, Attendance, Cancel, Occurrences, Reassigned, Reschedule, cancel, confirm, decline,
    mark_absent, reassign, reschedule,
};
pub use create::{NewAttendee, NewBooking, NewLocation, create};
pub use list::{BookingFilter, BookingsOf, BookingsPage, BookingsQuery, Position, list, list_of};
pub use metadata::{BookingMetadata, MetadataError};
pub use people::{ProviderAttendee, ProviderHost};
