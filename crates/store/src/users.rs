//! Table `users`: the people of a tenant, whether or not they sign in. Some of them host meetings.

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
        /// Cal.com's id of the person.
        calcom_user_id: Option<i64>,
        /// Cal.com's name of the account.
        calcom_username: Option<String>,
        /// IANA zone.
        time_zone: Option<String>,
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

/// Write everything about a person that can change. Two with the same `calcom_user_id` are a conflict.
pub async fn update(tx: &mut Tx, scope: &Scope, user: &User) -> Result<(), StoreError> {
    tx.query(
        "UPDATE users SET name = $3, email = $4, is_active = $5, calcom_user_id = $6, calcom_username = $7, time_zone = $8
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(scope.tenant_id())
    .bind(user.id)
    .bind(&user.name)
    .bind(&user.email)
    .bind(user.is_active)
    .bind(user.calcom_user_id)
    .bind(&user.calcom_username)
    .bind(&user.time_zone)
    .execute()
    .await?;
    Ok(())
}

/// The people of a tenant.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<User>, StoreError> {
    tx.query("SELECT * FROM users WHERE tenant_id = $1 ORDER BY id")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// The person that a number or a UUID names, if the tenant has them.
pub async fn find(tx: &mut Tx, scope: &Scope, any_id: &str) -> Result<Option<User>, StoreError> {
    tx.query("SELECT * FROM users WHERE tenant_id = $1 AND (id = $2 OR public_id = $3)")
        .bind(scope.tenant_id())
        .bind(any_id.parse::<i64>().ok())
        .bind(any_id.parse::<Uuid>().ok())
        .optional()
        .await
}
