//! Table `host_matches`: a provider's people, and who of ours each one is.

use calbridge_core::{
    host::Why,
    ids::{ConnectionId, HostMatchId, TenantId, UserId},
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    conditions::Conditions,
    page::{Page, PageRequest},
    sql::{StoreError, Tx, Value, in_list},
    types::{row_type, stored_word},
};

/// Whether it is settled who somebody is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MatchState {
    /// A person should look.
    Suggested,
    /// It is the user.
    Confirmed,
    /// It is not the user.
    Rejected,
}

impl MatchState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suggested => "suggested",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Suggested, Self::Confirmed, Self::Rejected]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

stored_word!(MatchState: MatchState::from_word, Why: Why::from_word);

row_type! {
    /// A provider's person, and who of ours it is.
    HostMatch {
        /// Id.
        id: HostMatchId,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// The provider's id of the person.
        provider_user_id: String,
        /// When the row was made.
        created_at: Timestamp,
        /// Name.
        name: Option<String>,
        /// E-mail address.
        email: Option<String>,
        /// E-mail address, normalized.
        email_key: Option<String>,
        /// The provider's name of the account.
        username: Option<String>,
        /// The user it is, may be or is not; `None` when nobody fits.
        user_id: Option<UserId>,
        /// How sure that is, of 100.
        confidence: u8,
        /// Whether it is settled.
        state: MatchState,
        /// What speaks for it.
        why: Why,
        /// When the row was changed last.
        updated_at: Timestamp,
    }
}

/// Columns that never change: they come first.
const FIXED: usize = 5;

/// Insert matches, or bring those of the same person up to date. The ids of new ones are made here.
pub async fn put(tx: &mut Tx, matches: &[HostMatch]) -> Result<(), StoreError> {
    let columns = HostMatch::COLUMNS[1..].join(", ");
    let set: Vec<_> = HostMatch::COLUMNS[FIXED..]
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let rows = matches
        .iter()
        .map(|one| one.values().split_off(1))
        .collect();
    tx.insert_rows(
        &format!("INSERT INTO host_matches ({columns}) VALUES"),
        rows,
        &format!(
            "ON CONFLICT (connection_id, provider_user_id) DO UPDATE SET {}",
            set.join(", ")
        ),
    )
    .await?;
    Ok(())
}

/// The people of a connection, locked until the end of the transaction.
pub async fn list_of_connection_for_update(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
) -> Result<Vec<HostMatch>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM host_matches WHERE tenant_id = $1 AND connection_id = $2 ORDER BY id {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(connection_id)
    .all()
    .await
}

/// The match, if the tenant has it, locked until the end of the transaction.
pub async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    id: HostMatchId,
) -> Result<Option<HostMatch>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM host_matches WHERE tenant_id = $1 AND id = $2 {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(id)
    .optional()
    .await
}

/// Which matches to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MatchFilter {
    /// Only in this state.
    pub state: Option<MatchState>,
    /// Only of this connection.
    pub connection_id: Option<ConnectionId>,
}

/// Matches of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &MatchFilter,
    page: PageRequest,
) -> Result<Page<HostMatch>, StoreError> {
    let mut conditions = Conditions::from(4);
    conditions.add("state =", filter.state, "");
    conditions.add("connection_id =", filter.connection_id, "");
    let (conditions, values) = conditions.finish();
    let rows = tx
        .query(format!(
            "SELECT * FROM host_matches WHERE tenant_id = $1 AND id < $2{conditions} ORDER BY id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |one: &HostMatch| one.id.0))
}

/// Who of ours these people of providers are, as far as that is confirmed: connection, the provider's id, user.
pub async fn list_users_of(
    tx: &mut Tx,
    scope: &Scope,
    provider_user_ids: &[String],
) -> Result<Vec<(ConnectionId, String, UserId)>, StoreError> {
    let (list, values) = in_list(2, provider_user_ids);
    tx.query(format!(
        "SELECT connection_id, provider_user_id, user_id FROM host_matches
         WHERE tenant_id = $1 AND state = 'confirmed' AND user_id IS NOT NULL AND provider_user_id IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}
