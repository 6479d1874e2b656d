//! Intents whose job was lost.

use calbridge_core::scope::Scope;
use calbridge_store::{intents, jobs};
use jiff::SignedDuration;

use super::settle::{job_at, job_key};
use crate::{app::App, jobs::JobError};

/// Jobs see to their intents within this time.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// Intents that are looked at each time.
const AT_ONCE: i64 = 100;

/// What runs from time to time: see to it that what is due has a job.
pub async fn see_to_overdue(app: &App) -> Result<(), JobError> {
    let now = app.clock.now();
    let before = now.checked_sub(LATE).unwrap_or(now);
    let mut tx = app.store.write().await?;
    let due = intents::list_due_in_all(&mut tx, before, AT_ONCE).await?;
    let keys: Vec<String> = due.iter().map(|intent| job_key(intent.id)).collect();
    let known = jobs::list_known(&mut tx, &keys).await?;
    let lost: Vec<_> = due
        .iter()
        .filter(|intent| !known.contains(&job_key(intent.id)))
        .map(|intent| job_at(&Scope::system(intent.tenant_id), intent, now))
        .collect();
    let count = lost.len();
    jobs::enqueue(&mut tx, lost, now).await?;
    tx.commit().await?;
    if count > 0 {
        tracing::warn!("{count} intents had no job and have one again");
    }
    Ok(())
}
