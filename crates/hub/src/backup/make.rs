//! Make a backup, while the hub runs or not.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use calbridge_store::sql::{Db, SqliteOptions};
use jiff::Timestamp;

use super::{
    BackupError, DATABASE, FORMAT, KEYS, Manifest,
    archive::{self, Step},
    check::{self, Depth},
    workplace::{Workplace, folder_of},
};
use crate::{config::Data, startup::RELEASE};

/// How often progress is told while the database is copied.
const OFTEN: Duration = Duration::from_millis(200);

/// Back up the installation to a new file. `step` is told of bytes, of which there are about twice as many as the
/// database has.
///
/// The copy is one state of the database: what is stored meanwhile is not in it, and is not held up.
pub async fn make(
    data: &Data,
    to: &Path,
    with_keys: bool,
    now: Timestamp,
    mut step: Box<Step>,
) -> Result<Manifest, BackupError> {
    if data.url.is_some() {
        return Err(BackupError::Postgres);
    }
    let (database, keys) = (data.sqlite_file(), data.key_file());
    if !database.is_file() {
        return Err(BackupError::NoDatabase(database));
    }
    if with_keys && (data.keys.is_some() || !keys.is_file()) {
        return Err(BackupError::NoKeyFile(keys));
    }
    if to.exists() {
        return Err(BackupError::InTheWay(to.to_owned()));
    }
    let workplace = Workplace::within(folder_of(to))?;
    let copy = workplace.file(DATABASE);
    copy_database(&database, &copy, &mut *step).await?;
    let (schema, rows) = check::look(&copy, Depth::Rows).await?;
    let mut files: Vec<(&'static str, PathBuf)> = vec![(DATABASE, copy)];
    if with_keys {
        files.push((KEYS, keys));
    }

    let to = to.to_owned();
    let pack = move || {
        let mut notes = BTreeMap::new();
        for (name, path) in &files {
            notes.insert((*name).to_owned(), archive::note(path)?);
        }
        let manifest = Manifest {
            format: FORMAT,
            release: RELEASE.to_owned(),
            made_at: now,
            schema,
            rows,
            files: notes,
        };
        let files: Vec<(&str, &Path)> = files
            .iter()
            .map(|(name, path)| (*name, path.as_path()))
            .collect();
        let partial = workplace.file("backup");
        archive::write(&partial, &manifest, &files, &mut *step)?;
        // All of it or nothing.
        std::fs::rename(&partial, &to).map_err(BackupError::file(&to))?;
        Ok(manifest)
    };
    tokio::task::spawn_blocking(pack)
        .await
        .map_err(BackupError::damaged)?
}

async fn copy_database(from: &Path, to: &Path, step: &mut Step) -> Result<(), BackupError> {
    let db = Db::open_sqlite(from, SqliteOptions { max_readers: 1 }).await?;
    let copying = db.copy_into(to);
    tokio::pin!(copying);
    let mut told = 0;
    let copied = loop {
        tokio::select! {
            copied = &mut copying => break copied,
            () = tokio::time::sleep(OFTEN) => {
                let size = std::fs::metadata(to).map_or(told, |found| found.len());
                step(size.saturating_sub(told));
                told = size.max(told);
            }
        }
    };
    db.close().await;
    copied?;
    Ok(())
}
