//! Do a comparison that was asked for: take the run, go on where it is, keep how far it came.

use std::time::{Duration, Instant};

use calbridge_core::{
    ids::{ConnectionId, SyncRunId},
    scope::Scope,
};
use calbridge_store::{
    PageRequest, StoreError,
    sync_runs::{self, Ending, RunFilter, RunState, SyncCause, SyncKind, SyncRun},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Extent,
    ask::ask_for,
    settle::Deal,
    sweep::{Progress, SweepError, Watch, sweep},
};
use crate::{
    app::App,
    event_types::sync::{SyncError, find_run},
    jobs::JobError,
    upstream::{self, AskError},
};

/// Whoever is silent for this long has stopped; each page takes less.
const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// Between looks at a run that somebody else does.
const LOOK: Duration = Duration::from_millis(200);

/// Everything is compared so often; in between only what changed.
const WHOLE: SignedDuration = SignedDuration::from_hours(24);

/// Clocks differ, and a record is written a little after its time.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);

/// The job of a run. What passes is tried again, from where it stopped.
pub async fn run_job(app: &App, scope: &Scope, id: SyncRunId) -> Result<(), JobError> {
    match do_run(app, scope, id, &|_| ()).await? {
        Came::Through(_) | Came::Not => Ok(()),
        Came::Stopped { at, why } => Err(JobError::Retry { at, why }),
    }
}

/// Compare now, one connection or all, and wait for it, at most `patience`; the runs as far as they came. `watch` is told
/// how many bookings were read.
pub async fn now(
    app: &App,
    scope: &Scope,
    connection_id: Option<ConnectionId>,
    extent: Extent,
    cause: SyncCause,
    patience: Duration,
    watch: &(dyn Fn(usize) + Sync),
) -> Result<Vec<SyncRun>, SyncError> {
    let until = Instant::now() + patience;
    let mut runs = ask_for(app, scope, connection_id, extent, cause).await?;
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
        match do_run(app, scope, id, watch).await? {
            Came::Through(run) => return Ok(*run),
            // The job tries again.
            Came::Stopped { .. } => return find_run(app, scope, &id.to_string()).await,
            Came::Not => {}
        }
        let run = find_run(app, scope, &id.to_string()).await?;
        if run.state.is_over() {
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// How doing a run went.
enum Came {
    /// To its end.
    Through(Box<SyncRun>),
    /// To a stop that may pass.
    Stopped { at: Option<Timestamp>, why: String },
    /// It is over, or somebody else is at it.
    Not,
}

async fn do_run(
    app: &App,
    scope: &Scope,
    id: SyncRunId,
    watch: &(dyn Fn(usize) + Sync),
) -> Result<Came, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let taken = sync_runs::take(&mut tx, scope, id, now + LEASE, now).await?;
    tx.commit().await?;
    let Some(run) = taken else {
        return Ok(Came::Not);
    };
    // What an earlier release kept begins anew.
    let mut progress: Progress = serde_json::from_value(run.progress.clone()).unwrap_or_default();
    if !progress.begun {
        let since = changed_since(app, scope, &run).await?;
        progress = Progress::of(Extent { since, limit: None });
    }
    let keeper = Keeper {
        app,
        run: &run,
        watch,
    };
    let swept = match upstream::target(app, scope, run.connection_id).await {
        Ok(target) => sweep(app, scope, &target, Deal::Repair, &mut progress, &keeper).await,
        Err(error) => Err(error.into()),
    };
    match swept {
        Ok(()) => finish(app, &run, &progress, None).await,
        Err(SweepError::TakenOver) => Ok(Came::Not),
        Err(SweepError::Store(error)) => Err(error),
        Err(SweepError::Ask(error)) if passes(&error) => {
            keeper.let_go(&progress).await?;
            Ok(Came::Stopped {
                at: error.retry_at(app.clock.now()),
                why: error.to_string(),
            })
        }
        Err(error) => finish(app, &run, &progress, Some(error.to_string())).await,
    }
}

/// Whether it is worth going on later.
fn passes(error: &AskError) -> bool {
    matches!(
        error.word(),
        "down" | "no_answer" | "not_sent" | "rate_limited" | "budget_exhausted" | "circuit_open"
    )
}

/// Since when a scheduled run looks at changes; `None` when all of it is due.
async fn changed_since(
    app: &App,
    scope: &Scope,
    run: &SyncRun,
) -> Result<Option<Timestamp>, StoreError> {
    let filter = RunFilter {
        connection_id: Some(run.connection_id),
        kind: Some(SyncKind::Bookings),
        state: Some(RunState::Done),
    };
    let mut tx = app.store.read().await?;
    let done = sync_runs::list(
        &mut tx,
        scope,
        &filter,
        PageRequest::first(PageRequest::MOST),
    )
    .await?;
    tx.rollback().await?;
    let of = |run: &SyncRun| {
        serde_json::from_value::<Progress>(run.progress.clone()).unwrap_or_default()
    };
    let whole = |run: &&SyncRun| {
        let progress = of(run);
        let begun = run
            .started_at
            .is_some_and(|at| at > app.clock.now() - WHOLE);
        begun && progress.since.is_none() && progress.limit.is_none()
    };
    if !done.data.iter().any(|run| whole(&run)) {
        return Ok(None);
    }
    let last = done.data.iter().find(|run| of(run).limit.is_none());
    Ok(last.and_then(|run| run.started_at).map(|at| at - OVERLAP))
}

struct Keeper<'a> {
    app: &'a App,
    run: &'a SyncRun,
    watch: &'a (dyn Fn(usize) + Sync),
}

impl Keeper<'_> {
    async fn keep(&self, progress: &Progress, until: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.app.store.write().await?;
        let ours = sync_runs::note_progress(&mut tx, self.run, &json!(progress), until).await?;
        tx.commit().await?;
        Ok(ours)
    }

    /// Whoever comes next goes on.
    async fn let_go(&self, progress: &Progress) -> Result<(), StoreError> {
        self.keep(progress, self.app.clock.now()).await?;
        Ok(())
    }
}

impl Watch for Keeper<'_> {
    async fn at(&self, progress: &Progress) -> Result<(), SweepError> {
        (self.watch)(progress.report.read);
        let until = self.app.clock.now() + LEASE;
        if self.keep(progress, until).await? {
            Ok(())
        } else {
            Err(SweepError::TakenOver)
        }
    }
}

async fn finish(
    app: &App,
    run: &SyncRun,
    progress: &Progress,
    error: Option<String>,
) -> Result<Came, StoreError> {
    match &error {
        None => tracing::info!(
            connection.id = %run.connection_id,
            sync_run.id = %run.id,
            "Compared bookings: {}",
            progress.report.summary()
        ),
        Some(why) => tracing::warn!(
            connection.id = %run.connection_id,
            sync_run.id = %run.id,
            "Bookings could not be compared: {why}"
        ),
    }
    let ending = Ending {
        result: Some(json!(progress.report)),
        error,
    };
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    sync_runs::note_progress(&mut tx, run, &json!(progress), now + LEASE).await?;
    let ended = sync_runs::finish(&mut tx, run, ending, now).await?;
    tx.commit().await?;
    Ok(ended.map_or(Came::Not, |run| Came::Through(Box::new(run))))
}
