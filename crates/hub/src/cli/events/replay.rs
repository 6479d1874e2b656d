//! `calbridge events replay`

use calbridge_core::ids::WebhookEventId;
use calbridge_store::webhook_events::EventStatus;
use clap::Args;
use serde_json::json;

use super::FilterOptions;
use crate::{
    cli::{
        Exit,
        context::{Context, TenantOption},
        exit::CliError,
        output::printable,
    },
    http::api::webhook_events::ReplayedBody,
    inbox::{self, Replayed, apply::RowChanges},
    reads,
};

/// Events that are replayed before the next ones are looked for.
const AT_ONCE: i64 = 200;

#[derive(Args, Debug)]
pub(in crate::cli) struct Replay {
    /// The event, by its number or its UUID
    #[arg(conflicts_with_all = ["status", "parked", "provider", "connection", "event_type", "external_id", "from", "to"])]
    id: Option<String>,
    #[command(flatten)]
    filter: FilterOptions,
    /// All events of the tenant, where no other option narrows them down
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// Change nothing; print the rows that would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    tenant: TenantOption,
}

/// What became of many.
#[derive(Default)]
struct Tally {
    processed: u32,
    ignored: u32,
    failed: u32,
}

impl Tally {
    fn count(&mut self, status: EventStatus) {
        match status {
            EventStatus::Processed => self.processed += 1,
            EventStatus::Ignored => self.ignored += 1,
            EventStatus::Failed | EventStatus::Received => self.failed += 1,
        }
    }
}

impl Replay {
    /// Exit code 1 when an event still fails.
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        if let Some(id) = &self.id {
            return one(context, self.tenant, id, self.dry_run).await;
        }
        if self.filter.is_empty() && !self.all {
            let which = "say which events: an id, --status failed, --from 24h ..., or --all";
            return Err(CliError::Usage(which.to_owned()).into());
        }
        self.many(context).await
    }

    async fn many(self, context: &Context) -> anyhow::Result<Exit> {
        let dry_run = self.dry_run;
        let filter = self.filter.filter(context.clock.now());
        let (mut tally, mut all) = (Tally::default(), Vec::new());
        context
            .in_tenant(self.tenant, async |app, scope| {
                let mut after = WebhookEventId(0);
                loop {
                    let replayed =
                        inbox::replay_range(app, scope, &filter, after, AT_ONCE, dry_run).await?;
                    let Some(last) = replayed.last() else {
                        return Ok(());
                    };
                    after = last.id;
                    for one in replayed {
                        tally.count(one.status);
                        if context.out.is_json() {
                            all.push(ReplayedBody::new(one, dry_run));
                        } else {
                            print(context, &one)?;
                        }
                    }
                }
            })
            .await?;
        let Tally {
            processed,
            ignored,
            failed,
        } = tally;
        if context.out.is_json() {
            context
                .out
                .json(&json!({ "data": all, "processed": processed, "ignored": ignored, "failed": failed }))?;
        } else {
            let verb = if dry_run { "would be" } else { "are" };
            context.out.line(format!(
                "{processed} {verb} processed, {ignored} ignored, {failed} failed"
            ))?;
        }
        Ok(if failed == 0 {
            Exit::Done
        } else {
            Exit::Failed
        })
    }
}

async fn one(
    context: &Context,
    tenant: TenantOption,
    id: &str,
    dry_run: bool,
) -> anyhow::Result<Exit> {
    let replayed = context
        .in_tenant(tenant, async |app, scope| {
            let event = reads::event(app, scope, id)
                .await?
                .ok_or_else(|| CliError::no("webhook event", printable(id)))?;
            Ok(if dry_run {
                inbox::dry_run(app, scope, event.id).await?
            } else {
                inbox::replay(app, scope, event.id).await?
            })
        })
        .await?;
    let failed = replayed.status == EventStatus::Failed;
    if context.out.is_json() {
        context.out.json(&ReplayedBody::new(replayed, dry_run))?;
    } else {
        print(context, &replayed)?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn print(context: &Context, replayed: &Replayed) -> anyhow::Result<()> {
    let came_to = match (&replayed.reason, replayed.moves.as_slice()) {
        (Some(reason), _) => printable(reason),
        (None, []) => "changes nothing".to_owned(),
        (None, moves) => moves.join(", "),
    };
    context.out.line(format!(
        "{:>6}  {:9}  {came_to}",
        replayed.id,
        replayed.status.as_str()
    ))?;
    print_rows(context, &replayed.rows)
}

/// The rows that change, with their columns before and after.
pub(in crate::cli) fn print_rows(context: &Context, rows: &RowChanges) -> anyhow::Result<()> {
    for row in &rows.0 {
        let id = row.id.as_deref().unwrap_or("new");
        context
            .out
            .line(format!("        {} {} {id}", row.action, row.table))?;
        for (column, [before, after]) in &row.columns {
            let change = format!("{before} -> {after}");
            context
                .out
                .line(format!("          {column}: {}", printable(&change)))?;
        }
    }
    Ok(())
}
