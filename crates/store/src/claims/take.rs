//! Taking time: for a hold or a booking, and for a booking that moves.

use std::collections::BTreeSet;

use calbridge_core::{
    claim::{Owner, Resource, Sharing, Slot},
    fingerprint,
    ids::{BookingId, ClaimId, ConnectionId},
    scope::Scope,
};
use jiff::Timestamp;

use super::{Claim, ClaimKind, affecting, find, free, list::Overlap, resources};
use crate::sql::{StoreError, Tx, Value, in_list};

/// Until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Terms {
    /// For somebody, until then.
    Hold {
        /// When it ends by itself.
        until: Timestamp,
    },
    /// For a booking: until it is given back.
    Booking,
}

/// Time to be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewClaim {
    /// Connection.
    pub connection_id: ConnectionId,
    /// The hosts, or the event type when there is none. All of them or none are taken.
    pub resources: Vec<Resource>,
    /// The provider's id of the event type.
    pub event_type_id: Option<String>,
    /// When.
    pub slot: Slot,
    /// Whether others may take the same start.
    pub sharing: Sharing,
    /// Who takes it, and may release it.
    pub owner: Owner,
    /// Until when.
    pub terms: Terms,
    /// The booking, if there is one already.
    pub booking_id: Option<BookingId>,
    /// The claim of the same booking that this one will replace: they may overlap.
    pub instead_of: Option<ClaimId>,
}

/// What became of the wish to take time.
#[derive(Clone, PartialEq, Debug)]
pub enum Claimed {
    /// It is ours.
    Yes(Claim),
    /// Somebody else has it, or the last seat of it.
    Taken {
        /// What stands in the way.
        by: Claim,
    },
}

/// Rounds of removing expired holds. Each begins with what is there now, and nobody can add to it meanwhile.
const ROUNDS: usize = 3;

/// Wait until nobody else takes time of these until the end of the transaction. Only for whoever does more under that
/// lock than one call here: each call locks what it needs.
pub async fn lock(tx: &mut Tx, scope: &Scope, resources: &[Resource]) -> Result<(), StoreError> {
    let tenant = scope.tenant_id().to_string();
    let keys: Vec<i64> = resources
        .iter()
        .map(|resource| fingerprint::lock_key(["claims", &tenant, resource.as_str()]))
        .collect();
    tx.lock_keys(&keys).await
}

/// Take time, if it is free. Holds that have expired make room.
pub async fn take(
    tx: &mut Tx,
    scope: &Scope,
    new: &NewClaim,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    if new.resources.is_empty() {
        return Err(StoreError::bug("a claim without a resource guards nothing"));
    }
    lock(tx, scope, &new.resources).await?;
    let chain = match new.instead_of {
        Some(former) => find(tx, scope, former).await?.map(|claim| claim.chain()),
        None => None,
    };
    let share = new.sharing.word(new.slot.starts_at());
    for _ in 0..ROUNDS {
        let overlaps = Overlap::list(tx, scope, &new.resources, new.slot).await?;
        let (live, expired): (Vec<_>, Vec<_>) = overlaps
            .into_iter()
            .partition(|overlap| overlap.claim.is_live(now));
        if expired.is_empty() {
            if let Some(by) = in_the_way(&live, new, share.as_deref(), chain) {
                return Ok(Claimed::Taken { by });
            }
            let claim = insert(tx, scope, new, chain, now).await?;
            seat(tx, &claim, new, share, &live).await?;
            affecting::announce(tx, scope, std::slice::from_ref(&claim), now).await?;
            return Ok(Claimed::Yes(claim));
        }
        drop_expired(tx, scope, &expired, now).await?;
    }
    Err(StoreError::Busy)
}

/// Take the new time of a booking and give back the old one, both or neither.
pub async fn move_to(
    tx: &mut Tx,
    scope: &Scope,
    new: &NewClaim,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    // Whoever takes the old time next must not wait for us while we wait for them.
    let mut all = new.resources.clone();
    if let Some(former) = new.instead_of {
        all.extend(resources(tx, scope, former).await?);
    }
    lock(tx, scope, &all).await?;
    let claimed = take(tx, scope, new, now).await?;
    if let (Claimed::Yes(_), Some(former)) = (&claimed, new.instead_of) {
        free(tx, scope, former, now).await?;
    }
    Ok(claimed)
}

