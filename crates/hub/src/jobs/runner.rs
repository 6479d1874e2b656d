//! Takes due jobs, leases them, and has several done at the same time.

use std::{collections::HashMap, time::Duration};

use calbridge_core::lane::Lane;
use calbridge_store::{
    StoreError,
    jobs::{self, Job, Lease},
    sql::{Bell, Tx},
};
use jiff::Timestamp;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    Kind,
    settle::{settle, settle_in},
    slots::{Busy, Slots},
    work::{Ended, work},
};
use crate::app::App;

/// Without a bell, how long until we look again: a bell may be missed, and some ask for work without ringing.
const POLL: Duration = Duration::from_secs(1);

/// A runner that is longer silent than this is stuck.
const LONGEST_SILENCE: Duration = Duration::from_secs(45);

/// Do jobs as they fall due, until stopped. Those under way are finished.
pub async fn run_until_stopped(app: App, stop: CancellationToken) {
    let alive = app.liveness.join_beating("the job runner", LONGEST_SILENCE);
    let mut crew = Crew::new(&app);
    let mut well = true;
    while !stop.is_cancelled() {
        alive.beat();
        let next = match crew.next_round().await {
            Ok(next) => {
                well = true;
                next
            }
            Err(error) => {
                if well {
                    tracing::warn!(%error, "Could not take jobs; trying again every second");
                }
                well = false;
                crew.give_up_what_is_over();
                None
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = crew.one_ended() => {}
            () = app.store.db().bells().heard(Bell::Jobs) => {}
            () = tokio::time::sleep(until(next, app.clock.now())) => {}
        }
    }
    crew.finish().await;
}

/// How long to sleep when the next job is due at `next`. One that is due and was not taken has to wait for a worker.
fn until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    match next {
        Some(next) if next > now => next.duration_since(now).unsigned_abs().min(POLL),
        _ => POLL,
    }
}

/// Do the jobs that are due now, as many at a time as the settings say, until none is left that can be taken; how many
/// there were.
pub async fn run_due(app: &App) -> Result<usize, StoreError> {
    let mut crew = Crew::new(app);
    let mut count = 0;
    loop {
        crew.next_round().await?;
        if crew.at_work.is_empty() && crew.ended.is_empty() {
            return Ok(count);
        }
        count += crew.at_work.len();
        crew.all_ended().await;
    }
}

/// Lease the jobs that are to be done next, beside those that are under way already.
pub async fn take(app: &App, slots: &mut Slots, busy: Busy) -> Result<Vec<Job>, StoreError> {
    let mut tx = app.store.write().await?;
    let taken = take_in(app, &mut tx, slots, busy, app.clock.now()).await?;
    tx.commit().await?;
    Ok(taken)
}

async fn take_in(
    app: &App,
    tx: &mut Tx,
    slots: &mut Slots,
    mut busy: Busy,
    now: Timestamp,
) -> Result<Vec<Job>, StoreError> {
    let lease = Lease {
        node: app.node_id,
        until: now + app.config.jobs.lease(),
    };
    let kinds = Kind::ALL.map(Kind::as_str);
    let mut taken = Vec::new();
    let lanes = slots.lanes_to_take_over(busy);
    if let Some(job) = jobs::take_over(tx, &lanes, &kinds, lease, now).await? {
        busy += Busy::with(&job);
        taken.push(job);
    }
    for (lane, most) in slots.next_round() {
        let limit = slots.room(lane, busy).min(most);
        if limit == 0 {
            continue;
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let jobs = jobs::claim(tx, lane, &kinds, lease, now, limit).await?;
        for job in jobs {
            busy += Busy::with(&job);
            taken.push(job);
        }
    }
    Ok(taken)
}

/// Between tries to write down how the last jobs ended.
const PAUSE: Duration = Duration::from_millis(200);

/// The jobs under way.
struct Crew<'a> {
    app: &'a App,
    slots: Slots,
    at_work: JoinSet<Ended>,
    /// What each of them takes up.
    taken: HashMap<Id, Busy>,
    /// Those whose end is not written down yet.
    ended: Vec<Ended>,
}

impl<'a> Crew<'a> {
    fn new(app: &'a App) -> Self {
        Self {
            app,
            slots: Slots::new(app.config.jobs.concurrency),
            at_work: JoinSet::new(),
            taken: HashMap::new(),
            ended: Vec::new(),
        }
    }

    /// Write down what has ended and begin what there is room for, in one transaction; when the next job is due, if
    /// nothing is to be done now.
    async fn next_round(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let mut busy = Busy::default();
        for one in self.taken.values() {
            busy += *one;
        }
        let is_full = Lane::ALL
            .into_iter()
            .all(|lane| self.slots.room(lane, busy) == 0);
        if is_full && self.ended.is_empty() {
            return Ok(None);
        }
        let now = self.app.clock.now();
        let mut tx = self.app.store.write().await?;
        let settled = settle_in(&mut tx, &self.ended, now).await?;
        let taken = take_in(self.app, &mut tx, &mut self.slots, busy, now).await?;
        // With something to do there will be another round soon.
        let next = if taken.is_empty() {
            jobs::next_due(&mut tx).await?
        } else {
            None
        };
        tx.commit().await?;
        self.ended = settled.done(self.app, std::mem::take(&mut self.ended));
        for job in taken {
            let busy = Busy::with(&job);
            let app = self.app.clone();
            let task = self.at_work.spawn(async move { work(&app, job).await });
            self.taken.insert(task.id(), busy);
        }
        Ok(next)
    }

    /// Wait until a job has ended, and see which others have too; for ever when there is none.
    async fn one_ended(&mut self) {
        let Some(ended) = self.at_work.join_next_with_id().await else {
            return std::future::pending().await;
        };
        self.note(ended);
        while let Some(ended) = self.at_work.try_join_next_with_id() {
            self.note(ended);
        }
    }

    fn note(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let id = match ended {
            Ok((id, ended)) => {
                self.ended.push(ended);
                id
            }
            Err(error) => error.id(),
        };
        self.taken.remove(&id);
    }

    async fn all_ended(&mut self) {
        while !self.at_work.is_empty() {
            self.one_ended().await;
        }
    }

    /// A job whose lease is over is due again, whatever we have to say.
    fn give_up_what_is_over(&mut self) {
        let now = self.app.clock.now();
        self.ended.retain(|ended| now < ended.until);
    }

    /// Begin nothing more, and write down how the rest ended.
    async fn finish(mut self) {
        self.all_ended().await;
        while !self.ended.is_empty() {
            let ended = std::mem::take(&mut self.ended);
            match settle(self.app, ended).await {
                Ok(left) => self.ended = left,
                Err(error) => {
                    tracing::warn!(%error, "Could not write down how the last jobs ended; they will be done again");
                    return;
                }
            }
            if !self.ended.is_empty() {
                self.give_up_what_is_over();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
