//! The queue on both engines.

use std::time::Duration;

use calbridge_core::ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{Store, each_engine, sql::BoxError, tenants, testing::postgres_db};

type TestResult = Result<(), BoxError>;

const KIND: &str = "a_kind";
const NODE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn start() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)
}

fn after(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn job(key: &str, lane: Lane, run_at: Timestamp) -> NewJob {
    NewJob {
        tenant_id: TenantId(1),
        kind: KIND,
        unique_key: key.to_owned(),
        payload: json!({}),
        run_at,
        lane,
    }
}

async fn ask(store: &Store, jobs: Vec<NewJob>) -> TestResult {
    let mut tx = store.write().await?;
    if tenants::list_all(&mut tx).await?.is_empty() {
        tenants::create(&mut tx, "Default", start()).await?;
    }
    enqueue(&mut tx, jobs, start()).await?;
    Ok(tx.commit().await?)
}

/// Lease for a minute.
async fn take(store: &Store, node: Uuid, lane: Lane, now: Timestamp) -> Result<Vec<Job>, BoxError> {
    let lease = Lease {
        node,
        until: now + SignedDuration::from_secs(60),
    };
    let mut tx = store.write().await?;
    let jobs = claim(&mut tx, lane, &[KIND], lease, now, 10).await?;
    tx.commit().await?;
    Ok(jobs)
}

/// The same of a job whose worker fell silent.
async fn take_over_one(store: &Store, node: Uuid, now: Timestamp) -> Result<Option<Job>, BoxError> {
    let lease = Lease {
        node,
        until: now + SignedDuration::from_secs(60),
    };
    let mut tx = store.write().await?;
    let job = take_over(&mut tx, &Lane::ALL, &[KIND], lease, now).await?;
    tx.commit().await?;
    Ok(job)
}

async fn take_one(store: &Store, node: Uuid, now: Timestamp) -> Result<Job, BoxError> {
    let mut jobs = take(store, node, Lane::FollowUp, now).await?;
    assert_eq!(jobs.len(), 1);
    jobs.pop().ok_or_else(|| "no job".into())
}

async fn end(store: &Store, job: &Job) -> Result<Finish, BoxError> {
    let mut tx = store.write().await?;
    let finish = done(&mut tx, job).await?;
    tx.commit().await?;
    Ok(finish)
}

async fn count(store: &Store) -> Result<i64, BoxError> {
    let mut tx = store.read().await?;
    let (count,) = tx.query("SELECT COUNT(*) FROM jobs").one().await?;
    Ok(count)
}

each_engine! {
    async fn a_lane_gives_its_due_jobs_the_oldest_first(store: Store) -> TestResult {
        ask(&store, vec![
            job("late", Lane::FollowUp, after(-1)),
            job("early", Lane::FollowUp, after(-2)),
            job("not yet", Lane::FollowUp, after(1)),
            job("call", Lane::Voice, after(0)),
        ])
        .await?;
        let calls = take(&store, NODE, Lane::Voice, start()).await?;
        assert_eq!(calls.iter().map(|job| job.unique_key.as_str()).collect::<Vec<_>>(), ["call"]);
        let mut tx = store.write().await?;
        let lease = Lease { node: NODE, until: after(60) };
        let first = claim(&mut tx, Lane::FollowUp, &[KIND], lease, start(), 1).await?;
        assert_eq!(first[0].unique_key, "early");
        tx.commit().await?;
        let rest = take(&store, NODE, Lane::FollowUp, start()).await?;
        assert_eq!(rest.iter().map(|job| job.unique_key.as_str()).collect::<Vec<_>>(), ["late"]);
        assert_eq!(take(&store, NODE, Lane::Sync, start()).await?, []);
        Ok(())
    }

    async fn a_kind_that_is_not_known_here_is_left_to_those_who_know_it(store: Store) -> TestResult {
        let newer = NewJob { kind: "of_a_newer_release", ..job("newer", Lane::FollowUp, start()) };
        ask(&store, vec![newer]).await?;
        assert_eq!(take(&store, NODE, Lane::FollowUp, start()).await?, []);
        Ok(())
    }

    async fn a_leased_job_is_taken_over_when_the_lease_ends_and_not_before(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
        let ours = take_one(&store, NODE, start()).await?;
        assert_eq!(take_over_one(&store, OTHER, after(59)).await?, None);
        // It is no job like others: its worker may have fallen silent because of it.
        assert_eq!(take(&store, OTHER, Lane::FollowUp, after(60)).await?, []);
        let theirs = take_over_one(&store, OTHER, after(60)).await?.ok_or("it is there")?;
        assert_eq!((ours.fence, theirs.fence, theirs.attempts), (1, 2, 2));

        // The paused one wakes up.
        assert_eq!(end(&store, &ours).await?, Finish::Lost);
        let mut tx = store.write().await?;
        assert_eq!(failed(&mut tx, &ours, "late", None).await?, Finish::Lost);
        assert!(!renew(&mut tx, &ours, after(500)).await?);
        tx.commit().await?;
        assert_eq!(end(&store, &theirs).await?, Finish::Recorded);
        assert_eq!(end(&store, &ours).await?, Finish::Gone);
        assert_eq!(count(&store).await?, 0);
        Ok(())
    }

    async fn leases_that_end_without_a_word_are_counted_until_somebody_says_one(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::Sync, start())]).await?;
        assert_eq!(take(&store, NODE, Lane::Sync, start()).await?[0].takeovers, 0);
        let again = async |seconds| -> Result<Job, BoxError> {
            Ok(take_over_one(&store, NODE, after(seconds)).await?.ok_or("it is there")?)
        };
        assert_eq!(again(60).await?.takeovers, 1);
        let held = again(120).await?;
        assert_eq!((held.takeovers, held.lane), (2, Lane::Sync));
        // To be there is not to be done.
        let mut tx = store.write().await?;
        assert!(renew(&mut tx, &held, after(200)).await?);
        tx.commit().await?;
        let third = again(200).await?;
        assert_eq!(third.takeovers, 3);
        let mut tx = store.write().await?;
        failed(&mut tx, &third, "why", Some(after(300))).await?;
        tx.commit().await?;
        let fresh = take(&store, OTHER, Lane::Sync, after(300)).await?.remove(0);
        assert_eq!(fresh.takeovers, 0);
        assert_eq!(again(360).await?.takeovers, 1);
        // Asked for anew, while somebody has it: what it is about has changed.
        ask(&store, vec![job("a", Lane::Sync, start())]).await?;
        assert_eq!(again(420).await?.takeovers, 1);
        Ok(())
    }

    async fn the_longest_silence_is_taken_over_first_and_one_at_a_time(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::Sync, start()), job("b", Lane::Voice, start()), job("waits", Lane::Voice, after(30))])
            .await?;
        take(&store, NODE, Lane::Sync, start()).await?;
        take(&store, NODE, Lane::Voice, after(1)).await?;
        let lease = Lease { node: OTHER, until: after(200) };
        let mut tx = store.write().await?;
        let mut keys = Vec::new();
        for lanes in [&[][..], &[Lane::FollowUp], &Lane::ALL, &Lane::ALL, &Lane::ALL] {
            let job = take_over(&mut tx, lanes, &[KIND], lease, after(100)).await?;
            keys.push(job.map(|job| job.unique_key));
        }
        assert_eq!(keys, [None, None, Some("a".to_owned()), Some("b".to_owned()), None]);
        assert_eq!(take_over(&mut tx, &Lane::ALL, &["of_an_older_release"], lease, after(300)).await?, None);
        tx.commit().await?;
        Ok(())
    }

    async fn a_renewed_lease_holds(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
        let ours = take_one(&store, NODE, start()).await?;
        let mut tx = store.write().await?;
        assert!(renew(&mut tx, &ours, after(90)).await?);
        tx.commit().await?;
        assert_eq!(take_over_one(&store, OTHER, after(89)).await?, None);
        assert_eq!(end(&store, &ours).await?, Finish::Recorded);
        assert_eq!(count(&store).await?, 0);
        Ok(())
    }

    async fn a_job_that_is_asked_for_again_while_it_is_done_is_done_again_afterwards(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
        let first = take_one(&store, NODE, start()).await?;
        ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
        // One at a time.
        assert_eq!(take(&store, OTHER, Lane::FollowUp, after(1)).await?, []);
        let mut tx = store.write().await?;
        assert!(renew(&mut tx, &first, after(90)).await?);
        tx.commit().await?;
        assert_eq!(end(&store, &first).await?, Finish::AskedAgain);
        let second = take_one(&store, OTHER, after(2)).await?;
        assert_eq!(second.attempts, 1);
        assert_eq!(end(&store, &second).await?, Finish::Recorded);
        Ok(())
    }

    async fn a_job_asked_for_anew_is_not_finished_by_the_worker_of_the_old_one(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
        let first = take_one(&store, NODE, start()).await?;
        let mut tx = store.write().await?;
        cancel(&mut tx, &["a".to_owned()]).await?;
        tx.commit().await?;
        ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
        let second = take_one(&store, OTHER, start()).await?;
        assert_eq!(end(&store, &first).await?, Finish::Gone);
        assert_eq!(end(&store, &second).await?, Finish::Recorded);
        Ok(())
    }

    async fn a_job_that_failed_waits_for_its_next_try_without_a_lease(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
        let first = take_one(&store, NODE, start()).await?;
        let mut tx = store.write().await?;
        assert_eq!(failed(&mut tx, &first, "why", Some(after(5))).await?, Finish::Recorded);
        assert_eq!(next_due(&mut tx).await?, Some(after(5)));
        tx.commit().await?;
        let second = take_one(&store, OTHER, after(5)).await?;
        assert_eq!((second.attempts, second.last_error.as_deref()), (2, Some("why")));
        let mut tx = store.write().await?;
        failed(&mut tx, &second, "for good", None).await?;
        assert_eq!(count_of_all_tenants(&mut tx, after(500)).await?, (0, 1));
        tx.commit().await?;
        Ok(())
    }

    async fn the_release_before_works_on_the_same_jobs(store: Store) -> TestResult {
        ask(&store, vec![job("a", Lane::Sync, start())]).await?;
        // What it asks for, without the columns it does not know.
        let mut tx = store.write().await?;
        tx.query(
            "INSERT INTO jobs (tenant_id, kind, unique_key, payload, run_at, state, attempts, created_at)
             VALUES (1, 'a_kind', 'b', $1, $2, 'waiting', 0, $2)
             ON CONFLICT (unique_key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at,
                 state = 'waiting', attempts = 0, last_error = NULL",
        )
        .bind(json!({}))
        .bind(start())
        .execute()
        .await?;
        tx.commit().await?;
        let ours = take_one(&store, NODE, start()).await?;
        assert_eq!(ours.unique_key, "b");

        // What it takes: nothing that is leased, and what it has is left alone here.
        let taken = take_as_before(&store, start()).await?;
        assert_eq!(taken, ["a"]);
        assert_eq!(take(&store, NODE, Lane::Sync, after(59)).await?, []);
        // Our lease is over: it takes the job, and we notice.
        assert_eq!(take_as_before(&store, after(60)).await?, ["a", "b"]);
        assert_ne!(end(&store, &ours).await?, Finish::Recorded);
        assert_eq!(count(&store).await?, 2);
        assert_eq!(take(&store, NODE, Lane::FollowUp, after(61)).await?, []);
        Ok(())
    }

    async fn a_commit_rings_once_for_work_that_is_due_soon(store: Store) -> TestResult {
        let bells = store.db().bells().clone();
        ask(&store, vec![job("later", Lane::FollowUp, after(3600))]).await?;
        let mut rung = Box::pin(bells.heard(Bell::Jobs));
        assert!(futures_now(&mut rung).await.is_none());
        ask(&store, vec![job("a", Lane::FollowUp, start()), job("b", Lane::Voice, start())]).await?;
        assert!(futures_now(&mut rung).await.is_some());
        assert!(futures_now(&mut Box::pin(bells.heard(Bell::Jobs))).await.is_none());
        Ok(())
    }
}

