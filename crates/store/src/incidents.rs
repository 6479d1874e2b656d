//! Table `incidents`: what an operator should look at, one row for each thing as long as it lasts.

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    page::{Page, PageRequest},
    sql::{StoreError, Tx},
    types::row_type,
};

row_type! {
    /// Something that an operator should look at.
    Incident {
        /// Id.
        id: i64,
        /// Tenant.
        tenant_id: TenantId,
        /// The connection it is about, if it is one.
        connection_id: Option<ConnectionId>,
        /// What it is, in a word.
        kind: String,
        /// Tells two of a kind apart.
        subject: String,
        /// What was seen last.
        detail: String,
        /// How often it was seen.
        occurrences: i64,
        /// When it was seen first.
        first_seen_at: Timestamp,
        /// When it was seen last.
        last_seen_at: Timestamp,
        /// When it was over; `None`: it lasts.
        resolved_at: Option<Timestamp>,
    }
}

/// Something that was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewIncident {
    /// The connection it is about, if it is one.
    pub connection_id: Option<ConnectionId>,
    /// What it is, in a word.
    pub kind: &'static str,
    /// Tells two of a kind apart.
    pub subject: String,
    /// What was seen. No personal data.
    pub detail: String,
}

/// Something was seen: a new incident, or one that lasts once more. The answer tells which by its occurrences.
pub async fn raise(
    tx: &mut Tx,
    scope: &Scope,
    new: NewIncident,
    now: Timestamp,
) -> Result<Incident, StoreError> {
    tx.query(
        "INSERT INTO incidents (tenant_id, connection_id, kind, subject, detail, occurrences, first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $6)
         ON CONFLICT (tenant_id, kind, subject) WHERE resolved_at IS NULL DO UPDATE SET
             occurrences = incidents.occurrences + 1, detail = excluded.detail,
             connection_id = excluded.connection_id, last_seen_at = excluded.last_seen_at
         RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(new.connection_id)
    .bind(new.kind)
    .bind(new.subject)
    .bind(new.detail)
    .bind(now)
    .one()
    .await
}

/// It is over; the incident, if there was one that lasted.
pub async fn resolve(
    tx: &mut Tx,
    scope: &Scope,
    kind: &str,
    subject: &str,
    now: Timestamp,
) -> Result<Option<Incident>, StoreError> {
    tx.query(
        "UPDATE incidents SET resolved_at = $4
         WHERE tenant_id = $1 AND kind = $2 AND subject = $3 AND resolved_at IS NULL RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(kind)
    .bind(subject)
    .bind(now)
    .optional()
    .await
}

/// Somebody looked, and it is over; the incident, if there was one that lasted.
pub async fn resolve_by_id(
    tx: &mut Tx,
    scope: &Scope,
    id: i64,
    now: Timestamp,
) -> Result<Option<Incident>, StoreError> {
    tx.query(
        "UPDATE incidents SET resolved_at = $3
         WHERE tenant_id = $1 AND id = $2 AND resolved_at IS NULL RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(id)
    .bind(now)
    .optional()
    .await
}

/// The incidents of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    page: PageRequest,
) -> Result<Page<Incident>, StoreError> {
    let rows = tx
        .query("SELECT * FROM incidents WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .all()
        .await?;
    Ok(page.page(rows, |incident: &Incident| incident.id))
}

/// The incidents of a tenant that last, oldest first.
pub async fn list_open(tx: &mut Tx, scope: &Scope) -> Result<Vec<Incident>, StoreError> {
    tx.query("SELECT * FROM incidents WHERE tenant_id = $1 AND resolved_at IS NULL ORDER BY id")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// The incidents of all tenants that last, oldest first.
pub async fn list_open_of_all_tenants(tx: &mut Tx) -> Result<Vec<Incident>, StoreError> {
    tx.query("SELECT * FROM incidents WHERE resolved_at IS NULL ORDER BY id")
        .all()
        .await
}

/// Drop incidents of all tenants that were over before an instant; how many there were.
pub async fn prune_resolved_in_all(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.query("DELETE FROM incidents WHERE resolved_at < $1")
        .bind(before)
        .execute()
        .await
}

#[cfg(test)]
mod tests {
    use calbridge_core::provider::Provider;

    use super::*;
    use crate::{Store, each_engine, sql::BoxError, testing::connection_of_a_tenant};

    fn second(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    fn drift(subject: &str, detail: &str) -> NewIncident {
        NewIncident {
            connection_id: None,
            kind: "drift",
            subject: subject.to_owned(),
            detail: detail.to_owned(),
        }
    }

    each_engine! {
        async fn an_incident_that_lasts_is_one(store: Store) -> Result<(), BoxError> {
            let (scope, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let (stranger, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let mut tx = store.write().await?;
            let first = raise(&mut tx, &scope, drift("slots", "a field is missing"), second(1)).await?;
            assert_eq!((first.occurrences, first.connection_id), (1, None));
            let new = NewIncident { connection_id: Some(connection.id), ..drift("slots", "two are") };
            let again = raise(&mut tx, &scope, new, second(2)).await?;
            let expected = Incident {
                connection_id: Some(connection.id),
                occurrences: 2,
                detail: "two are".to_owned(),
                last_seen_at: second(2),
                ..first
            };
            assert_eq!(again, expected);
            raise(&mut tx, &scope, drift("bookings", "a word is new"), second(3)).await?;
            raise(&mut tx, &stranger, drift("slots", "theirs"), second(3)).await?;
            assert_eq!(list_open(&mut tx, &scope).await?.len(), 2);
            assert_eq!(list_open_of_all_tenants(&mut tx).await?.len(), 3);
            Ok(())
        }

        async fn an_incident_that_is_over_may_come_again(store: Store) -> Result<(), BoxError> {
            let (scope, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let mut tx = store.write().await?;
            let first = raise(&mut tx, &scope, drift("slots", "once"), second(1)).await?;
            let over = resolve(&mut tx, &scope, "drift", "slots", second(2)).await?;
            assert_eq!(over.and_then(|one| one.resolved_at), Some(second(2)));
            assert_eq!(resolve(&mut tx, &scope, "drift", "slots", second(3)).await?, None);
            let second_one = raise(&mut tx, &scope, drift("slots", "again"), second(4)).await?;
            assert_eq!(second_one.occurrences, 1);
            let page = list(&mut tx, &scope, PageRequest::first(1)).await?;
            assert_eq!(page.data, std::slice::from_ref(&second_one));
            let rest = PageRequest { below: page.next_cursor, limit: 1 };
            assert_eq!(list(&mut tx, &scope, rest).await?.data[0].id, first.id);
            assert_eq!(prune_resolved_in_all(&mut tx, second(3)).await?, 1);
            assert_eq!(list_open(&mut tx, &scope).await?, [second_one]);
            Ok(())
        }
    }
}
