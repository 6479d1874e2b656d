//! A booking as API v2 shows it. After `api_066`, `api_088` and `api_110` of the captures.

use super::gate::Caller;
use crate::calcom::{Attendee, Booking, BookingUid, CalCom, SeatUid};
use crate::json::{Json, known, object};
use crate::spelling::millis;

/// The booking object of contract 1.7.2.
pub(super) fn booking_body(calcom: &CalCom, booking: &Booking, caller: Caller) -> Json {
    let event_type = calcom
        .event_types()
        .iter()
        .find(|event_type| event_type.id == booking.event_type_id);
    let host = calcom
        .hosts()
        .iter()
        .find(|host| host.id == booking.host_id)
        .map(|host| {
            object! {
                "id": host.id,
                "name": &host.name,
                "email": &host.email,
                "displayEmail": &host.email,
                "username": &host.username,
                "timeZone": &host.time_zone,
            }
        });
    let is_seated = booking
        .attendees
        .iter()
        .any(|attendee| attendee.seat.is_some());
    let minutes = booking.end.duration_since(booking.start).as_mins();
    let id = event_type.map(|event_type| event_type.id);
    // Who else has a seat is shown to the host, and to others where the event type says so.
    let shows_everybody = !is_seated
        || caller == Caller::Owner
        || event_type.is_none_or(|one| one.settings.show_attendees);
    let body = object! {
        "id": booking.id,
        "uid": booking.uid.as_str(),
        "title": &booking.title,
        "description": booking.notes.clone().unwrap_or_default(),
        "hosts": Json::list(host),
        "status": booking.status.lower(),
        "cancellationReason": booking.cancellation_reason.clone().unwrap_or_default(),
        "cancelledByEmail": "",
        "reschedulingReason": known(booking.rescheduling_reason.as_ref()),
        "rescheduledByEmail": match &booking.rescheduled_by {
            None if booking.series.is_some() => Json::Absent,
            by => Json::from(by.as_ref()),
        },
        "rescheduledFromUid": known(booking.predecessor.as_ref().map(BookingUid::as_str)),
        "rescheduledToUid": known(booking.successor.as_ref().map(BookingUid::as_str)),
        "start": millis(booking.start),
        "end": millis(booking.end),
        "duration": minutes,
        "eventTypeId": id,
        // Both null once the event type is gone: captured.
        "eventType": event_type.map(|one| object! { "id": one.id, "slug": &one.slug }),
        "meetingUrl": &booking.location,
        "location": &booking.location,
        "absentHost": booking.absent_host,
        "createdAt": millis(booking.created_at),
        "updatedAt": millis(booking.updated_at),
        "metadata": if is_seated { object! {} } else { Json::from(&booking.metadata) },
        "rating": Json::Null,
        "icsUid": &booking.ical_uid,
        "attendees": Json::list(booking.present().filter(|_| shows_everybody).map(attendee_body)),
        "recurringBookingUid": known(booking.series.as_ref()),
    };
    if is_seated {
        body
    } else {
        body.and(responses(booking))
    }
}

pub(super) fn attendee_body(attendee: &Attendee) -> Json {
    let person = object! {
        "name": &attendee.name,
        "email": &attendee.email,
        "displayEmail": &attendee.email,
        "timeZone": &attendee.time_zone,
        "language": &attendee.language,
        "absent": attendee.absent,
        "phoneNumber": known(attendee.phone.as_ref()),
    };
    match &attendee.seat {
        None => person,
        Some(seat) => person.and(object! {
            "seatUid": SeatUid::as_str(seat),
            "bookingFieldsResponses": object! { "name": &attendee.name },
            "metadata": &attendee.seat_metadata,
        }),
    }
}

fn responses(booking: &Booking) -> Json {
    let booker = booking.attendees.first();
    let email = booker.map(|booker| &booker.email);
    let guests: Vec<Json> = booking
        .attendees
        .iter()
        .skip(1)
        .map(|guest| Json::from(&guest.email))
        .collect();
    let guests = if guests.is_empty() {
        Json::Absent
    } else {
        Json::List(guests)
    };
    let given = object! {
        "email": email,
        "attendeePhoneNumber": known(booker.and_then(|booker| booker.phone.as_ref())),
        "name": booker.map(|booker| &booker.name),
        "guests": guests.clone(),
        "notes": known(booking.notes.as_ref()),
    }
    .and(Json::from(&booking.responses))
    .and(object! {
        "rescheduledReason": known(booking.rescheduling_reason.as_ref()),
        "displayEmail": email,
        "displayGuests": guests.clone(),
    });
    object! { "guests": guests, "bookingFieldsResponses": given }
}
