//! A fact from a provider is never refused. Where it lies over a hold of ours, the hold gives way; where it lies over a
//! booking of ours, a person is told.

use calbridge_core::{
    claim::{Resource, Sharing, Slot},
    ids::{BookingId, ClaimId, ConnectionId},
    scope::Scope,
};
use jiff::Timestamp;

use super::{Claim, ClaimKind, conflicts, free, list::Overlap};
use crate::{
    holds,
    sql::{StoreError, Tx},
};

/// A booking that takes place according to its provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// Connection.
    pub connection_id: ConnectionId,
    /// The booking.
    pub booking_id: BookingId,
    /// Claims that are not in its way: what we claimed for it ourselves, places in the same group meeting.
    pub spared: Vec<ClaimId>,
    /// Who is met.
    pub resources: Vec<Resource>,
    /// When.
    pub slot: Slot,
    /// Whether others may come.
    pub sharing: Sharing,
}

/// What facts did to claims.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Displaced {
    /// Holds that are no more, the expired ones among them.
    pub holds: Vec<Claim>,
    /// Our bookings that now take place at the same time as another; each is recorded for a person.
    pub conflicts: Vec<Claim>,
}

/// Let facts have their way. This waits for nobody's resources: whoever takes time at this moment may wait for the bookings
/// and leads that the facts are about, and what they take is settled by the provider's answer.
pub async fn displace(
    tx: &mut Tx,
    scope: &Scope,
    facts: &[Fact],
    now: Timestamp,
) -> Result<Displaced, StoreError> {
    let mut displaced = Displaced::default();
    for fact in facts {
        displace_one(tx, scope, fact, now, &mut displaced).await?;
    }
    Ok(displaced)
}

async fn displace_one(
    tx: &mut Tx,
    scope: &Scope,
    fact: &Fact,
    now: Timestamp,
    displaced: &mut Displaced,
) -> Result<(), StoreError> {
    let share = fact.sharing.word(fact.slot.starts_at());
    let mut spared = Vec::new();
    for id in &fact.spared {
        spared.extend(
            super::find(tx, scope, *id)
                .await?
                .map(|claim| claim.chain()),
        );
    }
    let overlaps = Overlap::list(tx, scope, &fact.resources, fact.slot).await?;
    for overlap in overlaps {
        let claim = &overlap.claim;
        let same_booking =
            claim.booking_id == Some(fact.booking_id) || spared.contains(&claim.chain());
        if same_booking || share.as_deref() == Some(&overlap.share) {
            continue;
        }
        match claim.kind {
            ClaimKind::Hold => {
                holds::displace(tx, scope, claim.id, fact.booking_id, now).await?;
                displaced
                    .holds
                    .extend(free(tx, scope, claim.id, now).await?);
            }
            // The provider lets a host override buffers; only meetings at the same time are a conflict. What is not known
            // to be booked yet is settled by the provider's answer.
            ClaimKind::Booking
                if claim.booking_id.is_some()
                    && claim.starts_at < fact.slot.ends_at()
                    && claim.ends_at > fact.slot.starts_at() =>
            {
                conflicts::record(tx, scope, fact, &overlap, now).await?;
                if displaced.conflicts.iter().all(|known| known.id != claim.id) {
                    displaced.conflicts.push(overlap.claim);
                }
            }
            ClaimKind::Booking => {}
        }
    }
    Ok(())
}
