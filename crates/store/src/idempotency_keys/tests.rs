//! Keys of requests, on both engines.

use futures::future::try_join_all;
use jiff::SignedDuration;

use super::*;
use crate::{Store, each_engine, sql::BoxError, tenants};

type TestResult = Result<(), BoxError>;

fn after(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
}

async fn tenant(store: &Store) -> Result<Scope, BoxError> {
    let mut tx = store.write().await?;
    let scope = Scope::system(tenants::create(&mut tx, "Practice", after(0)).await?.id);
    tx.commit().await?;
    Ok(scope)
}

/// For a minute, remembered for an hour.
async fn ask(
    store: &Store,
    scope: &Scope,
    fingerprint: &str,
    now: Timestamp,
) -> Result<Begun, BoxError> {
    let request = KeyedRequest {
        key: "one".to_owned(),
        fingerprint: fingerprint.to_owned(),
    };
    let terms = Terms {
        leased_until: now + SignedDuration::from_secs(60),
        expires_at: now + SignedDuration::from_secs(3600),
    };
    let mut tx = store.write().await?;
    let begun = begin(&mut tx, scope, &request, terms, now).await?;
    tx.commit().await?;
    Ok(begun)
}

async fn answer(store: &Store, scope: &Scope, turn: &Turn, body: &str) -> Result<bool, BoxError> {
    let mut tx = store.write().await?;
    let kept = keep(&mut tx, scope, turn, &created(body)).await?;
    tx.commit().await?;
    Ok(kept)
}

fn created(body: &str) -> KeptAnswer {
    KeptAnswer {
        status: 201,
        headers: BTreeMap::from([("location".to_owned(), "/here".to_owned())]),
        body: body.as_bytes().to_vec(),
    }
}

fn turn(begun: Begun) -> Result<Turn, BoxError> {
    match begun {
        Begun::First(turn) => Ok(turn),
        other => Err(format!("not the first: {other:?}").into()),
    }
}

each_engine! {
    async fn of_many_at_once_one_is_the_first(store: Store) -> TestResult {
        let scope = tenant(&store).await?;
        let all = try_join_all((0..16).map(|_| ask(&store, &scope, "a", after(0)))).await?;
        assert_eq!(all.iter().filter(|begun| matches!(begun, Begun::First(_))).count(), 1);
        assert_eq!(all.iter().filter(|begun| matches!(begun, Begun::UnderWay)).count(), 15);
        // Another tenant's key is another one.
        let elsewhere = tenant(&store).await?;
        turn(ask(&store, &elsewhere, "b", after(0)).await?)?;
        Ok(())
    }

    async fn the_same_request_gets_the_same_answer_and_another_one_none(store: Store) -> TestResult {
        let scope = tenant(&store).await?;
        let first = turn(ask(&store, &scope, "a", after(0)).await?)?;
        assert_eq!(ask(&store, &scope, "b", after(1)).await?, Begun::Reused);
        assert!(answer(&store, &scope, &first, "it").await?);
        assert_eq!(ask(&store, &scope, "a", after(3599)).await?, Begun::Kept(created("it")));
        assert_eq!(ask(&store, &scope, "b", after(3599)).await?, Begun::Reused);
        // Long after it is a new request.
        turn(ask(&store, &scope, "b", after(3600)).await?)?;
        Ok(())
    }

    async fn who_was_too_slow_does_not_answer_for_the_next(store: Store) -> TestResult {
        let scope = tenant(&store).await?;
        let first = turn(ask(&store, &scope, "a", after(0)).await?)?;
        assert_eq!(ask(&store, &scope, "a", after(59)).await?, Begun::UnderWay);
        let second = turn(ask(&store, &scope, "a", after(60)).await?)?;
        assert!(!answer(&store, &scope, &first, "late").await?);
        let mut tx = store.write().await?;
        forget(&mut tx, &scope, &first).await?;
        tx.commit().await?;
        assert!(answer(&store, &scope, &second, "in time").await?);
        assert_eq!(ask(&store, &scope, "a", after(61)).await?, Begun::Kept(created("in time")));
        Ok(())
    }

    async fn what_is_not_for_good_is_forgotten(store: Store) -> TestResult {
        let scope = tenant(&store).await?;
        let first = turn(ask(&store, &scope, "a", after(0)).await?)?;
        let mut tx = store.write().await?;
        forget(&mut tx, &scope, &first).await?;
        tx.commit().await?;
        let second = turn(ask(&store, &scope, "b", after(1)).await?)?;
        answer(&store, &scope, &second, "it").await?;

        let mut tx = store.write().await?;
        assert_eq!(count_expired_in_all(&mut tx, after(3600)).await?, 0);
        assert_eq!(count_expired_in_all(&mut tx, after(3601)).await?, 1);
        assert_eq!(prune_in_all(&mut tx, after(3600), 10).await?, 0);
        assert_eq!(prune_in_all(&mut tx, after(3601), 10).await?, 1);
        tx.commit().await?;
        Ok(())
    }
}