/// What is there without waiting.
async fn futures_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}

/// As the first release did it.
async fn take_as_before(store: &Store, now: Timestamp) -> Result<Vec<String>, BoxError> {
    let mut tx = store.write().await?;
    let skip_locked = tx.skip_locked();
    let rows: Vec<(String,)> = tx
        .query(format!(
            "WITH due AS MATERIALIZED (
                 SELECT id FROM jobs WHERE state = 'waiting' AND run_at <= $2
                 ORDER BY run_at, id LIMIT $3 {skip_locked}
             )
             UPDATE jobs SET attempts = attempts + 1, run_at = $1
             WHERE id IN (SELECT id FROM due)
             RETURNING unique_key"
        ))
        .bind(now + SignedDuration::from_secs(60))
        .bind(now)
        .bind(20_i64)
        .all()
        .await?;
    tx.commit().await?;
    let mut keys: Vec<String> = rows.into_iter().map(|(key,)| key).collect();
    keys.sort();
    Ok(keys)
}

#[tokio::test]
async fn a_job_that_somebody_holds_is_left_and_not_waited_for() -> TestResult {
    let Some(database) = postgres_db(crate::migrations::MIGRATIONS).await else {
        return Ok(());
    };
    let store = Store::new(database.db.clone(), crate::secrets::KeyRing::generate());
    ask(
        &store,
        vec![
            job("a", Lane::FollowUp, start()),
            job("b", Lane::FollowUp, start()),
        ],
    )
    .await?;
    let jobs = take(&store, NODE, Lane::FollowUp, start()).await?;
    let (a, b) = (jobs[0].id, jobs[1].id);
    // Somebody asks again for the second and has not committed yet.
    let mut asking = store.write().await?;
    let again = job(&jobs[1].unique_key, Lane::FollowUp, start());
    enqueue(&mut asking, vec![again], start()).await?;
    let mut tx = store.write().await?;
    assert_eq!(hold_or_leave(&mut tx, &[a, b, JobId(i64::MAX)]).await?, [b]);
    tx.rollback().await?;
    asking.commit().await?;
    let mut tx = store.write().await?;
    assert_eq!(hold_or_leave(&mut tx, &[a, b]).await?, []);
    tx.rollback().await?;
    database.remove().await;
    Ok(())
}

#[tokio::test]
async fn another_process_hears_the_bell() -> TestResult {
    let Some(database) = postgres_db(crate::migrations::MIGRATIONS).await else {
        return Ok(());
    };
    let elsewhere = database.open_again().await;
    let mut listener = elsewhere.listen().await?.ok_or("it listens")?;
    let store = Store::new(database.db.clone(), crate::secrets::KeyRing::generate());
    ask(&store, vec![job("a", Lane::FollowUp, start())]).await?;
    let wait = Duration::from_secs(20);
    // The first tenant was made too.
    let mut heard = vec![tokio::time::timeout(wait, listener.next()).await??];
    if heard == [Bell::Registry] {
        heard.push(tokio::time::timeout(wait, listener.next()).await??);
    }
    assert!(heard.contains(&Bell::Jobs), "{heard:?}");
    drop(listener);
    elsewhere.close().await;
    database.remove().await;
    Ok(())
}
