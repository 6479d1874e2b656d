//! Table `findings`: bookings about which we and their provider differ, for a person to decide.

#[cfg(test)]
mod tests;

use calbridge_core::{
    agreement::{Difference, Side},
    ids::{BookingId, ConnectionId, FindingId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    conditions::Conditions,
    page::{Page, PageRequest},
    sql::{Json, StoreError, Tx},
    types::{row_type, stored_word},
};

/// What became of a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FindingState {
    /// A person should decide.
    Open,
    /// It stays as it is here, as long as nothing about it changes.
    Ours,
    /// It was made as it is at the provider.
    Theirs,
    /// Nobody minds; it is found again if it lasts.
    Dismissed,
    /// A later comparison found no difference.
    Agreed,
}

impl FindingState {
    const ALL: [Self; 5] = [
        Self::Open,
        Self::Ours,
        Self::Theirs,
        Self::Dismissed,
        Self::Agreed,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::Dismissed => "dismissed",
            Self::Agreed => "agreed",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

stored_word!(FindingState: FindingState::from_word);

row_type! {
    /// A booking about which both sides differ.
    Finding {
        /// Id.
        id: FindingId,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// The provider's id of the booking.
        external_id: String,
        /// Our id, where there is one.
        booking_id: Option<BookingId>,
        /// In what they differ.
        differences: Json<Vec<Difference>>,
        /// How it stood here.
        ours: Option<Json<Side>>,
        /// How it stood at the provider; nothing if it does not know it.
        theirs: Option<Json<Side>>,
        /// Of the differences and both sides.
        fingerprint: String,
        /// What became of it.
        state: FindingState,
        /// When it was found first.
        first_seen_at: Timestamp,
        /// When it was found last.
        last_seen_at: Timestamp,
        /// When it was decided.
        settled_at: Option<Timestamp>,
        /// Who decided.
        settled_by: Option<String>,
    }
}

/// Something that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct NewFinding {
    /// Connection.
    pub connection_id: ConnectionId,
    /// The provider's id of the booking.
    pub external_id: String,
    /// Our id, where there is one.
    pub booking_id: Option<BookingId>,
    /// In what both differ.
    pub differences: Vec<Difference>,
    /// How it stands here.
    pub ours: Option<Side>,
    /// How it stands at the provider.
    pub theirs: Option<Side>,
    /// Of the differences and both sides.
    pub fingerprint: String,
}

/// The difference was found: a new finding, or one that lasts. What was decided about another difference is open again.
pub async fn put(
    tx: &mut Tx,
    scope: &Scope,
    new: NewFinding,
    now: Timestamp,
) -> Result<Finding, StoreError> {
    tx.query(
        "INSERT INTO findings (tenant_id, connection_id, external_id, booking_id, differences, ours, theirs, fingerprint,
             state, first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $9)
         ON CONFLICT (connection_id, external_id) WHERE state IN ('open', 'ours') DO UPDATE SET
             state = CASE WHEN findings.fingerprint = excluded.fingerprint THEN findings.state ELSE 'open' END,
             settled_at = CASE WHEN findings.fingerprint = excluded.fingerprint THEN findings.settled_at END,
             settled_by = CASE WHEN findings.fingerprint = excluded.fingerprint THEN findings.settled_by END,
             booking_id = excluded.booking_id, differences = excluded.differences, ours = excluded.ours,
             theirs = excluded.theirs, fingerprint = excluded.fingerprint, last_seen_at = excluded.last_seen_at
         RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(new.connection_id)
    .bind(new.external_id)
    .bind(new.booking_id)
    .bind(Json(new.differences))
    .bind(new.ours.map(Json))
    .bind(new.theirs.map(Json))
    .bind(new.fingerprint)
    .bind(now)
    .one()
    .await
}

/// Those of a connection that are open, or whose decision holds.
pub async fn list_current(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
) -> Result<Vec<Finding>, StoreError> {
    tx.query(
        "SELECT * FROM findings WHERE tenant_id = $1 AND connection_id = $2 AND state IN ('open', 'ours') ORDER BY id",
    )
    .bind(scope.tenant_id())
    .bind(connection_id)
    .all()
    .await
}

/// The finding, if the tenant has it, locked until the end of the transaction.
pub async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    id: FindingId,
) -> Result<Option<Finding>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM findings WHERE tenant_id = $1 AND id = $2 {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(id)
    .optional()
    .await
}

/// It is decided, by whoever the scope names.
pub async fn settle(
    tx: &mut Tx,
    scope: &Scope,
    id: FindingId,
    state: FindingState,
    now: Timestamp,
) -> Result<Option<Finding>, StoreError> {
    tx.query(
        "UPDATE findings SET state = $3, settled_at = $4, settled_by = $5
         WHERE tenant_id = $1 AND id = $2 AND state IN ('open', 'ours') RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(id)
    .bind(state)
    .bind(now)
    .bind(scope.actor().label())
    .optional()
    .await
}

/// Which findings to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FindingFilter {
    /// Only in this state.
    pub state: Option<FindingState>,
    /// Only of this connection.
    pub connection_id: Option<ConnectionId>,
}

/// Findings of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &FindingFilter,
    page: PageRequest,
) -> Result<Page<Finding>, StoreError> {
    let mut conditions = Conditions::from(4);
    conditions.add("state =", filter.state, "");
    conditions.add("connection_id =", filter.connection_id, "");
    let (conditions, values) = conditions.finish();
    let rows = tx
        .query(format!(
            "SELECT * FROM findings WHERE tenant_id = $1 AND id < $2{conditions} ORDER BY id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |one: &Finding| one.id.0))
}

/// Forget findings of all tenants that were settled and not seen since an instant; how many there were.
pub async fn prune_settled_in_all(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.query("DELETE FROM findings WHERE state <> 'open' AND last_seen_at < $1 AND settled_at < $1")
        .bind(before)
        .execute()
        .await
}
