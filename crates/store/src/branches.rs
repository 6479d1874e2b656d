//! Tables `branches` and `branch_event_types`: places where meetings are held, and what each one offers.

use calbridge_core::{
    ids::{BranchId, EventTypeId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    sql::{StoreError, Tx},
    types::row_type,
};

row_type! {
    /// A place where meetings are held.
    Branch {
        /// Id.
        id: BranchId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Name, unique in the tenant.
        name: String,
        /// IANA zone.
        time_zone: Option<String>,
        /// Address.
        address: Option<String>,
        /// Phone number, as people write it.
        phone: Option<String>,
        /// Whether it offers anything at present.
        is_active: bool,
        /// When the row was made.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

row_type! {
    /// What a branch offers. `None` means: as the event type has it.
    BranchEventType {
        /// Id.
        id: i64,
        /// Tenant.
        tenant_id: TenantId,
        /// Branch.
        branch_id: BranchId,
        /// Event type.
        event_type_id: EventTypeId,
        /// Title.
        title: Option<String>,
        /// Slug.
        slug: Option<String>,
        /// Minutes.
        length: Option<u32>,
        /// Price in minor units.
        price: Option<i64>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Whether the branch offers it at present.
        is_active: bool,
        /// When the row was made.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

/// Add a branch; its id is made here.
pub async fn create(tx: &mut Tx, branch: &Branch) -> Result<Branch, StoreError> {
    let columns = Branch::COLUMNS[1..].join(", ");
    let rows = vec![branch.values().split_off(1)];
    let mut created = tx
        .insert_rows_returning(
            &format!("INSERT INTO branches ({columns}) VALUES"),
            rows,
            "RETURNING *",
        )
        .await?;
    created
        .pop()
        .ok_or_else(|| StoreError::bug("an insert returned nothing"))
}

/// Write everything about a branch that can change.
pub async fn update(tx: &mut Tx, scope: &Scope, branch: &Branch) -> Result<(), StoreError> {
    tx.query(
        "UPDATE branches SET name = $3, time_zone = $4, address = $5, phone = $6, is_active = $7, updated_at = $8
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(scope.tenant_id())
    .bind(branch.id)
    .bind(&branch.name)
    .bind(&branch.time_zone)
    .bind(&branch.address)
    .bind(&branch.phone)
    .bind(branch.is_active)
    .bind(branch.updated_at)
    .execute()
    .await?;
    Ok(())
}

/// Delete a branch, with what it offers.
pub async fn delete(tx: &mut Tx, scope: &Scope, id: BranchId) -> Result<(), StoreError> {
    tx.query("DELETE FROM branches WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .execute()
        .await?;
    Ok(())
}

/// The branches of a tenant, oldest first.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
    tx.query("SELECT * FROM branches WHERE tenant_id = $1 ORDER BY id")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// The branch that a number or a UUID names, if the tenant has it, locked until the end of the transaction.
pub async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    any_id: &str,
) -> Result<Option<Branch>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM branches WHERE tenant_id = $1 AND (id = $2 OR public_id = $3) {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(any_id.parse::<i64>().ok())
    .bind(any_id.parse::<Uuid>().ok())
    .optional()
    .await
}

/// The same, only to be read.
pub async fn find(tx: &mut Tx, scope: &Scope, any_id: &str) -> Result<Option<Branch>, StoreError> {
    tx.query("SELECT * FROM branches WHERE tenant_id = $1 AND (id = $2 OR public_id = $3)")
        .bind(scope.tenant_id())
        .bind(any_id.parse::<i64>().ok())
        .bind(any_id.parse::<Uuid>().ok())
        .optional()
        .await
}

/// Let a branch offer an event type; its id is made here. A branch that does already is a conflict.
pub async fn map(tx: &mut Tx, mapping: &BranchEventType) -> Result<BranchEventType, StoreError> {
    let columns = BranchEventType::COLUMNS[1..].join(", ");
    let rows = vec![mapping.values().split_off(1)];
    let mut created = tx
        .insert_rows_returning(
            &format!("INSERT INTO branch_event_types ({columns}) VALUES"),
            rows,
            "RETURNING *",
        )
        .await?;
    created
        .pop()
        .ok_or_else(|| StoreError::bug("an insert returned nothing"))
}

/// Write everything about what a branch offers that can change.
pub async fn update_mapping(
    tx: &mut Tx,
    scope: &Scope,
    mapping: &BranchEventType,
) -> Result<(), StoreError> {
    tx.query(
        "UPDATE branch_event_types SET title = $3, slug = $4, length = $5, price = $6, currency = $7, is_active = $8,
             updated_at = $9
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(scope.tenant_id())
    .bind(mapping.id)
    .bind(&mapping.title)
    .bind(&mapping.slug)
    .bind(mapping.length)
    .bind(mapping.price)
    .bind(&mapping.currency)
    .bind(mapping.is_active)
    .bind(mapping.updated_at)
    .execute()
    .await?;
    Ok(())
}

/// Let a branch offer an event type no more; whether it did.
pub async fn unmap(
    tx: &mut Tx,
    scope: &Scope,
    branch_id: BranchId,
    event_type_id: EventTypeId,
) -> Result<bool, StoreError> {
    let deleted = tx
        .query(
            "DELETE FROM branch_event_types WHERE tenant_id = $1 AND branch_id = $2 AND event_type_id = $3",
        )
        .bind(scope.tenant_id())
        .bind(branch_id)
        .bind(event_type_id)
        .execute()
        .await?;
    Ok(deleted > 0)
}

/// What a branch offers, oldest first.
pub async fn list_mappings(
    tx: &mut Tx,
    scope: &Scope,
    branch_id: BranchId,
) -> Result<Vec<BranchEventType>, StoreError> {
    tx.query("SELECT * FROM branch_event_types WHERE tenant_id = $1 AND branch_id = $2 ORDER BY id")
        .bind(scope.tenant_id())
        .bind(branch_id)
        .all()
        .await
}

/// How a branch offers an event type, if it does.
pub async fn find_mapping(
    tx: &mut Tx,
    scope: &Scope,
    branch_id: BranchId,
    event_type_id: EventTypeId,
) -> Result<Option<BranchEventType>, StoreError> {
    tx.query(
        "SELECT * FROM branch_event_types WHERE tenant_id = $1 AND branch_id = $2 AND event_type_id = $3",
    )
    .bind(scope.tenant_id())
    .bind(branch_id)
    .bind(event_type_id)
    .optional()
    .await
}
