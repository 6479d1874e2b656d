//! Migrations on both engines.

use super::{Engine, TestResult};
use crate::{
    Store, each_engine,
    migrations::MIGRATIONS,
    sql::{
        Db, StoreError,
        migrate::{MigrateError, Migration, migrate, pending},
    },
    testing::{TestDb, postgres_db, sqlite_db},
};

const fn step(version: i64, sql: &'static str) -> Migration {
    Migration {
        version,
        name: "a step",
        oldest_release: "0.1.0",
        sqlite: sql,
        postgres: sql,
    }
}

const FIRST: Migration = step(
    1,
    "CREATE TABLE a (id BIGINT PRIMARY KEY); CREATE TABLE b (id BIGINT PRIMARY KEY);",
);
const SECOND: Migration = step(
    2,
    "INSERT INTO a (id) VALUES (1), (2); INSERT INTO b VALUES (3)",
);
const THIRD: Migration = Migration {
    oldest_release: "0.3.0",
    ..step(3, "ALTER TABLE a ADD COLUMN c TEXT")
};

each_engine! {
    async fn each_migration_is_applied_once(db: Db) -> TestResult {
        let report = migrate(&db, &[FIRST], "0.1.0").await?;
        assert_eq!(report.applied.iter().map(|step| step.version).collect::<Vec<_>>(), [1]);
        let report = migrate(&db, &[FIRST, SECOND], "0.1.0").await?;
        assert_eq!(report.applied.iter().map(|step| step.version).collect::<Vec<_>>(), [2]);
        let report = migrate(&db, &[FIRST, SECOND], "0.1.0").await?;
        assert!(report.applied.is_empty());

        let mut tx = db.read().await?;
        let (count,): (i64,) = tx.query("SELECT count(*) FROM a").one().await?;
        assert_eq!(count, 2);
        let (at,): (jiff::Timestamp,) = tx
            .query("SELECT applied_at FROM schema_migrations WHERE version = 2")
            .one()
            .await?;
        assert!(at.as_second() > 1_700_000_000);
        Ok(())
    }

    async fn a_dry_run_tells_and_does_nothing(db: Db) -> TestResult {
        let steps = pending(&db, &[SECOND, FIRST], "0.1.0").await?;
        assert_eq!(steps.iter().map(|step| step.version).collect::<Vec<_>>(), [1, 2]);
        assert!(steps[1].sql.starts_with("INSERT INTO a"));
        assert_eq!(pending(&db, &[FIRST, SECOND], "0.1.0").await?.len(), 2);
        migrate(&db, &[FIRST], "0.1.0").await?;
        assert_eq!(pending(&db, &[FIRST, SECOND], "0.1.0").await?.len(), 1);
        Ok(())
    }

    async fn an_older_release_works_as_long_as_the_newer_schema_allows(db: Db) -> TestResult {
        migrate(&db, &[FIRST, SECOND, THIRD], "0.4.0").await?;
        for release in ["0.3.0", "0.3.5", "1.0.0"] {
            assert!(migrate(&db, &[FIRST, SECOND], release).await?.applied.is_empty());
        }
        for release in ["0.2.9", "0.3.0-rc.1"] {
            let refused = migrate(&db, &[FIRST, SECOND], release).await;
            let Err(MigrateError::TooNew { .. }) = &refused else {
                return Err(format!("{refused:?}").into());
            };
            let message = refused.err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(
                message,
                format!("the database has migration 3 (a step), which needs release 0.3.0 or newer; this is {release}")
            );
            assert!(pending(&db, &[FIRST, SECOND], release).await.is_err());
        }
        let late = step(2, SECOND.sqlite);
        let unknown = step(0, "SELECT 1");
        let refused = migrate(&db, &[unknown, FIRST, late], "0.4.0").await;
        assert!(matches!(refused, Err(MigrateError::TooLate { version: 0, newest: 3, .. })));
        Ok(())
    }

    async fn a_migration_that_was_edited_is_refused(db: Db) -> TestResult {
        migrate(&db, &[FIRST], "0.1.0").await?;
        let edited = step(1, "CREATE TABLE c (id BIGINT PRIMARY KEY)");
        let refused = migrate(&db, &[edited], "0.1.0").await;
        assert!(matches!(refused, Err(MigrateError::Changed { version: 1, .. })));
        Ok(())
    }

    async fn a_migration_that_fails_leaves_nothing_behind(db: Db) -> TestResult {
        let broken = step(2, "CREATE TABLE c (id BIGINT PRIMARY KEY); INSERT INTO nowhere VALUES (1)");
        let failed = migrate(&db, &[FIRST, broken], "0.1.0").await;
        assert!(matches!(failed, Err(MigrateError::Failed { version: 2, .. })));
        let report = migrate(&db, &[FIRST, step(2, "CREATE TABLE c (id BIGINT)")], "0.1.0").await?;
        assert_eq!(report.applied.len(), 1);
        Ok(())
    }

    async fn a_table_can_be_rebuilt_under_those_that_refer_to_it(db: Db) -> TestResult {
        let tables = step(
            1,
            "CREATE TABLE p (id BIGINT PRIMARY KEY);
             CREATE TABLE q (p_id BIGINT REFERENCES p (id) ON DELETE CASCADE);
             INSERT INTO p VALUES (1); INSERT INTO q VALUES (1);",
        );
        let rebuild = Migration {
            sqlite: "CREATE TABLE new_p (id BIGINT PRIMARY KEY, name TEXT);
                     INSERT INTO new_p (id) SELECT id FROM p;
                     DROP TABLE p;
                     ALTER TABLE new_p RENAME TO p;",
            ..step(2, "ALTER TABLE p ADD COLUMN name TEXT")
        };
        migrate(&db, &[tables, rebuild], "0.1.0").await?;
        let mut tx = db.write().await?;
        assert_eq!(tx.query("SELECT count(*) FROM q").one::<(i64,)>().await?, (1,));
        let orphan = tx.query("INSERT INTO q VALUES (99)").execute().await;
        assert!(matches!(orphan, Err(StoreError::Refused(_))));
        drop(tx);

        if db.engine() == Engine::Sqlite {
            let orphans = step(3, "INSERT INTO q VALUES (99)");
            let failed = migrate(&db, &[tables, rebuild, orphans], "0.1.0").await;
            assert!(matches!(failed, Err(MigrateError::Failed { version: 3, .. })));
        }
        Ok(())
    }
}

