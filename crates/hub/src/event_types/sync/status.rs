//! How far we are behind Cal.com, looked up at most once a second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use calbridge_core::{ids::TenantId, scope::Scope};
use calbridge_store::{StoreError, sync_status};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;

/// What was looked up is good for this long.
const KEEP: SignedDuration = SignedDuration::from_secs(1);

/// How far we are behind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// When event types were read without an error.
    pub last_sync: Option<Timestamp>,
    /// Event types that can be booked.
    pub event_types: i64,
    /// Webhook events that are still to be applied.
    pub pending: i64,
    /// When bookings were compared without an error.
    pub last_comparison: Option<Timestamp>,
    /// What came how today, in UTC.
    pub today: Today,
    /// Differences that wait for a person.
    pub open_findings: i64,
    /// What went wrong in the last run of each connection.
    pub errors: Vec<String>,
}

/// How bookings came to us today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Today {
    /// Webhook events that were applied.
    pub received: i64,
    /// Bookings that only a comparison found.
    pub found: i64,
    /// Bookings that were made to agree.
    pub repaired: i64,
    /// Bookings about which both sides began to differ.
    pub conflicting: i64,
}

/// Of one tenant, or of all.
type Remembered = HashMap<Option<TenantId>, (Timestamp, Arc<Status>)>;

/// What was looked up a moment ago.
#[derive(Default)]
pub struct Statuses(Mutex<Remembered>);

impl Statuses {
    fn find(&self, of: Option<TenantId>) -> Option<(Timestamp, Arc<Status>)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&of).cloned()
    }

    fn keep(&self, of: Option<TenantId>, at: Timestamp, status: Arc<Status>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(of, (at, status));
    }
}

/// How far a tenant is behind, or all of them. While the database does not answer, it is what was known last, and says so.
pub async fn status(app: &App, of: Option<TenantId>) -> Arc<Status> {
    let now = app.clock.now();
    let known = app.sync_statuses.find(of);
    if let Some((at, status)) = &known
        && now.duration_since(*at).abs() < KEEP
    {
        return Arc::clone(status);
    }
    match look(app, of).await {
        Ok(status) => {
            let status = Arc::new(status);
            app.sync_statuses.keep(of, now, Arc::clone(&status));
            status
        }
        Err(error) => {
            tracing::warn!(%error, "How far syncs are could not be looked up");
            let last = known.map(|(_, status)| status);
            let mut status = last.as_deref().cloned().unwrap_or_default();
            status
                .errors
                .push("the database does not answer".to_owned());
            Arc::new(status)
        }
    }
}

async fn look(app: &App, of: Option<TenantId>) -> Result<Status, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let (found, errors) = match of.map(Scope::system) {
        Some(scope) => (
            sync_status::look(&mut tx, &scope, now).await?,
            sync_status::errors(&mut tx, &scope).await?,
        ),
        None => (
            sync_status::look_in_all(&mut tx, now).await?,
            sync_status::errors_in_all(&mut tx).await?,
        ),
    };
    tx.rollback().await?;
    Ok(Status {
        last_sync: found.last_sync,
        event_types: found.event_types,
        pending: found.pending,
        last_comparison: found.last_comparison,
        today: Today {
            received: found.received,
            found: found.found,
            repaired: found.repaired,
            conflicting: found.conflicting,
        },
        open_findings: found.open_findings,
        errors,
    })
}
