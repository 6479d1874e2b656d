//! `calbridge bookings sync`

use std::time::Duration;

use anyhow::bail;
use calbridge_core::{agreement::Side, ids::ConnectionId, scope::Scope};
use calbridge_store::sync_runs::{RunState, SyncCause, SyncRun};
use clap::Args;
use serde_json::json;

use crate::{
    agreement::{self, Compared, Extent, SweepReport},
    app::App,
    cli::{
        context::{Context, TenantOption},
        output::at,
        parse::{self, Moment},
        progress::Progress,
    },
    http::api::{page::PageBody, sync_runs::SyncRunBody},
};

/// Somebody watches; it may take its time.
const PATIENCE: Duration = Duration::from_hours(1);

#[derive(Args, Debug)]
pub(in crate::cli) struct Sync {
    /// Only of this connection
    #[arg(long, value_name = "ID")]
    connection: Option<ConnectionId>,
    /// Only what changed at the provider since; a distance such as 2h means that long ago
    #[arg(long, value_name = "WHEN", value_parser = parse::moment)]
    since: Option<Moment>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only show what differs; write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    tenant: TenantOption,
}

impl Sync {
    /// Do it, and tell what differed. Failed if one of the connections could not be read.
    pub(in crate::cli) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let extent = Extent {
            since: self.since.map(|since| since.before(context.clock.now())),
            limit: self.limit,
        };
        if self.dry_run {
            return self.look(context, extent).await;
        }
        let progress = Progress::count(context.out, "bookings compared");
        let told = |count| progress.at(count);
        let connection = self.connection;
        let runs = context
            .in_tenant(self.tenant, async |app, scope| {
                let cause = SyncCause::Cli;
                Ok(agreement::now(app, scope, connection, extent, cause, PATIENCE, &told).await?)
            })
            .await;
        progress.end();
        print(context, runs?)
    }

    async fn look(self, context: &Context, extent: Extent) -> anyhow::Result<()> {
        let connection = self.connection;
        let reports = context
            .in_tenant(self.tenant, async |app, scope| {
                look_at_all(app, scope, connection, extent).await
            })
            .await?;
        if context.out.is_json() {
            let data: Vec<_> = reports
                .iter()
                .map(|(id, report)| json!({ "connection_id": id, "result": report }))
                .collect();
            return context.out.json(&PageBody::whole(data));
        }
        for (id, report) in &reports {
            tell(context, *id, report)?;
        }
        Ok(())
    }
}

async fn look_at_all(
    app: &App,
    scope: &Scope,
    wanted: Option<ConnectionId>,
    extent: Extent,
) -> anyhow::Result<Vec<(ConnectionId, SweepReport)>> {
    let mut reports = Vec::new();
    for id in agreement::comparable(app, scope, wanted).await? {
        reports.push((id, agreement::look(app, scope, id, extent).await?));
    }
    Ok(reports)
}

fn print(context: &Context, runs: Vec<SyncRun>) -> anyhow::Result<()> {
    let failed = runs.iter().find(|run| run.state == RunState::Failed);
    let why = failed.and_then(|run| run.error.clone());
    if context.out.is_json() {
        let data = runs.into_iter().map(SyncRunBody::from).collect();
        context.out.json(&PageBody::whole(data))?;
    } else {
        for run in &runs {
            let report = run.result.clone().unwrap_or_else(|| run.progress.clone());
            let report = serde_json::from_value(report).unwrap_or_default();
            tell(context, run.connection_id, &report)?;
            if !run.state.is_over() {
                context
                    .out
                    .line("  it goes on; `calbridge serve` finishes it")?;
            }
        }
    }
    match why {
        Some(why) => bail!("bookings could not be compared: {why}"),
        None => Ok(()),
    }
}

fn tell(context: &Context, id: ConnectionId, report: &SweepReport) -> anyhow::Result<()> {
    context
        .out
        .line(format!("connection {id}: {}", report.summary()))?;
    for one in &report.differing {
        context.out.line(line(one))?;
    }
    Ok(())
}

fn line(one: &Compared) -> String {
    let sign = match one {
        _ if one.is_found() => '+',
        _ if one.is_conflict() => '!',
        _ if one.kept => '=',
        _ => '~',
    };
    let words: Vec<_> = one.differences.iter().map(|one| one.as_str()).collect();
    let sides = match (&one.ours, &one.theirs) {
        (Some(ours), Some(theirs)) if one.is_conflict() => {
            format!(": {} here, {} there", stands(ours), stands(theirs))
        }
        _ => String::new(),
    };
    format!("  {sign} {} ({}){sides}", one.external_id, words.join(", "))
}

fn stands(side: &Side) -> String {
    let start = side.start_time.map(at).unwrap_or_default();
    format!("{} {start}", side.status)
}
