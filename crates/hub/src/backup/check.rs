//! Whether a backup is sound.

use std::{collections::BTreeMap, path::Path};

use calbridge_store::{
    StoreError,
    migrations::MIGRATIONS,
    sql::{
        Db, SqliteOptions,
        migrate::{self, MigrateError},
    },
};
use serde::Serialize;

use super::{
    BackupError, DATABASE, KEYS, Manifest,
    archive::{self, Step},
    workplace::{Workplace, folder_of},
};
use crate::startup::RELEASE;

/// Tables whose rows a manifest counts.
const COUNTED: [&str; 11] = [
    "activities",
    "attendees",
    "booking_changes",
    "bookings",
    "connections",
    "jobs",
    "leads",
    "tenants",
    "webhook_archive",
    "webhook_bodies",
    "webhook_events",
];

/// A backup that is sound.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Checked {
    /// What it says about itself; all of it is true.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// Whether it holds the keys.
    pub with_keys: bool,
}

/// Unpack a backup beside itself and check everything in it. Nothing of that stays.
pub async fn verify(file: &Path, step: Box<Step>) -> Result<Checked, BackupError> {
    let workplace = Workplace::within(folder_of(file))?;
    unpacked(file, workplace, step)
        .await
        .map(|(checked, _)| checked)
}

/// Unpack into a workplace and check.
pub(super) async fn unpacked(
    file: &Path,
    workplace: Workplace,
    mut step: Box<Step>,
) -> Result<(Checked, Workplace), BackupError> {
    let from = file.to_owned();
    let blocking = tokio::task::spawn_blocking(move || {
        archive::unpack(&from, &workplace, &mut *step).map(|manifest| (manifest, workplace))
    });
    let (manifest, workplace) = blocking.await.map_err(BackupError::damaged)??;
    if !manifest.files.contains_key(DATABASE) {
        return Err(BackupError::damaged("it holds no database"));
    }
    let found = look(&workplace.file(DATABASE), Depth::Everything).await?;
    if found != (manifest.schema, manifest.rows.clone()) {
        return Err(BackupError::damaged(
            "the database does not hold what the manifest says",
        ));
    }
    let with_keys = manifest.files.contains_key(KEYS);
    let checked = Checked {
        manifest,
        with_keys,
    };
    Ok((checked, workplace))
}

/// How closely to look at a database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Depth {
    /// Count its rows.
    Rows,
    /// Read every page, too.
    Everything,
}

/// The schema of a database file and the rows in it.
pub(super) async fn look(
    file: &Path,
    depth: Depth,
) -> Result<(i64, BTreeMap<String, i64>), BackupError> {
    let damaged = |error: StoreError| BackupError::damaged(format!("the database: {error}"));
    let db = Db::open_sqlite(file, SqliteOptions { max_readers: 1 })
        .await
        .map_err(damaged)?;
    let looked = look_into(&db, depth).await;
    db.close().await;
    looked
}

async fn look_into(db: &Db, depth: Depth) -> Result<(i64, BTreeMap<String, i64>), BackupError> {
    match migrate::pending(db, MIGRATIONS, RELEASE).await {
        Ok(_) => {}
        Err(MigrateError::Store(error)) => {
            return Err(BackupError::damaged(format!("the database: {error}")));
        }
        Err(error) => return Err(BackupError::Schema(error)),
    }
    let mut tx = db.read().await?;
    if depth == Depth::Everything {
        let said: Vec<(String,)> = tx.query("PRAGMA integrity_check(5)").all().await?;
        if said != [("ok".to_owned(),)] {
            let said: Vec<String> = said.into_iter().map(|(line,)| line).collect();
            return Err(BackupError::damaged(said.join("; ")));
        }
        let dangling = tx.query("PRAGMA foreign_key_check").rows().await?;
        if !dangling.is_empty() {
            let count = dangling.len();
            let why = format!("{count} rows name others that are not there");
            return Err(BackupError::damaged(why));
        }
    }
    let (schema,) = tx
        .query("SELECT MAX(version) FROM schema_migrations")
        .one()
        .await?;
    let mut rows = BTreeMap::new();
    for table in COUNTED {
        // A database that is not migrated yet lacks the newest tables.
        let there: Vec<(i64,)> = tx
            .query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1")
            .bind(table)
            .all()
            .await?;
        if !there.is_empty() {
            let (count,) = tx
                .query(format!("SELECT COUNT(*) FROM {table}"))
                .one()
                .await?;
            rows.insert(table.to_owned(), count);
        }
    }
    tx.rollback().await?;
    Ok((schema, rows))
}
