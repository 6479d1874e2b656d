//! Opening databases and beginning transactions.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Connection, Executor, PgConnection, PgPool, SqlitePool,
    pool::PoolOptions,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Bells, Engine, Listener, OnInvalidated, StoreError, Tx,
    pool_state::{OneMore, PoolState, pool_state},
};

/// The oldest PostgreSQL that the tests run on.
const OLDEST_POSTGRES: u32 = 15;
/// Statements kept prepared by each connection.
const PREPARED: usize = 512;
/// How long a SQLite transaction waits for its turn.
const SQLITE_PATIENCE: Duration = Duration::from_secs(15);
/// A transaction whose process says nothing for 15 s was left behind by one that is paused or cut off: the server ends
/// it, or what it locked would stay locked. Ours say something every few milliseconds.
const END_WHAT_WAS_LEFT: &str = "SET idle_in_transaction_session_timeout = 15000";

/// How to use a SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Connections that read; one more writes.
    pub max_readers: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { max_readers: 4 }
    }
}

/// How to use a PostgreSQL server.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Connections of this node, at most.
    pub max_connections: u32,
    /// How long a transaction waits for a connection.
    pub acquire_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(10),
        }
    }
}

/// An open database. Clones share its connections.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    bells: Arc<Bells>,
    /// Transactions that wait to begin.
    reading: Arc<AtomicUsize>,
    writing: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Pools {
    Sqlite {
        rd: SqlitePool,
        wr: SqlitePool,
        /// For checkpoints beside the writer.
        cp: SqlitePool,
    },
    Postgres(PgPool),
}

impl Db {
    /// Opens a SQLite file; creates it, readable by its owner only, when it is not there.
    pub async fn open_sqlite(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        create_private(path).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            .statement_cache_capacity(PREPARED)
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-16384")
            .pragma("mmap_size", "67108864");
        let pool = || {
            patient_pool::<sqlx::Sqlite>()
                .acquire_timeout(SQLITE_PATIENCE)
                // An open connection costs nothing, and the last one to close would remove the WAL.
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let wr: SqlitePoolOptions = pool().max_connections(1);
        let wr = wr
            .connect_with(
                connect
                    .clone()
                    .journal_mode(SqliteJournalMode::Wal)
                    // What was answered with 2xx survives a power cut.
                    .synchronous(SqliteSynchronous::Full)
                    .pragma("cache_size", "-65536")
                    .pragma("journal_size_limit", "67108864")
                    // Mostly somebody else has written back what there is by then: see `checkpoint`.
                    .pragma("wal_autocheckpoint", "16000"),
            )
            .await?;
        let cp = pool().max_connections(1).connect_lazy_with(connect.clone());
        let rd = pool()
            .max_connections(options.max_readers.max(1))
            .connect_with(connect.read_only(true))
            .await?;
        Ok(Self::over(Pools::Sqlite { rd, wr, cp }))
    }

    /// Connects to a PostgreSQL server.
    pub async fn open_postgres(
        url: &SecretString,
        options: PostgresOptions,
    ) -> Result<Self, StoreError> {
        let connect = url
            .expose_secret()
            .parse()
            .map_err(|_| StoreError::unavailable("the database URL cannot be read"))?;
        Self::connect_postgres(connect, options).await
    }

    pub(crate) async fn connect_postgres(
        connect: PgConnectOptions,
        options: PostgresOptions,
    ) -> Result<Self, StoreError> {
        // The driver itself asks for UTC on every connection.
        let connect = connect
            .application_name("calbridge")
            .statement_cache_capacity(PREPARED);
        // Once by hand: the pool would hide the reason behind its timeout.
        tokio::time::timeout(options.acquire_timeout, check_server(&connect))
            .await
            .map_err(|_| StoreError::unavailable("the database server does not answer"))??;
        let pool: PgPoolOptions = patient_pool()
            .acquire_timeout(options.acquire_timeout)
            .max_connections(options.max_connections.max(1))
            .after_connect(|connection: &mut PgConnection, _| {
                Box::pin(async move { connection.execute(END_WHAT_WAS_LEFT).await.map(drop) })
            });
        Ok(Self::over(Pools::Postgres(pool.connect_lazy_with(connect))))
    }

    fn over(pools: Pools) -> Self {
        let others = match &pools {
            Pools::Sqlite { .. } => None,
            Pools::Postgres(pool) => Some(pool.clone()),
        };
        Self {
            pools,
            bells: Arc::new(Bells::of_one_among(others)),
            reading: Arc::default(),
            writing: Arc::default(),
        }
    }

    /// How the connections fare.
    pub fn pools(&self) -> Vec<PoolState> {
        let (reading, writing) = (
            self.reading.load(Ordering::Relaxed),
            self.writing.load(Ordering::Relaxed),
        );
        match &self.pools {
            Pools::Sqlite { rd, wr, .. } => vec![
                pool_state("read", rd, reading),
                pool_state("write", wr, writing),
            ],
            Pools::Postgres(pool) => vec![pool_state("all", pool, reading + writing)],
        }
    }

    /// The database underneath.
    pub fn engine(&self) -> Engine {
        match &self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Begins a transaction that only reads, and sees one state of the database throughout.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let _waiting = OneMore::of(&self.reading);
        match &self.pools {
            Pools::Sqlite { rd, .. } => Ok(Tx::sqlite(rd.begin_with("BEGIN").await?, self.bells())),
            Pools::Postgres(pool) => {
                begin(
                    pool,
                    self.bells(),
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                )
                .await
            }
        }
    }

    /// Begins a transaction that may write. On SQLite there is one at a time, and it takes the lock at once.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        let _waiting = OneMore::of(&self.writing);
        match &self.pools {
            Pools::Sqlite { wr, .. } => Ok(Tx::sqlite(
                wr.begin_with("BEGIN IMMEDIATE").await?,
                self.bells(),
            )),
            Pools::Postgres(pool) => {
                begin(
                    pool,
                    self.bells(),
                    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                )
                .await
            }
        }
    }

