//! What is not needed every day takes less room, and goes in the end: raw bodies are compressed, later deleted; jobs
//! that failed for good and answers kept for repeated requests are forgotten.
//!
//! Everything is done in small batches, each a short transaction: deliveries are stored in between. Whoever stops
//! halfway, or does it on two nodes at once, has done no harm.

use std::time::{Duration, Instant};

use calbridge_core::ids::{FIRST_TENANT, WebhookEventId};
use calbridge_store::{
    StoreError, idempotency_keys,
    jobs::{self, NewJob},
    webhook_bodies::{self, Amount, Place},
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::{
    app::App,
    jobs::{JobError, Kind},
    metrics::Body,
};

/// Bodies in one transaction.
const AT_ONCE: i64 = 100;

/// How long the job may take at a time; well within a lease.
const SHIFT: Duration = Duration::from_secs(20);

/// What was done, or would be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Tidied {
    /// Bodies that were compressed.
    pub compressed: u64,
    /// Their bytes before.
    pub bytes_before: u64,
    /// Their bytes after; unknown before it is done.
    pub bytes_after: u64,
    /// Bodies that were deleted.
    pub purged: u64,
    /// Jobs that were deleted.
    pub jobs: u64,
    /// Answers to requests with an idempotency key that were deleted.
    pub answers: u64,
    /// Nothing more is to be done now.
    pub finished: bool,
}

/// The instants before which something is old.
#[derive(Clone, Copy)]
struct Old {
    compress: Option<Timestamp>,
    purge: Option<Timestamp>,
    jobs: Option<Timestamp>,
}

impl Old {
    fn of(app: &App) -> Self {
        let now = app.clock.now();
        let ago = |days: u32| {
            let hours = i64::from(days) * 24;
            (days > 0)
                .then(|| now.checked_sub(SignedDuration::from_hours(hours)).ok())
                .flatten()
        };
        let settings = &app.config.retention;
        Self {
            compress: ago(settings.compress_after_days),
            purge: ago(settings.purge_after_days),
            jobs: ago(settings.failed_jobs_days),
        }
    }
}

/// Compress and delete what is old enough, for at most `longest`. `step` is told how many bodies and jobs were done.
pub async fn run(
    app: &App,
    longest: Option<Duration>,
    mut step: impl FnMut(u64),
) -> Result<Tidied, StoreError> {
    let began = Instant::now();
    let in_time = || longest.is_none_or(|longest| began.elapsed() < longest);
    let old = Old::of(app);
    let mut tidied = Tidied::default();
    // Those that go need not be compressed first.
    for place in [Place::Plain, Place::Archive] {
        let Some(before) = old.purge else { break };
        let newest = newest_before(app, before).await?;
        let mut after = WebhookEventId(0);
        loop {
            if !in_time() {
                return Ok(tidied);
            }
            let mut tx = app.store.write().await?;
            let (gone, last) =
                webhook_bodies::purge_in_all(&mut tx, place, before, after, newest, AT_ONCE)
                    .await?;
            tx.commit().await?;
            after = last;
            let gone = as_u64(gone);
            tidied.purged += gone;
            app.metrics.retention.bodies(Body::Purged, gone);
            step(gone);
            if gone < AT_ONCE.unsigned_abs() {
                break;
            }
        }
    }
    if let Some(before) = old.compress {
        let newest = newest_before(app, before).await?;
        let mut after = WebhookEventId(0);
        while let Some(last) = compress(app, before, after, newest, &mut tidied, &mut step).await? {
            after = last;
            if !in_time() {
                return Ok(tidied);
            }
        }
    }
    if let Some(before) = old.jobs {
        loop {
            let mut tx = app.store.write().await?;
            let gone = jobs::prune_failed_in_all(&mut tx, before, AT_ONCE).await?;
            tx.commit().await?;
            tidied.jobs += gone;
            step(gone);
            if gone < AT_ONCE.unsigned_abs() {
                break;
            }
        }
    }
    loop {
        let mut tx = app.store.write().await?;
        let gone = idempotency_keys::prune_in_all(&mut tx, app.clock.now(), AT_ONCE).await?;
        tx.commit().await?;
        tidied.answers += gone;
        step(gone);
        if gone < AT_ONCE.unsigned_abs() {
            break;
        }
    }
    tidied.finished = true;
    Ok(tidied)
}

