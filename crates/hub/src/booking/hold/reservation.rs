//! The provider's own reservation beside a hold of ours. It hides the slot from others and stops nobody: a hold does not
//! depend on it, and what becomes of it is only told.

use std::time::Duration;

use calbridge_core::{
    capability::{Operation, ability},
    ids::ConnectionId,
    lane::Lane,
    scope::Scope,
};
use calbridge_providers::calcom_api::{
    ErrorKind,
    slots::{self, ReserveSlot},
};
use calbridge_store::{
    StoreError,
    claims::{self, Claim},
    holds::{self, Hold, Reservation},
    invalidations::{self, Affected},
    jobs::{self, NewJob},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::App,
    booking::desk::Desk,
    jobs::{JobError, Kind},
    upstream::{AskError, Wish, ask, target, target_of},
};

/// Whoever makes a hold waits for the reservation no longer than this.
const WITHIN: Duration = Duration::from_secs(3);

/// A reservation at a provider.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reserved {
    connection_id: ConnectionId,
    /// The provider's name of it.
    name: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// It ends by itself at about that time.
    until: Timestamp,
}

impl Reserved {
    /// The one beside a claim, if there is one.
    pub(in crate::booking) fn of(claim: &Claim, until: Timestamp) -> Option<Self> {
        Some(Self {
            connection_id: claim.connection_id,
            name: claim.reservation_id.clone()?,
            starts_at: claim.starts_at,
            ends_at: claim.ends_at,
            until,
        })
    }

    /// The job that gives it back.
    pub(in crate::booking) fn release_job(&self, scope: &Scope, run_at: Timestamp) -> NewJob {
        NewJob {
            tenant_id: scope.tenant_id(),
            kind: Kind::ReleaseReservation.as_str(),
            unique_key: Kind::ReleaseReservation.key(&self.name),
            payload: json!(self),
            run_at,
            lane: Kind::ReleaseReservation.lane(),
        }
    }
}

/// The job that gives back the reservation beside the claim of a hold that gave way.
pub fn release_job(scope: &Scope, claim: &Claim, now: Timestamp) -> Option<NewJob> {
    let until = claim.expires_at.unwrap_or(now);
    Some(Reserved::of(claim, until)?.release_job(scope, now))
}

/// Ask the provider to keep the slot of a hold too: the hold with what came of it.
pub(super) async fn reserve(app: &App, scope: &Scope, desk: &Desk, hold: Hold, lane: Lane) -> Hold {
    let provider = desk.subject.connection.connection.provider;
    // The provider would hide the whole group meeting, or all hosts who take turns; our claims count them.
    if desk.guard.leaves_room() || !ability(provider, Operation::Hold).has_call() {
        return hold;
    }
    let (reservation, name) = ask_to_keep(app, desk, &hold, lane).await;
    match note(app, scope, &hold, reservation, name).await {
        Ok(noted) => noted.unwrap_or(hold),
        Err(error) => {
            tracing::warn!(%error, "What the provider said to a hold was not written down");
            hold
        }
    }
}

async fn ask_to_keep(
    app: &App,
    desk: &Desk,
    hold: &Hold,
    lane: Lane,
) -> (Reservation, Option<String>) {
    let target = match target_of(app, &desk.subject.connection).await {
        Ok(target) => target,
        Err(error) => {
            tracing::info!("A hold stays without a reservation: {error}");
            return (Reservation::None, None);
        }
    };
    let slot = ReserveSlot {
        event_type_id: desk.event_type,
        start: hold.starts_at,
        length: desk.search.duration,
        keep: Some(minutes(hold.expires_at.duration_since(app.clock.now()))),
    };
    let wish = Wish {
        within: WITHIN,
        patience: WITHIN / 3,
        ..Wish::of(lane)
    };
    let call = slots::reserve(target.profile, &slot);
    match ask(app, &target, &call, wish).await {
        Ok(answered) => (Reservation::Kept, Some(answered.value.uid)),
        Err(error) => {
            tracing::info!("A hold stays without a reservation: {error}");
            let is_refused = matches!(&error, AskError::Provider(error)
                if matches!(error.kind, ErrorKind::SlotTaken | ErrorKind::Refused { .. }));
            let reservation = if is_refused {
                Reservation::Refused
            } else {
                Reservation::None
            };
            (reservation, None)
        }
    }
}

/// The provider counts in minutes.
fn minutes(lasts: SignedDuration) -> u32 {
    let minutes = lasts.as_secs().div_euclid(60) + i64::from(lasts.as_secs() % 60 > 0);
    u32::try_from(minutes).unwrap_or(1).max(1)
}

/// `None` when the hold was over before the provider answered; then its slot is given back there.
async fn note(
    app: &App,
    scope: &Scope,
    hold: &Hold,
    reservation: Reservation,
    name: Option<String>,
) -> Result<Option<Hold>, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let lasts = holds::set_reservation(&mut tx, scope, hold.id, reservation, now).await?;
    match name {
        Some(name) if lasts => {
            let name = Some(name.as_str());
            claims::set_reservation(&mut tx, scope, hold.claim_id, name, now).await?;
        }
        Some(name) => {
            let reserved = Reserved {
                connection_id: hold.connection_id,
                name,
                starts_at: hold.starts_at,
                ends_at: hold.ends_at,
                until: hold.expires_at,
            };
            jobs::enqueue(&mut tx, vec![reserved.release_job(scope, now)], now).await?;
        }
        None => {}
    }
    let noted = holds::find(&mut tx, scope, hold.public_id).await?;
    tx.commit().await?;
    Ok(noted)
}

/// Whether the provider still keeps the slot of a hold; `None` when it does not say.
pub(super) async fn is_kept(app: &App, hold: &Hold, name: &str) -> Option<bool> {
    let scope = Scope::system(hold.tenant_id);
    let target = target(app, &scope, hold.connection_id).await.ok()?;
    let call = slots::reservation(target.profile, name);
    match ask(app, &target, &call, Wish::of(Lane::Sync)).await {
        Ok(answered) => {
            let kept = answered.value;
            Some(kept.is_some_and(|kept| kept.start == hold.starts_at))
        }
        Err(error) => {
            tracing::debug!("Whether a slot is still reserved is not known: {error}");
            None
        }
    }
}

/// The job: give a reservation back. One that has run out by itself needs nothing.
pub async fn run_job(app: &App, scope: &Scope, reserved: Reserved) -> Result<(), JobError> {
    let now = app.clock.now();
    if reserved.until <= now {
        return Ok(());
    }
    let retry = |at: Option<Timestamp>, why: String| JobError::Retry { at, why };
    let target = target(app, scope, reserved.connection_id)
        .await
        .map_err(|error| retry(None, error.to_string()))?;
    let call = slots::release(target.profile, &reserved.name);
    ask(app, &target, &call, Wish::of(Lane::FollowUp))
        .await
        .map_err(|error| retry(error.retry_at(now), error.to_string()))?;
    // What the provider offered meanwhile lacks the slot.
    let time = reserved.starts_at..reserved.ends_at;
    let mut tx = app.store.write().await?;
    let affected = Affected::slots(scope, reserved.connection_id, time);
    invalidations::announce(&mut tx, affected, now);
    tx.commit().await?;
    Ok(())
}
