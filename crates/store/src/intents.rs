//! Table `booking_intents`: what we want of providers. Rows move only as `core::intent` says, and only for whoever knows
//! their latest revision: of two nodes that settle one intent, one finds that it has lost, and reads again.

#[cfg(test)]
mod tests;

use calbridge_core::{
    ids::{BookingId, ClaimId, ConnectionId, IntentId, LeadId, TenantId},
    intent::{Doubt, IntentKey, IntentKind, IntentState, Standing},
    scope::Scope,
};
use jiff::Timestamp;
use serde_json::Value as JsonValue;
use uuid::Uuid;

use crate::{
    page::{Page, PageRequest},
    sql::{BoxError, Cell, FromRow, FromValue, Kind, Row, StoreError, ToValue, Tx, Value, in_list},
    types::stored_word,
};

stored_word!(
    IntentKind: IntentKind::from_word,
    Doubt: Doubt::from_word,
);

impl ToValue for IntentKey {
    const KIND: Kind = Kind::Text;

    fn to_value(self) -> Value {
        self.as_str().into()
    }
}

impl FromValue for IntentKey {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        let text = String::from_value(cell)?;
        Self::parse(&text).ok_or_else(|| "no key of ours".into())
    }
}

/// Something we want of a provider.
#[derive(Clone, PartialEq, Debug)]
pub struct Intent {
    /// Id.
    pub id: IntentId,
    /// Id for interfaces that promise a UUID.
    pub public_id: Uuid,
    /// Tenant.
    pub tenant_id: TenantId,
    /// Connection.
    pub connection_id: ConnectionId,
    /// Sent along, so that what comes of it can be recognized.
    pub key: IntentKey,
    /// What is asked, in our words.
    pub request: JsonValue,
    /// Where it stands.
    pub standing: Standing,
    /// How often the provider was asked to do it.
    pub sends: i32,
    /// How often somebody looked, since it became unknown.
    pub looks: i32,
    /// What the provider said: why it refused, which booking it made.
    pub outcome: Option<JsonValue>,
    /// The time that was claimed for it.
    pub claim_id: Option<ClaimId>,
    /// The booking that it is about, or made.
    pub booking_id: Option<BookingId>,
    /// For whom.
    pub lead_id: Option<LeadId>,
    /// Who wanted it.
    pub actor: String,
    /// When the provider was asked last.
    pub sent_at: Option<Timestamp>,
    /// Since when it is unknown.
    pub doubted_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// When something should be done about it, if nothing happens before.
    pub next_look_at: Option<Timestamp>,
    /// Raised by every write.
    pub revision: i64,
    /// When it was wanted.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl FromRow for Intent {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let (word, doubt): (String, Option<Doubt>) = (row.get("state")?, row.get("doubt")?);
        let state = IntentState::from_words(&word, doubt).ok_or_else(|| StoreError::Decode {
            column: "state".to_owned(),
            reason: "unknown word".into(),
        })?;
        Ok(Self {
            id: row.get("id")?,
            public_id: row.get("public_id")?,
            tenant_id: row.get("tenant_id")?,
            connection_id: row.get("connection_id")?,
            key: row.get("intent_key")?,
            request: row.get("request")?,
            standing: Standing {
                kind: row.get("kind")?,
                state,
                made: row.get("made")?,
            },
            sends: row.get("sends")?,
            looks: row.get("looks")?,
            outcome: row.get("outcome")?,
            claim_id: row.get("claim_id")?,
            booking_id: row.get("booking_id")?,
            lead_id: row.get("lead_id")?,
            actor: row.get("actor")?,
            sent_at: row.get("sent_at")?,
            doubted_at: row.get("doubted_at")?,
            settled_at: row.get("settled_at")?,
            next_look_at: row.get("next_look_at")?,
            revision: row.get("revision")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// Something to want of a provider.
#[derive(Clone, PartialEq, Debug)]
pub struct NewIntent {
    /// Id for interfaces that promise a UUID.
    pub public_id: Uuid,
    /// Connection.
    pub connection_id: ConnectionId,
    /// What tells it from others; one that is known already is not made again.
    pub key: IntentKey,
    /// What is wanted.
    pub kind: IntentKind,
    /// What is asked, in our words.
    pub request: JsonValue,
    /// The time that was claimed for it.
    pub claim_id: Option<ClaimId>,
    /// The booking that it is about.
    pub booking_id: Option<BookingId>,
    /// For whom.
    pub lead_id: Option<LeadId>,
    /// When somebody should see to it, if whoever wrote it down does not.
    pub next_look_at: Timestamp,
}

/// Whether an intent is new.
#[derive(Clone, PartialEq, Debug)]
pub enum Recorded {
    /// It is, and pending.
    New(Intent),
    /// Its key is known: this is where it stands.
    Known(Intent),
}

/// Write down what is wanted, once for each key.
pub async fn record(
    tx: &mut Tx,
    scope: &Scope,
    new: &NewIntent,
    now: Timestamp,
) -> Result<Recorded, StoreError> {
    let inserted = tx
        .query(
            "INSERT INTO booking_intents (public_id, tenant_id, connection_id, intent_key, kind, request, state, sends, looks,
                 claim_id, booking_id, lead_id, actor, next_look_at, revision, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, 0, $7, $8, $9, $10, $11, 1, $12, $12)
             ON CONFLICT (tenant_id, intent_key) DO NOTHING
             RETURNING *",
        )
        .bind(new.public_id)
        .bind(scope.tenant_id())
        .bind(new.connection_id)
        .bind(new.key.clone())
        .bind(new.kind)
        .bind(&new.request)
        .bind(new.claim_id)
        .bind(new.booking_id)
        .bind(new.lead_id)
        .bind(scope.actor().label())
        .bind(new.next_look_at)
        .bind(now)
        .optional()
        .await?;
    if let Some(intent) = inserted {
        return Ok(Recorded::New(intent));
    }
    match find_by_keys(tx, scope, std::slice::from_ref(&new.key))
        .await?
        .pop()
    {
        Some(intent) => Ok(Recorded::Known(intent)),
        // It went between the two looks.
        None => Err(StoreError::Busy),
    }
}

/// Write where an intent stands, and what else is known of it, if nobody else has written since it was read: the intent
/// as it is now, or `None`.
pub async fn write(
    tx: &mut Tx,
    scope: &Scope,
    intent: &Intent,
    now: Timestamp,
) -> Result<Option<Intent>, StoreError> {
    let settled = intent.standing.state.is_settled();
    let settled_at = settled.then_some(intent.settled_at.unwrap_or(now));
    let next_look_at = settled_at
        .is_none()
        .then_some(intent.next_look_at)
        .flatten();
    tx.query(
        "UPDATE booking_intents SET state = $4, doubt = $5, sends = $6, looks = $7, made = $8, outcome = $9, claim_id = $10,
             booking_id = $11, lead_id = $12, sent_at = $13, doubted_at = $14, settled_at = $15, next_look_at = $16,
             revision = revision + 1, updated_at = $17
         WHERE tenant_id = $1 AND id = $2 AND revision = $3
         RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(intent.id)
    .bind(intent.revision)
    .bind(intent.standing.state.as_str())
    .bind(intent.standing.state.doubt())
    .bind(intent.sends)
    .bind(intent.looks)
    .bind(intent.standing.made.as_deref())
    .bind(&intent.outcome)
    .bind(intent.claim_id)
    .bind(intent.booking_id)
    .bind(intent.lead_id)
    .bind(intent.sent_at)
    .bind(intent.doubted_at)
    .bind(settled_at)
    .bind(next_look_at)
    .bind(now)
    .optional()
    .await
}

/// An intent of the tenant.
pub async fn find(tx: &mut Tx, scope: &Scope, id: IntentId) -> Result<Option<Intent>, StoreError> {
    tx.query("SELECT * FROM booking_intents WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await
}

/// An intent by the id for interfaces.
pub async fn find_by_public_id(
    tx: &mut Tx,
    scope: &Scope,
    public_id: Uuid,
) -> Result<Option<Intent>, StoreError> {
    tx.query("SELECT * FROM booking_intents WHERE tenant_id = $1 AND public_id = $2")
        .bind(scope.tenant_id())
        .bind(public_id)
        .optional()
        .await
}

/// The intents with these keys.
pub async fn find_by_keys(
    tx: &mut Tx,
    scope: &Scope,
    keys: &[IntentKey],
) -> Result<Vec<Intent>, StoreError> {
    let (list, values) = in_list(2, keys.iter().map(IntentKey::as_str));
    tx.query(format!(
        "SELECT * FROM booking_intents WHERE tenant_id = $1 AND intent_key IN {list} ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// What was wanted about a booking, newest first.
pub async fn list_of_booking(
    tx: &mut Tx,
    scope: &Scope,
    booking: BookingId,
    limit: i64,
) -> Result<Vec<Intent>, StoreError> {
    tx.query(
        "SELECT * FROM booking_intents WHERE tenant_id = $1 AND booking_id = $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(scope.tenant_id())
    .bind(booking)
    .bind(limit)
    .all()
    .await
}

/// What was wanted for a lead, newest first.
pub async fn list_of_lead(
    tx: &mut Tx,
    scope: &Scope,
    lead: LeadId,
    limit: i64,
) -> Result<Vec<Intent>, StoreError> {
    tx.query(
        "SELECT * FROM booking_intents WHERE tenant_id = $1 AND lead_id = $2 ORDER BY id DESC LIMIT $3",
    )
    .bind(scope.tenant_id())
    .bind(lead)
    .bind(limit)
    .all()
    .await
}

/// Everything that was wanted, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    request: PageRequest,
) -> Result<Page<Intent>, StoreError> {
    let rows = tx
        .query(
            "SELECT * FROM booking_intents WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(scope.tenant_id())
        .bind(request.below_or_max())
        .bind(request.limit + 1)
        .all()
        .await?;
    Ok(request.page(rows, |intent: &Intent| intent.id.0))
}

/// Intents of all tenants that somebody should see to by now, the longest due first. Their jobs do it in time; this finds
/// those whose job was lost.
pub async fn list_due_in_all(
    tx: &mut Tx,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Intent>, StoreError> {
    tx.query(
        "SELECT * FROM booking_intents WHERE settled_at IS NULL AND next_look_at <= $1
         ORDER BY next_look_at, id LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .all()
    .await
}

/// What is wanted about these bookings and not settled, oldest first.
pub async fn list_open_of_bookings(
    tx: &mut Tx,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<Vec<Intent>, StoreError> {
    let (list, values) = in_list(2, bookings.iter().copied());
    tx.query(format!(
        "SELECT * FROM booking_intents WHERE tenant_id = $1 AND settled_at IS NULL AND booking_id IN {list} ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// Forget intents of all tenants that were settled before an instant; how many there were. Those that wait for a person
/// stay.
pub async fn prune_settled_in_all(
    tx: &mut Tx,
    before: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM booking_intents WHERE id IN (
             SELECT id FROM booking_intents WHERE settled_at < $1 AND state <> 'stuck' ORDER BY settled_at LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}
