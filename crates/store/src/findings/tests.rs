use calbridge_core::provider::Provider;

use super::*;
use crate::{Store, each_engine, sql::BoxError, testing::connection_of_a_tenant};

fn second(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_800_000_000 + seconds)
}

fn of(connection_id: ConnectionId, fingerprint: &str) -> NewFinding {
    NewFinding {
        connection_id,
        external_id: "uid".to_owned(),
        booking_id: None,
        differences: vec![Difference::Status],
        ours: None,
        theirs: None,
        fingerprint: fingerprint.to_owned(),
    }
}

each_engine! {
    async fn a_difference_that_lasts_is_one_finding(store: Store) -> Result<(), BoxError> {
        let (scope, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
        let (stranger, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
        let mut tx = store.write().await?;
        let first = put(&mut tx, &scope, of(connection.id, "a"), second(1)).await?;
        let again = put(&mut tx, &scope, of(connection.id, "b"), second(2)).await?;
        assert_eq!((again.id, again.state, again.last_seen_at), (first.id, FindingState::Open, second(2)));
        assert_eq!(list_current(&mut tx, &stranger, connection.id).await?, []);
        assert_eq!(settle(&mut tx, &stranger, first.id, FindingState::Ours, second(3)).await?, None);
        Ok(())
    }

    async fn what_was_decided_holds_until_something_changes(store: Store) -> Result<(), BoxError> {
        let (scope, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
        let mut tx = store.write().await?;
        let first = put(&mut tx, &scope, of(connection.id, "a"), second(1)).await?;
        settle(&mut tx, &scope, first.id, FindingState::Ours, second(2)).await?;
        let same = put(&mut tx, &scope, of(connection.id, "a"), second(3)).await?;
        assert_eq!((same.state, same.settled_at), (FindingState::Ours, Some(second(2))));
        let other = put(&mut tx, &scope, of(connection.id, "b"), second(4)).await?;
        assert_eq!((other.id, other.state, other.settled_at), (first.id, FindingState::Open, None));
        Ok(())
    }

    async fn settled_findings_are_forgotten_once_they_are_not_seen_any_more(store: Store) -> Result<(), BoxError> {
        let (scope, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
        let mut tx = store.write().await?;
        let gone = put(&mut tx, &scope, of(connection.id, "a"), second(1)).await?;
        settle(&mut tx, &scope, gone.id, FindingState::Dismissed, second(2)).await?;
        let open = put(&mut tx, &scope, of(connection.id, "a"), second(3)).await?;
        assert_ne!(open.id, gone.id, "what was dismissed is found again");
        assert_eq!(prune_settled_in_all(&mut tx, second(9)).await?, 1);
        let left = list(&mut tx, &scope, &FindingFilter::default(), PageRequest::first(5)).await?;
        assert_eq!(left.data, [open]);
        Ok(())
    }
}
