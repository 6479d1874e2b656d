//! Restore a backup into a data directory.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    BackupError, DATABASE, KEYS,
    archive::Step,
    check::{self, Checked},
    workplace::Workplace,
};

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Restored {
    /// What was restored.
    #[serde(flatten)]
    pub checked: Checked,
    /// Where what was there before is now.
    pub moved_aside: Option<PathBuf>,
    /// Whether the folder has keys to open the secrets with.
    pub has_keys: bool,
}

/// Check a backup and put it into `into`. With `force`, a folder that is not empty will do: the database in it, and its
/// keys where the backup has some, are moved aside.
pub async fn restore(
    file: &Path,
    into: &Path,
    force: bool,
    now: Timestamp,
    step: Box<Step>,
) -> Result<Restored, BackupError> {
    make_folder(into)?;
    let occupied = std::fs::read_dir(into)
        .map_err(BackupError::file(into))?
        .next()
        .is_some();
    if occupied && !force {
        return Err(BackupError::NotEmpty(into.to_owned()));
    }
    let workplace = Workplace::within(into)?;
    let (checked, workplace) = check::unpacked(file, workplace, step).await?;
    let moved_aside = move_aside(into, checked.with_keys, now)?;
    let mut names = vec![DATABASE];
    if checked.with_keys {
        names.push(KEYS);
    }
    for name in names {
        let to = into.join(name);
        std::fs::rename(workplace.file(name), &to).map_err(BackupError::file(&to))?;
    }
    // The names, too, must survive a power cut.
    std::fs::File::open(into)
        .and_then(|folder| folder.sync_all())
        .map_err(BackupError::file(into))?;
    Ok(Restored {
        checked,
        moved_aside,
        has_keys: into.join(KEYS).is_file(),
    })
}

fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(BackupError::file(folder))
}

/// What the restored files would overwrite, or what SQLite would take for theirs.
fn move_aside(
    folder: &Path,
    with_keys: bool,
    now: Timestamp,
) -> Result<Option<PathBuf>, BackupError> {
    let mut names: Vec<String> = ["", "-wal", "-shm", "-journal"]
        .map(|end| format!("{DATABASE}{end}"))
        .to_vec();
    if with_keys {
        names.push(KEYS.to_owned());
    }
    names.retain(|name| folder.join(name).exists());
    if names.is_empty() {
        return Ok(None);
    }
    let aside = folder.join(now.strftime("before-restore-%Y%m%dT%H%M%SZ").to_string());
    make_folder(&aside)?;
    for name in names {
        let from = folder.join(&name);
        std::fs::rename(&from, aside.join(&name)).map_err(BackupError::file(&from))?;
    }
    Ok(Some(aside))
}
