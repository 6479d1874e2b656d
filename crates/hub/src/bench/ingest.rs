//! `ingest` and `http`: deliveries over real HTTP, with all the work behind them or with none.

use std::{net::SocketAddr, time::Duration};

use indicatif::ProgressBar;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{
    Plan,
    hub::{Bed, Server},
    load::{self, Load, Measured, Source},
    meter::Meter,
    preload::{Original, USUAL},
    report::{HttpReport, IngestReport, Latency, Usage, engine_word, rounded},
    storage::Limit,
    traffic::{PROCESSED, Traffic},
};
use crate::app::App;

/// The limits are measured between the parts of the work, so that all see the same machine.
const ROUNDS: u32 = 3;

/// Before anything is counted for the first time.
const WARM_UP: Duration = Duration::from_secs(1);

/// The same later.
const SHORT_WARM_UP: Duration = Duration::from_millis(300);

/// Events in a commit before it is known how many there are.
const FULL_BATCH: usize = 64;

/// Measure full work and its limits.
pub async fn ingest(
    plan: &Plan,
    stop: &CancellationToken,
    bar: &ProgressBar,
) -> anyhow::Result<IngestReport> {
    Bed::with(plan, stop, async |bed, _| {
        Bed::with(plan, stop, async |other, _| {
            for bed in [bed, other] {
                Original::make(bed).await?.copy(bed, USUAL, bar).await?;
            }
            let limit = Limit::new(other, plan).await?;
            let server = Server::start(bed).await?;
            let report = in_rounds(plan, bed, &server, &limit, bar).await?;
            server.stop().await?;
            Ok(report)
        })
        .await
    })
    .await
}

async fn in_rounds(
    plan: &Plan,
    bed: &Bed,
    server: &Server,
    limit: &Limit,
    bar: &ProgressBar,
) -> anyhow::Result<IngestReport> {
    let mut work = Crew::working(bed.sender()?.many(plan.connections));
    let mut idle = Crew::idling(bed.idle_sender()?.many(plan.connections));
    // A third of the work's time for each limit, but no blink.
    let limit_time = (plan.time / (ROUNDS * 3)).max(Duration::from_secs(1));
    let (mut done, mut answered) = (Measured::default(), Measured::default());
    let (mut usage, mut committed, mut batches) = (Vec::new(), Vec::new(), Batches::default());
    for round in 1..=ROUNDS {
        let warm_up = if round == 1 { WARM_UP } else { SHORT_WARM_UP };
        bar.set_message(format!("round {round} of {ROUNDS}: full work"));
        let began = bed.app.clock.now();
        let (measured, used) = work
            .send(&[server.address], warm_up, plan.time / ROUNDS)
            .await;
        batches.add(&bed.app, began).await?;
        done.add(measured);
        usage.push(used);

        bar.set_message(format!("round {round} of {ROUNDS}: the engine alone"));
        let batch = batches.mean().unwrap_or(FULL_BATCH);
        limit.measure(batch, warm_up).await?;
        committed.push(limit.measure(batch, limit_time).await?.per_second);

        bar.set_message(format!("round {round} of {ROUNDS}: HTTP alone"));
        answered.add(idle.send(&[server.address], warm_up, limit_time).await.0);
    }
    let storage = rounded(committed.iter().sum::<f64>() / f64::from(ROUNDS), 1);
    let http = answered.per_second();
    let per_second = done.per_second();
    Ok(IngestReport {
        engine: engine_word(bed.app.store.db().engine()),
        connections: plan.connections,
        mix: plan.mix.to_string(),
        seconds: rounded(done.time.as_secs_f64(), 3),
        events: done.micros.len(),
        events_per_second: per_second,
        latency: Latency::of(&done),
        ratio_to_limit: rounded(per_second / storage.min(http).max(1.0), 3),
        limit_storage_per_second: storage,
        limit_http_per_second: http,
        events_per_commit: batches.exact_mean(),
        usage: Usage::mean(&usage),
        errors: done.errors + answered.errors,
        error: done.error.or(answered.error),
    })
}

/// Measure the limit of the HTTP stack.
pub async fn http(
    plan: &Plan,
    stop: &CancellationToken,
    bar: &ProgressBar,
) -> anyhow::Result<HttpReport> {
    Bed::with(plan, stop, async |bed, _| {
        let server = Server::start(bed).await?;
        let mut idle = Crew::idling(bed.idle_sender()?.many(plan.connections));
        bar.set_message("requests with nothing to do");
        let (answered, usage) = idle.send(&[server.address], WARM_UP, plan.time).await;
        server.stop().await?;
        Ok(HttpReport {
            connections: plan.connections,
            requests_per_second: answered.per_second(),
            latency: Latency::of(&answered),
            usage: Usage::mean(&[usage]),
            errors: answered.errors,
            error: answered.error,
        })
    })
    .await
}

/// Everybody who sends; their bookings last over the rounds.
pub(super) struct Crew(Vec<Source>);

impl Crew {
    /// They send full work.
    pub fn working(members: Vec<Traffic>) -> Self {
        let working = |mut member: Traffic| -> Source {
            Box::new(move |request| member.next_request(request))
        };
        Self(members.into_iter().map(working).collect())
    }

    /// They send to where nothing is done, so that nothing is a repetition.
    pub fn idling(members: Vec<Traffic>) -> Self {
        let idling = |mut member: Traffic| -> Source {
            Box::new(move |request| {
                member.next_request(request);
                PROCESSED
            })
        };
        Self(members.into_iter().map(idling).collect())
    }

    /// Send for a while.
    pub async fn send(
        &mut self,
        addresses: &[SocketAddr],
        warm_up: Duration,
        time: Duration,
    ) -> (Measured, Usage) {
        let sources = std::mem::take(&mut self.0);
        let mut meter = None;
        let begin = || meter = Some(Meter::start());
        let (measured, sources) =
            load::run(addresses, Load { warm_up, time }, sources, begin).await;
        self.0 = sources;
        (
            measured,
            meter.map(|meter| meter.read()).unwrap_or_default(),
        )
    }
}

/// How many events shared a commit: those that did were applied at the same instant.
#[derive(Default)]
pub(super) struct Batches {
    events: i64,
    commits: i64,
}

impl Batches {
    /// Count what was stored since.
    pub async fn add(&mut self, app: &App, since: Timestamp) -> anyhow::Result<()> {
        let mut tx = app.store.read().await?;
        let (events, repeats, commits): (i64, i64, i64) = tx
            .query(
                "SELECT COUNT(*), CAST(COALESCE(SUM(repeats), 0) AS BIGINT), COUNT(DISTINCT processed_at)
                 FROM webhook_events WHERE created_at >= $1",
            )
            .bind(since)
            .one()
            .await?;
        tx.rollback().await?;
        self.events += events + repeats;
        self.commits += commits;
        Ok(())
    }

    /// Events in a commit.
    pub fn exact_mean(&self) -> f64 {
        let as_float = |count: i64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if self.commits == 0 {
            return 0.0;
        }
        rounded(as_float(self.events) / as_float(self.commits), 1)
    }

    fn mean(&self) -> Option<usize> {
        let mean = (self.events + self.commits / 2).checked_div(self.commits)?;
        usize::try_from(mean).ok()
    }
}
