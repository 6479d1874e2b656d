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
    progress::Progress,
    settle::Deal,
    sweep::{SweepError, Watch, sweep},
};
use crate::{
    app::App,
    event_types::sync::{SyncError, find_run},
    incidents,
    jobs::JobError,
    metrics::SyncEnd,
    upstream::{self, AskError},
};

/// Whoever is silent for this long has stopped; each page takes less.
const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// Between looks at a run that somebody else does.
const LOOK: Duration = Duration::from_millis(200);

/// So often not only what changed is compared, but whatever starts in a longer stretch of time.
const WHOLE: SignedDuration = SignedDuration::from_hours(24);

/// How far back that stretch goes.
const BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Clocks differ, and a record is written a little after its time.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);

/// The job of a run. What passes is tried again, from where it stopped.
pub async fn run_job(app: &App, scope: &Scope, id: SyncRunId) -> Result<(), JobError> {
    match do_run(app, scope, id, &|_| ()).await? {
        Came::Through(_) => Ok(()),
        Came::Stopped { at, why } => Err(JobError::Retry { at, why }),
        Came::Not => look_again(app, scope, id).await,
    }
}

/// Whoever is at it may have died: its lease ends soon.
async fn look_again(app: &App, scope: &Scope, id: SyncRunId) -> Result<(), JobError> {
    let mut tx = app.store.read().await?;
    let run = sync_runs::find(&mut tx, scope, &id.to_string()).await?;
    tx.rollback().await?;
    match run.and_then(|run| run.leased_until) {
        Some(until) => Err(JobError::Retry {
            at: Some(until),
            why: "somebody else is at it".to_owned(),
        }),
        None => Ok(()),
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
    let runs = ask_for(app, scope, connection_id, extent, cause).await?;
    watch_through(app, scope, runs, patience, watch).await
}

/// Do runs that were asked for, or wait for whoever does them, at most `patience`; the runs as far as they came.
pub async fn watch_through(
    app: &App,
    scope: &Scope,
    mut runs: Vec<SyncRun>,
    patience: Duration,
    watch: &(dyn Fn(usize) + Sync),
) -> Result<Vec<SyncRun>, SyncError> {
    let until = Instant::now() + patience;
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
        watch(progress_of(&run).report.read);
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
    let mut progress = progress_of(&run);
    let last = last_done(app, scope, run.connection_id).await?;
    if progress.began_at.is_none() {
        progress = due_now(last.as_ref(), now);
    }
    progress.resumed |= progress.report.read > 0;
    let keeper = Keeper {
        app,
        run: &run,
        watch,
    };
    let swept = match upstream::any_target(app, scope, run.connection_id).await {
        Ok(target) => {
            Box::pin(sweep(
                app,
                scope,
                &target,
                Deal::Repair,
                &mut progress,
                &keeper,
            ))
            .await
        }
        Err(error) => Err(error.into()),
    };
    match swept {
        Ok(()) => {
            progress.concluded(last.as_ref(), run.started_at);
            finish(app, scope, &run, &progress, None).await
        }
        Err(SweepError::TakenOver) => Ok(Came::Not),
        Err(SweepError::Store(error)) => Err(error),
        Err(SweepError::Ask(error)) if passes(&error) || progress.place.is_forgotten(&error) => {
            progress.stopped += 1;
            keeper.let_go(&progress).await?;
            count(app, SyncEnd::Stopped);
            if progress.stopped >= incidents::FAILURES {
                incidents::sync_keeps_failing(app, scope, &run, &error.to_string()).await?;
            }
            Ok(Came::Stopped {
                at: error.retry_at(app.clock.now()),
                why: error.to_string(),
            })
        }
        Err(error) => finish(app, scope, &run, &progress, Some(error.to_string())).await,
    }
}

fn progress_of(run: &SyncRun) -> Progress {
    serde_json::from_value(run.progress.clone()).unwrap_or_default()
}

/// What goes on where a run was cut short; `None` where there is no more.
pub fn cursor_of(runs: &[SyncRun]) -> Option<String> {
    let cut = runs
        .iter()
        .filter(|run| run.state == RunState::Done && progress_of(run).is_cut());
    let ids: Vec<_> = cut.map(|run| run.id.to_string()).collect();
    (!ids.is_empty()).then(|| ids.join("."))
}

/// Whether it is worth going on later.
fn passes(error: &AskError) -> bool {
    matches!(
        error.word(),
        "down" | "no_answer" | "not_sent" | "rate_limited" | "budget_exhausted" | "circuit_open"
    )
}

/// How the last sweep of a connection that was done left off.
async fn last_done(
    app: &App,
    scope: &Scope,
    connection_id: ConnectionId,
) -> Result<Option<Progress>, StoreError> {
    let filter = RunFilter {
        connection_id: Some(connection_id),
        kind: Some(SyncKind::Bookings),
        state: Some(RunState::Done),
    };
    let mut tx = app.store.read().await?;
    let done = sync_runs::list(&mut tx, scope, &filter, PageRequest::first(1)).await?;
    tx.rollback().await?;
    Ok(done.data.first().map(progress_of))
}

/// What a scheduled run reads: everything the first time, then what changed, and by the day a longer stretch as well.
fn due_now(last: Option<&Progress>, now: Timestamp) -> Progress {
    let Some(through) = last.and_then(|last| last.through) else {
        return Progress::of(Extent::default(), now);
    };
    let is_recent = |at: Timestamp| at > now - WHOLE;
    if last
        .and_then(|last| last.whole_at)
        .is_none_or(|at| !is_recent(at))
    {
        return Progress::from(now - BACK, now);
    }
    let changes = Extent {
        since: Some(through - OVERLAP),
        limit: None,
    };
    Progress::of(changes, now)
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
    async fn at(&self, progress: &mut Progress) -> Result<(), SweepError> {
        progress.stopped = 0;
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
    scope: &Scope,
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
    if let Some(run) = &ended {
        incidents::note_sync(&mut tx, scope, run, now).await?;
    }
    tx.commit().await?;
    if let Some(run) = &ended {
        let is_done = run.state == RunState::Done;
        count(
            app,
            if is_done {
                SyncEnd::Done
            } else {
                SyncEnd::Failed
            },
        );
    }
    Ok(ended.map_or(Came::Not, |run| Came::Through(Box::new(run))))
}

fn count(app: &App, end: SyncEnd) {
    let kind = SyncKind::Bookings.as_str();
    app.metrics.upstream.synced(kind, end);
}
