//! Give a hold back.

use calbridge_core::scope::{Permission, Scope};
use calbridge_store::{
    claims,
    holds::{self, Hold, HoldState},
    jobs,
};

use super::{HoldError, find_hold, is_owner, owner, reservation::Reserved};
use crate::{app::App, inbox::tries::Tries};

/// Give a hold back: its owner may, and administrators. One that is over stays as it is.
pub async fn release(app: &App, scope: &Scope, id: &str) -> Result<Hold, HoldError> {
    let mut tries = Tries::new();
    loop {
        match try_release(app, scope, id).await {
            Err(HoldError::Store(error)) if tries.again(&error) => {}
            other => return other,
        }
    }
}

async fn try_release(app: &App, scope: &Scope, id: &str) -> Result<Hold, HoldError> {
    let known = find_hold(app, scope, id).await?;
    let is_ours = is_owner(scope, &known);
    if !is_ours && !scope.may(Permission::Admin) {
        return Err(HoldError::NotYours);
    }
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let Some(hold) = holds::find_for_update(&mut tx, scope, known.public_id).await? else {
        return Err(HoldError::NotFound(id.to_owned()));
    };
    if !hold.is_live(now) {
        tx.rollback().await?;
        return Ok(hold);
    }
    let released = holds::end(&mut tx, scope, hold.id, HoldState::Released, now).await?;
    let freed = if is_ours {
        let owner = owner(scope, hold.public_id);
        claims::release(&mut tx, scope, hold.claim_id, &owner, now).await?
    } else {
        claims::free(&mut tx, scope, hold.claim_id, now).await?
    };
    let job = freed.and_then(|claim| Reserved::of(&claim, hold.expires_at));
    let jobs = job.map(|reserved| reserved.release_job(scope, now));
    jobs::enqueue(&mut tx, jobs.into_iter().collect(), now).await?;
    tx.commit().await?;
    Ok(released.unwrap_or(hold))
}
