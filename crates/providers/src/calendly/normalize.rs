//! From a webhook of Calendly to facts about bookings.

use calbridge_core::{
    change::{
        AttendanceMark, BOOKER, Canonical, Cause, CauseRole, Change, Dated, Details, Identity,
        MarkedBy, Meaning, Reference, ReferenceKind, Verdict, What,
    },
    fingerprint,
    state::Confirmation,
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    details::details,
    event::{self, Event, Subject},
};
use crate::{
    fields::Fields,
    reading::{Delivery, event_type, unknown_event},
    spelling,
};

/// The URI of the user who made the subscription that a body came through (not the host's).
pub fn account_hint(payload: &Value) -> Option<String> {
    Fields::of(payload).string("created_by")
}

pub(crate) fn normalize(json: &Value, delivery: Delivery<'_>) -> Meaning {
    let root = Fields::of(json);
    let name = root.text("event").unwrap_or_default();
    let invitee = root.within("payload");
    let meaning = |canonical, verdict| Meaning {
        event_type: event_type(name),
        canonical,
        external_id: invitee.text("uri").map(fingerprint::indexable),
        occurred_at: root.time("created_at"),
        delivery_key: delivery_key(name, root).unwrap_or_else(|| delivery.body_key()),
        verdict,
    };
    let unreadable =
        |reason: &str| meaning(Canonical::Unknown, Verdict::Unreadable(reason.to_owned()));
    let event = match event::find(name) {
        Some(Subject::Invitee(event)) => event,
        Some(Subject::Other(reason)) => {
            return meaning(Canonical::Other, Verdict::Ignore(reason.to_owned()));
        }
        None if name.is_empty() => return unreadable(NO_EVENT),
        None => return meaning(Canonical::Unknown, Verdict::Ignore(unknown_event(name))),
    };
    let place = Place::of(invitee);
    let Some(identity) = place.identity() else {
        return unreadable(NO_INVITEE);
    };
    let moment = moment(root, event);
    let change = Change {
        occurred_at: moment.unwrap_or(delivery.received_at),
        dated: if moment.is_some() {
            Dated::ByProvider
        } else {
            Dated::ByReceipt
        },
        cause: cause(invitee).filter(|_| event == Event::Canceled),
        what: place.what(event),
        details: Box::new(Details {
            reason: cancellation(invitee)
                .string("reason")
                .filter(|_| event == Event::Canceled),
            ..details(invitee, &place.key(), place.limit)
        }),
        identity,
    };
    Meaning {
        external_id: change.identity.subject.clone(),
        occurred_at: moment,
        ..meaning(canonical(event, &change.what), Verdict::Apply(vec![change]))
    }
}

const NO_EVENT: &str =
    "the body names no `event`; only Calendly's own webhook subscriptions (API v2) are understood";

const NO_INVITEE: &str = "the body names no invitee in `payload.uri`; only Calendly's own webhook subscriptions (API v2) \
                          are understood";

/// Calendly has no delivery id; these parts are equal in a repetition, and only there.
fn delivery_key(name: &str, root: Fields<'_>) -> Option<String> {
    let invitee = root.within("payload");
    Some(fingerprint::of_parts([
        spelling::event_name(name).as_str(),
        invitee.text("uri")?,
        root.text("created_at")?,
        invitee.within("no_show").text("uri").unwrap_or_default(),
    ]))
}

/// The time of the envelope; without one, the time of what it is about.
fn moment(root: Fields<'_>, event: Event) -> Option<Timestamp> {
    let invitee = root.within("payload");
    root.time("created_at").or_else(|| match event {
        Event::Created => invitee.time("created_at"),
        Event::Canceled => cancellation(invitee).time("created_at"),
        Event::NoShowCreated => invitee.within("no_show").time("created_at"),
        Event::NoShowDeleted => None,
    })
}

pub(super) fn cancellation(invitee: Fields<'_>) -> Fields<'_> {
    let own = invitee.within("cancellation");
    if own.exist() {
        own
    } else {
        invitee.within("scheduled_event").within("cancellation")
    }
}

pub(super) fn cause(invitee: Fields<'_>) -> Option<Cause> {
    let cancellation = cancellation(invitee);
    let who = cancellation.string("canceled_by");
    let role = match cancellation.text("canceler_type") {
        Some("host") => CauseRole::Host,
        Some("invitee") => CauseRole::Attendee,
        _ if who.is_some() => CauseRole::Provider,
        _ => return None,
    };
    Some(Cause { role, who })
}

/// One invitee's place in one meeting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    fields: Fields<'a>,
    /// URI of the invitee.
    invitee: Option<&'a str>,
    /// URI of the scheduled event.
    meeting: Option<&'a str>,
    /// How many may come. Payloads of 2023 do not say.
    pub limit: Option<i64>,
}

