//! Bringing the schema up to date, once, whoever else tries at the same moment.
//!
//! Each migration is a transaction of its own, so what was done before a failure stays done.

mod plan;

use sha2::{Digest, Sha256};

use self::plan::{Applied, missing};
use super::{Db, Engine, StoreError, Tx};

/// Keeps the nodes of one PostgreSQL database from migrating at the same time.
const LOCK: i64 = 0x6361_6c62_7269_6467;

/// One step of the schema. Once released it is never edited.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its place in the order.
    pub version: i64,
    /// A few words, for people.
    pub name: &'static str,
    /// The oldest release that still works on the schema once this step is done.
    pub oldest_release: &'static str,
    /// The statements for SQLite. Foreign keys are checked at the end, not while they run,
    /// so a table can be rebuilt.
    pub sqlite: &'static str,
    /// The statements for PostgreSQL.
    pub postgres: &'static str,
}

impl Migration {
    /// The statements for that engine.
    pub fn sql(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }

    fn checksum(&self, engine: Engine) -> String {
        // The same text, whatever line ends the checkout has.
        let text = self.sql(engine).replace("\r\n", "\n");
        hex::encode(Sha256::digest(text))
    }
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The migrations that it applied, in order; none when all was up to date.
    pub applied: Vec<Step>,
}

/// One migration that was or will be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its place in the order.
    pub version: i64,
    /// A few words, for people.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database was migrated by a release that this one cannot work beside.
    #[error(
        "the database has migration {version} ({name}), which needs release {needed} or newer; this is {release}"
    )]
    TooNew {
        /// The migration that is not known here.
        version: i64,
        /// Its name.
        name: String,
        /// The oldest release that works with it.
        needed: String,
        /// This release.
        release: String,
    },
    /// A migration is not the one that was applied.
    #[error("migration {version} ({name}) was changed after it was applied")]
    Changed {
        /// The migration.
        version: i64,
        /// Its name.
        name: String,
    },
    /// A migration would come before one that is already applied.
    #[error("migration {version} ({name}) comes too late, {newest} is already applied")]
    TooLate {
        /// The migration.
        version: i64,
        /// Its name.
        name: &'static str,
        /// The newest that is applied.
        newest: i64,
    },
    /// A release number cannot be read.
    #[error("{0:?} is not a release number like 1.2.3")]
    Release(String),
    /// The statements of a migration failed; nothing of it was kept.
    #[error("migration {version} ({name}) failed")]
    Failed {
        /// The migration.
        version: i64,
        /// Its name.
        name: &'static str,
        /// What the database said.
        #[source]
        source: StoreError,
    },
    /// The database failed around the migrations.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Applies what is missing. Running it again, or on several nodes at once, does no harm.
pub async fn migrate(
    db: &Db,
    migrations: &[Migration],
    release: &str,
) -> Result<Report, MigrateError> {
    if pending(db, migrations, release).await?.is_empty() {
        return Ok(Report::default());
    }
    apply_all(&db.for_migrations().await?, migrations, release).await
}

/// What `migrate` would apply now.
pub async fn pending(
    db: &Db,
    migrations: &[Migration],
    release: &str,
) -> Result<Vec<Step>, MigrateError> {
    let mut tx = db.read().await?;
    let applied = applied(&mut tx).await?;
    missing(&applied, migrations, db.engine(), release)
}

async fn apply_all(
    db: &Db,
    migrations: &[Migration],
    release: &str,
) -> Result<Report, MigrateError> {
    let mut report = Report::default();
    loop {
        let mut tx = db.write().await?;
        tx.lock_keys(&[LOCK]).await?;
        // Another node may have applied some while we waited.
        let applied = applied(&mut tx).await?;
        let missing = missing(&applied, migrations, db.engine(), release)?;
        let Some(step) = missing.first() else {
            return Ok(report);
        };
        let migration = migrations.iter().find(|m| m.version == step.version);
        let Some(migration) = migration else {
            return Ok(report);
        };
        apply(tx, migration)
            .await
            .map_err(|source| MigrateError::Failed {
                version: migration.version,
                name: migration.name,
                source,
            })?;
        tracing::info!(
            migration.version = migration.version,
            "Applied migration {} ({})",
            migration.version,
            migration.name
        );
        report.applied.push(*step);
    }
}

async fn apply(mut tx: Tx, migration: &Migration) -> Result<(), StoreError> {
    let engine = tx.engine();
    if !has_table(&mut tx).await? {
        tx.script(match engine {
            Engine::Sqlite => TABLE_SQLITE,
            Engine::Postgres => TABLE_POSTGRES,
        })
        .await?;
    }
    tx.script(migration.sql(engine)).await?;
    if engine == Engine::Sqlite {
        let orphans: Vec<(String,)> = tx.query("PRAGMA foreign_key_check").all().await?;
        if let Some((table,)) = orphans.first() {
            return Err(StoreError::Refused(format!(
                "rows of {table} refer to rows that are not there"
            )));
        }
    }
    tx.query(
        "INSERT INTO schema_migrations (version, name, checksum, oldest_release)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(migration.version)
    .bind(migration.name)
    .bind(migration.checksum(engine))
    .bind(migration.oldest_release)
    .execute()
    .await?;
    tx.commit().await
}

async fn applied(tx: &mut Tx) -> Result<Vec<Applied>, StoreError> {
    if !has_table(tx).await? {
        return Ok(Vec::new());
    }
    tx.query(
        "SELECT version, name, checksum, oldest_release FROM schema_migrations ORDER BY version",
    )
    .all()
    .await
}

async fn has_table(tx: &mut Tx) -> Result<bool, StoreError> {
    let (count,): (i64,) = tx
        .query(match tx.engine() {
            Engine::Sqlite => {
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'"
            }
            Engine::Postgres => {
                "SELECT count(*) FROM pg_catalog.pg_tables
                 WHERE tablename = 'schema_migrations' AND schemaname = current_schema()"
            }
        })
        .one()
        .await?;
    Ok(count > 0)
}

const TABLE_SQLITE: &str = "
CREATE TABLE schema_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    oldest_release TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
)";

const TABLE_POSTGRES: &str = "
CREATE TABLE schema_migrations (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    oldest_release TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
)";
