//! Table `event_type_hosts`: who may host an event type.

use calbridge_core::{
    ids::{ConnectionId, EventTypeId, TenantId, UserId},
    scope::Scope,
};

use crate::{
    sql::{StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// Somebody who may host an event type.
    EventTypeHost {
        /// Tenant.
        tenant_id: TenantId,
        /// Event type.
        event_type_id: EventTypeId,
        /// The provider's id of the person.
        provider_user_id: String,
        /// Name.
        name: Option<String>,
        /// The provider's name of the account.
        username: Option<String>,
        /// Whether every booking has this host.
        mandatory: bool,
        /// Who is taken first.
        priority: Option<String>,
        /// Who of ours it is, once that is confirmed.
        user_id: Option<UserId>,
    }
}

/// Replace the hosts of event types by these. Who of ours each one is follows from what was confirmed.
pub async fn replace(
    tx: &mut Tx,
    scope: &Scope,
    event_types: &[EventTypeId],
    hosts: &[EventTypeHost],
) -> Result<(), StoreError> {
    let (list, values) = in_list(2, event_types.iter().copied());
    tx.query(format!(
        "DELETE FROM event_type_hosts WHERE tenant_id = $1 AND event_type_id IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .execute()
    .await?;
    let columns = EventTypeHost::column_list();
    let rows = hosts.iter().map(EventTypeHost::values).collect();
    tx.insert_rows(
        &format!("INSERT INTO event_type_hosts ({columns}) VALUES"),
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// The hosts of event types, ordered by the provider's id.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    event_types: &[EventTypeId],
) -> Result<Vec<EventTypeHost>, StoreError> {
    let (list, values) = in_list(2, event_types.iter().copied());
    tx.query(format!(
        "SELECT * FROM event_type_hosts WHERE tenant_id = $1 AND event_type_id IN {list}
         ORDER BY event_type_id, provider_user_id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// Bring it up to date who of ours the hosts of a connection's event types are: those who are confirmed.
pub async fn link(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
) -> Result<(), StoreError> {
    tx.query(
        "UPDATE event_type_hosts SET user_id = (
             SELECT m.user_id FROM host_matches m
             WHERE m.tenant_id = $1 AND m.connection_id = $2 AND m.state = 'confirmed'
               AND m.provider_user_id = event_type_hosts.provider_user_id)
         WHERE tenant_id = $1 AND event_type_id IN (
             SELECT t.id FROM event_types t WHERE t.tenant_id = $1 AND t.connection_id = $2)",
    )
    .bind(scope.tenant_id())
    .bind(connection_id)
    .execute()
    .await?;
    Ok(())
}
