//! `nodes`: the same work done by one process and by several on one database.

use std::{net::SocketAddr, time::Duration};

use calbridge_store::sql::Engine;
use indicatif::ProgressBar;
use tokio_util::sync::CancellationToken;

use super::{
    Plan,
    children::Hub,
    hub::Bed,
    ingest::{Batches, Crew},
    load::Measured,
    preload::{Original, USUAL},
    report::{Latency, NodesReport, ProcessesReport, Usage, engine_word, rounded},
};

/// Each number of processes has so many turns, so that all see the same machine.
const ROUNDS: u32 = 3;

const WARM_UP: Duration = Duration::from_secs(1);

/// Measure full work by 1 to `most` processes. All of them run all the time; those whose turn it is not are idle.
pub async fn nodes(
    plan: &Plan,
    most: usize,
    stop: &CancellationToken,
    bar: &ProgressBar,
) -> anyhow::Result<NodesReport> {
    Bed::with(plan, stop, async |bed, scratch| {
        if bed.app.store.db().engine() == Engine::Sqlite {
            anyhow::bail!("nodes share PostgreSQL: say where it is with --database-url");
        }
        Original::make(bed).await?.copy(bed, USUAL, bar).await?;
        bar.set_message("starting");
        let config = scratch.config(plan);
        let hubs: Result<Vec<Hub>, _> = (0..most).map(|n| Hub::start(&config, n)).collect();
        let mut hubs = hubs?;
        let mut addresses = Vec::new();
        for hub in &mut hubs {
            addresses.push(hub.address(bed).await?);
        }
        in_rounds(plan, bed, &addresses, bar).await
    })
    .await
}

/// What some processes did.
#[derive(Default)]
struct Done {
    measured: Measured,
    usage: Vec<Usage>,
    batches: Batches,
}

async fn in_rounds(
    plan: &Plan,
    bed: &Bed,
    addresses: &[SocketAddr],
    bar: &ProgressBar,
) -> anyhow::Result<NodesReport> {
    let mut crew = Crew::working(bed.sender()?.many(plan.connections));
    let mut all: Vec<Done> = addresses.iter().map(|_| Done::default()).collect();
    for round in 1..=ROUNDS {
        for (index, done) in all.iter_mut().enumerate() {
            let count = index + 1;
            bar.set_message(format!("round {round} of {ROUNDS}: {count} at work"));
            let at_work = addresses.get(..count).unwrap_or(addresses);
            let began = bed.app.clock.now();
            let (measured, usage) = crew.send(at_work, WARM_UP, plan.time / ROUNDS).await;
            done.batches.add(&bed.app, began).await?;
            done.measured.add(measured);
            done.usage.push(usage);
        }
    }
    let one = all.first().map_or(0.0, |done| done.measured.per_second());
    let processes = (1..)
        .zip(&all)
        .map(|(processes, done)| ProcessesReport {
            processes,
            events_per_second: done.measured.per_second(),
            ratio_to_one: rounded(done.measured.per_second() / one.max(1.0), 3),
            latency: Latency::of(&done.measured),
            events_per_commit: done.batches.exact_mean(),
            machine_cpu: Usage::mean(&done.usage).machine_cpu,
        })
        .collect();
    Ok(NodesReport {
        engine: engine_word(bed.app.store.db().engine()),
        connections: plan.connections,
        mix: plan.mix.to_string(),
        processes,
        errors: all.iter().map(|done| done.measured.errors).sum(),
        error: all.into_iter().find_map(|done| done.measured.error),
    })
}
