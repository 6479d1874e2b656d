//! The same mistake is the same error on both engines.

use std::time::Duration;

use secrecy::SecretString;

use super::{Engine, Sample, TestResult};
use crate::{
    each_engine,
    sql::{Db, PostgresOptions, SqliteOptions, StoreError, db::check_version},
    testing::{TestDb, postgres_db, sqlite_db},
};

async fn run(sample: &Sample, sql: &'static str) -> Result<(), StoreError> {
    let mut tx = sample.0.write().await?;
    tx.query(sql).execute().await?;
    tx.commit().await
}

each_engine! {
    async fn a_second_row_with_the_same_key_is_a_conflict(sample: Sample) -> TestResult {
        run(&sample, "INSERT INTO ruled (id, name) VALUES (1, 'a')").await?;
        for sql in [
            "INSERT INTO ruled (id, name) VALUES (1, 'b')",
            "INSERT INTO ruled (id, name) VALUES (2, 'a')",
        ] {
            assert!(matches!(run(&sample, sql).await, Err(StoreError::Conflict)));
        }
        Ok(())
    }

    async fn a_broken_rule_is_refused_and_named(sample: Sample) -> TestResult {
        run(&sample, "INSERT INTO ruled (id, name) VALUES (1, 'a')").await?;
        for (sql, word) in [
            ("INSERT INTO ruled (id, name, size) VALUES (2, 'b', 10)", "constraint"),
            ("INSERT INTO ruled (id, name, parent) VALUES (2, 'b', 99)", "key constraint"),
            ("INSERT INTO ruled (id) VALUES (2)", "name"),
            ("DELETE FROM ruled WHERE id = 1", "rows of ruled stay"),
        ] {
            let refused = run(&sample, sql).await;
            let Err(StoreError::Refused(reason)) = refused else {
                return Err(format!("{sql}: {refused:?}").into());
            };
            let reason = reason.to_lowercase();
            assert!(reason.contains(word), "{sql}: {reason}");
        }
        Ok(())
    }

    async fn a_mistake_in_the_code_is_a_bug_that_quotes_no_value(sample: Sample) -> TestResult {
        for sql in ["SELECT nonsense FROM samples", "SELEC 1", "SELECT * FROM nowhere"] {
            assert!(matches!(run(&sample, sql).await, Err(StoreError::Bug(_))), "{sql}");
        }
        let mut tx = sample.0.write().await?;
        let none = tx.query("SELECT id FROM samples").one::<(i64,)>().await;
        assert!(matches!(none, Err(StoreError::Bug(_))));
        if tx.engine() == Engine::Postgres {
            let cast = tx.query("SELECT CAST($1 AS BIGINT)").bind("s3cret").rows().await;
            let error = cast.err().ok_or("a cast that fails")?;
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
        Ok(())
    }

    async fn a_conflict_quotes_no_value(sample: Sample) -> TestResult {
        run(&sample, "INSERT INTO ruled (id, name) VALUES (1, 's3cret')").await?;
        for sql in [
            "INSERT INTO ruled (id, name) VALUES (2, 's3cret')",
            "INSERT INTO ruled (id, name, size) VALUES (3, 's3cret2', 12)",
        ] {
            let error = run(&sample, sql).await.err().ok_or("an error")?;
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_file_locked_by_another_process_is_busy() -> TestResult {
    let database = sqlite_db(Sample::migrations_of()).await;
    let other = database.open_again().await;
    let lock = other.write().await?;
    let busy = database.db.write().await.err();
    assert!(matches!(busy, Some(StoreError::Busy)), "{busy:?}");
    drop(lock);
    database.db.write().await?.commit().await?;
    other.close().await;
    database.remove().await;
    Ok(())
}

#[tokio::test]
async fn of_two_that_wait_for_each_other_one_is_busy() -> TestResult {
    let Some(database) = postgres_db(Sample::migrations_of()).await else {
        return Ok(());
    };
    let mut tx = database.db.write().await?;
    tx.query("INSERT INTO samples (id, big) VALUES (1, 0), (2, 0)")
        .execute()
        .await?;
    tx.commit().await?;
    let update = "UPDATE samples SET big = big + 1 WHERE id = $1";
    let (mut a, mut b) = (database.db.write().await?, database.db.write().await?);
    a.query(update).bind(1_i64).execute().await?;
    b.query(update).bind(2_i64).execute().await?;
    let (a, b) = tokio::join!(a.query(update).bind(2_i64).execute(), async {
        let outcome = b.query(update).bind(1_i64).execute().await;
        drop(b);
        outcome
    });
    let outcomes = [a, b];
    let busy = |outcome: &&Result<u64, StoreError>| matches!(outcome, Err(StoreError::Busy));
    assert_eq!(outcomes.iter().filter(busy).count(), 1, "{outcomes:?}");
    database.remove().await;
    Ok(())
}

#[tokio::test]
async fn plans_that_another_node_made_stale_are_made_anew() -> TestResult {
    let Some(database) = postgres_db(Sample::migrations_of()).await else {
        return Ok(());
    };
    let other = database.open_again().await;
    let select = "SELECT * FROM samples";
    let mut tx = database.db.write().await?;
    tx.query(select).rows().await?;
    tx.commit().await?;
    let mut migration = other.write().await?;
    migration
        .script("ALTER TABLE samples ADD COLUMN later TEXT")
        .await?;
    migration.commit().await?;

    let mut tx = database.db.write().await?;
    let stale = tx.query(select).rows().await;
    assert!(matches!(stale, Err(StoreError::Busy)));
    drop(tx);
    let mut tx = database.db.write().await?;
    tx.query(select).rows().await?;
    drop(tx);
    other.close().await;
    database.remove().await;
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable_and_keeps_its_password() -> TestResult {
    let options = PostgresOptions {
        acquire_timeout: Duration::from_secs(5),
        ..PostgresOptions::default()
    };
    for url in [
        "postgres://user:s3cret@127.0.0.1:1/nowhere",
        "postgres://user:s3cret@127.0.0.1:port/nowhere",
        "s3cret",
    ] {
        let opened = Db::open_postgres(&SecretString::from(url), options.clone()).await;
        let error = opened.err().ok_or("an error")?;
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let folder = tempfile::tempdir()?;
    let opened = Db::open_sqlite(folder.path(), SqliteOptions::default()).await;
    assert!(
        matches!(opened, Err(StoreError::Unavailable(_))),
        "{opened:?}"
    );
    let file = folder.path().join("text.db");
    std::fs::write(
        &file,
        "not a database, but longer than the header of one".repeat(10),
    )?;
    let opened = Db::open_sqlite(&file, SqliteOptions::default()).await;
    assert!(
        matches!(opened, Err(StoreError::Unavailable(_))),
        "{opened:?}"
    );
    Ok(())
}

#[test]
fn an_old_server_is_too_old() {
    assert!(check_version("150018", "15.18".into()).is_ok());
    assert!(check_version("180001", "18.1".into()).is_ok());
    let old = check_version("140020", "14.20".into());
    let message = old.map_err(|error| error.to_string());
    assert_eq!(
        message,
        Err("PostgreSQL 14.20 is too old, 15 or newer is needed".into())
    );
}

impl Sample {
    fn migrations_of() -> &'static [crate::sql::migrate::Migration] {
        <Self as crate::testing::Testable>::migrations()
    }
}

/// A disk that is full ends the transaction behind the driver's back.
#[tokio::test]
async fn a_full_disk_says_so_and_the_next_transaction_works() -> TestResult {
    let database: TestDb = sqlite_db(Sample::migrations_of()).await;
    let mut tx = database.db.write().await?;
    let pages: (i64,) = tx.query("PRAGMA page_count").one().await?;
    tx.commit().await?;
    for _ in 0..2 {
        let mut tx = database.db.write().await?;
        tx.query(format!("PRAGMA max_page_count = {}", pages.0 + 1))
            .rows()
            .await?;
        let full = tx
            .query("INSERT INTO samples (word) VALUES ($1)")
            .bind("x".repeat(100_000))
            .execute()
            .await;
        assert!(matches!(full, Err(StoreError::Full)), "{full:?}");
        drop(tx);
    }
    let mut tx = database.db.write().await?;
    tx.query("INSERT INTO samples (word) VALUES ('small')")
        .execute()
        .await?;
    tx.commit().await?;
    database.remove().await;
    Ok(())
}
