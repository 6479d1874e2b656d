//! Table `users`: the people of a tenant, whether or not they sign in.

use calbridge_core::{
    ids::{TenantId, UserId},
    scope::Scope,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    sql::{StoreError, Tx},
    types::row_type,
};

row_type! {
    /// A person of a tenant.
    User {
        /// Id.
        id: UserId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Name.
        name: String,
        /// E-mail address.
        email: Option<String>,
        /// Still one of them.
        is_active: bool,
        /// When the row was made.
        created_at: Timestamp,
    }
}

/// Add a person.
pub async fn create(
    tx: &mut Tx,
    scope: &Scope,
    public_id: Uuid,
    name: &str,
    email: Option<&str>,
    now: Timestamp,
) -> Result<User, StoreError> {
    tx.query(
        "INSERT INTO users (public_id, tenant_id, name, email, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING *",
    )
    .bind(public_id)
    .bind(scope.tenant_id())
    .bind(name)
    .bind(email)
    .bind(now)
    .one()
    .await
}

/// The people of a tenant.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<User>, StoreError> {
    tx.query("SELECT * FROM users WHERE tenant_id = $1 ORDER BY id")
        .bind(scope.tenant_id())
        .all()
        .await
}