    /// The same for counters that nobody misses: its commit does not wait for PostgreSQL's disk, so a crash of the server
    /// may undo it. Other transactions see it at once.
    pub async fn write_unflushed(&self) -> Result<Tx, StoreError> {
        match &self.pools {
            Pools::Sqlite { .. } => self.write().await,
            Pools::Postgres(pool) => {
                let _waiting = OneMore::of(&self.writing);
                begin(
                    pool,
                    self.bells(),
                    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit TO OFF",
                )
                .await
            }
        }
    }

    /// Copies the database, as it is at one instant, to a file that is not there yet, while others go on reading and
    /// writing. SQLite only: a server has tools of its own.
    pub async fn copy_into(&self, path: &Path) -> Result<(), StoreError> {
        let Pools::Sqlite { rd, .. } = &self.pools else {
            return Err(StoreError::bug("only a SQLite database is copied"));
        };
        let path = path
            .to_str()
            .ok_or_else(|| StoreError::unavailable("the name of the copy is not Unicode"))?;
        sqlx::query("VACUUM INTO $1").bind(path).execute(rd).await?;
        Ok(())
    }

    /// Writes what was committed from SQLite's log into the file, while others go on reading and writing, so that the
    /// writer has little left to do when the log is full. Nothing is to be done on PostgreSQL.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        if let Pools::Sqlite { cp, .. } = &self.pools {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
                .execute(cp)
                .await?;
        }
        Ok(())
    }

    /// A database to migrate with. SQLite wants foreign keys off while a table is rebuilt,
    /// for dropping the old one would delete what refers to it; that takes a connection of its own.
    pub(super) async fn for_migrations(&self) -> Result<Self, StoreError> {
        let Pools::Sqlite { wr, .. } = &self.pools else {
            return Ok(self.clone());
        };
        let connect = wr.connect_options().as_ref().clone().foreign_keys(false);
        let own = patient_pool()
            .max_connections(1)
            .acquire_timeout(SQLITE_PATIENCE)
            .connect_with(connect)
            .await?;
        Ok(Self::over(Pools::Sqlite {
            rd: own.clone(),
            wr: own.clone(),
            cp: own,
        }))
    }

    /// The bells that commits ring in this process.
    pub fn bells(&self) -> &Arc<Bells> {
        &self.bells
    }

    /// Calls a listener with what each commit of this process invalidated, before the commit returns.
    pub fn on_invalidated(&self, listener: OnInvalidated) {
        self.bells.on_invalidated(listener);
    }

    /// Hears what commits on other nodes ring; `None` on SQLite, where nobody can tell us.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        match &self.pools {
            Pools::Sqlite { .. } => Ok(None),
            Pools::Postgres(pool) => Listener::open(pool).await.map(Some),
        }
    }

    /// Waits for the open transactions and closes the connections.
    pub async fn close(&self) {
        match &self.pools {
            // The writer last: it moves the WAL into the file.
            Pools::Sqlite { rd, wr, cp } => {
                rd.close().await;
                cp.close().await;
                wr.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({:?})", self.engine())
    }
}

/// Connections are not tested before use, which would cost a round trip each time.
fn patient_pool<D: sqlx::Database>() -> PoolOptions<D> {
    PoolOptions::<D>::new()
        .test_before_acquire(false)
        // The engine may end a transaction by itself, as SQLite does when the disk is full;
        // the driver then still believes in it, and the connection is of no more use.
        .before_acquire(|connection, _| {
            let usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(usable) })
        })
}

/// Begins on a connection that works: after a restart of the server, every idle one is dead.
async fn begin(pool: &PgPool, bells: &Arc<Bells>, how: &'static str) -> Result<Tx, StoreError> {
    for _ in 0..pool.size() {
        match pool.begin_with(how).await {
            Ok(tx) => return Ok(Tx::postgres(tx, bells)),
            Err(error @ (sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)) => {
                return Err(error.into());
            }
            Err(error) => match StoreError::from(error) {
                StoreError::Unavailable(cause) => {
                    tracing::debug!(error = %cause, "Dropped a dead database connection");
                }
                other => return Err(other),
            },
        }
    }
    Ok(Tx::postgres(pool.begin_with(how).await?, bells))
}

async fn check_server(connect: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect_with(connect).await?;
    let (number, name): (String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num'), current_setting('server_version')",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    check_version(&number, name)
}

pub(super) fn check_version(number: &str, name: String) -> Result<(), StoreError> {
    let major = number.parse::<u32>().unwrap_or_default() / 10_000;
    if major < OLDEST_POSTGRES {
        return Err(StoreError::TooOld {
            found: name,
            needed: OLDEST_POSTGRES,
        });
    }
    Ok(())
}

/// The file and its folder hold personal data; SQLite gives its side files the mode of the main one.
fn create_private(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
