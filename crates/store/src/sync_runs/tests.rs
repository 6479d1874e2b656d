//! Runs on both engines.

use calbridge_core::provider::Provider;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    Store,
    connections::{self, NewConnection, SignaturePolicy},
    each_engine, tenants,
};

type Ended = Result<(), StoreError>;

fn now() -> Timestamp {
    Timestamp::from_second(1_770_000_000).unwrap()
}

async fn place(tx: &mut Tx) -> Result<(Scope, ConnectionId), StoreError> {
    let scope = Scope::system(tenants::create(tx, "T", now()).await?.id);
    let new = NewConnection {
        public_id: Uuid::now_v7(),
        provider: Provider::CalCom,
        name: "main".to_owned(),
        hook_token: Uuid::now_v7().to_string(),
        signature_policy: SignaturePolicy::Required,
        wanted_events: None,
        creates_leads: true,
        calendly_user_uri: None,
        api: connections::ApiAccess::default(),
    };
    let connection = connections::create(tx, &scope, new, now()).await?;
    Ok((scope, connection.id))
}

async fn ask(tx: &mut Tx, scope: &Scope, connection: ConnectionId) -> Result<Asked, StoreError> {
    ask_for(
        tx,
        scope,
        connection,
        SyncKind::EventTypes,
        SyncCause::Api,
        now(),
    )
    .await
}

each_engine! {
    async fn there_is_one_open_run_for_a_connection(store: Store) -> Ended {
        let mut tx = store.write().await?;
        let (scope, connection) = place(&mut tx).await?;
        let Asked::New(run) = ask(&mut tx, &scope, connection).await? else {
            panic!("there was one already");
        };
        assert_eq!(ask(&mut tx, &scope, connection).await?, Asked::Open(run.clone()));
        let until = now() + SignedDuration::from_mins(1);
        let taken = take(&mut tx, &scope, run.id, until, now()).await?.unwrap();
        assert_eq!((taken.state, taken.fence), (RunState::Running, 1));
        assert_eq!(ask(&mut tx, &scope, connection).await?, Asked::Open(taken.clone()));
        assert_eq!(take(&mut tx, &scope, run.id, until, now()).await?, None);
        let ending = Ending { result: Some(json!({ "added": [] })), error: None };
        let done = finish(&mut tx, &taken, ending, now()).await?.unwrap();
        assert_eq!((done.state, done.finished_at), (RunState::Done, Some(now())));
        assert!(matches!(ask(&mut tx, &scope, connection).await?, Asked::New(_)));
        tx.commit().await
    }

    async fn who_was_not_heard_from_is_replaced_and_not_listened_to(store: Store) -> Ended {
        let mut tx = store.write().await?;
        let (scope, connection) = place(&mut tx).await?;
        let run = ask(&mut tx, &scope, connection).await?.run();
        let minute = SignedDuration::from_mins(1);
        let first = take(&mut tx, &scope, run.id, now() + minute, now()).await?.unwrap();
        assert!(note_progress(&mut tx, &first, &json!({ "lists": 1 }), now() + minute * 2).await?);
        assert_eq!(take(&mut tx, &scope, run.id, now() + minute * 3, now() + minute).await?, None);
        let second = take(&mut tx, &scope, run.id, now() + minute * 4, now() + minute * 2).await?.unwrap();
        assert_eq!((second.fence, second.progress.clone()), (2, json!({ "lists": 1 })));
        assert!(!note_progress(&mut tx, &first, &json!({}), now() + minute * 9).await?);
        let failed = || Ending { result: None, error: Some("the provider did not answer".to_owned()) };
        assert_eq!(finish(&mut tx, &first, failed(), now()).await?, None);
        let ended = finish(&mut tx, &second, failed(), now()).await?.unwrap();
        assert_eq!(ended.state, RunState::Failed);
        tx.commit().await
    }

    async fn runs_are_listed_for_their_tenant_and_forgotten_but_the_last(store: Store) -> Ended {
        let mut tx = store.write().await?;
        let (ours, connection) = place(&mut tx).await?;
        let (theirs, _) = place(&mut tx).await?;
        let mut last = None;
        for _ in 0..3 {
            let run = ask(&mut tx, &ours, connection).await?.run();
            let taken = take(&mut tx, &ours, run.id, now(), now()).await?.unwrap();
            last = finish(&mut tx, &taken, Ending { result: None, error: None }, now()).await?;
        }
        let last = last.unwrap();
        for any_id in [last.id.to_string(), last.public_id.to_string()] {
            assert_eq!(find(&mut tx, &ours, &any_id).await?, Some(last.clone()));
            assert_eq!(find(&mut tx, &theirs, &any_id).await?, None);
        }
        let page = PageRequest::first(2);
        let done = RunFilter { state: Some(RunState::Done), connection_id: Some(connection), kind: Some(SyncKind::EventTypes) };
        let found = list(&mut tx, &ours, &done, page).await?;
        assert_eq!((found.data.len(), found.data[0].id), (2, last.id));
        assert_eq!(list(&mut tx, &theirs, &RunFilter::default(), page).await?.data, []);
        assert_eq!(prune_in_all(&mut tx, now() + SignedDuration::from_secs(1)).await?, 2);
        assert_eq!(list(&mut tx, &ours, &RunFilter::default(), page).await?.data, [last]);
        tx.commit().await
    }
}
