//! Holds: slots that are kept for somebody until they book, give back, or the time is up.

mod error;
mod keep;
mod look_after;
mod release;
mod reservation;
mod used;

use calbridge_core::{claim::Owner, scope::Scope};
use calbridge_store::{
    StoreError,
    holds::{self, Hold},
};
use uuid::Uuid;

pub(super) use self::used::{Held, held};
pub use self::{
    error::HoldError,
    keep::{HoldRequest, hold},
    look_after::{look_after_holds, prune},
    release::release,
    reservation::{
        Reserved, release_job as release_reservation_job, run_job as release_reservation,
    },
};
use crate::app::App;

/// A hold of the tenant, by its id, however it stands.
pub async fn find_hold(app: &App, scope: &Scope, id: &str) -> Result<Hold, HoldError> {
    let not_found = || HoldError::NotFound(id.to_owned());
    let public_id: Uuid = id.parse().map_err(|_| not_found())?;
    let mut tx = app.store.read().await?;
    let found = holds::find(&mut tx, scope, public_id).await?;
    tx.rollback().await?;
    found.ok_or_else(not_found)
}

/// Whoever makes a hold owns it; its id tells the callers of one key from another.
fn owner(scope: &Scope, public_id: Uuid) -> Owner {
    Owner::new(scope, &public_id.to_string())
}

fn is_owner(scope: &Scope, hold: &Hold) -> bool {
    owner(scope, hold.public_id).key() == hold.owner_key
}

impl From<StoreError> for HoldError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
