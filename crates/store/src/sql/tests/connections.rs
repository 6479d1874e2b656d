//! How connections are set up, and that statements stay prepared.

use super::{Sample, TestResult};
use crate::{
    each_engine,
    sql::{Db, Engine, SqliteOptions, Tx},
    testing::{postgres_db, sqlite_db},
};

async fn text(tx: &mut Tx, sql: &'static str) -> Result<String, crate::sql::StoreError> {
    tx.query(sql).one().await.map(|(text,): (String,)| text)
}

async fn number(tx: &mut Tx, sql: &'static str) -> Result<i64, crate::sql::StoreError> {
    tx.query(sql).one().await.map(|(number,): (i64,)| number)
}

each_engine! {
    async fn a_repeated_text_is_prepared_once(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        for id in 0..5_i64 {
            // A new String each time, as format! makes it.
            tx.query(String::from("SELECT id FROM samples WHERE id = $1"))
                .bind(id)
                .all::<(i64,)>()
                .await?;
        }
        match tx.engine() {
            Engine::Sqlite => assert_eq!(tx.prepared(), 1),
            Engine::Postgres => {
                let prepared = "SELECT count(*) FROM pg_prepared_statements
                                WHERE statement LIKE 'SELECT id FROM samples%'";
                assert_eq!(number(&mut tx, prepared).await?, 1);
            }
        }
        Ok(())
    }

    async fn transactions_can_move_between_threads(db: Db) -> TestResult {
        let task = tokio::spawn(async move {
            let mut tx = db.read().await?;
            let rows = tx.query("SELECT CAST(1 AS BIGINT)").rows().await?;
            tokio::task::yield_now().await;
            rows.first().map(|row| row.at::<i64>(0)).transpose()
        });
        assert_eq!(task.await??, Some(1));
        Ok(())
    }
}

#[tokio::test]
async fn sqlite_keeps_what_it_committed_and_obeys_foreign_keys() -> TestResult {
    let database = sqlite_db(&[]).await;
    let mut tx = database.db.write().await?;
    assert_eq!(text(&mut tx, "PRAGMA journal_mode").await?, "wal");
    assert_eq!(number(&mut tx, "PRAGMA synchronous").await?, 2);
    assert_eq!(number(&mut tx, "PRAGMA foreign_keys").await?, 1);
    assert_eq!(number(&mut tx, "PRAGMA busy_timeout").await?, 5000);
    assert_eq!(number(&mut tx, "PRAGMA temp_store").await?, 2);
    drop(tx);
    database.remove().await;
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_sqlite_file_is_for_its_owner_only() -> TestResult {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("data/calbridge.db");
    let db = Db::open_sqlite(&path, SqliteOptions::default()).await?;
    let mut tx = db.write().await?;
    tx.script("CREATE TABLE t (a)").await?;
    tx.commit().await?;
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o777)
    };
    assert_eq!(mode(&path)?, 0o600);
    assert_eq!(mode(&path.with_extension("db-wal"))?, 0o600);
    assert_eq!(mode(&folder.path().join("data"))?, 0o700);
    db.close().await;
    Ok(())
}

#[tokio::test]
async fn postgres_works_in_utc_under_our_name() -> TestResult {
    let Some(database) = postgres_db(&[]).await else {
        return Ok(());
    };
    let mut tx = database.db.read().await?;
    assert_eq!(text(&mut tx, "SHOW TimeZone").await?, "UTC");
    assert_eq!(text(&mut tx, "SHOW application_name").await?, "calbridge");
    assert_eq!(text(&mut tx, "SHOW transaction_read_only").await?, "on");
    drop(tx);
    database.remove().await;
    Ok(())
}

#[tokio::test]
async fn connections_that_died_are_replaced() -> TestResult {
    let Some(database) = postgres_db(&[]).await else {
        return Ok(());
    };
    let other = database.open_again().await;
    // Fills the pool with idle connections.
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(database.db.read().await?);
    }
    drop(open);
    for _ in 0..3 {
        let mut tx = other.write().await?;
        tx.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .rows()
        .await?;
        drop(tx);
        let mut tx = database.db.write().await?;
        assert_eq!(number(&mut tx, "SELECT CAST(1 AS BIGINT)").await?, 1);
    }
    other.close().await;
    database.remove().await;
    Ok(())
}

#[tokio::test]
async fn the_server_ends_transactions_that_their_process_left_alone() -> TestResult {
    let Some(database) = postgres_db(&[]).await else {
        return Ok(());
    };
    let mut tx = database.db.write().await?;
    let (patience,): (String,) = tx
        .query("SELECT current_setting('idle_in_transaction_session_timeout')")
        .one()
        .await?;
    assert_eq!(patience, "15s");
    drop(tx);
    database.remove().await;
    Ok(())
}
