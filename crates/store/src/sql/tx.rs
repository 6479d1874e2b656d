//! A transaction: everything that happens in it happens together or not at all.

use std::{borrow::Cow, sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, Postgres, Sqlite, Transaction,
    postgres::{PgArguments, PgDatabaseError},
};

use jiff::Timestamp;

use super::{
    Bell, Bells, Engine, Query, Row, StoreError,
    args::{self, Parameters},
    error::is_stale_plan,
    row::Inner as RowInner,
};
use crate::invalidations::{self, Affected};

/// An open transaction. Dropping it undoes what it did.
///
/// After a statement failed, or was abandoned halfway, nothing more can be done in it
/// but to go back to a savepoint: PostgreSQL insists, and SQLite is held to the same.
pub struct Tx {
    connection: Inner,
    broken: bool,
    bells: Arc<Bells>,
    /// To be rung by the commit.
    announced: Vec<Bell>,
    /// To be written by the commit.
    invalidated: Option<(Affected, Timestamp)>,
    /// How much of it there was at each savepoint.
    invalidated_before: Vec<usize>,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>, bells: &Arc<Bells>) -> Self {
        Self::new(Inner::Sqlite(transaction), bells)
    }

    pub(super) fn postgres(
        transaction: Transaction<'static, Postgres>,
        bells: &Arc<Bells>,
    ) -> Self {
        Self::new(Inner::Postgres(transaction), bells)
    }

    fn new(connection: Inner, bells: &Arc<Bells>) -> Self {
        Self {
            connection,
            broken: false,
            bells: Arc::clone(bells),
            announced: Vec::new(),
            invalidated: None,
            invalidated_before: Vec::new(),
        }
    }

    /// The database underneath.
    pub fn engine(&self) -> Engine {
        match self.connection {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Starts a statement with `$1`, `$2`... for what will be bound.
    pub fn query(&mut self, sql: impl Into<Cow<'static, str>>) -> Query<'_> {
        Query::new(self, sql.into())
    }

    /// Makes everything that was done durable.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        // PostgreSQL would answer COMMIT with a rollback and call it a success.
        self.unbroken()?;
        let invalidated = match self.invalidated.take() {
            Some((affected, now)) => invalidations::write(&mut self, affected, now).await?,
            None => Vec::new(),
        };
        match self.connection {
            Inner::Sqlite(transaction) => transaction.commit().await?,
            Inner::Postgres(mut transaction) => {
                for bell in &self.announced {
                    sqlx::query("SELECT pg_notify($1, '')")
                        .bind(bell.channel())
                        .execute(&mut *transaction)
                        .await?;
                }
                transaction.commit().await?;
            }
        }
        for bell in self.announced {
            self.bells.ring(bell);
        }
        if !invalidated.is_empty() {
            self.bells.invalidated(&invalidated);
        }
        Ok(())
    }

    /// Rings a bell when this is committed; once, however often it is asked for. Commits that ring wait for each other
    /// on PostgreSQL, so this is not for what happens with every delivery.
    pub fn announce(&mut self, bell: Bell) {
        if !self.announced.contains(&bell) {
            self.announced.push(bell);
        }
    }

    /// Notes what the commit will invalidate.
    pub(crate) fn invalidate(&mut self, affected: Affected, now: Timestamp) {
        if affected.is_nothing() {
            return;
        }
        let all = match self.invalidated.take() {
            Some((before, _)) => before.and(affected),
            None => affected,
        };
        self.invalidated = Some((all, now));
    }

    /// Undoes everything now; dropping does the same a little later.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.connection {
            Inner::Sqlite(transaction) => transaction.rollback().await?,
            Inner::Postgres(transaction) => transaction.rollback().await?,
        }
        Ok(())
    }

    /// Marks a point to come back to. Marks nest.
    pub async fn savepoint(&mut self) -> Result<(), StoreError> {
        self.unbroken()?;
        self.script("SAVEPOINT s").await?;
        self.invalidated_before.push(self.noted());
        Ok(())
    }

    /// Undoes everything since the last mark, which stays; release it when done.
    pub async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        self.script("ROLLBACK TO SAVEPOINT s").await?;
        let before = self.invalidated_before.last().copied().unwrap_or_default();
        if let Some((affected, _)) = &mut self.invalidated {
            affected.truncate(before);
        }
        Ok(())
    }

    /// Forgets the last mark and keeps what was done since.
    pub async fn release_savepoint(&mut self) -> Result<(), StoreError> {
        self.unbroken()?;
        self.script("RELEASE SAVEPOINT s").await?;
        self.invalidated_before.pop();
        Ok(())
    }

    fn noted(&self) -> usize {
        let noted = self.invalidated.as_ref();
        noted.map_or(0, |(affected, _)| affected.len())
    }

    /// For the end of a SELECT that claims rows: others' rows are skipped, not waited for.
    pub fn skip_locked(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// For the end of a SELECT that decides about rows: nobody changes them until the end.
    pub fn for_update(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => "FOR UPDATE",
        }
    }

    /// Keeps other transactions that lock one of these keys waiting until the end of this one.
    /// Nothing is needed on SQLite, which has one writer.
    pub async fn lock_keys(&mut self, keys: &[i64]) -> Result<(), StoreError> {
        self.unbroken()?;
        let Inner::Postgres(transaction) = &mut self.connection else {
            return Ok(());
        };
        // Always in the same order, so that two transactions cannot wait for each other.
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(());
        }
        self.broken = true;
        sqlx::query("SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k")
            .bind(keys)
            .execute(&mut **transaction)
            .await?;
        self.broken = false;
        Ok(())
    }

    /// Makes the rest of the transaction give up as busy when it has waited this long for what another one holds.
    /// SQLite has one writer, who waits for nobody.
    pub async fn wait_at_most(&mut self, longest: Duration) -> Result<(), StoreError> {
        if self.engine() == Engine::Sqlite {
            return Ok(());
        }
        let set = format!("SET LOCAL lock_timeout = {}", longest.as_millis());
        self.query(set).execute().await.map(drop)
    }

    /// Runs several statements without parameters, as migrations are.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.broken = true;
        match &mut self.connection {
            Inner::Sqlite(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(drop)?,
            Inner::Postgres(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(drop)?,
        }
        self.broken = false;
        Ok(())
    }

    pub(super) async fn execute(
        &mut self,
        sql: Cow<'static, str>,
        parameters: Parameters,
    ) -> Result<u64, StoreError> {
        self.unbroken()?;
        let sql = AssertSqlSafe(sql);
        let affected = match &mut self.connection {
            Inner::Sqlite(connection) => {
                let arguments = args::sqlite(parameters)?;
                self.broken = true;
                sqlx::query_with(sql, arguments)
                    .execute(&mut **connection)
                    .await?
                    .rows_affected()
            }
            Inner::Postgres(connection) => {
                let arguments = args::postgres(parameters)?;
                self.broken = true;
                let query = sqlx::query_with::<_, PgArguments>(sql, arguments);
                match query.execute(&mut **connection).await {
                    Ok(done) => done.rows_affected(),
                    Err(error) => return Err(failed(connection, error).await),
                }
            }
        };
        self.broken = false;
        Ok(affected)
    }

    pub(super) async fn fetch(
        &mut self,
        sql: Cow<'static, str>,
        parameters: Parameters,
    ) -> Result<Vec<Row>, StoreError> {
        self.unbroken()?;
        let sql = AssertSqlSafe(sql);
        let rows = match &mut self.connection {
            Inner::Sqlite(connection) => {
                let arguments = args::sqlite(parameters)?;
                self.broken = true;
                let rows = sqlx::query_with(sql, arguments)
                    .fetch_all(&mut **connection)
                    .await?;
                rows.into_iter().map(|r| Row(RowInner::Sqlite(r))).collect()
            }
            Inner::Postgres(connection) => {
                let arguments = args::postgres(parameters)?;
                self.broken = true;
                let query = sqlx::query_with::<_, PgArguments>(sql, arguments);
                match query.fetch_all(&mut **connection).await {
                    Ok(rows) => rows
                        .into_iter()
                        .map(|r| Row(RowInner::Postgres(r)))
                        .collect(),
                    Err(error) => return Err(failed(connection, error).await),
                }
            }
        };
        self.broken = false;
        Ok(rows)
    }

    /// How many statements the connection keeps prepared.
    #[cfg(test)]
    pub(super) fn prepared(&self) -> usize {
        match &self.connection {
            Inner::Sqlite(connection) => connection.cached_statements_size(),
            Inner::Postgres(connection) => connection.cached_statements_size(),
        }
    }

    fn unbroken(&self) -> Result<(), StoreError> {
        if self.broken {
            return Err(StoreError::bug(
                "an earlier statement of the transaction failed",
            ));
        }
        Ok(())
    }
}

/// Another node may have migrated the tables under our prepared statements: they must go, or no retry would help.
async fn failed(connection: &mut Transaction<'static, Postgres>, error: sqlx::Error) -> StoreError {
    let stale = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(|error| is_stale_plan(error.code(), error.message()));
    if stale && let Err(error) = connection.clear_cached_statements().await {
        return error.into();
    }
    error.into()
}
