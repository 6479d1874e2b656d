//! What every command gets: the options that all share, the settings, and the application when it needs it.

use std::path::PathBuf;

use calbridge_core::{ids::TenantId, scope::Scope};
use calbridge_store::tenants;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::{
    exit::CliError,
    output::{Output, Wish},
    parse,
};
use crate::{
    app::App,
    clock::Clock,
    config::{Config, Environment, Flags, Loaded},
    control::{Ask, Client},
    logging,
    startup::{self, Migrate},
};

/// Options of every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Options {
    /// Folder for the SQLite database and the key file [default: calbridge-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL instead of SQLite: `postgres://USER:PASSWORD@HOST/NAME`
    ///
    /// Other people on this machine can read command lines: set `CALBRIDGE_DATABASE_URL` instead where that matters.
    #[arg(long, global = true, value_name = "URL", value_parser = parse::secret)]
    pub database_url: Option<SecretString>,
    /// Configuration file [default: calbridge.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON, as is done anyway where the output is no terminal
    #[arg(long, global = true)]
    pub json: bool,
    /// Print tables and text, also where the output is no terminal
    #[arg(long, global = true, conflicts_with = "json")]
    pub table: bool,
}

/// Whose things a command is about.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct TenantOption {
    /// Tenant
    #[arg(long, alias = "company", value_name = "ID", default_value = "1")]
    pub tenant: TenantId,
}

/// What every command gets.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub options: Options,
    pub environment: Environment,
    pub clock: Clock,
    pub out: Output,
}

/// The system's; in builds for tests, `CALBRIDGE_TEST_CLOCK` may name a file that shifts it.
#[cfg_attr(
    not(debug_assertions),
    expect(unused_variables, reason = "no release reads it")
)]
fn clock(environment: &Environment) -> Clock {
    #[cfg(debug_assertions)]
    if let Some(file) = environment.get("CALBRIDGE_TEST_CLOCK") {
        return Clock::shifted(file.into());
    }
    Clock::system()
}

impl Context {
    pub(super) fn new(options: Options, environment: Environment, terminal: bool) -> Self {
        let wish = match (options.json, options.table) {
            (true, _) => Wish::Json,
            (_, true) => Wish::Table,
            _ => Wish::AsItGoes,
        };
        Self {
            options,
            clock: clock(&environment),
            environment,
            out: Output::choose(wish, terminal),
        }
    }

    /// Whether colors help: on a terminal, unless its owner does not want any.
    pub(super) fn colored(&self) -> bool {
        self.out.is_terminal() && self.environment.get("NO_COLOR").is_none()
    }

    /// The settings, with what the command line says on top.
    pub(super) fn load(&self, more: &[(&'static str, String)]) -> anyhow::Result<Loaded> {
        let mut set = more.to_vec();
        if let Some(dir) = &self.options.data_dir {
            let dir = dir.to_str().ok_or_else(|| {
                CliError::Usage("the name of the data directory is not Unicode".to_owned())
            })?;
            set.push(("data.dir", dir.to_owned()));
        }
        if let Some(url) = &self.options.database_url {
            set.push(("data.url", url.expose_secret().to_owned()));
        }
        let flags = Flags {
            file: self.options.config.clone(),
            set,
        };
        Ok(Config::load(&self.environment, &flags)?)
    }

    /// The settings for a command, which logs only trouble.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let config = self.load(&[])?.config;
        logging::start(&config.log)?;
        Ok(config)
    }

    /// Do something with the application on the database that the settings name.
    pub(super) async fn with_app<T>(
        &self,
        work: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let config = self.config()?;
        let app = startup::start(config, self.clock.clone(), Migrate::OwnDatabaseOnly).await?;
        let result = work(&app).await;
        app.stop().await;
        result
    }

    /// Give a command to the process that serves here, or, without one, do the same in this process.
    pub(super) async fn ask_or<A: Ask>(
        &self,
        ask: &A,
        work: impl AsyncFnOnce(&App) -> anyhow::Result<A::Answer>,
    ) -> anyhow::Result<A::Answer> {
        match Client::find(&self.load(&[])?.config).await {
            Some(client) => Ok(client.ask(ask).await?),
            None => self.with_app(work).await,
        }
    }

    /// Do something in a tenant.
    pub(super) async fn in_tenant<T>(
        &self,
        option: TenantOption,
        work: impl AsyncFnOnce(&App, &Scope) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.with_app(async |app: &App| {
            let mut tx = app.store.read().await?;
            let tenant = tenants::find(&mut tx, option.tenant).await?;
            tx.rollback().await?;
            let unknown = || {
                CliError::NotFound(format!(
                    "there is no tenant {}; `calbridge tenants list` shows those there are",
                    option.tenant
                ))
            };
            let tenant = tenant.ok_or_else(unknown)?;
            work(app, &Scope::cli(tenant.id)).await
        })
        .await
    }
}