/// A batch; the answer is its last event, or `None` when there was nothing to compress.
async fn compress(
    app: &App,
    before: Timestamp,
    after: WebhookEventId,
    newest: WebhookEventId,
    tidied: &mut Tidied,
    step: &mut impl FnMut(u64),
) -> Result<Option<WebhookEventId>, StoreError> {
    let mut tx = app.store.read().await?;
    let plain =
        webhook_bodies::list_plain_of_all_tenants(&mut tx, before, after, newest, AT_ONCE).await?;
    tx.rollback().await?;
    // While nobody waits for us: bodies never change.
    let packed = plain
        .into_iter()
        .map(webhook_bodies::Plain::pack)
        .collect::<Result<Vec<_>, _>>()?;
    let Some(last) = packed.last() else {
        return Ok(None);
    };
    let mut tx = app.store.write().await?;
    webhook_bodies::archive(&mut tx, &packed).await?;
    tx.commit().await?;
    for body in &packed {
        tidied.bytes_before += as_u64(body.before);
        tidied.bytes_after += as_u64(body.after());
    }
    let count = as_u64(packed.len());
    tidied.compressed += count;
    app.metrics.retention.bodies(Body::Compressed, count);
    step(count);
    Ok(Some(last.id))
}

async fn newest_before(app: &App, before: Timestamp) -> Result<WebhookEventId, StoreError> {
    let mut tx = app.store.read().await?;
    let newest = webhook_bodies::newest_before_in_all(&mut tx, before).await?;
    tx.rollback().await?;
    Ok(newest)
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// What [`run`] would do now. Nothing is written.
pub async fn look(app: &App) -> Result<Tidied, StoreError> {
    let old = Old::of(app);
    let mut tidied = Tidied::default();
    let mut tx = app.store.read().await?;
    // What goes is not compressed first.
    let mut goes = Amount::default();
    if let Some(before) = old.purge {
        for place in [Place::Plain, Place::Archive] {
            let amount = webhook_bodies::amount_in_all(&mut tx, place, before, true).await?;
            tidied.purged += amount.bodies.unsigned_abs();
            if place == Place::Plain && old.compress.is_some_and(|compress| compress > before) {
                goes = amount;
            }
        }
    }
    if let Some(before) = old.compress {
        let amount = webhook_bodies::amount_in_all(&mut tx, Place::Plain, before, false).await?;
        tidied.compressed = (amount.bodies - goes.bodies).unsigned_abs();
        tidied.bytes_before = (amount.bytes - goes.bytes).unsigned_abs();
    }
    if let Some(before) = old.jobs {
        tidied.jobs = jobs::count_failed_before_in_all(&mut tx, before)
            .await?
            .unsigned_abs();
    }
    tidied.answers = idempotency_keys::count_expired_in_all(&mut tx, app.clock.now())
        .await?
        .unsigned_abs();
    tx.rollback().await?;
    tidied.finished = tidied.purged + tidied.compressed + tidied.jobs + tidied.answers == 0;
    Ok(tidied)
}

/// What runs from time to time: ask for the job.
pub async fn begin(app: &App) -> Result<(), JobError> {
    Ok(ask_for_job(app).await?)
}

/// The job: one shift of work, and another one asked for when there is more.
pub async fn run_job(app: &App) -> Result<(), JobError> {
    let tidied = run(app, Some(SHIFT), |_| {}).await?;
    if tidied.compressed + tidied.purged + tidied.jobs + tidied.answers > 0 {
        tracing::info!(
            "Retention: {} bodies compressed, {} deleted, {} failed jobs and {} answers forgotten",
            tidied.compressed,
            tidied.purged,
            tidied.jobs,
            tidied.answers
        );
    }
    if !tidied.finished {
        ask_for_job(app).await?;
    }
    Ok(())
}

async fn ask_for_job(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let job = NewJob {
        tenant_id: FIRST_TENANT,
        kind: Kind::Retention.as_str(),
        unique_key: Kind::Retention.key("all"),
        payload: json!({}),
        run_at: now,
        lane: Kind::Retention.lane(),
    };
    let mut tx = app.store.write().await?;
    jobs::enqueue(&mut tx, vec![job], now).await?;
    tx.commit().await
}
