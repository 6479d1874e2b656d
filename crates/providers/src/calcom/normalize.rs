//! From a message of Cal.com to its meaning: what it is called, which booking it names, what to do with it.

use std::borrow::Cow;

use calbridge_core::{
    change::{Canonical, Change, Meaning, Verdict},
    fingerprint,
};
use serde_json::Value;

use super::{
    facts,
    identity::Ids,
    message::{Message, Shape},
    template,
    trigger::{self, Event, Trigger},
};
use crate::reading::{Delivery, event_type, unknown_event};

pub(crate) fn normalize(json: &Value, delivery: Delivery<'_>) -> Meaning {
    let shape = Shape::of(json);
    let name = shape.root.text("triggerEvent").unwrap_or_default();
    let set_aside = |canonical, verdict| Meaning {
        event_type: event_type(name),
        canonical,
        external_id: shape.payload_uid().as_deref().map(fingerprint::indexable),
        occurred_at: shape
            .root
            .time("createdAt")
            .or_else(|| shape.root.time("triggeredAt")),
        delivery_key: delivery.body_key(),
        verdict,
    };
    let unreadable =
        |reason: &str| set_aside(Canonical::Unknown, Verdict::Unreadable(reason.to_owned()));
    let event = match trigger::find(name) {
        Some(Trigger::Booking(event)) => event,
        Some(Trigger::Ping) => {
            let reason = "a test from Cal.com: the webhook reaches us".to_owned();
            return set_aside(Canonical::Ping, Verdict::Ignore(reason));
        }
        Some(Trigger::Other(reason)) => {
            return set_aside(Canonical::Other, Verdict::Ignore(reason.to_owned()));
        }
        // The deployment test in the documents of MixTree has `uid` and `payload`, and no trigger.
        None if name.is_empty() && !shape.flat && shape.uid().is_some() => Event::Created,
        None if name.is_empty() => return unreadable(NO_TRIGGER),
        None => return set_aside(Canonical::Unknown, Verdict::Ignore(unknown_event(name))),
    };
    let json = readable(json, shape, event);
    let shape = Shape::of(&json);
    let message = Message {
        event,
        root: shape.root,
        booking: shape.booking,
    };
    let Some(ids) = Ids::of(shape, message) else {
        return unreadable(NO_ID);
    };
    let changes = facts::changes(message, &ids, delivery);
    Meaning {
        event_type: event_type(name),
        canonical: canonical(message, &ids, &changes),
        external_id: Some(ids.subject()),
        occurred_at: message.moment().map(|(_, moment)| moment),
        delivery_key: ids
            .delivery_key(name, message)
            .unwrap_or_else(|| delivery.body_key()),
        verdict: if changes.is_empty() {
            Verdict::Ignore("nobody is marked as absent or present".to_owned())
        } else {
            Verdict::Apply(changes)
        },
    }
}

const NO_TRIGGER: &str = "the body names no `triggerEvent`: it comes from a subscription of Cal.com's Zapier app or from \
                          a payload template; add a webhook in Cal.com and leave its payload template empty";

const NO_ID: &str = "the body names no booking, neither by `uid` nor by `id`; leave the payload template of the webhook \
                     in Cal.com empty";

/// Of the flat messages, only those of the clock are not made by a template.
fn readable<'a>(json: &'a Value, shape: Shape<'_>, event: Event) -> Cow<'a, Value> {
    if !shape.flat || event.is_clock() {
        return Cow::Borrowed(json);
    }
    let mut json = json.clone();
    template::unescape(&mut json);
    Cow::Owned(json)
}

/// Our name of the event: what it means where that differs from what it is called.
fn canonical(message: Message<'_>, ids: &Ids, changes: &[Change]) -> Canonical {
    match message.event {
        Event::Created => Canonical::Created,
        Event::Requested if ids.have_predecessor(message) => Canonical::Rescheduled,
        Event::Requested | Event::PaymentInitiated => Canonical::Requested,
        Event::Paid => Canonical::Paid,
        Event::Confirmed => Canonical::Confirmed,
        Event::Rejected => Canonical::Rejected,
        Event::Rescheduled => Canonical::Rescheduled,
        Event::Cancelled => Canonical::Cancelled,
        Event::LocationUpdated => Canonical::Updated,
        Event::Reassigned => Canonical::Reassigned,
        Event::MeetingStarted => Canonical::Started,
        Event::MeetingEnded | Event::Completed => Canonical::Completed,
        Event::NoShowUpdated if changes.iter().any(|change| change.what.word() == "no_show") => {
            Canonical::NoShow
        }
        Event::NoShowUpdated => Canonical::NoShowUndone,
    }
}