impl<'a> Place<'a> {
    pub fn of(fields: Fields<'a>) -> Self {
        let scheduled = fields.within("scheduled_event");
        let invitee = fields.text("uri");
        Self {
            fields,
            invitee,
            meeting: scheduled
                .text("uri")
                .or_else(|| fields.text("event"))
                .or_else(|| invitee.and_then(meeting_of)),
            limit: scheduled.within("invitees_counter").integer("limit"),
        }
    }

    pub fn is_group(self) -> bool {
        self.limit.is_some_and(|limit| limit > 1)
    }

    /// Names the invitee within the booking.
    pub fn key(self) -> String {
        match self.invitee {
            Some(uri) if self.is_group() => fingerprint::indexable(uri),
            _ => BOOKER.to_owned(),
        }
    }

    /// A meeting with one invitee is named by the invitee, as reschedules link invitees. A group meeting is named by
    /// its event: where its invitees come from or go to is another booking.
    pub fn identity(self) -> Option<Identity> {
        let invitee = self.invitee?;
        let old = self.fields.text("old_invitee").filter(|_| !self.is_group());
        let new = self.fields.text("new_invitee").filter(|_| !self.is_group());
        let subject = if self.is_group() {
            self.meeting?
        } else {
            invitee
        };
        let mut references = Vec::new();
        for uri in [Some(invitee), old, new].into_iter().flatten() {
            references.push(Reference::new(ReferenceKind::Invitee, uri));
        }
        let meetings = [
            self.meeting,
            old.and_then(meeting_of),
            new.and_then(meeting_of),
        ];
        for uri in meetings.into_iter().flatten() {
            references.push(Reference::new(ReferenceKind::Event, uri));
        }
        references.sort_unstable();
        references.dedup();
        Some(Identity {
            subject: Some(fingerprint::indexable(subject)),
            references,
            former: old.into_iter().map(fingerprint::indexable).collect(),
        })
    }

    pub fn what(self, event: Event) -> What {
        let confirmation = Confirmation::Confirmed;
        let came = self.fields.text("old_invitee").is_some();
        // The flag tells a move from a cancellation; the link stands in where it is missing.
        let went = self
            .fields
            .flag("rescheduled")
            .unwrap_or_else(|| self.fields.text("new_invitee").is_some());
        match event {
            Event::Canceled if self.is_group() => What::Left { moved: went },
            Event::Canceled if went => What::Superseded,
            Event::Canceled => What::Cancelled {
                reschedule_requested: false,
            },
            Event::NoShowCreated => self.attendance(true),
            Event::NoShowDeleted => self.attendance(false),
            Event::Created if self.is_group() => What::Joined {
                confirmation,
                moved: came,
            },
            Event::Created if came => What::Rescheduled { confirmation },
            Event::Created => What::Created { confirmation },
        }
    }

    fn attendance(self, absent: bool) -> What {
        let whom = MarkedBy::Key(self.key());
        What::Attendance {
            marks: vec![AttendanceMark { whom, absent }],
        }
    }
}

/// The scheduled event within the URI of an invitee.
fn meeting_of(invitee: &str) -> Option<&str> {
    invitee.split_once("/invitees/").map(|(meeting, _)| meeting)
}

/// Our name of the event: what it means where that differs from what it is called.
fn canonical(event: Event, what: &What) -> Canonical {
    let moved = matches!(
        what,
        What::Superseded
            | What::Rescheduled { .. }
            | What::Joined { moved: true, .. }
            | What::Left { moved: true }
    );
    match event {
        Event::Created | Event::Canceled if moved => Canonical::Rescheduled,
        Event::Created => Canonical::Created,
        Event::Canceled => Canonical::Cancelled,
        Event::NoShowCreated => Canonical::NoShow,
        Event::NoShowDeleted => Canonical::NoShowUndone,
    }
}