/// The live claim because of which the time cannot be taken.
fn in_the_way(
    live: &[Overlap],
    new: &NewClaim,
    share: Option<&str>,
    chain: Option<ClaimId>,
) -> Option<Claim> {
    let stranger = live.iter().find(|overlap| {
        let shares = Some(overlap.share.as_str()) == share;
        let same_booking = Some(overlap.claim.chain()) == chain;
        !shares && !same_booking
    });
    let full = || {
        let capacity = usize::from(new.sharing.capacity());
        new.resources.iter().find_map(|resource| {
            let mut seated = seated(live, resource, share?);
            (seated.clone().count() >= capacity).then(|| seated.next())?
        })
    };
    stranger.or_else(full).map(|overlap| overlap.claim.clone())
}

fn seated<'a>(
    live: &'a [Overlap],
    resource: &'a Resource,
    share: &'a str,
) -> impl Iterator<Item = &'a Overlap> + Clone {
    live.iter()
        .filter(move |overlap| overlap.share == share && overlap.resource == resource.as_str())
}

async fn insert(
    tx: &mut Tx,
    scope: &Scope,
    new: &NewClaim,
    chain: Option<ClaimId>,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    let (kind, expires_at) = match new.terms {
        Terms::Hold { until } => (ClaimKind::Hold, Some(until)),
        Terms::Booking => (ClaimKind::Booking, None),
    };
    tx.query(
        "INSERT INTO claims (tenant_id, connection_id, kind, chain, event_type_id, starts_at, ends_at, blocked_from,
             blocked_until, capacity, held_by, owner_key, expires_at, booking_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
         RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(new.connection_id)
    .bind(kind)
    .bind(chain)
    .bind(new.event_type_id.as_deref())
    .bind(new.slot.starts_at())
    .bind(new.slot.ends_at())
    .bind(new.slot.blocked_from())
    .bind(new.slot.blocked_until())
    .bind(i32::from(new.sharing.capacity()))
    .bind(new.owner.held_by())
    .bind(new.owner.key())
    .bind(expires_at)
    .bind(new.booking_id)
    .bind(now)
    .one()
    .await
}

/// One row for each resource, in the lowest free seat of a group.
async fn seat(
    tx: &mut Tx,
    claim: &Claim,
    new: &NewClaim,
    share: Option<String>,
    live: &[Overlap],
) -> Result<(), StoreError> {
    let share = share.unwrap_or_else(|| format!("claim:{}", claim.id));
    let all: BTreeSet<&Resource> = new.resources.iter().collect();
    let rows = all
        .into_iter()
        .map(|resource| {
            let used: BTreeSet<i32> = seated(live, resource, &share)
                .map(|overlap| overlap.seat)
                .collect();
            let seat = (1..=claim.capacity).find(|seat| !used.contains(seat));
            vec![
                claim.id.into(),
                claim.tenant_id.into(),
                resource.as_str().into(),
                claim.blocked_from.into(),
                claim.blocked_until.into(),
                share.as_str().into(),
                claim.chain().into(),
                seat.unwrap_or(i32::MAX).into(),
                claim.capacity.into(),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO claim_resources
             (claim_id, tenant_id, resource, blocked_from, blocked_until, share, chain, seat, capacity) VALUES",
        rows,
        "",
    )
    .await
    .map(drop)
    // Only somebody who does not wait for the lock gets here; the next look sees what they took.
    .map_err(|error| match error {
        StoreError::Conflict | StoreError::Refused(_) => StoreError::Busy,
        other => other,
    })
}

/// Holds that were extended or became bookings at this moment stay.
async fn drop_expired(
    tx: &mut Tx,
    scope: &Scope,
    expired: &[Overlap],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (list, ids) = in_list(3, expired.iter().map(|overlap| overlap.claim.id));
    let gone: Vec<Claim> = tx
        .query(format!(
            "DELETE FROM claims WHERE tenant_id = $1 AND kind = 'hold' AND expires_at <= $2 AND id IN {list} RETURNING *"
        ))
        .bind(scope.tenant_id())
        .bind(now)
        .bind_all::<Value>(ids)
        .all()
        .await?;
    affecting::announce(tx, scope, &gone, now).await
}
