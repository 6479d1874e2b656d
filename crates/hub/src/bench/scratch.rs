//! Databases for a run, gone when it is over.

use std::path::{Path, PathBuf};

use anyhow::Context;
use calbridge_store::sql::{Db, PostgresOptions};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::Plan;
use crate::config::Config;

/// A folder and, on PostgreSQL, a database.
pub(super) struct Scratch {
    folder: Folder,
    database: Option<Database>,
}

/// A folder that is removed with this.
struct Folder(PathBuf);

struct Database {
    server: SecretString,
    name: String,
    url: SecretString,
}

impl Scratch {
    /// Make both.
    pub async fn make(plan: &Plan) -> anyhow::Result<Self> {
        let name = format!("calbridge_bench_{}", Uuid::now_v7().simple());
        let folder = Folder::make(plan.dir.join(format!(".{name}")))?;
        let database = match &plan.server {
            None => None,
            Some(server) => {
                let url = at_database(server, &name)?;
                outside_transactions(server, format!("CREATE DATABASE {name}"))
                    .await
                    .context("a scratch database cannot be made")?;
                Some(Database {
                    server: server.clone(),
                    name,
                    url,
                })
            }
        };
        Ok(Self { folder, database })
    }

    /// Settings of a hub on it: the defaults, and a log that says only what went wrong.
    pub fn config(&self, plan: &Plan) -> Config {
        let mut config = Config::default();
        self.folder.0.clone_into(&mut config.data.dir);
        config.data.url = self.database.as_ref().map(|database| database.url.clone());
        config.webhooks.writers = plan.writers;
        config.metrics.enabled = false;
        config.server.stop_seconds = 5;
        config
    }

    /// The SQLite file's folder.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Remove both; the database must be closed.
    pub async fn remove(self) -> anyhow::Result<()> {
        let Some(database) = &self.database else {
            return Ok(());
        };
        let name = &database.name;
        outside_transactions(
            &database.server,
            format!("DROP DATABASE {name} WITH (FORCE)"),
        )
        .await
        .with_context(|| format!("the scratch database {name} is still there"))?;
        Ok(())
    }
}

impl Folder {
    fn make(path: PathBuf) -> anyhow::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .with_context(|| format!("no folder can be made at {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::error!(%error, "Could not remove {}", self.0.display());
        }
    }
}

/// The same server, another database.
fn at_database(server: &SecretString, name: &str) -> anyhow::Result<SecretString> {
    let mut url =
        reqwest::Url::parse(server.expose_secret()).context("the database URL cannot be read")?;
    url.set_path(&format!("/{name}"));
    Ok(SecretString::from(String::from(url)))
}

/// PostgreSQL makes and drops databases outside of transactions only.
async fn outside_transactions(server: &SecretString, sql: String) -> anyhow::Result<()> {
    let options = PostgresOptions {
        max_connections: 1,
        ..PostgresOptions::default()
    };
    let db = Db::open_postgres(server, options).await?;
    let result = async {
        let mut tx = db.write().await?;
        // Ends the transaction that was just begun; what follows runs by itself.
        tx.query("COMMIT").execute().await?;
        tx.query(sql).execute().await?;
        tx.rollback().await
    };
    let result = result.await;
    db.close().await;
    Ok(result?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scratch_database_is_on_the_server_that_was_given() {
        let server =
            SecretString::from("postgres://me:secret@db.internal:5433/calbridge?sslmode=require");
        let url = at_database(&server, "calbridge_bench_1").unwrap();
        assert_eq!(
            url.expose_secret(),
            "postgres://me:secret@db.internal:5433/calbridge_bench_1?sslmode=require"
        );
    }
}
