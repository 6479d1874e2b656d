//! What the installation can be watched by: counted where it happens, read when somebody asks.
//!
//! No metric carries a tenant or a connection, so their number does not grow with the installation. What is counted on
//! the way of a delivery costs an atomic addition; what has to be looked up in the database is looked up at the scrape,
//! within a time limit and not more often than every few seconds. `docs/operating.md` lists every metric.

mod depths;
mod http;
mod inbox;
mod jobs;
mod listener;
mod process;
mod retention;
mod upstream;

pub use self::{
    http::Http,
    inbox::{Inbox, NotTaken, Retried},
    jobs::{Jobs, Outcome as JobOutcome},
    listener::serve_until_stopped,
    retention::{Body, Retention},
    upstream::{BudgetWait, CacheLookup, SyncEnd, Upstream},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{family::Family, gauge::Gauge, histogram},
    registry::Registry,
};

use self::{depths::Depths, process::Process};
use crate::app::App;

/// The content type of [`render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted, of one [`App`].
pub struct Metrics {
    registry: Registry,
    /// The way in.
    pub inbox: Inbox,
    /// The job runner.
    pub jobs: Jobs,
    /// The HTTP doors.
    pub http: Http,
    /// Retention.
    pub retention: Retention,
    /// Calls to providers.
    pub upstream: Upstream,
    depths: Depths,
    process: Process,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Build {
    version: &'static str,
    engine: &'static str,
}

impl Metrics {
    /// Nothing counted yet. `engine` names the database.
    pub fn new(engine: calbridge_store::sql::Engine) -> Self {
        let mut registry = Registry::default();
        let process = Process::register(&mut registry);
        let ours = registry.sub_registry_with_prefix("calbridge");
        let build: Family<Build, Gauge> = Family::default();
        let engine = match engine {
            calbridge_store::sql::Engine::Sqlite => "sqlite",
            calbridge_store::sql::Engine::Postgres => "postgres",
        };
        let version = crate::startup::RELEASE;
        build.get_or_create(&Build { version, engine }).set(1);
        ours.register("build_info", "This release and its database", build);
        Self {
            inbox: Inbox::register(ours),
            jobs: Jobs::register(ours),
            http: Http::register(ours),
            retention: Retention::register(ours),
            upstream: Upstream::register(ours),
            depths: Depths::register(ours),
            process,
            registry,
        }
    }
}

/// Everything as text in the format that Prometheus reads.
pub async fn render(app: &App) -> String {
    let metrics = &app.metrics;
    metrics.inbox.look(app);
    metrics.depths.look(app).await;
    metrics.process.look();
    let mut text = String::with_capacity(32 * 1024);
    if let Err(error) = text::encode(&mut text, &metrics.registry) {
        tracing::error!(%error, "Could not write the metrics");
    }
    text
}

/// From a quarter of a millisecond to eight seconds.
fn seconds() -> impl Iterator<Item = f64> {
    histogram::exponential_buckets(0.000_25, 2.0, 16)
}
