//! The provider is right, a person says: facts that make it so here.

use jiff::{SignedDuration, Timestamp};

use super::{Desk, Marks, compare, status_differs};
use crate::{
    change::{Cause, CauseRole, Change, Dated, Details, Identity, What},
    story::{Fact, Standing, tell},
};

/// Facts that make a booking stand here as the provider's record says, whatever was decided here before. Without a record,
/// the provider does not know it: it is called off.
pub fn adopt(known: &[Fact], record: &[Change], now: Timestamp) -> Vec<Change> {
    let at = after_all(known, now);
    let told: Vec<Fact> = record.iter().cloned().map(Fact::from).collect();
    let (Some(theirs), Some(example)) = (tell(&told), record.first()) else {
        return vec![decided("cancelled", at)];
    };
    let theirs = theirs.standing;
    let mut facts = record.to_vec();
    if let Some(ours) = after(known, &facts)
        && status_differs(ours.state, theirs.state)
    {
        facts.push(decided(theirs.state.status(), at));
    }
    if let Some(ours) = after(known, &facts) {
        let desk = Desk {
            ours: &ours,
            theirs: &theirs,
            example,
            read_at: at,
        };
        let left = compare(&ours, &theirs, Marks::Theirs);
        facts.extend(left.into_iter().flat_map(|one| desk.repair(one)));
    }
    facts
}

/// What is decided last counts, even if the clock stood still.
fn after_all(known: &[Fact], now: Timestamp) -> Timestamp {
    let last = known.iter().map(|fact| fact.change.occurred_at).max();
    let next = last.and_then(|last| last.checked_add(SignedDuration::from_micros(1)).ok());
    next.map_or(now, |next| next.max(now))
}

fn after(known: &[Fact], facts: &[Change]) -> Option<Standing> {
    let mut all = known.to_vec();
    all.extend(facts.iter().cloned().map(Fact::from));
    tell(&all).map(|story| story.standing)
}

/// Somebody of ours set the status.
fn decided(status: &str, at: Timestamp) -> Change {
    Change {
        identity: Identity::default(),
        occurred_at: at,
        dated: Dated::ByReceipt,
        cause: Some(Cause {
            role: CauseRole::Operator,
            who: None,
        }),
        what: What::StatusSet {
            status: status.to_owned(),
        },
        details: Box::new(Details::default()),
    }
}
