//! Backups of a SQLite installation: one file, made while the hub runs, that can be checked and restored.
//!
//! The file is a tar archive compressed with zstd, so that common tools open it too. It holds `manifest.json`,
//! `calbridge.db` and, only when asked for, `keys`. PostgreSQL has better tools of its own.

mod archive;
mod check;
mod make;
mod restore;
mod workplace;

pub use self::{
    check::{Checked, verify},
    make::make,
    restore::{Restored, restore},
};

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use calbridge_store::{StoreError, secrets::SecretError, sql::migrate::MigrateError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The form of the file; raised when an older release could not read it any more.
const FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "calbridge.db";
const KEYS: &str = "keys";

/// What a backup says about itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the file.
    pub format: u32,
    /// The release that made it.
    pub release: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The newest migration of the database.
    pub schema: i64,
    /// Rows of the tables that matter most.
    pub rows: BTreeMap<String, i64>,
    /// The files in it, by name.
    pub files: BTreeMap<String, FileNote>,
}

/// A file of a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileNote {
    /// Size.
    pub bytes: u64,
    /// SHA-256, as hex.
    pub sha256: String,
}

/// Why a backup could not be made, checked or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The installation is not on SQLite.
    #[error(
        "this installation is on PostgreSQL: back it up with pg_dump or a base backup, and the key file apart from it; \
         see \"Backups\" in docs/operating.md"
    )]
    Postgres,
    /// There is nothing to back up.
    #[error("there is no database {0}")]
    NoDatabase(PathBuf),
    /// The keys are not in a file.
    #[error("there is no key file {0}: the keys come from the environment, keep them there")]
    NoKeyFile(PathBuf),
    /// Something is in the way.
    #[error("{0} is there already; choose another name")]
    InTheWay(PathBuf),
    /// The folder to restore into holds something.
    #[error(
        "{0} is not empty; choose another folder, or stop the hub there and use --force, which moves aside what is there"
    )]
    NotEmpty(PathBuf),
    /// The file is no backup, or is damaged.
    #[error("the backup is not sound: {0}")]
    Damaged(String),
    /// A release made it that this one does not understand.
    #[error("the backup does not fit this release")]
    Schema(#[source] MigrateError),
    /// There is nothing to restore from.
    #[error("there is no backup {0}; name the file that `calbridge backup` made")]
    NoBackup(PathBuf),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The keys cannot be read.
    #[error("the keys")]
    Keys(#[from] SecretError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    /// For `map_err` on what was done with a file.
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File(path, error)
    }

    /// The same for opening a backup.
    fn backup(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::NotFound => Self::NoBackup(path.to_owned()),
            _ => Self::File(path.to_owned(), error),
        }
    }

    fn damaged(why: impl std::fmt::Display) -> Self {
        Self::Damaged(why.to_string())
    }
}
