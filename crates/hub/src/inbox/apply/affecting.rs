//! What bookings that come, change or go invalidate: the days around their times, of connections that we ask.

use calbridge_core::ids::ConnectionId;
use calbridge_store::{
    bookings::{Booking, ChangedBooking},
    invalidations::Affected,
    sql::RawJson,
};
use jiff::{SignedDuration, Timestamp};

use super::writing::Desk;

/// A booking changes what is free on its whole day, whose zone is not known here: buffers, and limits of so many a day.
const AROUND: SignedDuration = SignedDuration::from_hours(24);

/// Bookings that are new.
pub(super) fn of_new(desk: Desk<'_>, bookings: &[(Booking, Option<RawJson>)]) -> Affected {
    let none = Affected::nothing("no new booking is of a connection that we ask");
    bookings
        .iter()
        .fold(none, |all, (booking, _)| all.and(of_times(desk, booking)))
}

/// Bookings that were changed, at their old and new times. Of a group, somebody may have come or gone.
pub(super) fn of_changed(desk: Desk<'_>, bookings: &[ChangedBooking]) -> Affected {
    let none =
        Affected::nothing("what changed takes nobody's time, or we do not ask its connection");
    bookings
        .iter()
        .filter(|(old, new, _)| old.is_group || new.is_group || times(old) != times(new))
        .fold(none, |all, (old, new, _)| {
            all.and(of_times(desk, old)).and(of_times(desk, new))
        })
}

/// Bookings that go.
pub(super) fn of_gone<'b>(
    desk: Desk<'_>,
    bookings: impl IntoIterator<Item = &'b Booking>,
) -> Affected {
    let none = Affected::nothing("no booking goes whose connection we ask");
    (bookings.into_iter()).fold(none, |all, booking| all.and(of_times(desk, booking)))
}

/// What a booking says about who is free when.
fn times(booking: &Booking) -> impl PartialEq + '_ {
    (
        booking.connection_id,
        (booking.scheduled_at, booking.ends_at),
        (&booking.status, booking.confirmation),
        (&booking.event_type_id, &booking.event_type_slug),
        (&booking.hosts.0, booking.is_group, booking.capacity),
    )
}

fn of_times(desk: Desk<'_>, booking: &Booking) -> Affected {
    let id: ConnectionId = booking.connection_id;
    let is_asked = desk.rules.connections.is_asked(id);
    let Some(start) = booking.scheduled_at.filter(|_| is_asked) else {
        return Affected::nothing("the booking has no time, or we do not ask its connection");
    };
    let end = booking.ends_at.unwrap_or(start).max(start);
    let from = start.checked_sub(AROUND).unwrap_or(Timestamp::MIN);
    let to = end.checked_add(AROUND).unwrap_or(Timestamp::MAX);
    if to <= desk.now {
        return Affected::nothing("nobody asks who was free in the past");
    }
    Affected::slots(desk.scope, id, from..to)
}
