//! What a message tells about its booking besides what happened.

use calbridge_core::{
    change::{Details, Utm},
    intent::{IntentKey, METADATA_NAME},
};

use super::{
    hosts,
    message::Message,
    people::{self, answer},
    trigger::{self, Event},
};
use crate::{
    fields::{Fields, scalar, text},
    spelling,
};

/// Everything but the booking's number and the reason, which depend on what happened.
pub(super) fn details(message: Message<'_>) -> Details {
    let booking = message.booking;
    let start = booking.time("startTime");
    let end = booking
        .time("endTime")
        .filter(|end| start.is_none_or(|start| start <= *end));
    let attendees = people::attendees(message);
    let metadata = booking.within("metadata");
    // The metadata of a group meeting may be the first attendee's (contract, seats).
    let own_metadata =
        !message.is_group() || attendees.first().is_none_or(|one| one.email.is_none());
    let price = booking.integer("price").filter(|price| *price >= 0);
    let length = || {
        booking
            .integer("length")
            .or_else(|| booking.integer("minutes"))
    };
    Details {
        title: booking
            .string("title")
            .or_else(|| booking.string("eventTitle")),
        description: booking.string("description"),
        notes: notes(message),
        start,
        end,
        previous_start: booking
            .time("rescheduleStartTime")
            .filter(|_| message.event == Event::Rescheduled),
        // In cancellations it is the event type's, whatever the booking's is: only where there is no end.
        minutes: if end.is_none() {
            length().filter(|minutes| *minutes > 0)
        } else {
            None
        },
        event_type: booking
            .scalar("eventTypeId")
            .or_else(|| booking.within("eventType").scalar("id")),
        event_type_slug: slug(booking),
        location: location(booking),
        meeting_url: meeting_url(booking),
        hosts: hosts::hosts(booking),
        group: message.is_group().then_some(true),
        capacity: message.seats(),
        lead_id: metadata
            .integer("lead_id")
            .filter(|lead| *lead > 0 && own_metadata),
        claimed_tenant: metadata.scalar("tenant_id"),
        intent_key: metadata
            .text(METADATA_NAME)
            .filter(|_| own_metadata)
            .and_then(IntentKey::parse),
        utm: utm(message),
        series: booking
            .scalar("recurringEventId")
            .or_else(|| booking.scalar("recurringBookingUid")),
        currency: booking
            .text("currency")
            .filter(|_| price.is_some())
            .map(str::to_uppercase),
        price,
        attendees,
        ..Details::default()
    }
}

/// The reason that goes with what happened. A cancelled booking may still carry the reason of an earlier reschedule
/// (`03_booking_cancelled.json`).
pub(super) fn reason(message: Message<'_>) -> Option<String> {
    let booking = message.booking;
    match message.event {
        Event::Rejected => booking.string("rejectionReason"),
        Event::Reassigned => booking.string("reassignReason"),
        Event::Rescheduled | Event::Requested => {
            let given = answer(booking.within("responses"), "rescheduleReason")?;
            text(given).map(str::to_owned)
        }
        _ => booking
            .string("cancellationReason")
            .or_else(|| booking.string("rejectionReason")),
    }
}

fn notes(message: Message<'_>) -> Option<String> {
    let booking = message.booking;
    let written = answer(booking.within("responses"), "notes").and_then(text);
    let stored = || booking.text("additionalNotes");
    // A flat message has no notes of its own; the description of its row is the booker's.
    let row = || {
        booking
            .text("description")
            .filter(|_| message.event.is_clock())
    };
    written.or_else(stored).or_else(row).map(str::to_owned)
}

/// The documents of `MixTree` have the trigger in `type`, recordings a title.
fn slug(booking: Fields<'_>) -> Option<String> {
    let is_slug =
        |given: &&str| !given.contains(char::is_whitespace) && trigger::find(given).is_none();
    let of_type = || booking.within("eventType").text("slug");
    booking
        .text("type")
        .filter(is_slug)
        .or_else(of_type)
        .map(str::to_owned)
}

/// The place as text. Markers such as `integrations:daily` stay as they are.
fn location(booking: Fields<'_>) -> Option<String> {
    booking.string("location").or_else(|| {
        let given = answer(booking.within("responses"), "location")?;
        let place = Fields::of(given);
        text(given)
            .or_else(|| place.text("optionValue"))
            .or_else(|| place.text("value"))
            .map(str::to_owned)
    })
}

/// The link to the meeting, from the first place that has one.
fn meeting_url(booking: Fields<'_>) -> Option<String> {
    booking
        .link("meetingUrl")
        .or_else(|| booking.link("meeting_url"))
        .or_else(|| booking.within("metadata").link("videoCallUrl"))
        .or_else(|| booking.within("videoCallData").link("url"))
        .or_else(|| booking.text("location").and_then(spelling::link))
        .map(str::to_owned)
}

/// Where the person came from: metadata, then hidden fields of the form.
fn utm(message: Message<'_>) -> Utm {
    let metadata = message.booking.within("metadata");
    let responses = message.booking.within("responses");
    let mut utm = Utm::new();
    for key in ["source", "medium", "campaign", "term", "content"] {
        let tagged = format!("utm_{key}");
        let given = metadata.scalar(&tagged).or_else(|| metadata.scalar(key));
        let answered = || scalar(answer(responses, &tagged)?);
        // In a group meeting both may be another attendee's, except that the form is one's own when one joins.
        let value = if !message.is_group() {
            given.or_else(answered)
        } else if matches!(message.event, Event::Created | Event::Requested) {
            answered()
        } else {
            None
        };
        if let Some(value) = value {
            utm.insert(key.to_owned(), value);
        }
    }
    utm
}
