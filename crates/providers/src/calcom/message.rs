//! One message of Cal.com, in whichever of its shapes.

use jiff::Timestamp;
use serde_json::Value;

use super::trigger::Event;
use crate::{fields::Fields, spelling};

/// A message about a booking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    /// What happened.
    pub event: Event,
    /// The envelope.
    pub root: Fields<'a>,
    /// The booking: `payload`, or the root itself in a flat message (`MEETING_*`, payload templates).
    pub booking: Fields<'a>,
}

/// The parts of a message before its trigger is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    pub root: Fields<'a>,
    pub booking: Fields<'a>,
    pub flat: bool,
}

impl<'a> Shape<'a> {
    pub(super) fn of(json: &'a Value) -> Self {
        let root = Fields::of(json);
        let payload = root.within("payload");
        let flat = !payload.exist();
        Self {
            root,
            booking: if flat { root } else { payload },
            flat,
        }
    }

    /// The booking's uid. In the documents of `MixTree` it stands beside `payload`.
    ///
    /// The root of a routing form's message holds whatever people call their fields: ask only where a booking is meant.
    pub(super) fn uid(self) -> Option<String> {
        self.payload_uid().or_else(|| self.root.scalar("uid"))
    }

    /// The uid inside `payload`; no-show messages call it `bookingUid`.
    pub(super) fn payload_uid(self) -> Option<String> {
        let own = |name| self.booking.scalar(name);
        own("uid").or_else(|| own("bookingUid"))
    }
}

/// The four states of a booking in Cal.com, and the one of an unanswered instant meeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    Accepted,
    Pending,
    Cancelled,
    Rejected,
}

impl<'a> Message<'a> {
    /// Upper case in webhooks, lower case in the API and in the documents of Fast Lead.
    pub(super) fn status(self) -> Option<Status> {
        match self.booking.text("status")?.to_ascii_lowercase().as_str() {
            "accepted" => Some(Status::Accepted),
            "pending" | "awaiting_host" => Some(Status::Pending),
            "cancelled" | "canceled" => Some(Status::Cancelled),
            "rejected" => Some(Status::Rejected),
            _ => None,
        }
    }

    /// The places of a group meeting; `None` when it is none, or when the message does not say.
    pub(super) fn seats(self) -> Option<i64> {
        let of_type = || self.booking.within("eventType").integer("seatsPerTimeSlot");
        self.booking
            .integer("seatsPerTimeSlot")
            .or_else(of_type)
            .filter(|seats| *seats > 0)
    }

    /// Several may book places.
    pub(super) fn is_group(self) -> bool {
        self.seats().is_some()
    }

    /// One of a series, as far as the message tells.
    ///
    /// The cancellation of the rest of a series may not carry `recurringEvent`, but `cancelSubsequentBookings`.
    pub(super) fn is_recurring(self) -> bool {
        let has = |name| self.booking.value(name).is_some();
        has("recurringEvent")
            || has("recurringEventId")
            || self.booking.flag("cancelSubsequentBookings") == Some(true)
    }

    /// When it happened: as sent, and as an instant.
    pub(super) fn moment(self) -> Option<(&'a str, Timestamp)> {
        let (fields, names): (_, &[&str]) = match self.event {
            // The `createdAt` of these is the booking's creation (contract, flat messages).
            Event::MeetingStarted => (self.booking, &["startTime"]),
            Event::MeetingEnded => (self.booking, &["endTime"]),
            _ => (self.root, &["createdAt", "triggeredAt"]),
        };
        names.iter().find_map(|name| {
            let text = fields.text(name)?;
            Some((text, spelling::time(text)?))
        })
    }
}
