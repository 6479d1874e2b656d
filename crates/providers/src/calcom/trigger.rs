//! The names of Cal.com's triggers.

use crate::spelling::event_name;

/// What a trigger is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trigger {
    /// A booking.
    Booking(Event),
    /// The test button.
    Ping,
    /// Something else; the words say why nothing is done about it.
    Other(&'static str),
}

/// What happened to a booking, in Cal.com's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    Created,
    Requested,
    PaymentInitiated,
    Paid,
    Confirmed,
    Rejected,
    Rescheduled,
    Cancelled,
    LocationUpdated,
    Reassigned,
    NoShowUpdated,
    MeetingStarted,
    MeetingEnded,
    /// `BOOKING_COMPLETED` of the Fast Lead documents; Cal.com has no such trigger.
    Completed,
}

impl Event {
    /// Sent by the clock: flat, with the booking's creation in `createdAt`.
    pub(super) fn is_clock(self) -> bool {
        matches!(self, Self::MeetingStarted | Self::MeetingEnded)
    }
}

const FORMS: &str = "it is about a routing form, not about a booking";
const RECORDING: &str = "recordings and transcripts are not kept";
const EVIDENCE: &str =
    "it says who joined the video call; only a mark by the host counts as a no-show";
const DELEGATION: &str = "it is about the delegation credentials of Cal.com, not about a booking";

/// Trigger names of the contract (section on trigger names), and those that only our documents know.
const TRIGGERS: &[(&str, Trigger)] = &[
    ("BOOKING_CREATED", Trigger::Booking(Event::Created)),
    ("BOOKING_REQUESTED", Trigger::Booking(Event::Requested)),
    ("BOOKING_RESCHEDULED", Trigger::Booking(Event::Rescheduled)),
    ("BOOKING_CANCELLED", Trigger::Booking(Event::Cancelled)),
    ("BOOKING_CANCELED", Trigger::Booking(Event::Cancelled)),
    ("BOOKING_REJECTED", Trigger::Booking(Event::Rejected)),
    (
        "BOOKING_LOCATION_UPDATED",
        Trigger::Booking(Event::LocationUpdated),
    ),
    ("BOOKING_REASSIGNED", Trigger::Booking(Event::Reassigned)),
    (
        "BOOKING_PAYMENT_INITIATED",
        Trigger::Booking(Event::PaymentInitiated),
    ),
    ("BOOKING_PAID", Trigger::Booking(Event::Paid)),
    (
        "BOOKING_NO_SHOW_UPDATED",
        Trigger::Booking(Event::NoShowUpdated),
    ),
    ("MEETING_STARTED", Trigger::Booking(Event::MeetingStarted)),
    ("MEETING_ENDED", Trigger::Booking(Event::MeetingEnded)),
    ("INSTANT_MEETING_ACCEPTED", Trigger::Booking(Event::Created)),
    ("BOOKING_CONFIRMED", Trigger::Booking(Event::Confirmed)),
    ("BOOKING_COMPLETED", Trigger::Booking(Event::Completed)),
    ("PING", Trigger::Ping),
    (
        "INSTANT_MEETING",
        Trigger::Other(
            "nobody has accepted the instant meeting yet; the booking comes with INSTANT_MEETING_ACCEPTED",
        ),
    ),
    ("AFTER_HOSTS_CAL_VIDEO_NO_SHOW", Trigger::Other(EVIDENCE)),
    ("AFTER_GUESTS_CAL_VIDEO_NO_SHOW", Trigger::Other(EVIDENCE)),
    ("RECORDING_READY", Trigger::Other(RECORDING)),
    (
        "RECORDING_TRANSCRIPTION_GENERATED",
        Trigger::Other(RECORDING),
    ),
    ("FORM_SUBMITTED", Trigger::Other(FORMS)),
    ("FORM_SUBMITTED_NO_EVENT", Trigger::Other(FORMS)),
    ("ROUTING_FORM_FALLBACK_HIT", Trigger::Other(FORMS)),
    (
        "OOO_CREATED",
        Trigger::Other("a host is out of office; bookings do not change by that"),
    ),
    (
        "WRONG_ASSIGNMENT_REPORT",
        Trigger::Other("somebody reports a wrong host; the booking has not changed"),
    ),
    (
        "CALENDAR_ENTRY_REJECTED",
        Trigger::Other("a calendar entry was declined; the booking has not changed"),
    ),
    ("DELEGATION_CREDENTIAL_ERROR", Trigger::Other(DELEGATION)),
    (
        "DELEGATION_CREDENTIAL_SECRET_ROTATED",
        Trigger::Other(DELEGATION),
    ),
    (
        "DELEGATION_CREDENTIAL_ROTATION_REQUIRED",
        Trigger::Other(DELEGATION),
    ),
    (
        "DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED",
        Trigger::Other(DELEGATION),
    ),
];

/// What a name stands for, in any spelling. Names come and go with Cal.com's versions: `None` is no error.
pub(super) fn find(name: &str) -> Option<Trigger> {
    let name = event_name(name);
    TRIGGERS
        .iter()
        .find(|(known, _)| event_name(known) == name)
        .map(|(_, trigger)| *trigger)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("BOOKING_CREATED")]
    #[case("BOOKING.CREATED")]
    #[case("booking_created")]
    #[case("booking-created")]
    #[case(" BookingCreated ")]
    fn a_name_is_known_in_any_spelling(#[case] name: &str) {
        assert_eq!(find(name), Some(Trigger::Booking(Event::Created)));
    }

    #[rstest]
    #[case("BOOKING_REOPENED")]
    #[case("")]
    #[case("…")]
    fn an_unknown_name_stays_unknown(#[case] name: &str) {
        assert_eq!(find(name), None);
    }
}
