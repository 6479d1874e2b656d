//! From settings to a running application: open the database, migrate it, see to what must be there.

use calbridge_core::{ids::FIRST_TENANT, provider::Provider, scope::Scope};
use calbridge_store::{
    Store, StoreError,
    connections::{self, SignaturePolicy},
    migrations::MIGRATIONS,
    secrets::{KeyRing, SecretError},
    sql::{
        Db, Engine, PostgresOptions, SqliteOptions,
        migrate::{self, MigrateError, Step},
    },
    tenants,
};
use jiff::Timestamp;

use crate::{
    app::App,
    clock::Clock,
    config::Config,
    connections::{AddConnectionError, NewConnectionRequest, add},
};

/// This release.
pub const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// The name of the connection that the environment seeds.
pub const DEFAULT_CONNECTION: &str = "default";

/// Why the application could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The keys cannot be read or made.
    #[error("the keys that secrets are sealed with: {0}")]
    Keys(#[from] SecretError),
    /// The data directory cannot be made.
    #[error("the data directory {0}: {1}")]
    DataDir(std::path::PathBuf, std::io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Store(#[from] StoreError),
    /// The database cannot be migrated, or is too new.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// A PostgreSQL database has migrations to run.
    #[error(
        "the database needs {0} migrations: look at them with `calbridge migrate --dry-run`, \
         then run `calbridge migrate` or start with `--migrate`"
    )]
    NotMigrated(usize),
    /// Connection `default` cannot be made from the environment.
    #[error("connection `default` from the environment: {0}")]
    Seed(#[from] AddConnectionError),
}

/// Whether to migrate before starting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Migrate {
    /// SQLite only: it is ours alone.
    OwnDatabaseOnly,
    /// PostgreSQL too.
    Always,
}

impl Migrate {
    /// As a flag `--migrate` says.
    pub(crate) fn wished(flag: bool) -> Self {
        if flag {
            Self::Always
        } else {
            Self::OwnDatabaseOnly
        }
    }
}

/// Open the database named by the settings, as it is.
pub async fn open(config: &Config) -> Result<Store, StartError> {
    let data = &config.data;
    let keys = if let Some(keys) = &data.keys {
        KeyRing::parse(keys)?
    } else {
        make_data_dir(data.dir())?;
        KeyRing::load_or_create(&data.key_file())?
    };
    let db = match &data.url {
        Some(url) => {
            let options = PostgresOptions {
                max_connections: data.max_connections,
                ..PostgresOptions::default()
            };
            Db::open_postgres(url, options).await?
        }
        None => Db::open_sqlite(&data.sqlite_file(), SqliteOptions::default()).await?,
    };
    Ok(Store::new(db, keys))
}

fn make_data_dir(dir: &std::path::Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|error| StartError::DataDir(dir.to_owned(), error))
}

/// Bring the database up to this release, or refuse.
pub async fn migrate(store: &Store, how: Migrate) -> Result<Vec<Step>, StartError> {
    let pending = migrate::pending(store.db(), MIGRATIONS, RELEASE).await?;
    if pending.is_empty() {
        return Ok(pending);
    }
    if how == Migrate::OwnDatabaseOnly && store.db().engine() == Engine::Postgres {
        return Err(StartError::NotMigrated(pending.len()));
    }
    Ok(migrate::migrate(store.db(), MIGRATIONS, RELEASE)
        .await?
        .applied)
}

/// Open, migrate and start.
pub async fn start(config: Config, clock: Clock, how: Migrate) -> Result<App, StartError> {
    let store = open(&config).await?;
    migrate(&store, how).await?;
    see_to_first_tenant(&store, clock.now()).await?;
    let app = App::start(store, clock, config).await?;
    seed_default_connection(&app).await?;
    Ok(app)
}

/// A fresh installation has tenant 1.
pub async fn see_to_first_tenant(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.read().await?;
    let tenants = tenants::list_all(&mut tx).await?;
    tx.rollback().await?;
    if tenants.is_empty() {
        let mut tx = store.write().await?;
        // Another node may be as fast as we are.
        tx.lock_keys(&[1]).await?;
        if tenants::list_all(&mut tx).await?.is_empty() {
            tenants::create(&mut tx, "Default", now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The environment seeds connection `default` of tenant 1 once; from then on the connection counts.
async fn seed_default_connection(app: &App) -> Result<(), StartError> {
    let seed = &app.config.calcom;
    if seed.webhook_secret.is_none() && seed.api_key.is_none() {
        return Ok(());
    }
    let scope = Scope::system(FIRST_TENANT);
    let mut tx = app.store.read().await?;
    let there =
        connections::find_by_name(&mut tx, &scope, Provider::CalCom, DEFAULT_CONNECTION).await?;
    tx.rollback().await?;
    if there.is_some() {
        return Ok(());
    }
    let request = NewConnectionRequest {
        webhook_secret: seed.webhook_secret.clone(),
        api_key: seed.api_key.clone(),
        signature_policy: SignaturePolicy::Required,
        ..NewConnectionRequest::new(Provider::CalCom, DEFAULT_CONNECTION)
    };
    match add(app, &scope, request).await {
        // Another node was faster.
        Ok(_) | Err(AddConnectionError::NameTaken(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
