//! Facts that were read from the provider's records: they yield to messages about the same.

use std::mem::discriminant;

use jiff::SignedDuration;

use super::{Fact, order::Moment};
use crate::{
    change::{Change, Dated, Details, What},
    state::Confirmation,
};

/// The record is written at about the time of the message, before or after.
const AT_ONE_TIME: SignedDuration = SignedDuration::from_mins(10);

/// Whether the fact tells of the beginning of its subject.
pub(super) fn begins(what: &What) -> bool {
    matches!(
        what,
        What::Created { .. } | What::Rescheduled { .. } | What::Joined { .. }
    )
}

/// Right after a message that tells the same; `None`: at its own time, because nobody else tells it.
pub(super) fn moment<'a>(change: &Change, all: impl Iterator<Item = &'a Fact>) -> Option<Moment> {
    all.map(|fact| &fact.change)
        .filter(|other| knows_better(other, change))
        .map(|other| other.occurred_at)
        .min()
        .map(|at| Moment {
            at: at.max(change.occurred_at),
            rank: u8::MAX,
        })
}

fn knows_better(other: &Change, record: &Change) -> bool {
    if other.identity.subject != record.identity.subject {
        return false;
    }
    let is_message = other.dated != Dated::BySnapshot;
    if begins(&record.what) {
        // Of two records, the one that saw it waiting for the host was earlier.
        let saw_more = is_pending(&other.what) && !is_pending(&record.what);
        return begins(&other.what) && same_people(record, other) && (is_message || saw_more);
    }
    is_message
        && tells_the_same(&other.what, &record.what)
        && same_people(record, other)
        && is_at_one_time(other, record)
}

fn is_pending(what: &What) -> bool {
    matches!(
        what,
        What::Created {
            confirmation: Confirmation::Pending
        } | What::Rescheduled {
            confirmation: Confirmation::Pending
        } | What::Joined {
            confirmation: Confirmation::Pending,
            ..
        }
    )
}

fn tells_the_same(one: &What, other: &What) -> bool {
    match (one, other) {
        (What::Attendance { marks: one }, What::Attendance { marks: other }) => {
            one.first().map(|mark| mark.absent) == other.first().map(|mark| mark.absent)
        }
        _ => discriminant(one) == discriminant(other),
    }
}

/// In a group meeting a fact is about some of those who come.
fn same_people(one: &Change, other: &Change) -> bool {
    let is_personal = |what: &What| matches!(what, What::Joined { .. } | What::Left { .. });
    let has = |details: &Details, key: &str| details.attendees.iter().any(|one| one.key == key);
    !is_personal(&one.what)
        || one
            .details
            .attendees
            .iter()
            .any(|attendee| has(&other.details, &attendee.key))
}

/// No record says when somebody was marked absent.
fn is_at_one_time(message: &Change, record: &Change) -> bool {
    let apart = message.occurred_at.duration_since(record.occurred_at);
    matches!(record.what, What::Attendance { .. }) || apart.abs() <= AT_ONE_TIME
}
