//! How far leads are, on both engines.

use calbridge_core::lead::LeadStatus;
use jiff::SignedDuration;

use super::*;
use crate::{
    Store, each_engine, ids,
    leads::{self, Lead},
    sql::BoxError,
    tenants,
};

type TestResult = Result<(), BoxError>;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)
}

async fn tenant(tx: &mut Tx) -> Result<Scope, StoreError> {
    Ok(Scope::system(
        tenants::create(tx, "Practice", now()).await?.id,
    ))
}

async fn lead(
    tx: &mut Tx,
    scope: &Scope,
    status: &str,
    consent: Option<bool>,
) -> Result<LeadId, StoreError> {
    let id = ids::reserve(tx, "leads", 1)
        .await?
        .pop()
        .unwrap_or_default();
    let lead = Lead {
        status: status.to_owned(),
        consent_gdpr: consent,
        ..Lead::new(scope.tenant_id(), LeadId(id), now())
    };
    leads::insert(tx, std::slice::from_ref(&lead)).await?;
    Ok(lead.id)
}

each_engine! {
    async fn only_those_who_agreed_and_have_the_status_are_begun_with(store: Store) -> TestResult {
        let mut tx = store.write().await?;
        let scope = tenant(&mut tx).await?;
        let stranger = tenant(&mut tx).await?;
        let status = LeadStatus::parse("qualified")?;
        let wanted = lead(&mut tx, &scope, "qualified", Some(true)).await?;
        lead(&mut tx, &scope, "qualified", None).await?;
        lead(&mut tx, &scope, "qualified", Some(false)).await?;
        lead(&mut tx, &scope, "new", Some(true)).await?;
        lead(&mut tx, &stranger, "qualified", Some(true)).await?;
        assert_eq!(list_due(&mut tx, &scope, &status, now(), 10).await?, [wanted]);
        tx.commit().await?;
        Ok(())
    }

    async fn a_try_is_begun_once_and_looked_after_when_it_takes_too_long(store: Store) -> TestResult {
        let mut tx = store.write().await?;
        let scope = tenant(&mut tx).await?;
        let status = LeadStatus::parse("qualified")?;
        let id = lead(&mut tx, &scope, "qualified", Some(true)).await?;
        let later = now() + SignedDuration::from_mins(5);
        begin(&mut tx, &scope, &[id], later, now()).await?;
        begin(&mut tx, &scope, &[id], later, now()).await?;
        let row = find(&mut tx, &scope, id).await?.ok_or("no row")?;
        assert_eq!((row.state, row.round, row.attempts), (AutomaticState::Trying, 1, 0));
        assert_eq!(list_due(&mut tx, &scope, &status, later, 10).await?, []);
        assert_eq!(list_overdue(&mut tx, &scope, now(), 10).await?, []);
        assert_eq!(list_overdue(&mut tx, &scope, later, 10).await?, [id]);
        tx.commit().await?;
        Ok(())
    }

    async fn of_two_who_write_the_outcome_one_does(store: Store) -> TestResult {
        let mut tx = store.write().await?;
        let scope = tenant(&mut tx).await?;
        let id = lead(&mut tx, &scope, "qualified", Some(true)).await?;
        begin(&mut tx, &scope, &[id], now(), now()).await?;
        let before = find(&mut tx, &scope, id).await?.ok_or("no row")?;
        let waiting = AutomaticBookingRow {
            state: AutomaticState::Waiting,
            attempts: 1,
            reason: Some("nothing is free".to_owned()),
            next_attempt_at: Some(now()),
            ..before.clone()
        };
        assert!(write(&mut tx, &scope, &before, &waiting, now()).await?);
        assert!(!write(&mut tx, &scope, &before, &waiting, now()).await?);
        begin(&mut tx, &scope, &[id], now(), now()).await?;
        let again = find(&mut tx, &scope, id).await?.ok_or("no row")?;
        assert_eq!((again.round, again.attempts, again.reason), (2, 1, None));
        let page = list(&mut tx, &scope, Some(AutomaticState::Trying), PageRequest::first(10)).await?;
        assert_eq!(page.data.len(), 1);
        let page = list(&mut tx, &scope, Some(AutomaticState::Stopped), PageRequest::first(10)).await?;
        assert_eq!(page.data.len(), 0);
        tx.commit().await?;
        Ok(())
    }
}
