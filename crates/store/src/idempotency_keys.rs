//! Table `idempotency_keys`: requests that came with a key, and what they were answered. Whoever repeats one gets the same
//! answer, from any node and after a restart.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use calbridge_core::scope::Scope;
use jiff::Timestamp;

use crate::sql::{FromRow, Json, Row, StoreError, Tx};

/// A request with a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyedRequest {
    /// The caller's name of it.
    pub key: String,
    /// Equal for equal requests.
    pub fingerprint: String,
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers, each once.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

/// The right to answer a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    key: String,
    fence: i64,
}

/// What to do with a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begun {
    /// Answer it, then keep or forget the answer.
    First(Turn),
    /// It was answered.
    Kept(KeptAnswer),
    /// Somebody is answering it.
    UnderWay,
    /// The key is that of another request.
    Reused,
}

/// What the table knows of a key.
struct Known {
    fingerprint: String,
    answer: Option<KeptAnswer>,
    leased_until: Timestamp,
    fence: i64,
    expires_at: Timestamp,
}

/// How long something counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Whoever begins now has until then before somebody else may.
    pub leased_until: Timestamp,
    /// The key is forgotten then.
    pub expires_at: Timestamp,
}

/// Begin with a request, if nobody has.
pub async fn begin(
    tx: &mut Tx,
    scope: &Scope,
    request: &KeyedRequest,
    terms: Terms,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    let inserted = tx
        .query(
            "INSERT INTO idempotency_keys
                 (tenant_id, idempotency_key, fingerprint, leased_until, fence, created_at, expires_at)
             VALUES ($1, $2, $3, $4, 1, $5, $6)
             ON CONFLICT (tenant_id, idempotency_key) DO NOTHING",
        )
        .bind(scope.tenant_id())
        .bind(request.key.as_str())
        .bind(request.fingerprint.as_str())
        .bind(terms.leased_until)
        .bind(now)
        .bind(terms.expires_at)
        .execute()
        .await?;
    if inserted > 0 {
        return Ok(Begun::First(Turn {
            key: request.key.clone(),
            fence: 1,
        }));
    }
    let for_update = tx.for_update();
    let known: Option<Known> = tx
        .query(format!(
            "SELECT * FROM idempotency_keys WHERE tenant_id = $1 AND idempotency_key = $2 {for_update}"
        ))
        .bind(scope.tenant_id())
        .bind(request.key.as_str())
        .optional()
        .await?;
    // Its request was not to be remembered, and ended between the two looks.
    let known = known.ok_or(StoreError::Busy)?;
    if known.expires_at > now {
        if known.fingerprint != request.fingerprint {
            return Ok(Begun::Reused);
        }
        if let Some(answer) = known.answer {
            return Ok(Begun::Kept(answer));
        }
        if known.leased_until > now {
            return Ok(Begun::UnderWay);
        }
    }
    again(tx, scope, request, known.fence + 1, terms, now).await
}

/// Whoever had it is gone, or it was long ago.
async fn again(
    tx: &mut Tx,
    scope: &Scope,
    request: &KeyedRequest,
    fence: i64,
    terms: Terms,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    tx.query(
        "UPDATE idempotency_keys SET fingerprint = $3, status = NULL, headers = NULL, body = NULL, leased_until = $4,
             fence = $5, created_at = $6, expires_at = $7
         WHERE tenant_id = $1 AND idempotency_key = $2",
    )
    .bind(scope.tenant_id())
    .bind(request.key.as_str())
    .bind(request.fingerprint.as_str())
    .bind(terms.leased_until)
    .bind(fence)
    .bind(now)
    .bind(terms.expires_at)
    .execute()
    .await?;
    Ok(Begun::First(Turn {
        key: request.key.clone(),
        fence,
    }))
}

/// Keep the answer of a request, unless somebody else has begun with it since; whether it is kept.
pub async fn keep(
    tx: &mut Tx,
    scope: &Scope,
    turn: &Turn,
    answer: &KeptAnswer,
) -> Result<bool, StoreError> {
    let kept = tx
        .query(
            "UPDATE idempotency_keys SET status = $4, headers = $5, body = $6
             WHERE tenant_id = $1 AND idempotency_key = $2 AND fence = $3",
        )
        .bind(scope.tenant_id())
        .bind(turn.key.as_str())
        .bind(turn.fence)
        .bind(i32::from(answer.status))
        .bind(Json(&answer.headers))
        .bind(answer.body.as_slice())
        .execute()
        .await?;
    Ok(kept > 0)
}

/// Forget a request whose answer is not for good: it may be asked again.
pub async fn forget(tx: &mut Tx, scope: &Scope, turn: &Turn) -> Result<(), StoreError> {
    tx.query(
        "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND idempotency_key = $2 AND fence = $3",
    )
    .bind(scope.tenant_id())
    .bind(turn.key.as_str())
    .bind(turn.fence)
    .execute()
    .await
    .map(drop)
}

/// Forget keys of all tenants that have expired; how many there were.
pub async fn prune_in_all(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM idempotency_keys WHERE (tenant_id, idempotency_key) IN (
             SELECT tenant_id, idempotency_key FROM idempotency_keys
             WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(now)
    .bind(limit)
    .execute()
    .await
}

/// How many keys of all tenants have expired.
pub async fn count_expired_in_all(tx: &mut Tx, now: Timestamp) -> Result<i64, StoreError> {
    let (count,) = tx
        .query("SELECT COUNT(*) FROM idempotency_keys WHERE expires_at <= $1")
        .bind(now)
        .one()
        .await?;
    Ok(count)
}

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let status: Option<i32> = row.get("status")?;
        let answer = match status {
            None => None,
            Some(status) => {
                let Json(headers) = row.get("headers")?;
                Some(KeptAnswer {
                    status: u16::try_from(status).map_err(|error| StoreError::Decode {
                        column: "status".to_owned(),
                        reason: error.into(),
                    })?,
                    headers,
                    body: row.get("body")?,
                })
            }
        };
        Ok(Self {
            fingerprint: row.get("fingerprint")?,
            answer,
            leased_until: row.get("leased_until")?,
            fence: row.get("fence")?,
            expires_at: row.get("expires_at")?,
        })
    }
}