each_engine! {
    async fn the_real_migrations_apply(store: Store) -> TestResult {
        let db = store.db();
        assert!(pending(db, MIGRATIONS, "1000.0.0").await?.is_empty());
        let mut tx = store.read().await?;
        let (count,): (i64,) = tx.query("SELECT count(*) FROM schema_migrations").one().await?;
        assert_eq!(count, i64::try_from(MIGRATIONS.len())?);
        Ok(())
    }
}

async fn several_migrate_at_once(database: TestDb) -> TestResult {
    let others = [database.open_again().await, database.open_again().await];
    let all = [FIRST, SECOND, THIRD];
    let (a, b, c) = tokio::try_join!(
        migrate(&database.db, &all, "0.4.0"),
        migrate(&others[0], &all, "0.4.0"),
        migrate(&others[1], &all, "0.4.0"),
    )?;
    let applied = a.applied.len() + b.applied.len() + c.applied.len();
    assert_eq!(applied, 3);
    for other in others {
        other.close().await;
    }
    database.remove().await;
    Ok(())
}

#[tokio::test]
async fn several_nodes_migrate_one_sqlite_file() -> TestResult {
    several_migrate_at_once(sqlite_db(&[]).await).await
}

#[tokio::test]
async fn several_nodes_migrate_one_postgres_database() -> TestResult {
    match postgres_db(&[]).await {
        Some(database) => several_migrate_at_once(database).await,
        None => Ok(()),
    }
}
