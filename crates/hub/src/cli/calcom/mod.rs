//! `calbridge calcom`, also spelled `calbridge calcom:VERB`

mod circuit;
mod event_types;
mod migrate;

use clap::Subcommand;

use super::context::{Context, TenantOption};

/// Cal.com: what it offers, and whether it answers
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge calcom list-event-types
  calbridge calcom circuit-status --json
  calbridge calcom migrate-to-v2 --dry-run

`calbridge calcom:list-event-types` works too, and --company means --tenant.")]
pub(super) enum CalcomCommand {
    /// List the event types as they were synced last
    ListEventTypes {
        /// Also those that cannot be booked
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Say of each connection whether its provider is asked, or failed too often
    CircuitStatus {
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Bring connections that still name API v1 to v2, and say what is left to do
    MigrateToV2 {
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
    },
}

impl CalcomCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::ListEventTypes { all, tenant } => event_types::list(context, all, tenant).await,
            Self::CircuitStatus { tenant } => circuit::status(context, tenant).await,
            Self::MigrateToV2 { dry_run } => migrate::migrate(context, dry_run).await,
        }
    }
}
