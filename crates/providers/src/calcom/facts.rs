//! The facts that a message tells about its booking.

use calbridge_core::{
    change::{AttendanceMark, BOOKER, Change, Dated, Details, Identity, MarkedBy, What},
    state::Confirmation,
};

use super::{
    details::{details, reason},
    hosts,
    identity::Ids,
    message::{Message, Status},
    people::Address,
    trigger::Event,
};
use crate::reading::Delivery;

/// The facts in a message, in the order in which they happened.
pub(super) fn changes(message: Message<'_>, ids: &Ids, delivery: Delivery<'_>) -> Vec<Change> {
    let facts = Facts {
        message,
        ids,
        delivery,
    };
    if message.event == Event::NoShowUpdated {
        return facts.attendance().into_iter().collect();
    }
    if message.is_group() && message.event == Event::Rescheduled && ids.differ_from_former(message)
    {
        return facts.moved_seat();
    }
    whats(message, ids)
        .into_iter()
        .map(|what| facts.fact(what))
        .collect()
}

/// What one message says about its booking.
fn whats(message: Message<'_>, ids: &Ids) -> Vec<What> {
    let confirmation = match message.status() {
        Some(Status::Pending | Status::Rejected) => Confirmation::Pending,
        // Payment initiated says ACCEPTED too, but the booking waits for the money (`10_booking_payment_initiated.json`).
        _ if matches!(message.event, Event::Requested | Event::PaymentInitiated) => {
            Confirmation::Pending
        }
        _ => Confirmation::Confirmed,
    };
    let appears = if message.is_group() {
        What::Joined {
            confirmation,
            moved: false,
        }
    } else {
        What::Created { confirmation }
    };
    let ends = || What::Cancelled {
        reschedule_requested: message.booking.flag("requestReschedule") == Some(true),
    };
    match message.event {
        Event::Created => match message.status() {
            // The documents of `MixTree` let a creation say that the booking is off.
            Some(Status::Cancelled) => vec![appears, gone(message).unwrap_or_else(ends)],
            Some(Status::Rejected) => vec![appears, What::Rejected],
            _ => vec![appears],
        },
        // A booker's reschedule of a confirm-first booking; only `iCalUID` tells (contract, differences per trigger).
        Event::Requested if ids.have_predecessor(message) => {
            vec![What::Rescheduled { confirmation }]
        }
        Event::Requested | Event::PaymentInitiated => vec![appears],
        Event::Paid if message.status() == Some(Status::Accepted) => {
            vec![What::Paid, What::Confirmed]
        }
        Event::Paid => vec![What::Paid],
        Event::Confirmed => vec![What::Confirmed],
        Event::Rejected => vec![What::Rejected],
        Event::Rescheduled => vec![What::Rescheduled { confirmation }],
        Event::Cancelled => vec![gone(message).unwrap_or_else(ends)],
        Event::LocationUpdated => vec![What::Updated],
        Event::Reassigned => vec![What::Reassigned],
        Event::MeetingStarted => vec![What::Started],
        Event::MeetingEnded | Event::Completed => vec![What::Completed],
        Event::NoShowUpdated => Vec::new(),
    }
}

/// A cancellation in a group meeting is about those it lists: one seat, or all of them
/// (`webhook_024_BOOKING_CANCELLED.json`). A request to reschedule always ends the whole meeting.
fn gone(message: Message<'_>) -> Option<What> {
    let whole = message.booking.flag("requestReschedule") == Some(true)
        || message.booking.objects("attendees").next().is_none();
    (message.is_group() && !whole).then_some(What::Left { moved: false })
}

fn is_reasoned(what: &What) -> bool {
    matches!(
        what,
        What::Cancelled { .. }
            | What::Left { .. }
            | What::Rejected
            | What::Rescheduled { .. }
            | What::Joined { moved: true, .. }
            | What::Reassigned
    )
}

/// Makes the facts of one message.
#[derive(Clone, Copy)]
struct Facts<'a> {
    message: Message<'a>,
    ids: &'a Ids,
    delivery: Delivery<'a>,
}

impl Facts<'_> {
    fn fact(self, what: What) -> Change {
        let mut details = details(self.message);
        details.number = self.ids.number;
        if is_reasoned(&what) {
            details.reason = reason(self.message);
        }
        self.change(self.ids.identity(self.message), what, details)
    }

    fn change(self, identity: Identity, what: What, details: Details) -> Change {
        let moment = self.message.moment();
        let by = match what {
            What::Cancelled { .. } | What::Left { moved: false } => Some("cancelledBy"),
            What::Rescheduled { .. }
            | What::Joined { moved: true, .. }
            | What::Left { moved: true } => Some("rescheduledBy"),
            _ => None,
        };
        Change {
            identity,
            occurred_at: moment.map_or(self.delivery.received_at, |(_, moment)| moment),
            dated: if moment.is_some() {
                Dated::ByProvider
            } else {
                Dated::ByReceipt
            },
            cause: by.and_then(|field| hosts::cause(self.message, field)),
            what,
            details: Box::new(details),
        }
    }

    /// One attendee of a group meeting goes over to another; the others stay where they are
    /// (`webhook_025_BOOKING_RESCHEDULED.json`).
    fn moved_seat(self) -> Vec<Change> {
        let confirmation = match self.message.status() {
            Some(Status::Pending) => Confirmation::Pending,
            _ => Confirmation::Confirmed,
        };
        let mut joined = self.fact(What::Joined {
            confirmation,
            moved: true,
        });
        // Those after the mover were there before.
        joined.details.attendees.truncate(1);
        joined.details.previous_start = None;
        let Some(left) = self.ids.left(self.message) else {
            return vec![joined];
        };
        let mut mover = joined.details.attendees.clone();
        for attendee in &mut mover {
            attendee.external_id = None; // That is the new seat's.
        }
        let behind = Details {
            group: Some(true),
            attendees: mover,
            reason: joined.details.reason.clone(),
            ..Details::default()
        };
        vec![
            joined,
            self.change(left, What::Left { moved: true }, behind),
        ]
    }

    /// The short message of a no-show, which names people by address only (`09_booking_no_show_updated.json`).
    fn attendance(self) -> Option<Change> {
        let mut marks = Vec::new();
        for fields in self.message.booking.objects("attendees") {
            let (Some(given), Some(absent)) = (fields.text("email"), fields.flag("noShow")) else {
                continue;
            };
            for whom in whom(Address::parse(given)) {
                marks.push(AttendanceMark { whom, absent });
            }
        }
        let details = Details {
            number: self.ids.number,
            ..Details::default()
        };
        let identity = self.ids.identity(self.message);
        (!marks.is_empty()).then(|| self.change(identity, What::Attendance { marks }, details))
    }
}

/// Whom an address names. Somebody known by phone only is the booker, or has a place in a group meeting: nobody else
/// comes without an address.
fn whom(address: Address) -> Vec<MarkedBy> {
    if address.is_placeholder() {
        return vec![
            MarkedBy::Key(BOOKER.to_owned()),
            MarkedBy::Key(address.seat_key()),
        ];
    }
    vec![MarkedBy::Email(address.into_text())]
}
