//! Table `event_types`: what can be booked, as providers offer it and people change it.

#[cfg(test)]
mod tests;

use calbridge_core::{
    event_type::{CustomField, Edited},
    ids::{BranchId, ConnectionId, EventTypeId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;
use serde_json::Value as JsonValue;
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    invalidations::{self, Affected},
    page::{Page, PageRequest},
    sql::{Json, StoreError, Tx, Value, in_list},
    types::{row_type, stored_word},
};

/// Why an event type cannot be booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inactive {
    /// The provider has it no more.
    Removed,
    /// A person switched it off.
    Person,
    /// It only stands for the copies that its hosts have.
    Managed,
}

impl Inactive {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Person => "person",
            Self::Managed => "managed",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Removed, Self::Person, Self::Managed]
            .into_iter()
            .find(|why| why.as_str() == word)
    }
}

stored_word!(Inactive: Inactive::from_word);

row_type! {
    /// What can be booked.
    EventType {
        /// Id.
        id: EventTypeId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// The provider's id.
        external_id: String,
        /// When the row was made.
        created_at: Timestamp,
        /// Whether it can be booked.
        active: bool,
        /// The provider's slug.
        slug: Option<String>,
        /// What stands before it.
        owner_slug: Option<String>,
        /// Title.
        title: String,
        /// Description.
        description: Option<String>,
        /// Minutes; `None` for types without one length.
        length: Option<u32>,
        /// Minutes to choose from.
        lengths: Json<Vec<u32>>,
        /// Price in minor units.
        price: Option<i64>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Whether it can be booked at all.
        is_offered: bool,
        /// Whether booking pages leave it out.
        is_hidden: bool,
        /// How hosts are chosen.
        scheduling_type: Option<String>,
        /// The provider's id of the team.
        team_id: Option<i64>,
        /// The team's slug.
        team_slug: Option<String>,
        /// The provider's id of the event type that this one is a copy of.
        parent_external_id: Option<String>,
        /// How many may book the same slot.
        seats: Option<u32>,
        /// Whether the host must agree.
        needs_confirmation: bool,
        /// Minutes between booking and start.
        minimum_notice: Option<u32>,
        /// Minutes kept free before.
        before_buffer: Option<u32>,
        /// Minutes kept free after.
        after_buffer: Option<u32>,
        /// Minutes from one start to the next.
        slot_interval: Option<u32>,
        /// How far ahead it can be booked.
        booking_window: Option<JsonValue>,
        /// What the booking page asks.
        custom_fields: Json<Vec<CustomField>>,
        /// Where it takes place.
        locations: Option<JsonValue>,
        /// IANA zone of its hours.
        time_zone: Option<String>,
        /// The provider's id of its hours.
        schedule_id: Option<i64>,
        /// The provider's page for it.
        booking_url: Option<String>,
        /// Everything the provider says.
        metadata: JsonValue,
        /// The columns that a person changed, each with what the provider says instead.
        edited: Json<Edited>,
        /// Since when it cannot be booked.
        deactivated_at: Option<Timestamp>,
        /// Why it cannot be booked.
        deactivated_because: Option<Inactive>,
        /// When the provider was asked last.
        last_synced_at: Option<Timestamp>,
        /// Raised by every write of ours.
        revision: i64,
        /// When the row was changed last.
        updated_at: Timestamp,
    }
}

/// Columns that never change: they come first.
const FIXED: usize = 6;

/// Insert event types, with ids from [`crate::ids::reserve`].
pub async fn insert(
    tx: &mut Tx,
    event_types: &[EventType],
    affected: Affected,
    now: Timestamp,
) -> Result<(), StoreError> {
    let columns = EventType::column_list();
    let rows = event_types.iter().map(EventType::values).collect();
    tx.insert_rows(
        &format!("INSERT INTO event_types ({columns}) VALUES"),
        rows,
        "",
    )
    .await?;
    invalidations::announce(tx, affected, now);
    Ok(())
}

/// Write everything about event types that can change.
pub async fn update(
    tx: &mut Tx,
    event_types: &[EventType],
    affected: Affected,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = event_types
        .iter()
        .map(|event_type| {
            let mut values = event_type.values();
            values.drain(1..FIXED);
            values
        })
        .collect();
    tx.update_rows("event_types", "id", &EventType::COLUMNS[FIXED..], rows)
        .await?;
    invalidations::announce(tx, affected, now);
    Ok(())
}

