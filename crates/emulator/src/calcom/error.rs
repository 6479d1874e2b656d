//! Why a move was refused.

use super::BookingUid;

/// A refusal, as the provider's API would give it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalComError {
    /// No booking has this uid.
    #[error("no booking with this uid")]
    NoSuchBooking,
    /// No event type has this slug or id.
    #[error("no such event type")]
    NoSuchEventType,
    /// The seat is not part of this booking, or was cancelled.
    #[error("no such seat in this booking")]
    NoSuchSeat,
    /// No trigger has this name.
    #[error("no trigger with this name")]
    NoSuchTrigger,
    /// The host has another accepted booking then.
    #[error("the host is busy or not available at this time")]
    HostBusy,
    /// The wished start has passed.
    #[error("the start is in the past")]
    InThePast,
    /// All seats are taken.
    #[error("no more seats left")]
    Full,
    /// The booking is cancelled.
    #[error("the booking is cancelled already")]
    AlreadyCancelled,
    /// The booking was moved and lives on under another uid.
    #[error("the booking was rescheduled to {successor}")]
    AlreadyRescheduled {
        /// Where it went.
        successor: BookingUid,
    },
    /// The booking is accepted already.
    #[error("the booking is confirmed already")]
    AlreadyConfirmed,
    /// The booking was declined.
    #[error("the booking is rejected")]
    Rejected,
    /// The booking has ended.
    #[error("the booking has ended already")]
    AlreadyOver,
    /// The booking has not started.
    #[error("the booking has not started")]
    NotStarted,
    /// The booking waits for its payment.
    #[error("the booking is not paid")]
    AwaitingPayment,
    /// The booking does not wait for a payment.
    #[error("there is nothing to pay")]
    NothingToPay,
    /// The verb does not fit this kind of event type.
    #[error("this kind of event type does not allow that")]
    WrongKind,
    /// Nobody else could take the booking.
    #[error("no other host is available")]
    NoOtherHost,
    /// Nobody who hosts this event type has this id.
    #[error("no such host of this event type")]
    NoSuchHost,
    /// The start is too soon or too far ahead.
    #[error("the start is outside the booking window")]
    OutOfWindow,
    /// The event type takes no more bookings on this day.
    #[error("the booking limit is reached")]
    LimitReached,
    /// Somebody was faster, while this wish was on its way.
    #[error("somebody else took the slot at the same time")]
    LostRace,
    /// The event type cannot be booked for that long.
    #[error("the event type does not have this length")]
    WrongLength,
    /// The slot is kept for somebody else.
    #[error("the slot is reserved")]
    Reserved,
    /// No reservation has this uid, or it has expired.
    #[error("no such reservation")]
    NoSuchReservation,
    /// Bookings of this event type cannot be cancelled.
    #[error("the event type does not allow cancellations")]
    NoCancelling,
    /// So many people cannot come.
    #[error("too many guests")]
    TooManyGuests,
}
