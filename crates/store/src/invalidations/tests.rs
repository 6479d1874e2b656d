//! Invalidations on both engines.

use std::{
    ops::Range,
    sync::{Arc, Mutex},
};

use calbridge_core::{ids::ConnectionId, provider::Provider, scope::Scope};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    Store, each_engine,
    sql::{Bell, BoxError},
    testing::{connection_of_a_tenant, postgres_db},
};

type TestResult = Result<(), BoxError>;

fn minute(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000) + SignedDuration::from_mins(minutes)
}

fn minutes(range: Range<i64>) -> Range<Timestamp> {
    minute(range.start)..minute(range.end)
}

async fn connection(store: &Store) -> Result<(Scope, ConnectionId), BoxError> {
    let (scope, connection) = connection_of_a_tenant(store, Provider::CalCom, minute(0)).await?;
    Ok((scope, connection.id))
}

async fn all(store: &Store) -> Result<Vec<Invalidation>, BoxError> {
    let mut tx = store.read().await?;
    Ok(Reader::new(minute(0)).news(&mut tx).await?)
}

fn times(rows: &[Invalidation]) -> Vec<Option<Range<Timestamp>>> {
    rows.iter()
        .map(|row| Some(row.starts_at?..row.ends_at?))
        .collect()
}

each_engine! {
    async fn a_commit_writes_few_rows_for_what_it_invalidates(store: Store) -> TestResult {
        let (scope, id) = connection(&store).await?;
        let slots = |range| Affected::slots(&scope, id, minutes(range));
        let mut tx = store.write().await?;
        announce(&mut tx, slots(100..200).and(slots(150..250)), minute(1));
        announce(&mut tx, slots(0..10), minute(1));
        announce(&mut tx, slots(250..300).and(slots(5..5)), minute(1));
        announce(&mut tx, Affected::nothing("there is nothing"), minute(1));
        tx.commit().await?;
        let mut rows = all(&store).await?;
        rows.sort_by_key(|row| row.starts_at);
        assert_eq!(times(&rows), [Some(minutes(0..10)), Some(minutes(100..300))]);
        assert!(rows.iter().all(|row| row.kind == InvalidationKind::Slots && row.made_at == minute(1)));
        assert!(rows[1].is_about(minute(299), minute(400)) && !rows[1].is_about(minute(300), minute(400)));

        let mut tx = store.write().await?;
        let many = (0..20).map(|place| slots(place * 10..place * 10 + 5));
        announce(&mut tx, many.fold(slots(0..0), Affected::and), minute(2));
        announce(&mut tx, Affected::everything(&scope, id, InvalidationKind::EventTypes), minute(2));
        tx.commit().await?;
        let mut rows: Vec<_> = all(&store).await?;
        rows.retain(|row| row.made_at == minute(2));
        rows.sort_by_key(|row| row.kind);
        assert_eq!(times(&rows), [Some(minutes(0..195)), None]);
        assert!(rows[1].is_about(minute(0), minute(1)));
        Ok(())
    }

    async fn what_is_undone_invalidates_nothing(store: Store) -> TestResult {
        let (scope, id) = connection(&store).await?;
        let slots = |range| Affected::slots(&scope, id, minutes(range));
        let mut tx = store.write().await?;
        announce(&mut tx, slots(0..10), minute(1));
        tx.rollback().await?;
        let mut tx = store.write().await?;
        announce(&mut tx, slots(20..30), minute(1));
        tx.savepoint().await?;
        announce(&mut tx, slots(40..50), minute(1));
        tx.rollback_to_savepoint().await?;
        announce(&mut tx, slots(60..70), minute(1));
        tx.release_savepoint().await?;
        tx.commit().await?;
        let mut found = times(&all(&store).await?);
        found.sort_by_key(|time| time.as_ref().map(|time| time.start));
        assert_eq!(found, [Some(minutes(20..30)), Some(minutes(60..70))]);
        Ok(())
    }

    async fn this_process_knows_when_the_commit_returns(store: Store) -> TestResult {
        let (scope, id) = connection(&store).await?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&heard);
        store.db().on_invalidated(Arc::new(move |rows| listener.lock().unwrap().extend_from_slice(rows)));
        let mut tx = store.write().await?;
        announce(&mut tx, Affected::slots(&scope, id, minutes(0..10)), minute(1));
        assert!(heard.lock().unwrap().is_empty());
        tx.commit().await?;
        let written = all(&store).await?;
        assert_eq!(written.len(), 1);
        assert_eq!(*heard.lock().unwrap(), written);
        Ok(())
    }

    async fn a_reader_hears_everything_once_though_it_comes_late(store: Store) -> TestResult {
        let (scope, id) = connection(&store).await?;
        let mut reader = Reader::new(minute(0));
        let seconds = |seconds| minute(0) + SignedDuration::from_secs(seconds);
        // The second one was begun before the first.
        let times_said = [(10, 10), (5, 11), (25, 25), (29, 50), (51, 51)];
        for (said, (made_at, read_at)) in (0..).zip(times_said) {
            let mut tx = store.write().await?;
            announce(&mut tx, Affected::slots(&scope, id, minutes(said..said + 1)), seconds(made_at));
            tx.commit().await?;
            let mut tx = store.read().await?;
            let news = reader.news(&mut tx).await?;
            tx.rollback().await?;
            assert_eq!(times(&news), [Some(minutes(said..said + 1))], "read at {read_at}");
            reader.know(&news);
            reader.forget(seconds(read_at));
        }
        Ok(())
    }

    async fn what_is_old_goes(store: Store) -> TestResult {
        let (scope, id) = connection(&store).await?;
        for time in [1, 2, 3] {
            let mut tx = store.write().await?;
            announce(&mut tx, Affected::slots(&scope, id, minutes(0..10)), minute(time));
            tx.commit().await?;
        }
        let mut tx = store.write().await?;
        assert_eq!(prune_in_all(&mut tx, minute(3), 100).await?, 2);
        tx.commit().await?;
        assert_eq!(all(&store).await?.len(), 1);
        Ok(())
    }
}

#[tokio::test]
async fn other_nodes_hear_of_it() -> TestResult {
    let Some(database) = postgres_db(crate::migrations::MIGRATIONS).await else {
        return Ok(());
    };
    let keys = crate::secrets::KeyRing::generate();
    let other = database.open_again().await;
    let store = Store::new(database.db.clone(), keys);
    let (scope, id) = connection(&store).await?;
    let mut ears = other.listen().await?.ok_or("nobody listens")?;
    let mut tx = store.write().await?;
    announce(
        &mut tx,
        Affected::slots(&scope, id, minutes(0..10)),
        minute(1),
    );
    tx.commit().await?;
    let deadline = std::time::Duration::from_secs(10);
    let mut bell = ears.next().await?;
    while bell != Bell::Invalidations {
        bell = tokio::time::timeout(deadline, ears.next()).await??;
    }
    drop(ears);
    other.close().await;
    database.remove().await;
    Ok(())
}
