//! Databases for tests: a file or a PostgreSQL database of its own for each, gone when the test is over.
//!
//! What cannot be set up panics, for then the test has failed.

#[cfg(test)]
mod rows;
mod server;

#[cfg(test)]
pub(crate) use self::rows::connection_of_a_tenant;

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use tempfile::TempDir;

use self::server::Database;
use crate::{
    Store,
    migrations::MIGRATIONS,
    secrets::KeyRing,
    sql::{
        Db, SqliteOptions,
        migrate::{Migration, migrate},
    },
};

/// Runs a test on SQLite and on PostgreSQL, as `name::sqlite` and `name::postgres`.
///
/// The parameter may be of any type that is [`Testable`]; the body may return a `Result`.
#[macro_export]
macro_rules! each_engine {
    ($($(#[$meta:meta])* async fn $name:ident($($store:tt)+) $(-> $returned:ty)? $body:block)+) => {$(
        async fn $name($($store)+) $(-> $returned)? $body

        mod $name {
            $(#[$meta])*
            #[::tokio::test]
            async fn sqlite() {
                $crate::testing::on_sqlite(super::$name).await;
            }

            $(#[$meta])*
            #[::tokio::test]
            async fn postgres() {
                $crate::testing::on_postgres(super::$name).await;
            }
        }
    )+};
}

/// What a test asks for: a database, or something built on one.
pub trait Testable: Sized {
    /// What to migrate the database with before the test begins.
    fn migrations() -> &'static [Migration];

    /// The thing to test.
    fn on(db: Db) -> Self;
}

/// An empty database.
impl Testable for Db {
    fn migrations() -> &'static [Migration] {
        &[]
    }

    fn on(db: Db) -> Self {
        db
    }
}

/// The store, on an up-to-date schema, with a key of its own.
impl Testable for Store {
    fn migrations() -> &'static [Migration] {
        MIGRATIONS
    }

    fn on(db: Db) -> Self {
        Self::new(db, KeyRing::generate())
    }
}

/// How a test ends: nothing, or a `Result`.
pub trait Ending {
    /// Panics unless it is a good one.
    fn check(self);
}

impl Ending for () {
    fn check(self) {}
}

impl<E: std::fmt::Debug> Ending for Result<(), E> {
    fn check(self) {
        if let Err(error) = self {
            give_up(format_args!("the test failed: {error:?}"));
        }
    }
}

/// Runs a test on a new SQLite file.
pub async fn on_sqlite<T: Testable, E: Ending>(test: impl AsyncFnOnce(T) -> E) {
    let database = sqlite_db(T::migrations()).await;
    let ending = test(T::on(database.db.clone())).await;
    database.remove().await;
    ending.check();
}

/// Runs a test on a new PostgreSQL database, unless only SQLite was asked for.
pub async fn on_postgres<T: Testable, E: Ending>(test: impl AsyncFnOnce(T) -> E) {
    let Some(database) = postgres_db(T::migrations()).await else {
        return;
    };
    let ending = test(T::on(database.db.clone())).await;
    database.remove().await;
    ending.check();
}

/// A database that is removed when it is dropped.
pub struct TestDb {
    /// The database, open.
    pub db: Db,
    place: Option<Place>,
}

enum Place {
    File(TempDir),
    Server(Box<Database>),
}

/// A new SQLite file.
pub async fn sqlite_db(migrations: &'static [Migration]) -> TestDb {
    let folder = expect(TempDir::new(), "a temporary folder");
    let db = open_file(&folder).await;
    up_to_date(&db, migrations).await;
    TestDb {
        db,
        place: Some(Place::File(folder)),
    }
}

/// A new PostgreSQL database; `None` when only SQLite was asked for.
///
/// It is copied from a template, which the first test that needs these migrations makes.
pub async fn postgres_db(migrations: &'static [Migration]) -> Option<TestDb> {
    let database = Database::create(migrations).await?;
    Some(TestDb {
        db: database.open().await,
        place: Some(Place::Server(Box::new(database))),
    })
}

impl TestDb {
    /// Opens it once more, as another process would.
    pub async fn open_again(&self) -> Db {
        match &self.place {
            Some(Place::File(folder)) => open_file(folder).await,
            Some(Place::Server(database)) => database.open().await,
            None => self.db.clone(),
        }
    }

    /// The path of the file, on SQLite.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.place {
            Some(Place::File(folder)) => Some(file(folder)),
            _ => None,
        }
    }

    /// The URL of the database, on PostgreSQL.
    pub fn url(&self) -> Option<SecretString> {
        match &self.place {
            Some(Place::Server(database)) => Some(database.url()),
            _ => None,
        }
    }

    /// Closes and removes it.
    pub async fn remove(mut self) {
        if let Some(place) = self.place.take() {
            // Only as long as it takes a dropped transaction to roll back.
            let closing = tokio::time::timeout(Duration::from_secs(2), self.db.close());
            closing.await.ok();
            place.remove().await;
        }
    }
}

/// For tests that panicked; the others have called `remove`.
impl Drop for TestDb {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else {
            return;
        };
        // Here nothing can be awaited.
        let removal = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(place.remove());
            }
        });
        removal.join().ok();
    }
}

impl Place {
    async fn remove(self) {
        match self {
            // The folder goes with its guard.
            Self::File(_) => {}
            Self::Server(database) => database.remove().await,
        }
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("calbridge.db")
}

async fn open_file(folder: &TempDir) -> Db {
    let opened = Db::open_sqlite(&file(folder), SqliteOptions::default()).await;
    expect(opened, "a SQLite file")
}

async fn up_to_date(db: &Db, migrations: &'static [Migration]) {
    // Newer than whatever release a migration asks for.
    let migrated = migrate(db, migrations, "1000.0.0").await;
    expect(migrated, "the migrations");
}

fn expect<T, E: std::fmt::Debug>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => give_up(format_args!("{what}: {error:?}")),
    }
}

#[expect(clippy::panic, reason = "a test that cannot be set up has failed")]
fn give_up(why: std::fmt::Arguments<'_>) -> ! {
    panic!("{why}")
}
