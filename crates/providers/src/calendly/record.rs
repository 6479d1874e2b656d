//! A scheduled event and one of its invitees as the API shows them, as facts: the same facts that webhooks about them would
//! tell. What a record cannot tell: that a mark of absence was taken back.

use calbridge_core::change::{Change, Dated, Details};
use jiff::Timestamp;

use super::{
    api::{Invitee, ScheduledEvent},
    details::details,
    event::Event,
    normalize::{Place, cancellation, cause},
};
use crate::fields::Fields;

/// What an invitee's record tells, in the order in which it happened.
///
/// The invitees of a group event have one booking with a place for each; one of them says nothing about the others.
pub fn facts(event: &ScheduledEvent, invitee: &Invitee) -> Vec<Change> {
    let mut payload = invitee.raw.clone();
    payload.insert("scheduled_event".to_owned(), event.raw.clone().into());
    let payload = payload.into();
    let record = Record {
        fields: Fields::of(&payload),
        made_at: invitee.created_at,
    };
    let mut happened = vec![(Event::Created, record.made_at)];
    if let Some(at) = record.missed_at() {
        happened.push((Event::NoShowCreated, at));
    }
    if !invitee.is_active {
        happened.push((Event::Canceled, record.canceled_at()));
    }
    let facts = happened.into_iter();
    facts
        .filter_map(|(event, at)| record.fact(event, at))
        .collect()
}

#[derive(Clone, Copy)]
struct Record<'a> {
    fields: Fields<'a>,
    made_at: Timestamp,
}

impl Record<'_> {
    fn missed_at(self) -> Option<Timestamp> {
        let mark = self.fields.within("no_show");
        let at = mark.time("created_at").unwrap_or(self.made_at);
        mark.exist().then_some(at)
    }

    fn canceled_at(self) -> Timestamp {
        cancellation(self.fields)
            .time("created_at")
            .or_else(|| self.fields.time("updated_at"))
            .unwrap_or(self.made_at)
    }

    fn fact(self, event: Event, at: Timestamp) -> Option<Change> {
        let place = Place::of(self.fields);
        let is_end = event == Event::Canceled;
        let reason = cancellation(self.fields).string("reason");
        Some(Change {
            identity: place.identity()?,
            occurred_at: at,
            dated: Dated::BySnapshot,
            cause: cause(self.fields).filter(|_| is_end),
            what: place.what(event),
            details: Box::new(Details {
                reason: reason.filter(|_| is_end),
                ..details(self.fields, &place.key(), place.limit)
            }),
        })
    }
}
