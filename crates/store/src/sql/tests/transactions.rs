//! Transactions and savepoints.

use super::{Engine, Sample, TestResult};
use crate::{
    each_engine,
    sql::{StoreError, Tx},
};

async fn add(tx: &mut Tx, id: i64) -> Result<u64, StoreError> {
    tx.query("INSERT INTO samples (id) VALUES ($1)")
        .bind(id)
        .execute()
        .await
}

each_engine! {
    async fn what_is_committed_stays(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        assert_eq!(add(&mut tx, 1).await?, 1);
        assert_eq!(add(&mut tx, 2).await?, 1);
        tx.commit().await?;
        assert_eq!(sample.count().await?, 2);
        let mut tx = sample.0.write().await?;
        assert_eq!(tx.query("DELETE FROM samples").execute().await?, 2);
        assert_eq!(tx.query("DELETE FROM samples").execute().await?, 0);
        Ok(())
    }

    async fn what_is_dropped_never_happened(sample: Sample) -> TestResult {
        for _ in 0..20 {
            let mut tx = sample.0.write().await?;
            add(&mut tx, 1).await?;
            drop(tx);
        }
        assert_eq!(sample.count().await?, 0);
        Ok(())
    }

    async fn a_reader_does_not_see_a_writer_nor_wait_for_it(sample: Sample) -> TestResult {
        let mut writer = sample.0.write().await?;
        add(&mut writer, 1).await?;
        assert_eq!(sample.count().await?, 0);

        let mut reader = sample.0.read().await?;
        let count = "SELECT count(*) FROM samples";
        assert_eq!(reader.query(count).one::<(i64,)>().await?, (0,));
        writer.commit().await?;
        // One state throughout the transaction.
        assert_eq!(reader.query(count).one::<(i64,)>().await?, (0,));
        drop(reader);
        assert_eq!(sample.count().await?, 1);
        Ok(())
    }

    async fn a_reader_cannot_write(sample: Sample) -> TestResult {
        let mut tx = sample.0.read().await?;
        assert!(matches!(add(&mut tx, 1).await, Err(StoreError::ReadOnly)));
        Ok(())
    }

    async fn a_savepoint_is_a_way_back(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        add(&mut tx, 1).await?;
        tx.savepoint().await?;
        add(&mut tx, 2).await?;
        tx.savepoint().await?;
        add(&mut tx, 3).await?;
        tx.rollback_to_savepoint().await?;
        tx.release_savepoint().await?;
        add(&mut tx, 4).await?;
        tx.rollback_to_savepoint().await?;
        add(&mut tx, 5).await?;
        tx.release_savepoint().await?;
        tx.commit().await?;
        let mut tx = sample.0.read().await?;
        let ids: Vec<(i64,)> = tx.query("SELECT id FROM samples ORDER BY id").all().await?;
        assert_eq!(ids, [(1,), (5,)]);
        Ok(())
    }

    async fn a_failed_statement_ends_the_transaction_unless_there_is_a_savepoint(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        add(&mut tx, 1).await?;
        tx.savepoint().await?;
        assert!(matches!(add(&mut tx, 1).await, Err(StoreError::Conflict)));
        assert!(matches!(add(&mut tx, 2).await, Err(StoreError::Bug(_))));
        assert!(tx.release_savepoint().await.is_err());
        tx.rollback_to_savepoint().await?;
        add(&mut tx, 3).await?;
        tx.release_savepoint().await?;
        tx.commit().await?;
        assert_eq!(sample.count().await?, 2);

        let mut tx = sample.0.write().await?;
        add(&mut tx, 4).await?;
        assert!(matches!(add(&mut tx, 4).await, Err(StoreError::Conflict)));
        assert!(matches!(tx.commit().await, Err(StoreError::Bug(_))));
        assert_eq!(sample.count().await?, 2);
        Ok(())
    }

    async fn a_statement_that_was_abandoned_ends_the_transaction(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let slow = match tx.engine() {
            Engine::Sqlite => {
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
                 INSERT INTO samples (big) SELECT max(i) FROM n"
            }
            Engine::Postgres => "INSERT INTO samples (big) SELECT 1 FROM (SELECT pg_sleep(0.3)) AS n",
        };
        let abandoned = tokio::time::timeout(
            std::time::Duration::from_millis(1),
            tx.query(slow).execute(),
        );
        assert!(abandoned.await.is_err());
        assert!(matches!(tx.commit().await, Err(StoreError::Bug(_))));
        assert_eq!(sample.count().await?, 0);
        let mut tx = sample.0.write().await?;
        add(&mut tx, 1).await?;
        tx.commit().await?;
        assert_eq!(sample.count().await?, 1);
        Ok(())
    }

    async fn writers_take_turns_and_lose_nothing(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        tx.query("INSERT INTO samples (id, big) VALUES (1, 0)").execute().await?;
        tx.commit().await?;

        let writers = (0..8).map(|_| {
            let db = sample.0.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let mut tx = db.write().await?;
                    let lock = tx.for_update();
                    let (big,): (i64,) = tx
                        .query(format!("SELECT big FROM samples WHERE id = 1 {lock}"))
                        .one()
                        .await?;
                    tx.query("UPDATE samples SET big = $1 WHERE id = 1")
                        .bind(big + 1)
                        .execute()
                        .await?;
                    tx.commit().await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await??;
        }
        let mut tx = sample.0.read().await?;
        assert_eq!(tx.query("SELECT big FROM samples").one::<(i64,)>().await?, (80,));
        Ok(())
    }

    async fn claimed_rows_are_skipped(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        add(&mut tx, 1).await?;
        add(&mut tx, 2).await?;
        tx.commit().await?;
        let mut first = sample.0.write().await?;
        if first.engine() == Engine::Sqlite {
            assert_eq!(first.skip_locked(), "");
            return Ok(());
        }
        let mut second = sample.0.write().await?;
        for (tx, expected) in [(&mut first, 1), (&mut second, 2)] {
            let skip_locked = tx.skip_locked();
            let sql = format!("SELECT id FROM samples ORDER BY id LIMIT 1 {skip_locked}");
            assert_eq!(tx.query(sql).one::<(i64,)>().await?, (expected,));
        }
        Ok(())
    }

    async fn keys_are_locked_in_one_order_whatever_order_they_come_in(sample: Sample) -> TestResult {
        let writers = (0..4).map(|n| {
            let db = sample.0.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    let mut tx = db.write().await?;
                    let keys: [i64; 4] = if n % 2 == 0 { [1, 2, 3, 1] } else { [3, 2, -1, 1] };
                    tx.lock_keys(&keys).await?;
                    tx.lock_keys(&[]).await?;
                    tx.commit().await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await??;
        }
        Ok(())
    }
}
