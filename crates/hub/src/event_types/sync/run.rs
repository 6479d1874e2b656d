//! Do a sync: take the run, read the provider's lists, write what they say.

use std::time::{Duration, Instant};

use calbridge_core::{
    ids::{ConnectionId, SyncRunId},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    sync_runs::{self, Ending, RunState, SyncCause, SyncRun},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    apply::{Reading, apply},
    ask::{SyncError, ask_for, find_run},
    read::{self, Unread},
};
use crate::{app::App, incidents, jobs::JobError, metrics::SyncEnd};

/// Whoever is silent for this long has stopped; each list takes less.
const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// Between looks at a run that somebody else does.
const LOOK: Duration = Duration::from_millis(200);

/// The job of a run. What the provider refuses is recorded and tried again at the next hour, not by the queue.
pub async fn run_job(app: &App, scope: &Scope, id: SyncRunId) -> Result<(), JobError> {
    do_run(app, scope, id, &|_| ()).await?;
    Ok(())
}

/// Sync now, one connection or all, and wait for it, at most `patience`; the runs as far as they came. `watch` is told
/// how many event types were read.
pub async fn now(
    app: &App,
    scope: &Scope,
    connection_id: Option<ConnectionId>,
    cause: SyncCause,
    patience: Duration,
    watch: &(dyn Fn(usize) + Sync),
) -> Result<Vec<SyncRun>, SyncError> {
    let until = Instant::now() + patience;
    let mut runs = ask_for(app, scope, connection_id, cause).await?;
    for run in &mut runs {
        let left = until.saturating_duration_since(Instant::now());
        // Where time runs out the job goes on: the lease of a run that is dropped here ends soon.
        if let Ok(ended) = tokio::time::timeout(left, to_its_end(app, scope, run.id, watch)).await {
            *run = ended?;
        }
    }
    Ok(runs)
}

/// Do a run, or wait for whoever does it.
async fn to_its_end(
    app: &App,
    scope: &Scope,
    id: SyncRunId,
    watch: &(dyn Fn(usize) + Sync),
) -> Result<SyncRun, SyncError> {
    loop {
        if let Some(run) = do_run(app, scope, id, watch).await? {
            return Ok(run);
        }
        let run = find_run(app, scope, &id.to_string()).await?;
        if run.state.is_over() {
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Do a run, unless it is over or somebody else is at it.
async fn do_run(
    app: &App,
    scope: &Scope,
    id: SyncRunId,
    watch: &(dyn Fn(usize) + Sync),
) -> Result<Option<SyncRun>, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let taken = sync_runs::take(&mut tx, scope, id, now + LEASE, now).await?;
    tx.commit().await?;
    let Some(run) = taken else {
        return Ok(None);
    };
    let progress = Progress {
        app,
        run: &run,
        watch,
    };
    match read::everything(app, scope, run.connection_id, &progress).await {
        Ok(reading) => finish(app, scope, &run, &reading).await,
        Err(Unread(why)) => fail(app, scope, &run, why).await,
    }
}

/// Tells how far a run is, and keeps it.
pub(super) struct Progress<'a> {
    app: &'a App,
    run: &'a SyncRun,
    watch: &'a (dyn Fn(usize) + Sync),
}

impl Progress<'_> {
    /// So many lists of so many are read, with so many event types. A database that does not answer now is met again at
    /// the end.
    pub async fn tell(&self, lists: usize, of: usize, event_types: usize) {
        (self.watch)(event_types);
        let so_far = json!({ "lists": lists, "of": of, "event_types": event_types });
        if let Err(error) = self.note(&so_far).await {
            tracing::debug!(sync_run.id = %self.run.id, %error, "The progress of a sync was not noted");
        }
    }

    async fn note(&self, so_far: &Value) -> Result<(), StoreError> {
        let until = self.app.clock.now() + LEASE;
        let mut tx = self.app.store.write().await?;
        sync_runs::note_progress(&mut tx, self.run, so_far, until).await?;
        tx.commit().await
    }
}

/// Write what was read and how the run ended, together; `None` when another runner has taken over.
pub(super) async fn finish(
    app: &App,
    scope: &Scope,
    run: &SyncRun,
    reading: &Reading,
) -> Result<Option<SyncRun>, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let report = apply(&mut tx, scope, run.connection_id, reading, now).await?;
    let ending = Ending {
        result: Some(json!(report)),
        error: (!reading.failures.is_empty()).then(|| reading.failures.join("; ")),
    };
    let Some(ended) = sync_runs::finish(&mut tx, run, ending, now).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    incidents::note_sync(&mut tx, scope, &ended, now).await?;
    tx.commit().await?;
    count(app, &ended);
    tracing::info!(
        connection.id = %run.connection_id,
        sync_run.id = %run.id,
        "Synced event types: {}",
        report.summary()
    );
    Ok(Some(ended))
}

async fn fail(
    app: &App,
    scope: &Scope,
    run: &SyncRun,
    why: String,
) -> Result<Option<SyncRun>, StoreError> {
    tracing::warn!(
        connection.id = %run.connection_id,
        sync_run.id = %run.id,
        "Event types could not be synced: {why}"
    );
    let ending = Ending {
        result: None,
        error: Some(why),
    };
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let ended = sync_runs::finish(&mut tx, run, ending, now).await?;
    if let Some(run) = &ended {
        incidents::note_sync(&mut tx, scope, run, now).await?;
    }
    tx.commit().await?;
    if let Some(run) = &ended {
        count(app, run);
    }
    Ok(ended)
}

fn count(app: &App, run: &SyncRun) {
    let end = if run.state == RunState::Done {
        SyncEnd::Done
    } else {
        SyncEnd::Failed
    };
    app.metrics.upstream.synced(run.kind.as_str(), end);
}
