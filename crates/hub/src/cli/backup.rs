//! `calbridge backup` and `calbridge restore`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{context::Context, exit::CliError, output::aside, progress::Progress};
use crate::backup::{self, Checked, Manifest, Restored};

/// Back up a SQLite installation to one file, also while the hub runs
///
/// The file holds the database and a manifest with checksums. The keys that secrets in it are sealed with are left out
/// unless --with-keys is given: whoever has both can read the secrets, so keep them apart.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  calbridge backup calbridge-backup.tar.zst
  calbridge backup verify calbridge-backup.tar.zst
  calbridge restore calbridge-backup.tar.zst --into restored"
)]
pub(super) struct Backup {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    /// The file to make; it must not be there
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// Put the key file in, too: such a backup is a secret
    #[arg(long)]
    with_keys: bool,
}

#[derive(Subcommand, Debug)]
enum BackupCommand {
    /// Check a backup: checksums, every page of the database, whether this release can run it
    Verify {
        /// The backup; it is unpacked beside itself for a moment
        file: PathBuf,
    },
}

impl Backup {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        if let Some(BackupCommand::Verify { file }) = self.command {
            return verify(context, &file).await;
        }
        let Some(file) = self.file else {
            return Err(CliError::Usage("say which file to make".to_owned()).into());
        };
        let config = context.config()?;
        let size = std::fs::metadata(config.data.sqlite_file()).map_or(0, |found| found.len());
        let progress = Progress::bytes(context.out, size * 2);
        let step = progress.stepper();
        let now = context.clock.now();
        let manifest = backup::make(&config.data, &file, self.with_keys, now, step).await?;
        progress.end();
        if context.out.is_json() {
            return context.out.json(&manifest);
        }
        describe(context, &manifest, self.with_keys)?;
        context.out.line(format!("made {}", file.display()))
    }
}

async fn verify(context: &Context, file: &Path) -> anyhow::Result<()> {
    let progress = Progress::bytes(context.out, 0);
    let checked = backup::verify(file, progress.stepper()).await?;
    progress.end();
    if context.out.is_json() {
        return context.out.json(&checked);
    }
    let Checked {
        manifest,
        with_keys,
    } = checked;
    describe(context, &manifest, with_keys)?;
    context.out.line("the backup is sound")
}

/// Restore a backup into a data directory
///
/// The backup is checked before anything is touched. A directory that is not empty is refused; with --force the
/// database in it is moved aside, and the hub that uses it must be stopped first.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge restore calbridge-backup.tar.zst --into restored
  calbridge serve --data-dir restored")]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// The data directory; it is made when it is not there
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Also into a directory that is not empty
    #[arg(long)]
    force: bool,
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let progress = Progress::bytes(context.out, 0);
        let now = context.clock.now();
        let step = progress.stepper();
        let restored = backup::restore(&self.file, &self.into, self.force, now, step).await?;
        progress.end();
        let into = self.into.display();
        if !restored.has_keys {
            aside(format!(
                "The keys were not in the backup. Put the key file at {into}/keys, or set CALBRIDGE_KEYS, before you \
                 serve: otherwise webhook secrets cannot be opened."
            ));
        }
        if context.out.is_json() {
            return context.out.json(&restored);
        }
        let Restored {
            checked,
            moved_aside,
            ..
        } = restored;
        describe(context, &checked.manifest, checked.with_keys)?;
        if let Some(moved) = moved_aside {
            let moved = moved.display();
            context.out.line(format!("what was there is in {moved}"))?;
        }
        context.out.line(format!("restored into {into}"))
    }
}

fn describe(context: &Context, manifest: &Manifest, with_keys: bool) -> anyhow::Result<()> {
    let rows = manifest
        .rows
        .iter()
        .map(|(table, count)| vec![table.clone(), count.to_string()])
        .collect();
    context.out.table(&["Table", "Rows"], rows, "")?;
    let keys = if with_keys { "with" } else { "without" };
    context.out.line(format!(
        "release {}, schema {}, {keys} keys, made {}",
        manifest.release,
        manifest.schema,
        super::output::at(manifest.made_at)
    ))
}
