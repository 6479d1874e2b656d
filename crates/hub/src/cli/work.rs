//! `calbridge work`

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use crate::{logging, serve, startup};

/// Do jobs, and nothing else
///
/// For installations where other processes answer requests: `calbridge serve --no-worker`. Any number may run on one
/// PostgreSQL database. Stops in order at SIGTERM or Ctrl-C: no new jobs, those under way are finished; a second signal
/// ends it at once.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge work
  CALBRIDGE_DATABASE_URL=postgres://... CALBRIDGE_JOB_CONCURRENCY=16 calbridge work")]
pub(super) struct Work {
    /// Migrate PostgreSQL too, not only SQLite
    #[arg(long)]
    migrate: bool,
}

impl Work {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let loaded = context.load(&[])?;
        loaded.config.check()?;
        let spans = logging::start_serving(&loaded.config)?;
        for note in &loaded.notes {
            tracing::warn!("{note}");
        }
        let stop = CancellationToken::new();
        serve::stop_on_signal(&stop)?;
        let migrate = startup::Migrate::wished(self.migrate);
        let app = startup::start(loaded.config, context.clock.clone(), migrate).await?;
        tracing::info!(target: logging::ALWAYS, "doing jobs as node {}", app.node_id);
        serve::work(&app, stop).await;
        tracing::info!("Stopped");
        spans.finish().await;
        Ok(())
    }
}
