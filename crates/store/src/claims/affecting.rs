//! What claims that come or go invalidate: the free slots around their time, of every connection by which the same people
//! can be booked.

use std::{collections::BTreeMap, ops::Range};

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    scope::Scope,
};
use jiff::{SignedDuration, Timestamp};

use super::Claim;
use crate::{
    invalidations::{self, Affected},
    sql::{StoreError, Tx},
};

/// Buffers of other event types reach no further than this.
const AROUND: SignedDuration = SignedDuration::from_hours(12);

/// Say with this transaction that the time of claims of a tenant is another's, or free.
pub(super) async fn announce(
    tx: &mut Tx,
    scope: &Scope,
    claims: &[Claim],
    now: Timestamp,
) -> Result<(), StoreError> {
    let ahead: Vec<&Claim> = claims
        .iter()
        .filter(|claim| claim.blocked_until > now)
        .collect();
    if ahead.is_empty() {
        return Ok(());
    }
    let others = connections_with_users(tx, scope).await?;
    let nothing = Affected::nothing("the time of these claims is over");
    let affected = ahead.into_iter().fold(nothing, |all, claim| {
        let time = around(claim);
        let own = Affected::slots(scope, claim.connection_id, time.clone());
        let others = others.iter().filter(|id| **id != claim.connection_id);
        others.fold(all.and(own), |all, other| {
            all.and(Affected::slots(scope, *other, time.clone()))
        })
    });
    invalidations::announce(tx, affected, now);
    Ok(())
}

/// The same for claims of all tenants.
pub(super) async fn announce_in_all(
    tx: &mut Tx,
    claims: &[Claim],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut by_tenant: BTreeMap<TenantId, Vec<Claim>> = BTreeMap::new();
    for claim in claims {
        let of_tenant = by_tenant.entry(claim.tenant_id).or_default();
        of_tenant.push(claim.clone());
    }
    for (tenant, claims) in by_tenant {
        announce(tx, &Scope::system(tenant), &claims, now).await?;
    }
    Ok(())
}

/// The connections whose hosts are users of ours: one person may be booked by several.
async fn connections_with_users(
    tx: &mut Tx,
    scope: &Scope,
) -> Result<Vec<ConnectionId>, StoreError> {
    let rows: Vec<(ConnectionId,)> = tx
        .query(
            "SELECT DISTINCT connection_id FROM host_matches WHERE tenant_id = $1 AND state = 'confirmed'",
        )
        .bind(scope.tenant_id())
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

fn around(claim: &Claim) -> Range<Timestamp> {
    let from = claim.blocked_from.checked_sub(AROUND);
    let until = claim.blocked_until.checked_add(AROUND);
    from.unwrap_or(Timestamp::MIN)..until.unwrap_or(Timestamp::MAX)
}
