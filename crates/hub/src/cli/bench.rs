//! `calbridge bench`

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{context::Context, exit::Exit, output::aside};
use crate::{
    bench::{self, Latency, Mix, Pace, Plan, Usage},
    config::{Config, Log},
    logging, serve,
};

/// Measure this machine: what the hub does on it, beside what its engine and its HTTP stack could do
///
/// Everything happens in scratch databases, which are removed afterwards: a SQLite file, or with --database-url a new
/// database on that server. docs/performance.md says how to read the numbers.
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge bench ingest --seconds 10 --connections 64
  calbridge bench ingest --database-url postgres://calbridge@localhost/postgres --json
  calbridge bench slots --connections 64 --json
  calbridge bench book --callers 32 --json
  calbridge bench grow --seconds 5
  calbridge bench nodes --processes 3 --database-url postgres://calbridge@localhost/postgres")]
pub(super) enum BenchCommand {
    /// Full work: webhooks over real HTTP, stored and applied; with both limits, measured in between
    Ingest(Options),
    /// The limit of the engine: the same rows committed in batches, and nothing else
    Storage {
        #[command(flatten)]
        options: Options,
        /// Events whose rows share a commit
        #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
        batch: u16,
    },
    /// The limit of the HTTP stack: the same requests, read and answered
    Http(Options),
    /// Free slots from memory, beside a handler that answers the same bytes; and what asking the provider costs
    Slots(Options),
    /// Bookings, beside bookings at the emulated provider itself: the difference is our own part
    Book(Book),
    /// Full work on tables with 10^4, 10^5 and 10^6 bookings
    Grow {
        #[command(flatten)]
        options: Options,
        /// Also with 10^7, which takes some 40 GB
        #[arg(long)]
        large: bool,
    },
    /// Full work by one process, and by several on one PostgreSQL database
    Nodes {
        #[command(flatten)]
        options: Options,
        /// The most that share the work
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=16))]
        processes: u16,
    },
}

/// What to measure with.
#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// How long to measure
    #[arg(long, value_name = "S", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Connections that send, each one request after the other
    #[arg(long, value_name = "C", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    connections: u16,
    /// What they send, by weight
    #[arg(long, value_name = "MIX", default_value_t = Mix::default())]
    mix: Mix,
    /// Transactions at the same time, on PostgreSQL
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    writers: u16,
    /// Folder for scratch files, which decides on the disk
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

/// Who books, and how often.
#[derive(Args, Clone, Debug)]
pub(super) struct Book {
    /// How long to measure
    #[arg(long, value_name = "S", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Stop after so many bookings
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    books: u32,
    /// Callers, each of whom books one slot after the other
    #[arg(long, value_name = "C", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    callers: u16,
    /// Milliseconds between two bookings of a caller, on average; with 0 callers wait for each other
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pause: u32,
    /// Folder for scratch files, which decides on the disk
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

impl BenchCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        // What is logged costs time.
        let log = Log {
            filter: "error".to_owned(),
            ..Config::default().log
        };
        logging::start(&log)?;
        let stop = CancellationToken::new();
        serve::stop_on_signal(&stop)?;
        let bar = progress();
        let errors = match self {
            Self::Ingest(options) => {
                let plan = options.plan(context);
                let report = bench::ingest(&plan, &stop, &bar).await;
                bar.finish_and_clear();
                let report = report?;
                let mut rows = vec![
                    row("events per second", whole(report.events_per_second)),
                    row(
                        "ratio to the smaller limit",
                        format!("{:.2}", report.ratio_to_limit),
                    ),
                    row(
                        "limit of the engine",
                        whole(report.limit_storage_per_second),
                    ),
                    row("limit of HTTP", whole(report.limit_http_per_second)),
                    row("events per commit", report.events_per_commit.to_string()),
                ];
                rows.extend(latency(report.latency));
                rows.extend(usage(report.usage));
                show(context, report.engine, &report, rows)?;
                (report.errors, report.error)
            }
            Self::Storage { options, batch } => {
                let plan = options.plan(context);
                let report = bench::storage(&plan, usize::from(batch), &stop, &bar).await;
                bar.finish_and_clear();
                let report = report?;
                let mut rows = vec![
                    row("events per second", whole(report.events_per_second)),
                    row("rows per second", whole(report.rows_per_second)),
                    row("events per commit", report.events_per_commit.to_string()),
                    row("writers", report.writers.to_string()),
                ];
                rows.extend(usage(report.usage));
                show(context, report.engine, &report, rows)?;
                (0, None)
            }
            Self::Http(options) => {
                let plan = options.plan(context);
                let report = bench::http(&plan, &stop, &bar).await;
                bar.finish_and_clear();
                let report = report?;
                let mut rows = vec![row(
                    "requests per second",
                    whole(report.requests_per_second),
                )];
                rows.extend(latency(report.latency));
                rows.extend(usage(report.usage));
                show(context, "http", &report, rows)?;
                (report.errors, report.error)
            }
            Self::Slots(options) => {
                let plan = options.plan(context);
                let report = bench::slots(&plan, &stop, &bar).await;
                bar.finish_and_clear();
                let report = report?;
                let mut rows = vec![
                    row("requests per second", whole(report.requests_per_second)),
                    row(
                        "ratio to the limit",
                        format!("{:.2}", report.ratio_to_limit),
                    ),
                    row("limit of HTTP", whole(report.limit_http_per_second)),
                    row("bytes of an answer", report.answer_bytes.to_string()),
                ];
                rows.extend(latency(report.latency));
                rows.extend([
                    row("p99 ms of the limit", report.limit_p99_ms.to_string()),
                    row("cold, p50 ms", report.cold_p50_ms.to_string()),
                    row(
                        "provider itself, p50 ms",
                        report.cold_provider_p50_ms.to_string(),
                    ),
                    row("our own part, p50 ms", report.cold_own_p50_ms.to_string()),
                ]);
                rows.extend(usage(report.usage));
                show(context, report.engine, &report, rows)?;
                (report.errors, report.error)
            }
            Self::Book(book) => {
                let (plan, pace) = book.plan(context);
                let report = bench::book(&plan, pace, &stop, &bar).await;
                bar.finish_and_clear();
                let report = report?;
                let mut rows = vec![
                    row("callers", report.callers.to_string()),
                    row("bookings", report.books.to_string()),
                ];
                rows.extend(latency(report.latency));
                rows.extend([
                    row(
                        "provider itself, p50 ms",
                        report.provider_p50_ms.to_string(),
                    ),
                    row(
                        "provider itself, p99 ms",
                        report.provider_p99_ms.to_string(),
                    ),
                    row("our own part, p50 ms", report.own_p50_ms.to_string()),
                    row("our own part, p99 ms", report.own_p99_ms.to_string()),
                ]);
                rows.extend(usage(report.usage));
                show(context, report.engine, &report, rows)?;
                (report.errors, report.error)
            }
            Self::Grow { options, large } => {
                let plan = options.plan(context);
                let report = bench::grow(&plan, large, &stop, &bar).await;
                bar.finish_and_clear();
                let report = report?;
                if context.out.is_json() {
                    context.out.json(&report)?;
                } else {
                    let header = [
                        "Bookings", "Database", "Events/s", "Ratio", "p50 ms", "p99 ms", "p99.9 ms",
                    ];
                    let rows = report.sizes.iter().map(|size| {
                        vec![
                            size.bookings.to_string(),
                            mib(size.database_bytes),
                            whole(size.events_per_second),
                            format!("{:.2}", size.ratio_to_smallest),
                            size.latency.p50_ms.to_string(),
                            size.latency.p99_ms.to_string(),
                            size.latency.p999_ms.to_string(),
                        ]
                    });
                    context.out.table(&header, rows.collect(), "")?;
                }
                (report.errors, report.error)
            }
            Self::Nodes { options, processes } => {
                let plan = options.plan(context);
                let report = bench::nodes(&plan, processes.into(), &stop, &bar).await;
                bar.finish_and_clear();
                let report = report?;
                if context.out.is_json() {
                    context.out.json(&report)?;
                } else {
                    let header = [
                        "Processes",
                        "Events/s",
                        "Ratio",
                        "p50 ms",
                        "p99 ms",
                        "p99.9 ms",
                        "Per commit",
                        "Cores",
                    ];
                    let rows = report.processes.iter().map(|by| {
                        vec![
                            by.processes.to_string(),
                            whole(by.events_per_second),
                            format!("{:.2}", by.ratio_to_one),
                            by.latency.p50_ms.to_string(),
                            by.latency.p99_ms.to_string(),
                            by.latency.p999_ms.to_string(),
                            by.events_per_commit.to_string(),
                            by.machine_cpu.map(cores).unwrap_or_default(),
                        ]
                    });
                    context.out.table(&header, rows.collect(), "")?;
                }
                (report.errors, report.error)
            }
        };
        Ok(verdict(errors))
    }
}

