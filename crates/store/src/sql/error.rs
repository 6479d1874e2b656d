//! What a failed statement means to the caller, read from the codes of both engines.
//!
//! Nothing here carries a bound value, a row or a URL: these errors end up in logs.

use sqlx::error::DatabaseError;

/// Any error, kept as the cause of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster; the same transaction may succeed when run again.
    #[error("the database is busy, the transaction may be tried again")]
    Busy,
    /// The database cannot be reached or used right now.
    #[error("the database is unavailable")]
    Unavailable(#[source] BoxError),
    /// A row with the same key is already there.
    #[error("a row with the same key is already there")]
    Conflict,
    /// A rule of the schema forbids it: a check, a foreign key, a missing value or a trigger.
    #[error("the database refused the change: {0}")]
    Refused(String),
    /// The server is older than the oldest version that works.
    #[error("PostgreSQL {found} is too old, {needed} or newer is needed")]
    TooOld {
        /// What the server says it is.
        found: String,
        /// The oldest version that works.
        needed: u32,
    },
    /// No room is left where the database lives.
    #[error("the disk of the database is full")]
    Full,
    /// A change was asked of something that can only be read.
    #[error("the database or the transaction is read-only")]
    ReadOnly,
    /// A column did not hold what the code expects.
    #[error("column {column} cannot be read: {reason}")]
    Decode {
        /// The column's name or position.
        column: String,
        /// Why, without the value.
        reason: BoxError,
    },
    /// The code asked for something that cannot work; a human must look.
    #[error("the database was used wrongly")]
    Bug(#[source] BoxError),
}

impl StoreError {
    /// A mistake in the code, found here rather than in the database.
    pub(crate) fn bug(what: impl Into<String>) -> Self {
        Self::Bug(what.into().into())
    }

    pub(super) fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable(what.into().into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                    from_postgres(error.code(), error.message())
                } else {
                    from_sqlite(error.as_ref())
                }
            }
            sqlx::Error::RowNotFound => Self::bug("a query that must return a row returned none"),
            error @ (sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Configuration(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed) => Self::Unavailable(Box::new(error)),
            other => Self::Bug(Box::new(other)),
        }
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn from_postgres(code: &str, message: &str) -> StoreError {
    let told = || format!("{message} ({code})");
    match code {
        "23505" | "23P01" => StoreError::Conflict,
        "22001" | "22003" => StoreError::Refused("a value does not fit its column".into()),
        "P0001" => StoreError::Refused(message.into()),
        // Lock not available, and the plan of a cached `SELECT *` after another node migrated.
        "55P03" => StoreError::Busy,
        "0A000" if is_stale_plan(code, message) => StoreError::Busy,
        "53100" => StoreError::Full,
        "25006" => StoreError::ReadOnly,
        "25P03" | "25P04" | "3D000" => StoreError::Unavailable(told().into()),
        _ => match code.get(..2).unwrap_or_default() {
            "23" => StoreError::Refused(message.into()),
            "40" => StoreError::Busy,
            "08" | "28" | "53" | "57" | "58" => StoreError::Unavailable(told().into()),
            // Data exceptions quote the value they complain about.
            "22" => StoreError::bug(format!("data exception ({code})")),
            _ => StoreError::bug(told()),
        },
    }
}

/// Whether a prepared statement has outlived the table it was planned for.
pub(super) fn is_stale_plan(code: &str, message: &str) -> bool {
    code == "0A000" && message.contains("cached plan")
}

/// <https://www.sqlite.org/rescode.html>
fn from_sqlite(error: &dyn DatabaseError) -> StoreError {
    const UNIQUE: [i32; 3] = [2067, 1555, 2579];
    let message = error.message();
    let code: i32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(1);
    let told = || format!("{message} ({code})");
    match code & 0xff {
        5 | 6 | 9 => StoreError::Busy,
        8 => StoreError::ReadOnly,
        13 => StoreError::Full,
        18 => StoreError::Refused("a value does not fit its column".into()),
        19 if UNIQUE.contains(&code) => StoreError::Conflict,
        19 => StoreError::Refused(message.into()),
        // No permission, no memory, disk I/O, damaged, cannot open, not a database.
        3 | 7 | 10 | 11 | 14 | 23 | 26 => StoreError::unavailable(told()),
        _ => StoreError::bug(told()),
    }
}
