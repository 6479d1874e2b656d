//! PostgreSQL databases for tests, on the server that the environment names.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, error::DatabaseError,
    postgres::PgConnectOptions,
};

use super::{expect, give_up, up_to_date};
use crate::sql::{Db, PostgresOptions, migrate::Migration};

/// A PostgreSQL server where databases may be created and dropped, as `./test` starts one.
const SERVER: &str = "CALBRIDGE_TEST_POSTGRES_URL";
/// `sqlite` leaves PostgreSQL out, as `./test quick` does.
const ENGINES: &str = "CALBRIDGE_TEST_ENGINES";
/// Under this lock of the server, template databases are made.
const TEMPLATE_LOCK: i64 = 0x7465_6d70_6c61_7465;

/// A database of that server.
pub(super) struct Database {
    admin: PgConnectOptions,
    name: String,
}

impl Database {
    /// A new one, migrated; `None` when PostgreSQL was not asked for.
    pub(super) async fn create(migrations: &'static [Migration]) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let admin = server()?;
        let template = template(&admin, migrations).await;
        let name = format!(
            "calbridge_test_{}_{}_{:08x}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed),
            rand::random::<u32>()
        );
        let mut connection = connect(&admin).await;
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        run_when_free(&mut connection, create).await;
        connection.close().await.ok();
        Some(Self { admin, name })
    }

    pub(super) async fn open(&self) -> Db {
        let options = PostgresOptions {
            max_connections: 5,
            acquire_timeout: Duration::from_secs(30),
        };
        let opened = Db::connect_postgres(self.options(), options).await;
        expect(opened, "a PostgreSQL database")
    }

    pub(super) fn url(&self) -> SecretString {
        SecretString::from(String::from(self.options().to_url_lossy()))
    }

    pub(super) async fn remove(self) {
        if let Ok(mut connection) = PgConnection::connect_with(&self.admin).await {
            let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
            run(&mut connection, drop).await.ok();
            connection.close().await.ok();
        }
    }

    fn options(&self) -> PgConnectOptions {
        self.admin.clone().database(&self.name)
    }
}

/// The database to copy, made by whoever comes first.
async fn template(admin: &PgConnectOptions, migrations: &'static [Migration]) -> String {
    if migrations.is_empty() {
        return "template0".into();
    }
    let name = template_name(migrations);
    let mut connection = connect(admin).await;
    if !exists(&mut connection, &name).await {
        let lock = format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})");
        expect(run(&mut connection, lock).await, "the template lock");
        if !exists(&mut connection, &name).await {
            make_template(&mut connection, admin, &name, migrations).await;
        }
    }
    // The lock goes with the connection.
    connection.close().await.ok();
    name
}

/// A template has its name only once it is complete.
async fn make_template(
    connection: &mut PgConnection,
    admin: &PgConnectOptions,
    name: &str,
    migrations: &'static [Migration],
) {
    let draft = Database {
        admin: admin.clone(),
        name: format!("{name}_draft"),
    };
    for sql in [
        format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", draft.name),
        format!("CREATE DATABASE {} TEMPLATE template0", draft.name),
    ] {
        expect(run(connection, sql).await, "a template database");
    }
    let db = draft.open().await;
    up_to_date(&db, migrations).await;
    db.close().await;
    let rename = format!("ALTER DATABASE {} RENAME TO {name}", draft.name);
    run_when_free(connection, rename).await;
}

fn template_name(migrations: &[Migration]) -> String {
    let mut hash = Sha256::new();
    for migration in migrations {
        hash.update(migration.version.to_be_bytes());
        hash.update(migration.postgres);
        hash.update([0]);
    }
    let hash = hex::encode(hash.finalize());
    format!("calbridge_template_{}", &hash[..24])
}

async fn exists(connection: &mut PgConnection, name: &str) -> bool {
    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_one(connection)
        .await;
    expect(count, "the list of databases") > 0
}

/// Copying and renaming must wait while somebody is connected to the database.
async fn run_when_free(connection: &mut PgConnection, sql: String) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while let Err(error) = run(connection, sql.clone()).await {
        let code = error.as_database_error().and_then(DatabaseError::code);
        if code.as_deref() != Some("55006") || Instant::now() > deadline {
            give_up(format_args!("{sql}: {error:?}"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn connect(admin: &PgConnectOptions) -> PgConnection {
    let connected = PgConnection::connect_with(admin).await;
    expect(connected, "a connection to the test server")
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    done.map(drop)
}

/// Where to find PostgreSQL; `None` when it was not asked for.
fn server() -> Option<PgConnectOptions> {
    if setting(ENGINES).as_deref() == Some("sqlite") {
        skipped();
        return None;
    }
    let Some(url) = setting(SERVER) else {
        give_up(format_args!(
            "{SERVER} names no PostgreSQL server; run the tests through ./test, or with {ENGINES}=sqlite"
        ));
    };
    Some(expect(url.parse(), SERVER))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no configuration but the environment"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(
    clippy::print_stderr,
    reason = "the report of a test is where people look"
)]
fn skipped() {
    eprintln!("postgres: not asked for");
}