impl Options {
    fn plan(self, context: &Context) -> Plan {
        Plan {
            time: Duration::from_secs(self.seconds.into()),
            connections: self.connections.into(),
            mix: self.mix,
            writers: self.writers.into(),
            server: context.options.database_url.clone(),
            dir: self.dir,
        }
    }
}

impl Book {
    fn plan(self, context: &Context) -> (Plan, Pace) {
        let plan = Plan {
            time: Duration::from_secs(self.seconds.into()),
            connections: self.callers.into(),
            mix: Mix::default(),
            writers: 4,
            server: context.options.database_url.clone(),
            dir: self.dir,
        };
        let pace = Pace {
            pause: Duration::from_millis(self.pause.into()),
            most: self.books.try_into().unwrap_or(usize::MAX),
        };
        (plan, pace)
    }
}

/// One wrong answer makes all numbers worthless.
fn verdict((errors, error): (u64, Option<String>)) -> Exit {
    if errors == 0 {
        return Exit::Done;
    }
    let example = error.unwrap_or_default();
    aside(format!(
        "{errors} answers were not what they should be, such as: {example}"
    ));
    Exit::Failed
}

/// Draws nothing where nobody looks.
fn progress() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(
    context: &Context,
    title: &str,
    report: &impl Serialize,
    rows: Vec<Vec<String>>,
) -> anyhow::Result<()> {
    if context.out.is_json() {
        return context.out.json(report);
    }
    context.out.table(&[title, ""], rows, "")
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn latency(latency: Latency) -> Vec<Vec<String>> {
    vec![
        row("p50 ms", latency.p50_ms.to_string()),
        row("p99 ms", latency.p99_ms.to_string()),
        row("p99.9 ms", latency.p999_ms.to_string()),
    ]
}

fn usage(usage: Usage) -> Vec<Vec<String>> {
    vec![
        row(
            "cores, this process",
            usage.cpu.map(cores).unwrap_or_default(),
        ),
        row(
            "cores, the machine",
            usage.machine_cpu.map(cores).unwrap_or_default(),
        ),
        row(
            "memory",
            usage
                .rss_bytes
                .and_then(|bytes| i64::try_from(bytes).ok())
                .map(mib)
                .unwrap_or_default(),
        ),
    ]
}

fn cores(cores: f64) -> String {
    format!("{cores:.2}")
}

fn whole(value: f64) -> String {
    format!("{value:.0}")
}

fn mib(bytes: i64) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}
