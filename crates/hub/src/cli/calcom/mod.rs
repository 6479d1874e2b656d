//! `calbridge calcom`, also spelled `calbridge calcom:VERB`

mod circuit;
mod debug;
mod event_types;
mod migrate;
mod status;
mod test;
mod warmup;

use calbridge_core::ids::{ConnectionId, TenantId};
use clap::Subcommand;

use super::{
    Exit,
    context::{Context, TenantOption},
    event_types::{Sync, Whose},
};

/// Cal.com: what it offers, and whether it answers
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge calcom test-connection
  calbridge calcom sync-event-types --all
  calbridge calcom debug-availability 2026361 --date 2026-03-02
  calbridge calcom sync-status
  calbridge calcom circuit-status --json
  calbridge calcom circuit-reset
  calbridge calcom migrate-to-v2 --dry-run

`calbridge calcom:list-event-types` works too, and --company means --tenant.")]
pub(super) enum CalcomCommand {
    /// Try whether Cal.com answers, and say what it knows of us
    TestConnection {
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Read event types and hosts from Cal.com
    SyncEventTypes {
        /// Of every tenant
        #[arg(long, conflicts_with = "tenant")]
        all: bool,
        /// Whatever is remembered; a sync always asks Cal.com
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Explain a day of an event type: what Cal.com offers, what is taken, what remains and why
    DebugAvailability(debug::Debug),
    /// Ask for the slots of the coming week ahead of time; the process that serves remembers them
    CacheWarmup {
        /// Only of this tenant
        #[arg(long, alias = "company", value_name = "ID")]
        tenant: Option<TenantId>,
    },
    /// Ask Cal.com again at once, although it failed
    CircuitReset {
        /// The connection; all of the tenant if absent
        connection: Option<ConnectionId>,
        #[command(flatten)]
        tenant: TenantOption,
    },
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
    /// Say how far we are behind Cal.com: what was read and compared last, and what came how today
    SyncStatus {
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
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::TestConnection { tenant } => return test::test(context, tenant).await,
            Self::SyncEventTypes { all, tenant, .. } => {
                let whose = if all {
                    Whose::Everybody
                } else {
                    Whose::One(tenant)
                };
                let connection = None;
                return Sync { whose, connection }.run(context).await;
            }
            Self::CacheWarmup { tenant } => return warmup::warm_up(context, tenant).await,
            Self::DebugAvailability(debug) => debug.run(context).await,
            Self::CircuitReset { connection, tenant } => {
                circuit::reset(context, tenant, connection).await
            }
            Self::ListEventTypes { all, tenant } => event_types::list(context, all, tenant).await,
            Self::CircuitStatus { tenant } => circuit::status(context, tenant).await,
            Self::SyncStatus { tenant } => status::sync_status(context, tenant).await,
            Self::MigrateToV2 { dry_run } => migrate::migrate(context, dry_run).await,
        }?;
        Ok(Exit::Done)
    }
}
