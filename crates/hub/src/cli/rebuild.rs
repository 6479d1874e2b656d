//! `calbridge rebuild`

use calbridge_core::ids::BookingId;
use clap::Args;
use serde_json::json;

use super::{
    Exit,
    context::{Context, TenantOption},
    events::print_rows,
    progress::Progress,
};
use crate::rebuild::{self, Difference, Mode, Summary};

/// Differences that are printed one by one; all are counted.
const MOST_PRINTED: usize = 1000;

/// Compare the bookings with the stored events, and mend what differs
///
/// Reads the stored events anew, tells each booking's story from its facts, and prints where the tables say something
/// else: bookings, attendees, leads as far as they follow from a booking, activities, history and references. Without
/// --apply nothing is written, and the exit code is 1 when there are differences. With --apply each booking is brought
/// in line in a transaction of its own; ids stay. The hub may go on running.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge rebuild --dry-run
  calbridge rebuild --booking 10000000042 --dry-run --table
  calbridge rebuild --apply")]
pub(super) struct Rebuild {
    /// Only print the differences, as is done anyway without --apply
    #[arg(long)]
    dry_run: bool,
    /// Write what the events say
    #[arg(long, conflicts_with = "dry_run")]
    apply: bool,
    /// Only this booking
    #[arg(long, value_name = "ID")]
    booking: Option<BookingId>,
    #[command(flatten)]
    tenant: TenantOption,
}

impl Rebuild {
    /// Exit code 1 when something differs and was not mended.
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let mode = if self.apply { Mode::Apply } else { Mode::Look };
        let mut differences = Vec::new();
        let summary = context
            .in_tenant(self.tenant, async |app, scope| {
                let size = match self.booking {
                    Some(_) => 1,
                    None => rebuild::size(app, scope).await?,
                };
                let progress = Progress::begin(context.out, size, "bookings");
                let tell = |difference| {
                    if differences.len() < MOST_PRINTED {
                        differences.push(difference);
                    }
                };
                let summary =
                    rebuild::rebuild(app, scope, mode, self.booking, tell, || progress.step(1))
                        .await?;
                progress.end();
                Ok(summary)
            })
            .await?;
        if context.out.is_json() {
            context.out.json(&json!({
                "applied": self.apply,
                "summary": summary,
                "differences": differences,
            }))?;
        } else {
            print(context, mode, &summary, &differences)?;
        }
        let unmended = summary.failing > 0 || (summary.differences > 0 && !self.apply);
        Ok(if unmended { Exit::Failed } else { Exit::Done })
    }
}

fn print(
    context: &Context,
    mode: Mode,
    summary: &Summary,
    differences: &[Difference],
) -> anyhow::Result<()> {
    let out = context.out;
    for difference in differences {
        let about = match (difference.booking_id, difference.webhook_event_id) {
            (Some(id), _) => format!("booking {id}"),
            (None, Some(id)) => format!("webhook event {id}"),
            (None, None) => String::new(),
        };
        out.line(about)?;
        print_rows(context, &difference.rows)?;
    }
    let rows = summary
        .tables
        .iter()
        .map(|(table, rows)| {
            vec![
                (*table).to_owned(),
                rows.insert.to_string(),
                rows.update.to_string(),
                rows.delete.to_string(),
            ]
        })
        .collect();
    let header = ["Table", "Missing", "Different", "Too many"];
    out.table(&header, rows, "the tables say what the events say")?;
    let Summary {
        bookings,
        differences,
        without_body,
        unreadable,
        without_facts,
        failing,
        ..
    } = summary;
    let verb = match mode {
        Mode::Look => "differ",
        Mode::Apply => "were mended",
    };
    out.line(format!("{bookings} bookings, {differences} {verb}"))?;
    for (count, what) in [
        (
            without_body,
            "events have no body any more; their facts were taken as they were stored",
        ),
        (
            unreadable,
            "events cannot be read any more; their facts were taken as they were stored",
        ),
        (without_facts, "bookings have no facts and were left alone"),
        (failing, "events cannot be applied; see the log"),
    ] {
        if *count > 0 {
            out.line(format!("{count} {what}"))?;
        }
    }
    Ok(())
}
