//! A booking as the API shows it, as facts: the same facts that messages about it would tell.
//!
//! It is put into the words of a message first, so that people, ids and details are read in one way. What a record
//! cannot tell: when it was confirmed or marked, how it stood before, who left a group meeting, who paid.

use calbridge_core::{
    change::{
        AttendanceMark, Attendee, BOOKER, Cause, CauseRole, Change, Dated, Details, MarkedBy, What,
    },
    state::Confirmation,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    api::{
        ProviderBooking,
        bookings::{BookingStatus, ProviderAttendee},
    },
    details::details,
    hosts,
    identity::Ids,
    message::{Message, Shape},
    people::Address,
    trigger::Event,
};
use crate::{fields::Fields, spelling};

/// What a booking of the API tells, in the order in which it happened.
///
/// A booking that was given up for another one is not called off: the other one's facts tell of the move.
pub fn facts(booking: &ProviderBooking) -> Vec<Change> {
    let json = in_words_of_a_message(booking);
    let shape = Shape::of(&json);
    let message = Message {
        event: if booking.rescheduled_from.is_some() {
            Event::Rescheduled
        } else {
            Event::Created
        },
        root: shape.root,
        booking: shape.booking,
    };
    let Some(ids) = Ids::of(shape, message) else {
        return Vec::new();
    };
    let record = Record {
        booking,
        message,
        ids,
    };
    let mut facts = record.beginning();
    facts.extend(record.attendance());
    facts.extend(record.end());
    facts
}

struct Record<'a> {
    booking: &'a ProviderBooking,
    message: Message<'a>,
    ids: Ids,
}

impl Record<'_> {
    fn beginning(&self) -> Vec<Change> {
        let at = self.booking.created_at.unwrap_or(self.last_change());
        let confirmation = match self.booking.status {
            BookingStatus::Pending | BookingStatus::AwaitingHost | BookingStatus::Rejected => {
                Confirmation::Pending
            }
            _ => Confirmation::Confirmed,
        };
        let mut details = details(self.message);
        details.number = Some(self.booking.id);
        details.capacity = None; // A record does not tell.
        // A link stands where messages have a marker; it is no place.
        let link = self.booking.location.as_deref().and_then(spelling::link);
        if let Some(link) = link {
            details.location = None;
            details.meeting_url = Some(link.to_owned());
        }
        let mut facts = Vec::new();
        if self.message.is_group() {
            let everybody = std::mem::take(&mut details.attendees);
            for (attendee, seat) in everybody.into_iter().zip(self.seats()) {
                let attendee = Attendee {
                    external_id: seat.seat_uid.clone(),
                    ..attendee
                };
                let details = Details {
                    attendees: vec![attendee],
                    ..details.clone()
                };
                let moved = false;
                facts.push(self.fact(
                    at,
                    What::Joined {
                        confirmation,
                        moved,
                    },
                    details,
                ));
            }
        } else if self.booking.rescheduled_from.is_some() {
            details.reason.clone_from(&self.booking.rescheduling_reason);
            facts.push(self.fact(at, What::Rescheduled { confirmation }, details));
        } else {
            facts.push(self.fact(at, What::Created { confirmation }, details));
        }
        let changed = self.booking.updated_at.is_none_or(|changed| changed > at);
        if self.booking.status == BookingStatus::Accepted && changed && !facts.is_empty() {
            facts.push(self.brief(self.last_change(), What::Confirmed, None));
        }
        facts
    }

    /// Absences: when somebody was marked is not told, but it was after the beginning.
    fn attendance(&self) -> Option<Change> {
        let mut marks = Vec::new();
        for (at, attendee) in self.booking.attendees.iter().enumerate() {
            let Some(address) = shown_address(attendee).filter(|_| attendee.absent) else {
                continue;
            };
            let address = Address::parse(address);
            let whom = if self.message.is_group() {
                MarkedBy::Key(address.seat_key())
            } else if at == 0 {
                MarkedBy::Key(BOOKER.to_owned())
            } else {
                MarkedBy::Email(address.into_text())
            };
            marks.push(AttendanceMark { whom, absent: true });
        }
        let at = self.last_change().max(self.booking.start);
        (!marks.is_empty()).then(|| self.brief(at, What::Attendance { marks }, None))
    }

    fn end(&self) -> Option<Change> {
        let what = match self.booking.status {
            BookingStatus::Rejected => What::Rejected,
            BookingStatus::Cancelled if self.booking.rescheduled_to.is_none() => What::Cancelled {
                reschedule_requested: false,
            },
            _ => return None,
        };
        let reason = self.booking.cancellation_reason.clone();
        let reason = reason.filter(|reason| !reason.is_empty());
        Some(self.brief(self.last_change(), what, reason))
    }

    /// Those of whom the message has a place, in its order.
    fn seats(&self) -> impl Iterator<Item = &ProviderAttendee> {
        let mut seen: Vec<String> = Vec::new();
        self.booking.attendees.iter().filter(move |attendee| {
            let key = shown_address(attendee).map(|address| Address::parse(address).seat_key());
            key.is_some_and(|key| {
                let new = !seen.contains(&key);
                seen.push(key);
                new
            })
        })
    }

    fn last_change(&self) -> Timestamp {
        self.booking
            .updated_at
            .or(self.booking.created_at)
            .unwrap_or(self.booking.start)
    }

    fn brief(&self, at: Timestamp, what: What, reason: Option<String>) -> Change {
        let details = Details {
            number: Some(self.booking.id),
            reason,
            ..Details::default()
        };
        self.fact(at, what, details)
    }

    fn fact(&self, at: Timestamp, what: What, details: Details) -> Change {
        let by = match what {
            What::Cancelled { .. } => Some("cancelledBy"),
            What::Rescheduled { .. } => Some("rescheduledBy"),
            _ => None,
        };
        let cause = by.and_then(|field| hosts::cause(self.message, field));
        Change {
            identity: self.ids.identity(self.message),
            occurred_at: at,
            dated: Dated::BySnapshot,
            cause: cause.or(Some(Cause {
                role: CauseRole::Provider,
                who: None,
            })),
            what,
            details: Box::new(details),
        }
    }
}

