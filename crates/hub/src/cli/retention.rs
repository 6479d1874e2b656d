//! `calbridge retention`

use clap::Args;

use super::{context::Context, progress::Progress};
use crate::retention::{self, Tidied};

/// Compress and delete what is old, as `serve` does every hour
///
/// How long what is kept is in section `retention` of the settings. Everything is done in small steps: the hub may go on
/// running, and interrupting this does no harm.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge retention --dry-run
  calbridge retention --json")]
pub(super) struct Retention {
    /// Only print what would be done
    #[arg(long)]
    dry_run: bool,
}

impl Retention {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let tidied = context
            .with_app(async |app| {
                let ahead = retention::look(app).await?;
                if self.dry_run {
                    return Ok(ahead);
                }
                let steps = ahead.compressed + ahead.purged + ahead.jobs + ahead.answers;
                let progress = Progress::begin(context.out, steps, "bodies, jobs and answers");
                let done = retention::run(app, None, |steps| progress.step(steps)).await?;
                progress.end();
                Ok(done)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&tidied);
        }
        let Tidied {
            compressed,
            bytes_before,
            bytes_after,
            purged,
            jobs,
            answers,
            ..
        } = tidied;
        let room = if compressed > 0 && bytes_after > 0 {
            format!("{bytes_before} bytes became {bytes_after}")
        } else {
            String::new()
        };
        let row =
            |what: &str, count: u64, more: String| vec![what.to_owned(), count.to_string(), more];
        let rows = vec![
            row("bodies compressed", compressed, room),
            row("bodies deleted", purged, String::new()),
            row("failed jobs deleted", jobs, String::new()),
            row("kept answers deleted", answers, String::new()),
        ];
        let header = if self.dry_run { "Would be" } else { "Done" };
        context.out.table(&[header, "How many", ""], rows, "")
    }
}
