//! Table `audit_log`: who did what. Append-only.

use calbridge_core::{
    ids::TenantId,
    scope::{Actor, Scope},
};
use jiff::Timestamp;
use serde_json::Value as JsonValue;

use crate::{
    page::{Page, PageRequest},
    sql::{StoreError, Tx, Value},
    types::row_type,
};

row_type! {
    /// One thing somebody did.
    AuditEntry {
        /// Id.
        id: i64,
        /// Tenant; `None` for the installation itself.
        tenant_id: Option<TenantId>,
        /// See [`Actor::label`].
        actor: String,
        /// `noun.verb`.
        action: String,
        /// What kind of thing it was done to.
        object_type: String,
        /// Which one.
        object_id: String,
        /// Before.
        before: Option<JsonValue>,
        /// After.
        after: Option<JsonValue>,
        /// When.
        created_at: Timestamp,
    }
}

/// Something to be logged.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Tenant; `None` for the installation itself.
    pub tenant_id: Option<TenantId>,
    /// Who.
    pub actor: Actor,
    /// `noun.verb`.
    pub action: &'static str,
    /// What kind of thing.
    pub object_type: &'static str,
    /// Which one.
    pub object_id: String,
    /// Before.
    pub before: Option<JsonValue>,
    /// After.
    pub after: Option<JsonValue>,
}

impl Deed {
    /// Something a scope did to an object of its tenant.
    pub fn of(
        scope: &Scope,
        action: &'static str,
        object_type: &'static str,
        object_id: impl std::fmt::Display,
    ) -> Self {
        Self {
            tenant_id: Some(scope.tenant_id()),
            actor: scope.actor().clone(),
            action,
            object_type,
            object_id: object_id.to_string(),
            before: None,
            after: None,
        }
    }

    /// With what it was before.
    #[must_use]
    pub fn before(mut self, before: JsonValue) -> Self {
        self.before = Some(before);
        self
    }

    /// With what it is after.
    #[must_use]
    pub fn after(mut self, after: JsonValue) -> Self {
        self.after = Some(after);
        self
    }
}

/// Append.
pub async fn append(tx: &mut Tx, deeds: Vec<Deed>, now: Timestamp) -> Result<(), StoreError> {
    let rows = deeds
        .into_iter()
        .map(|deed| {
            vec![
                deed.tenant_id.into(),
                deed.actor.label().into(),
                deed.action.into(),
                deed.object_type.into(),
                deed.object_id.into(),
                deed.before.into(),
                deed.after.into(),
                Value::from(now),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, before, after, created_at) VALUES",
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// What was done in a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    page: PageRequest,
) -> Result<Page<AuditEntry>, StoreError> {
    let rows = tx
        .query("SELECT * FROM audit_log WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .all()
        .await?;
    Ok(page.page(rows, |entry: &AuditEntry| entry.id))
}
