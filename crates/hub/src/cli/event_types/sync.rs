//! `calbridge event-types sync`

use std::time::Duration;

use calbridge_core::{ids::ConnectionId, scope::Scope};
use calbridge_store::sync_runs::{RunState, SyncCause, SyncRun};
use serde_json::{Value, json};

use crate::{
    app::App,
    cli::{
        Exit,
        context::{Context, TenantOption},
        output,
        progress::Progress,
    },
    event_types::sync::{self, SyncError},
    http::api::{page::PageBody, sync_runs::SyncRunBody},
    tenants,
};

/// Whose event types to read.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Whose {
    /// One tenant's.
    One(TenantOption),
    /// Those of every tenant that has a connection for it.
    Everybody,
}

/// Reading event types and hosts from the provider, now. It always asks the provider, whatever is remembered.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Sync {
    /// Whose.
    pub whose: Whose,
    /// Only of this connection.
    pub connection: Option<ConnectionId>,
}

/// Somebody watches; it may take its time.
const PATIENCE: Duration = Duration::from_mins(15);

impl Sync {
    /// Do it, and tell what changed. Failed if one of the connections could not be read.
    pub(in crate::cli) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let progress = Progress::count(context.out, "event types read");
        let told = |count| progress.at(count);
        let runs = match self.whose {
            Whose::One(tenant) => {
                context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(self.of_tenant(app, scope, &told).await?)
                    })
                    .await
            }
            Whose::Everybody => {
                context
                    .with_app(async |app| Ok(self.of_everybody(app, &told).await?))
                    .await
            }
        };
        progress.end();
        print(context, runs?)
    }

    async fn of_tenant(
        self,
        app: &App,
        scope: &Scope,
        told: &(dyn Fn(usize) + std::marker::Sync),
    ) -> Result<Vec<SyncRun>, SyncError> {
        sync::now(app, scope, self.connection, SyncCause::Cli, PATIENCE, told).await
    }

    async fn of_everybody(
        self,
        app: &App,
        told: &(dyn Fn(usize) + std::marker::Sync),
    ) -> Result<Vec<SyncRun>, SyncError> {
        let mut runs = Vec::new();
        for tenant in tenants::list_all(app).await? {
            match self.of_tenant(app, &Scope::cli(tenant.id), told).await {
                Ok(of_tenant) => runs.extend(of_tenant),
                // Not everybody has something to read.
                Err(SyncError::NoConnection) => {}
                Err(error) => return Err(error),
            }
        }
        if runs.is_empty() {
            return Err(SyncError::NoConnection);
        }
        Ok(runs)
    }
}

fn print(context: &Context, runs: Vec<SyncRun>) -> anyhow::Result<Exit> {
    let all_done = runs.iter().all(|run| run.state == RunState::Done);
    if context.out.is_json() {
        let data = runs.into_iter().map(SyncRunBody::from).collect();
        context.out.json(&PageBody::whole(data))?;
    } else {
        for run in &runs {
            tell(context, run)?;
        }
    }
    Ok(if all_done { Exit::Done } else { Exit::Failed })
}

fn tell(context: &Context, run: &SyncRun) -> anyhow::Result<()> {
    let report = run.result.clone().unwrap_or_else(|| json!({}));
    let count = |what: &str| report[what].as_array().map_or(0, Vec::len);
    context.out.line(format!(
        "connection {}: {} listed, {} added, {} changed, {} deactivated, {} unchanged, {} edits kept",
        run.connection_id,
        report["listed"],
        count("added"),
        count("changed"),
        count("deactivated"),
        report["unchanged"],
        count("kept_edits"),
    ))?;
    for (sign, what) in [("+", "added"), ("~", "changed"), ("-", "deactivated")] {
        for one in report[what].as_array().into_iter().flatten() {
            context.out.line(format!("  {sign} {}", named(one)))?;
        }
    }
    if let Some(review) = report["hosts_to_review"]
        .as_u64()
        .filter(|count| *count > 0)
    {
        output::aside(format!(
            "note: {review} hosts are not surely anybody; `calbridge hosts list` shows them"
        ));
    }
    match &run.error {
        Some(why) => context.out.line(format!("  failed: {why}")),
        None if !run.state.is_over() => context
            .out
            .line("  it goes on; `calbridge serve` finishes it"),
        None => Ok(()),
    }
}

fn named(one: &Value) -> String {
    let title = output::printable(one["title"].as_str().unwrap_or_default());
    let fields: Vec<_> = one["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|change| change["field"].as_str())
        .collect();
    let id = one["external_id"].as_str().unwrap_or_default();
    match fields.as_slice() {
        [] => format!("{id} {title}"),
        fields => format!("{id} {title} ({})", fields.join(", ")),
    }
}
