//! `calbridge migrate`

use calbridge_store::{
    migrations::MIGRATIONS,
    sql::{
        Engine,
        migrate::{self, Step},
    },
};
use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use crate::{config::Config, startup};

/// Bring the database up to this release
///
/// Migrations only move forward, each in a transaction of its own; running this again, or on several nodes at once,
/// does no harm. `serve` migrates SQLite by itself, and PostgreSQL with --migrate.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge migrate --dry-run --table | less
  calbridge migrate --database-url postgres://calbridge@db.example/calbridge")]
pub(super) struct Migrate {
    /// Print the statements that would run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Accepted for scripts that were written for other programs; nothing here asks questions
    #[arg(long)]
    force: bool,
}

impl Migrate {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let config = context.config()?;
        if self.dry_run {
            let (engine, pending) = pending(&config).await?;
            return show(context, engine, &pending);
        }
        let store = startup::open(&config).await?;
        let applied = startup::migrate(&store, startup::Migrate::Always).await;
        let first = startup::see_to_first_tenant(&store, context.clock.now());
        let applied = match applied {
            Ok(applied) => first.await.map(|()| applied).map_err(Into::into),
            Err(error) => Err(error),
        };
        store.db().close().await;
        report(context, &applied?)
    }
}

/// What is to be done. A SQLite file that is not there yet is not made by looking.
async fn pending(config: &Config) -> anyhow::Result<(Engine, Vec<Step>)> {
    if config.data.url.is_none() && !config.data.sqlite_file().exists() {
        let all = MIGRATIONS
            .iter()
            .map(|migration| Step {
                version: migration.version,
                name: migration.name,
                sql: migration.sql(Engine::Sqlite),
            })
            .collect();
        return Ok((Engine::Sqlite, all));
    }
    let store = startup::open(config).await?;
    let pending = migrate::pending(store.db(), MIGRATIONS, startup::RELEASE).await;
    store.db().close().await;
    Ok((store.db().engine(), pending?))
}

fn show(context: &Context, engine: Engine, pending: &[Step]) -> anyhow::Result<()> {
    if context.out.is_json() {
        let steps: Vec<Value> = pending
            .iter()
            .map(|step| json!({ "version": step.version, "name": step.name, "sql": step.sql }))
            .collect();
        return context
            .out
            .json(&json!({ "engine": format!("{engine:?}").to_lowercase(), "pending": steps }));
    }
    if pending.is_empty() {
        return context.out.line("-- The database is up to date.");
    }
    for step in pending {
        context
            .out
            .line(format!("-- Migration {}\n\n{}", step.name, step.sql))?;
    }
    Ok(())
}

fn report(context: &Context, applied: &[Step]) -> anyhow::Result<()> {
    if context.out.is_json() {
        let steps: Vec<Value> = applied
            .iter()
            .map(|step| json!({ "version": step.version, "name": step.name }))
            .collect();
        return context.out.json(&json!({ "applied": steps }));
    }
    for step in applied {
        context
            .out
            .line(format!("applied migration {}", step.name))?;
    }
    context.out.line("the database is up to date")
}