/// Without the suffix that the platform adds: messages do not have it.
fn shown_address(attendee: &ProviderAttendee) -> Option<&str> {
    attendee
        .display_email
        .as_deref()
        .or(attendee.email.as_deref())
}

fn in_words_of_a_message(booking: &ProviderBooking) -> Value {
    let attendees: Vec<Value> = booking.attendees.iter().map(attendee).collect();
    let organizer = booking.hosts.first().map(|host| {
        json!({ "id": host.id, "name": host.name, "email": host.email, "timeZone": host.time_zone })
    });
    let answers = Fields::of(&booking.raw).within("bookingFieldsResponses");
    // Only bookings of seats have no answers of their own.
    let is_group = !answers.exist() || booking.attendees.iter().any(|one| one.seat_uid.is_some());
    let responses = if is_group {
        Map::new()
    } else {
        booking.responses.clone()
    };
    json!({ "payload": {
        "bookingId": booking.id,
        "uid": booking.uid,
        "title": booking.title,
        "additionalNotes": booking.description,
        "startTime": booking.start.to_string(),
        "endTime": booking.end.to_string(),
        "eventTypeId": booking.event_type_id,
        "type": booking.event_type_slug,
        "location": booking.location,
        "organizer": organizer,
        "attendees": attendees,
        "responses": responses,
        "metadata": booking.metadata,
        "seatsPerTimeSlot": is_group.then_some(1),
        "recurringEventId": booking.recurring_uid,
        "rescheduleUid": booking.rescheduled_from,
        "iCalUID": booking.ics_uid,
        "cancelledBy": booking.cancelled_by,
        "rescheduledBy": booking.rescheduled_by,
    } })
}

fn attendee(attendee: &ProviderAttendee) -> Value {
    json!({
        "name": attendee.name,
        "email": shown_address(attendee),
        "phoneNumber": attendee.phone,
        "timeZone": attendee.time_zone,
        "language": attendee.language,
    })
}
