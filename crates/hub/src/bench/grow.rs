//! `grow`: the same work on tables of several sizes.

use std::{path::Path, process::Command, time::Duration};

use anyhow::Context;
use calbridge_store::sql::Engine;
use indicatif::ProgressBar;
use rand::{SeedableRng, rngs::StdRng};
use tokio_util::sync::CancellationToken;

use super::{
    Plan,
    hub::{Bed, Server},
    ingest::Crew,
    preload::{self, Original},
    report::{GrowReport, Latency, SizeReport, engine_word, rounded},
};

/// Bookings before the first event.
const SIZES: [i64; 3] = [preload::USUAL, 100_000, 1_000_000];

/// One more, for those who ask for it.
const LARGE: i64 = 10_000_000;

/// What a booking takes on disk with its lead, its references, its change and its attendee, and what the runs add.
const BYTES_PER_BOOKING: i64 = 8_000;

/// Bookings that each connection knows from the beginning.
const KNOWN: usize = 100;

const WARM_UP: Duration = Duration::from_secs(1);

/// Measure full work at each size.
pub async fn grow(
    plan: &Plan,
    large: bool,
    stop: &CancellationToken,
    bar: &ProgressBar,
) -> anyhow::Result<GrowReport> {
    let mut sizes = SIZES.to_vec();
    sizes.extend(large.then_some(LARGE));
    Bed::with(plan, stop, async |bed, scratch| {
        let largest = sizes.iter().max().copied().unwrap_or_default();
        see_to_room(bed, scratch.folder(), largest * BYTES_PER_BOOKING).await?;
        let mut original = Original::make(bed).await?;
        let server = Server::start(bed).await?;
        let mut report = GrowReport {
            engine: engine_word(bed.app.store.db().engine()),
            connections: plan.connections,
            mix: plan.mix.to_string(),
            sizes: Vec::new(),
            errors: 0,
            error: None,
        };
        let mut smaller = 0;
        for size in &sizes {
            original.copy(bed, *size, bar).await?;
            let database_bytes = preload::database_bytes(bed).await?;
            bar.set_message(format!("full work on {size} bookings"));
            let mut members = bed.sender()?.many(plan.connections);
            let mut rng = StdRng::from_rng(&mut rand::rng());
            let known = original.open(smaller, plan.connections, KNOWN, &mut rng);
            for (member, known) in members.iter_mut().zip(known) {
                member.know(known);
            }
            let mut crew = Crew::working(members);
            let (measured, _) = crew.send(&[server.address], WARM_UP, plan.time).await;
            let per_second = measured.per_second();
            let smallest = report
                .sizes
                .first()
                .map_or(per_second, |first| first.events_per_second);
            report.sizes.push(SizeReport {
                bookings: *size,
                database_bytes,
                events_per_second: per_second,
                latency: Latency::of(&measured),
                ratio_to_smallest: rounded(per_second / smallest.max(1.0), 3),
            });
            report.errors += measured.errors;
            report.error = report.error.or(measured.error);
            smaller = *size;
        }
        server.stop().await?;
        Ok(report)
    })
    .await
}

/// Refuse where the disk would fill up. A server elsewhere does not tell; its owner must know.
async fn see_to_room(bed: &Bed, folder: &Path, needed: i64) -> anyhow::Result<()> {
    let free = match bed.app.store.db().engine() {
        Engine::Sqlite => free_bytes(folder),
        Engine::Postgres => {
            let mut tx = bed.app.store.read().await?;
            // Only superusers may know, and it says something about this machine only if the server is here.
            let sql = "SELECT setting FROM pg_settings WHERE name = 'data_directory'";
            let data: Option<(String,)> = tx.query(sql).optional().await?;
            tx.rollback().await?;
            data.and_then(|(data,)| free_bytes(Path::new(&data)))
        }
    };
    let gib = |bytes: i64| bytes / (1024 * 1024 * 1024);
    match free {
        Some(free) if free < needed + needed / 4 => anyhow::bail!(
            "this needs some {} GiB of disk, and {} GiB are free",
            gib(needed) + 1,
            gib(free)
        ),
        _ => Ok(()),
    }
}

/// As `df` tells.
fn free_bytes(folder: &Path) -> Option<i64> {
    let told = Command::new("df")
        .arg("-Pk")
        .arg(folder)
        .output()
        .context("df")
        .ok()?;
    let text = String::from_utf8(told.stdout).ok()?;
    let free: i64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    free.checked_mul(1024)
}
