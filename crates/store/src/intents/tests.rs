//! Intents on both engines.

use calbridge_core::{
    intent::{Answer, Event, Fit},
    provider::Provider,
};
use futures::future::try_join_all;
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::{
    Store,
    connections::{self, NewConnection, SignaturePolicy},
    each_engine, tenants,
};

type TestResult = Result<(), BoxError>;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)
}

async fn place(store: &Store) -> Result<(Scope, ConnectionId), BoxError> {
    let mut tx = store.write().await?;
    let scope = Scope::system(tenants::create(&mut tx, "Practice", now()).await?.id);
    let new = NewConnection {
        public_id: Uuid::now_v7(),
        provider: Provider::CalCom,
        name: "desk".to_owned(),
        hook_token: Uuid::now_v7().to_string(),
        signature_policy: SignaturePolicy::Required,
        wanted_events: None,
        creates_leads: true,
        calendly_user_uri: None,
        api: connections::ApiAccess::default(),
    };
    let connection = connections::create(&mut tx, &scope, new, now()).await?.id;
    tx.commit().await?;
    Ok((scope, connection))
}

fn wish(connection: ConnectionId, key: u128) -> NewIntent {
    NewIntent {
        public_id: Uuid::now_v7(),
        connection_id: connection,
        key: IntentKey::new(Uuid::from_u128(key)),
        kind: IntentKind::Book,
        request: json!({ "start": "2027-01-15T10:00:00Z" }),
        claim_id: None,
        booking_id: None,
        lead_id: None,
        next_look_at: now() + SignedDuration::from_mins(1),
    }
}

async fn recorded(store: &Store, scope: &Scope, new: &NewIntent) -> Result<Recorded, BoxError> {
    let mut tx = store.write().await?;
    let recorded = record(&mut tx, scope, new, now()).await?;
    tx.commit().await?;
    Ok(recorded)
}

fn intent(recorded: Recorded) -> Intent {
    match recorded {
        Recorded::New(intent) | Recorded::Known(intent) => intent,
    }
}

each_engine! {
    async fn a_key_is_recorded_once(store: Store) -> TestResult {
        let (scope, connection) = place(&store).await?;
        let wishes: Vec<_> = (0..16).map(|_| wish(connection, 7)).collect();
        let all = try_join_all(wishes.iter().map(|new| recorded(&store, &scope, new))).await?;
        let new = all.iter().filter(|one| matches!(one, Recorded::New(_))).count();
        assert_eq!(new, 1);
        let first = intent(all[0].clone());
        assert!(all.into_iter().all(|one| intent(one).id == first.id));
        // Another tenant's key is another one.
        let (elsewhere, connection) = place(&store).await?;
        assert!(matches!(recorded(&store, &elsewhere, &wish(connection, 7)).await?, Recorded::New(_)));
        let mut tx = store.read().await?;
        assert_eq!(find(&mut tx, &elsewhere, first.id).await?, None);
        assert_eq!(find_by_public_id(&mut tx, &scope, first.public_id).await?, Some(first.clone()));
        assert_eq!(find_by_keys(&mut tx, &scope, std::slice::from_ref(&first.key)).await?, [first]);
        Ok(())
    }

    async fn of_two_who_settle_one_finds_that_it_has_lost(store: Store) -> TestResult {
        let (scope, connection) = place(&store).await?;
        let read = intent(recorded(&store, &scope, &wish(connection, 7)).await?);
        let sending = Intent {
            standing: read.standing.begin().ok_or("it is pending")?,
            sends: 1,
            sent_at: Some(now()),
            ..read
        };
        let begin = async || {
            let mut tx = store.write().await?;
            let written = write(&mut tx, &scope, &sending, now()).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(written)
        };
        let both = futures::future::try_join(begin(), begin()).await?;
        let mut won: Vec<_> = [both.0, both.1].into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        let sent = won.remove(0);
        assert_eq!((sent.standing.state, sent.revision), (IntentState::Sent, 2));
        assert_eq!(begin().await?, None);
        Ok(())
    }

    async fn what_is_settled_is_no_longer_due(store: Store) -> TestResult {
        let (scope, connection) = place(&store).await?;
        let mut all = Vec::new();
        for key in 1..=3 {
            all.push(intent(recorded(&store, &scope, &wish(connection, key)).await?));
        }
        let later = now() + SignedDuration::from_mins(2);
        let mut tx = store.write().await?;
        assert_eq!(list_due_in_all(&mut tx, now(), 10).await?, []);
        assert_eq!(list_due_in_all(&mut tx, later, 10).await?.len(), 3);

        let sent = Intent { standing: all[0].standing.begin().ok_or("it is pending")?, ..all[0].clone() };
        let sent = write(&mut tx, &scope, &sent, now()).await?.ok_or("nobody else wrote")?;
        let answer = Answer::Done { made: "uid".to_owned(), fit: Fit::Right };
        let done = Intent {
            standing: sent.standing.on(&Event::Answered(answer)).next,
            outcome: Some(json!({ "uid": "uid" })),
            ..sent
        };
        let done = write(&mut tx, &scope, &done, later).await?.ok_or("nobody else wrote")?;
        assert_eq!((done.standing.made.as_deref(), done.settled_at, done.next_look_at), (Some("uid"), Some(later), None));

        let unanswered = Intent { standing: all[1].standing.begin().ok_or("it is pending")?, ..all[1].clone() };
        let unanswered = write(&mut tx, &scope, &unanswered, now()).await?.ok_or("nobody else wrote")?;
        let unknown = Intent {
            standing: unanswered.standing.on(&Event::Interrupted).next,
            doubted_at: Some(now()),
            ..unanswered
        };
        let unknown = write(&mut tx, &scope, &unknown, now()).await?.ok_or("nobody else wrote")?;
        assert_eq!(unknown.standing.state, IntentState::Unknown(Doubt::Unanswered));

        let due: Vec<_> = list_due_in_all(&mut tx, later, 10).await?.iter().map(|intent| intent.id).collect();
        assert_eq!(due, [all[1].id, all[2].id]);
        let listed = list(&mut tx, &scope, PageRequest::first(2)).await?;
        assert_eq!((listed.data.len(), listed.next_cursor), (2, Some(all[1].id.0)));
        Ok(())
    }

    async fn what_was_settled_long_ago_is_forgotten_unless_a_person_must_look(store: Store) -> TestResult {
        let (scope, connection) = place(&store).await?;
        let mut tx = store.write().await?;
        for (key, state) in [(1, IntentState::Done), (2, IntentState::Stuck), (3, IntentState::Pending)] {
            let Recorded::New(intent) = record(&mut tx, &scope, &wish(connection, key), now()).await? else {
                return Err("it is new".into());
            };
            let standing = Standing { state, ..intent.standing.clone() };
            write(&mut tx, &scope, &Intent { standing, ..intent }, now()).await?;
        }
        let later = now() + SignedDuration::from_mins(1);
        assert_eq!(prune_settled_in_all(&mut tx, now(), 10).await?, 0);
        assert_eq!(prune_settled_in_all(&mut tx, later, 10).await?, 1);
        let left: Vec<_> = list(&mut tx, &scope, PageRequest::first(10)).await?.data;
        let left: Vec<_> = left.iter().map(|intent| intent.standing.state).collect();
        assert_eq!(left, [IntentState::Pending, IntentState::Stuck]);
        tx.commit().await?;
        Ok(())
    }
}
