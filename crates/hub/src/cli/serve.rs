//! `calbridge serve`

use std::net::SocketAddr;

use calbridge_core::scope::Scope;
use calbridge_store::{api_keys, connections, tenants};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{context::Context, output::printable, parse};
use crate::{app::App, control, http, logging, node::Role, serve, startup};

/// Take in webhooks and answer the API
///
/// Without any setting: data in ./calbridge-data, SQLite, `http://127.0.0.1:8000`. Stops in order at SIGTERM or Ctrl-C:
/// no new requests, those under way are finished; a second signal ends it at once.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge serve
  calbridge serve --listen 0.0.0.0:8000 --data-dir /var/lib/calbridge
  calbridge serve --no-worker
  CALBRIDGE_DATABASE_URL=postgres://... calbridge serve --migrate")]
pub(super) struct Serve {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR", value_parser = parse::address)]
    listen: Option<SocketAddr>,
    /// Migrate PostgreSQL too, not only SQLite
    #[arg(long)]
    migrate: bool,
    /// Do jobs too, as is done anyway
    #[arg(long, conflicts_with = "no_worker")]
    with_worker: bool,
    /// Leave the jobs to other processes: `calbridge work`, or `serve` without this
    #[arg(long)]
    no_worker: bool,
}

impl Serve {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let listen = self
            .listen
            .map(|listen| ("server.listen", listen.to_string()));
        let loaded = context.load(listen.as_slice())?;
        loaded.config.check()?;
        let spans = logging::start_serving(&loaded.config)?;
        for note in &loaded.notes {
            tracing::warn!("{note}");
        }
        let stop = CancellationToken::new();
        serve::stop_on_signal(&stop)?;
        // The address first: whoever cannot have it should leave the database alone.
        let (listener, address) = serve::listen(loaded.config.server.listen).await?;
        let migrate = startup::Migrate::wished(self.migrate);
        let role = if self.no_worker { Role::Api } else { Role::All };
        let app = startup::start(loaded.config, context.clock.clone(), migrate).await?;
        tracing::info!(target: logging::ALWAYS, "listening on http://{address}");
        if context.out.is_terminal() {
            context.out.line(banner(&app, address).await?)?;
        }
        let control = control::Door::open(&app.config, address);
        let commands = control.as_ref().map(control::Door::routes);
        let router = http::router_with(app.clone(), commands.unwrap_or_default());
        serve::run(&app, listener, router, role, stop).await;
        drop(control);
        tracing::info!("Stopped");
        spans.finish().await;
        Ok(())
    }
}

/// The addresses, and what to do first.
async fn banner(app: &App, address: SocketAddr) -> anyhow::Result<String> {
    let mut tx = app.store.read().await?;
    let connections = connections::list_enabled_of_all_tenants(&mut tx).await?;
    let mut keys = 0;
    for tenant in tenants::list_all(&mut tx).await? {
        keys += api_keys::list(&mut tx, &Scope::system(tenant.id))
            .await?
            .len();
    }
    tx.rollback().await?;

    let base = format!("http://{address}");
    let mut lines = vec![
        String::new(),
        format!("  API        {base}/api/v1"),
        format!("  Docs       {base}/api/docs"),
    ];
    lines.extend(connections.iter().map(|connection| {
        let name = printable(&connection.name);
        let path = connection.webhook_path();
        format!(
            "  Webhooks   {base}{path}   ({} connection `{name}`)",
            connection.provider
        )
    }));
    if connections.is_empty() {
        lines.push(
            "\n  No connection yet. In another terminal, with the same --data-dir or --database-url:\n    \
             calbridge connections add calcom --name main --webhook-secret SECRET"
                .to_owned(),
        );
    }
    if keys == 0 && !app.config.access.trusted_network {
        lines.push("\n  No API key yet:\n    calbridge keys create --name me".to_owned());
    }
    lines.push("\n  Ctrl-C stops.\n".to_owned());
    Ok(lines.join("\n"))
}