/// The provider was asked about these, and nothing was new.
pub async fn note_synced(
    tx: &mut Tx,
    scope: &Scope,
    ids: &[EventTypeId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (list, values) = in_list(3, ids.iter().copied());
    tx.query(format!(
        "UPDATE event_types SET last_synced_at = $2 WHERE tenant_id = $1 AND id IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind(now)
    .bind_all::<Value>(values)
    .execute()
    .await?;
    Ok(())
}

/// The event types of a connection, locked until the end of the transaction.
pub async fn list_of_connection_for_update(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
) -> Result<Vec<EventType>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM event_types WHERE tenant_id = $1 AND connection_id = $2 ORDER BY id {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(connection_id)
    .all()
    .await
}

/// The event type, if the tenant has it, locked until the end of the transaction.
pub async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    id: EventTypeId,
) -> Result<Option<EventType>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM event_types WHERE tenant_id = $1 AND id = $2 {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(id)
    .optional()
    .await
}

/// Event types of a tenant by id.
pub async fn find_many(
    tx: &mut Tx,
    scope: &Scope,
    ids: &[EventTypeId],
) -> Result<Vec<EventType>, StoreError> {
    let (list, values) = in_list(2, ids.iter().copied());
    tx.query(format!(
        "SELECT * FROM event_types WHERE tenant_id = $1 AND id IN {list} ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// The event types of a tenant that an id names: ours, the provider's, or `owner/slug`. Usually one, at most three.
pub async fn find_by_any_id(
    tx: &mut Tx,
    scope: &Scope,
    any_id: &str,
) -> Result<Vec<EventType>, StoreError> {
    let number: Option<i64> = any_id.parse().ok();
    let public_id: Option<Uuid> = any_id.parse().ok();
    let (owner, slug) = any_id.split_once('/').unwrap_or(("", any_id));
    tx.query(
        "SELECT * FROM event_types WHERE tenant_id = $1 AND id IN (
             SELECT id FROM event_types WHERE tenant_id = $1 AND id = $2
             UNION SELECT id FROM event_types WHERE tenant_id = $1 AND public_id = $3
             UNION SELECT id FROM event_types WHERE tenant_id = $1 AND external_id = $4
             UNION SELECT id FROM event_types WHERE tenant_id = $1 AND slug = $4
             UNION SELECT id FROM event_types WHERE tenant_id = $1 AND slug = $5 AND owner_slug = $6
         ) ORDER BY id LIMIT 3",
    )
    .bind(scope.tenant_id())
    .bind(number)
    .bind(public_id)
    .bind(any_id)
    .bind(slug)
    .bind(owner)
    .all()
    .await
}

/// Which event types to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventTypeFilter {
    /// Only those that can be booked, or those that cannot.
    pub active: Option<bool>,
    /// Only those that booking pages show, or those that they leave out.
    pub hidden: Option<bool>,
    /// Only of this connection.
    pub connection_id: Option<ConnectionId>,
    /// Only those that this branch offers.
    pub branch_id: Option<BranchId>,
    /// Only of this provider, by its stored word.
    pub provider: Option<calbridge_core::provider::Provider>,
}

/// Event types of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &EventTypeFilter,
    page: PageRequest,
) -> Result<Page<EventType>, StoreError> {
    let mut conditions = Conditions::from(4);
    conditions.add("active =", filter.active, "");
    conditions.add("is_hidden =", filter.hidden, "");
    conditions.add("connection_id =", filter.connection_id, "");
    conditions.add(
        "id IN (SELECT event_type_id FROM branch_event_types WHERE tenant_id = $1 AND is_active AND branch_id =",
        filter.branch_id,
        ")",
    );
    conditions.add(
        "connection_id IN (SELECT c.id FROM connections c WHERE c.tenant_id = $1 AND c.provider =",
        filter.provider,
        ")",
    );
    let (conditions, values) = conditions.finish();
    let rows = tx
        .query(format!(
            "SELECT * FROM event_types WHERE tenant_id = $1 AND id < $2{conditions} ORDER BY id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |event_type: &EventType| event_type.id.0))
}

/// The bookable event types of a connection that are a team's: the provider's ids of the event type and of the team.
pub async fn list_of_teams(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query(
        "SELECT external_id, team_id FROM event_types
         WHERE tenant_id = $1 AND connection_id = $2 AND active = $3 AND team_id IS NOT NULL ORDER BY id LIMIT $4",
    )
    .bind(scope.tenant_id())
    .bind(connection_id)
    .bind(true)
    .bind(limit)
    .all()
    .await
}

/// How many event types of a tenant can be booked.
pub async fn count_active(tx: &mut Tx, scope: &Scope) -> Result<i64, StoreError> {
    let (count,) = tx
        .query("SELECT COUNT(*) FROM event_types WHERE tenant_id = $1 AND active = $2")
        .bind(scope.tenant_id())
        .bind(true)
        .one()
        .await?;
    Ok(count)
}
