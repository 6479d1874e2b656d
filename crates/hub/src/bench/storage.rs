//! The limit of the engine: the rows that events write, committed in batches, and nothing else.
//!
//! The tables are the hub's own in another scratch database, with their indexes and checks; the rows are what the hub
//! wrote for events of each kind, made before the clock runs.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use calbridge_store::{Store, sql::Engine};
use indicatif::ProgressBar;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Plan,
    hub::Bed,
    meter::Meter,
    mix::{Kind, Mix},
    preload::{Original, USUAL},
    report::{StorageReport, Usage, engine_word, per_second},
    sample::{Sample, Samples},
    sheet::{Owner, Sheet},
};

/// Where ids begin: far from those of the samples.
const FIRST_ID: i64 = 20_000_000_000;

/// Bookings of a writer that may still be changed.
const OPEN_BOOKINGS: usize = 4096;

/// A scratch database to commit to.
pub(super) struct Limit {
    store: Store,
    samples: Arc<Samples>,
    mix: Mix,
    writers: usize,
    last_id: Arc<AtomicI64>,
}

/// What was committed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Committed {
    /// Events.
    pub events: usize,
    /// Their rows.
    pub rows: usize,
    /// Events per second, over all writers.
    pub per_second: f64,
    /// Rows per second.
    pub rows_per_second: f64,
    /// What was used.
    pub usage: Usage,
}

/// Measure the limit of the engine.
pub async fn storage(
    plan: &Plan,
    events_per_commit: usize,
    stop: &CancellationToken,
    bar: &ProgressBar,
) -> anyhow::Result<StorageReport> {
    Bed::with(plan, stop, async |bed, _| {
        Original::make(bed).await?.copy(bed, USUAL, bar).await?;
        let limit = Limit::new(bed, plan).await?;
        bar.set_message("warming up");
        limit
            .measure(events_per_commit, Duration::from_secs(1))
            .await?;
        bar.set_message("committing rows, and nothing else");
        let committed = limit.measure(events_per_commit, plan.time).await?;
        Ok(StorageReport {
            engine: engine_word(bed.app.store.db().engine()),
            writers: limit.writers,
            events_per_commit,
            events_per_second: committed.per_second,
            rows_per_second: committed.rows_per_second,
            usage: committed.usage,
        })
    })
    .await
}

impl Limit {
    /// On a scratch database that the hub has set up.
    pub async fn new(bed: &Bed, plan: &Plan) -> anyhow::Result<Self> {
        let store = bed.app.store.clone();
        let writers = match store.db().engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => plan.writers.max(1),
        };
        Ok(Self {
            samples: Arc::new(Samples::take(bed).await?),
            store,
            mix: plan.mix,
            writers,
            last_id: Arc::new(AtomicI64::new(FIRST_ID)),
        })
    }

    /// Commit batches of that many events for so long.
    pub async fn measure(&self, batch: usize, time: Duration) -> anyhow::Result<Committed> {
        let meter = Meter::start();
        let until = Instant::now() + time;
        let mut writers = JoinSet::new();
        for _ in 0..self.writers {
            let writer = Writer {
                store: self.store.clone(),
                samples: Arc::clone(&self.samples),
                mix: self.mix,
                last_id: Arc::clone(&self.last_id),
                rng: StdRng::from_rng(&mut rand::rng()),
                open: VecDeque::new(),
            };
            writers.spawn(writer.run(batch.max(1), until));
        }
        let mut all = Committed::default();
        while let Some(committed) = writers.join_next().await {
            let committed = committed??;
            all.events += committed.events;
            all.rows += committed.rows;
            all.per_second += committed.per_second;
            all.rows_per_second += committed.rows_per_second;
        }
        all.usage = meter.read();
        Ok(all)
    }
}

struct Writer {
    store: Store,
    samples: Arc<Samples>,
    mix: Mix,
    last_id: Arc<AtomicI64>,
    rng: StdRng,
    open: VecDeque<Owner>,
}

impl Writer {
    async fn run(mut self, batch: usize, until: Instant) -> anyhow::Result<Committed> {
        let mut committed = Committed::default();
        let mut busy = Duration::ZERO;
        while Instant::now() < until {
            let sheet = self.fill(batch);
            let rows = sheet.rows();
            let began = Instant::now();
            let mut tx = self.store.write().await?;
            sheet.write(&mut tx).await?;
            tx.commit().await?;
            busy += began.elapsed();
            committed.events += batch;
            committed.rows += rows;
        }
        committed.per_second = per_second(committed.events, busy);
        committed.rows_per_second = per_second(committed.rows, busy);
        Ok(committed)
    }

    fn fill(&mut self, batch: usize) -> Sheet {
        let mut sheet = Sheet::default();
        let samples = Arc::clone(&self.samples);
        // Each booking is touched once in a batch.
        let mut touched = Vec::with_capacity(batch);
        for _ in 0..batch {
            let kind = self.mix.pick(&mut self.rng);
            let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
            let mark = self.rng.random();
            let old = (kind != Kind::Created)
                .then(|| self.open.pop_front())
                .flatten();
            let Some(old) = old else {
                let owner = Owner {
                    event: id,
                    booking: id,
                    lead: id,
                    mark,
                };
                self.insert(&mut sheet, &samples.created, owner);
                touched.push(owner);
                continue;
            };
            let sample = match kind {
                Kind::Duplicate => {
                    sheet.update(&samples.duplicate, old, &mut self.rng);
                    touched.push(old);
                    continue;
                }
                Kind::Cancelled => &samples.cancelled,
                Kind::Created | Kind::Rescheduled => &samples.rescheduled,
            };
            let owner = Owner {
                event: id,
                mark,
                ..old
            };
            self.insert(&mut sheet, sample, owner);
            for update in &sample.updates {
                sheet.update(update, old, &mut self.rng);
            }
            if kind == Kind::Rescheduled {
                touched.push(old);
            }
        }
        self.open.extend(touched);
        while self.open.len() > OPEN_BOOKINGS {
            self.open.pop_front();
        }
        sheet
    }

    fn insert(&mut self, sheet: &mut Sheet, sample: &Sample, owner: Owner) {
        for insert in &sample.inserts {
            sheet.insert(insert, owner, &mut self.rng);
        }
    }
}
