//! In which order the facts of a booking happened.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Fact, snapshot};
use crate::change::{Change, Dated, What};

/// When a fact happened, for the purpose of order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment {
    pub at: Timestamp,
    pub rank: u8,
}

/// Facts without repetitions, earliest first. Ties are broken by what happened, then by fingerprint.
pub(super) fn by_occurrence(facts: &[Fact]) -> Vec<(Moment, &Fact)> {
    let distinct: BTreeMap<&str, &Fact> = facts
        .iter()
        .map(|fact| (fact.fingerprint.as_str(), fact))
        .collect();
    let mut ordered: Vec<_> = distinct
        .values()
        .map(|fact| (moment(&fact.change, distinct.values().copied()), *fact))
        .collect();
    ordered.sort_by(|(a, fact_a), (b, fact_b)| {
        a.cmp(b)
            .then_with(|| fact_a.fingerprint.cmp(&fact_b.fingerprint))
    });
    ordered
}

/// A creation that carries no time may be heard of late; it still comes before everything else about its subject.
fn moment<'a>(change: &Change, all: impl Iterator<Item = &'a Fact>) -> Moment {
    let stated = Moment {
        at: change.occurred_at,
        rank: change.what.rank(),
    };
    if change.dated == Dated::BySnapshot {
        return snapshot::moment(change, all).unwrap_or(stated);
    }
    let creates = matches!(change.what, What::Created { .. } | What::Joined { .. });
    let (true, Dated::ByReceipt, Some(subject)) = (creates, change.dated, &change.identity.subject)
    else {
        return stated;
    };
    let mut earliest_mention = None;
    let mut introduced_at = None;
    for other in all.map(|fact| &fact.change) {
        let speaks_of = other.identity.subject.as_ref() == Some(subject);
        if speaks_of && matches!(other.what, What::Rescheduled { .. }) {
            introduced_at = Some(earlier(introduced_at, other.occurred_at));
        }
        let itself = std::ptr::eq(other, change);
        if !itself && (speaks_of || other.identity.former.contains(subject)) {
            earliest_mention = Some(earlier(earliest_mention, other.occurred_at));
        }
    }
    match (introduced_at, earliest_mention) {
        // The subject began with a reschedule: this is a late copy.
        (Some(at), _) => Moment { at, rank: u8::MAX },
        (None, Some(at)) if at <= stated.at => Moment {
            at: at
                .checked_sub(SignedDuration::from_micros(1))
                .unwrap_or(Timestamp::MIN),
            rank: stated.rank,
        },
        (None, _) => stated,
    }
}

fn earlier(known: Option<Timestamp>, at: Timestamp) -> Timestamp {
    known.map_or(at, |known| known.min(at))
}
