//! Apply a stored event again, one or a range, for real or only to see what would change.

use calbridge_core::{ids::WebhookEventId, scope::Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    jobs,
    sql::Tx,
    webhook_events::{self, EventFilter, EventStatus, Finished, WebhookEvent},
};
use jiff::Timestamp;
use serde_json::json;

use super::{apply::RowChanges, interpret::interpret, log, tries::Tries};
use crate::{app::App, jobs::Kind};

/// Why an event could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The tenant has no such event.
    #[error("there is no webhook event {0}")]
    NotFound(WebhookEventId),
    /// Its raw bytes are no longer kept.
    #[error("the body of webhook event {0} is no longer kept")]
    BodyGone(WebhookEventId),
    /// It still cannot be applied.
    #[error("webhook event {id} cannot be applied: {why}")]
    StillFails {
        /// The event.
        id: WebhookEventId,
        /// Why.
        why: String,
    },
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReplayError {
    /// A conflict that did not pass says something about the event.
    pub(super) fn for_good(self, id: WebhookEventId) -> Self {
        match self {
            Self::Store(error @ StoreError::Conflict) => Self::StillFails {
                id,
                why: error.to_string(),
            },
            other => other,
        }
    }
}

/// What replaying an event came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Replayed {
    /// The event.
    pub id: WebhookEventId,
    /// Its status now; in a dry run, what it would be.
    pub status: EventStatus,
    /// Why it is ignored, or still fails.
    pub reason: Option<String>,
    /// The real changes it made, in words.
    pub moves: Vec<&'static str>,
    /// Rows that would change; noted in a dry run only.
    pub rows: RowChanges,
}

/// Apply a stored event again.
pub async fn replay(app: &App, scope: &Scope, id: WebhookEventId) -> Result<Replayed, ReplayError> {
    let mut tries = Tries::new();
    loop {
        match try_replay(app, scope, id).await {
            Err(ReplayError::Store(error)) if tries.again(&error) => {}
            outcome => return outcome.map_err(|error| error.for_good(id)),
        }
    }
}

async fn try_replay(app: &App, scope: &Scope, id: WebhookEventId) -> Result<Replayed, ReplayError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let (event, replayed) = interpret(app, &mut tx, scope, id, None, now).await?;
    note(&mut tx, &event, &replayed, now).await?;
    if replayed.status.is_settled() {
        jobs::cancel(&mut tx, &[Kind::ApplyEvent.key(id)]).await?;
    }
    let deed = Deed::of(scope, "webhook_event.replay", "webhook_event", id)
        .before(json!({ "status": event.status.as_str() }))
        .after(json!({ "status": replayed.status.as_str() }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    log::applied_again(&event, replayed.status.as_str());
    Ok(replayed)
}

/// What applying a stored event again would change. Nothing is written.
pub async fn dry_run(
    app: &App,
    scope: &Scope,
    id: WebhookEventId,
) -> Result<Replayed, ReplayError> {
    let mut tries = Tries::new();
    loop {
        match try_dry_run(app, scope, id).await {
            Err(ReplayError::Store(error)) if tries.again(&error) => {}
            outcome => return outcome.map_err(|error| error.for_good(id)),
        }
    }
}

async fn try_dry_run(
    app: &App,
    scope: &Scope,
    id: WebhookEventId,
) -> Result<Replayed, ReplayError> {
    let now = app.clock.now();
    let mut rows = RowChanges::default();
    let mut tx = app.store.write().await?;
    let (_, mut replayed) = interpret(app, &mut tx, scope, id, Some(&mut rows), now).await?;
    tx.rollback().await?;
    replayed.rows = rows;
    Ok(replayed)
}

/// Replay up to `limit` events that the filter names, oldest first, beginning above `after`.
///
/// Each is a transaction of its own; one that fails is reported and the rest goes on.
pub async fn replay_range(
    app: &App,
    scope: &Scope,
    filter: &EventFilter,
    after: WebhookEventId,
    limit: i64,
    only_look: bool,
) -> Result<Vec<Replayed>, ReplayError> {
    let mut tx = app.store.read().await?;
    let events = webhook_events::list_after(&mut tx, scope, filter, after, limit).await?;
    tx.rollback().await?;
    let mut all = Vec::with_capacity(events.len());
    for event in events {
        let outcome = if only_look {
            dry_run(app, scope, event.id).await
        } else {
            replay(app, scope, event.id).await
        };
        all.push(match outcome {
            Ok(replayed) => replayed,
            Err(ReplayError::Store(error)) => return Err(error.into()),
            Err(error) => Replayed {
                id: event.id,
                status: EventStatus::Failed,
                reason: Some(error.to_string()),
                moves: Vec::new(),
                rows: RowChanges::default(),
            },
        });
    }
    Ok(all)
}

/// Note on the event what became of it.
pub(super) async fn note(
    tx: &mut Tx,
    event: &WebhookEvent,
    replayed: &Replayed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let failed = replayed.status == EventStatus::Failed;
    let finished = Finished {
        id: event.id,
        status: replayed.status,
        reason: replayed.reason.clone().filter(|_| !failed),
        error_message: replayed.reason.clone().filter(|_| failed),
        attempts: event.attempts + 1,
        next_attempt_at: None,
    };
    webhook_events::finish(tx, &[finished], now).await
}
