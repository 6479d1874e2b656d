//! Tables `webhook_bodies` and `webhook_archive`: headers and bodies as received, at first as they are, later
//! compressed, in the end gone. What they mean stays in other tables.

use calbridge_core::{
    ids::{TenantId, WebhookEventId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;

use crate::sql::{Json, StoreError, Tx, Value, in_list};

/// Headers and a body, as received.
pub type Raw = (Vec<(String, String)>, Vec<u8>);

/// The same as a row holds it.
type Row = (Json<Vec<(String, String)>>, Vec<u8>);

/// How hard to compress: the usual level; higher ones take several times as long for a few percent.
const LEVEL: i32 = 3;

/// Between headers and body of what is compressed. JSON has no such byte.
const BETWEEN: u8 = 0;

/// Headers and body as received; `None` when they are no longer kept.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    id: WebhookEventId,
) -> Result<Option<Raw>, StoreError> {
    let found: Option<Row> = tx
        .query("SELECT headers, body FROM webhook_bodies WHERE tenant_id = $1 AND webhook_event_id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await?;
    if let Some((Json(headers), body)) = found {
        return Ok(Some((headers, body)));
    }
    // In this order: it may be compressed between the two.
    let packed: Option<(Vec<u8>,)> = tx
        .query("SELECT packed FROM webhook_archive WHERE tenant_id = $1 AND webhook_event_id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await?;
    packed.map(|(packed,)| unpack(&packed)).transpose()
}

/// A body that is not compressed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plain {
    id: WebhookEventId,
    tenant_id: TenantId,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A compressed one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packed {
    /// Event.
    pub id: WebhookEventId,
    tenant_id: TenantId,
    bytes: Vec<u8>,
    /// Bytes before.
    pub before: usize,
}

impl Packed {
    /// Bytes now.
    pub fn after(&self) -> usize {
        self.bytes.len()
    }
}

impl Plain {
    /// Compress it.
    pub fn pack(self) -> Result<Packed, StoreError> {
        let mut bytes = serde_json::to_vec(&self.headers).map_err(|error| bug(&error))?;
        bytes.push(BETWEEN);
        bytes.extend_from_slice(&self.body);
        Ok(Packed {
            id: self.id,
            tenant_id: self.tenant_id,
            before: bytes.len(),
            bytes: zstd::bulk::compress(&bytes, LEVEL).map_err(|error| bug(&error))?,
        })
    }
}

fn unpack(packed: &[u8]) -> Result<Raw, StoreError> {
    let mut headers = zstd::stream::decode_all(packed).map_err(|error| unreadable(error.into()))?;
    let between = headers
        .iter()
        .position(|byte| *byte == BETWEEN)
        .ok_or_else(|| unreadable("there are no headers".into()))?;
    let body = headers.split_off(between + 1);
    headers.pop();
    let headers = serde_json::from_slice(&headers).map_err(|error| unreadable(error.into()))?;
    Ok((headers, body))
}

fn unreadable(reason: crate::sql::BoxError) -> StoreError {
    StoreError::Decode {
        column: "packed".to_owned(),
        reason,
    }
}

fn bug(error: &dyn std::error::Error) -> StoreError {
    StoreError::bug(error.to_string())
}

/// The newest event of all tenants among those received before an instant; only bodies up to it need be looked at.
/// 0 when there is none.
pub async fn newest_before_in_all(
    tx: &mut Tx,
    before: Timestamp,
) -> Result<WebhookEventId, StoreError> {
    let mut newest = WebhookEventId(0);
    for provider in [Provider::CalCom, Provider::Calendly] {
        let found: Option<(WebhookEventId,)> = tx
            .query(
                "SELECT id FROM webhook_events WHERE provider = $1 AND created_at < $2
                 ORDER BY created_at DESC LIMIT 1",
            )
            .bind(provider)
            .bind(before)
            .optional()
            .await?;
        newest = newest.max(found.map_or(newest, |(id,)| id));
    }
    Ok(newest)
}

/// Bodies of all tenants that were received before an instant and are not compressed, above `after` and up to `newest`.
pub async fn list_plain_of_all_tenants(
    tx: &mut Tx,
    before: Timestamp,
    after: WebhookEventId,
    newest: WebhookEventId,
    limit: i64,
) -> Result<Vec<Plain>, StoreError> {
    type Row = (
        WebhookEventId,
        TenantId,
        Json<Vec<(String, String)>>,
        Vec<u8>,
    );
    let rows: Vec<Row> = tx
        .query(
            "SELECT b.webhook_event_id, b.tenant_id, b.headers, b.body
             FROM webhook_bodies b JOIN webhook_events e ON e.id = b.webhook_event_id
             WHERE b.webhook_event_id > $1 AND b.webhook_event_id <= $2 AND e.created_at < $3
             ORDER BY b.webhook_event_id LIMIT $4",
        )
        .bind(after)
        .bind(newest)
        .bind(before)
        .bind(limit)
        .all()
        .await?;
    let plain = rows
        .into_iter()
        .map(|(id, tenant_id, Json(headers), body)| Plain {
            id,
            tenant_id,
            headers,
            body,
        });
    Ok(plain.collect())
}

/// Put compressed bodies in the place of the others.
pub async fn archive(tx: &mut Tx, bodies: &[Packed]) -> Result<(), StoreError> {
    if bodies.is_empty() {
        return Ok(());
    }
    let rows = bodies
        .iter()
        .map(|body| {
            vec![
                body.id.into(),
                body.tenant_id.into(),
                Value::from(body.bytes.as_slice()),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO webhook_archive (webhook_event_id, tenant_id, packed) VALUES",
        rows,
        "ON CONFLICT (webhook_event_id) DO NOTHING",
    )
    .await?;
    let (list, values) = in_list(1, bodies.iter().map(|body| body.id));
    tx.query(format!(
        "DELETE FROM webhook_bodies WHERE webhook_event_id IN {list}"
    ))
    .bind_all::<Value>(values)
    .execute()
    .await?;
    Ok(())
}

/// Where bodies are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// As received.
    Plain,
    /// Compressed.
    Archive,
}

impl Place {
    fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain => ("webhook_bodies", "body"),
            Self::Archive => ("webhook_archive", "packed"),
        }
    }
}

/// Which bodies go: those of events that were settled. What could not be applied is kept until somebody looks.
const SETTLED: &str = "e.status IN ('processed', 'ignored')";

/// Delete bodies of all tenants that were received before an instant, above `after` and up to `newest`; the answer is
/// how many went and up to where.
pub async fn purge_in_all(
    tx: &mut Tx,
    place: Place,
    before: Timestamp,
    after: WebhookEventId,
    newest: WebhookEventId,
    limit: i64,
) -> Result<(usize, WebhookEventId), StoreError> {
    let (table, _) = place.table();
    let gone: Vec<(WebhookEventId,)> = tx
        .query(format!(
            "DELETE FROM {table} WHERE webhook_event_id IN (
                 SELECT b.webhook_event_id FROM {table} b JOIN webhook_events e ON e.id = b.webhook_event_id
                 WHERE b.webhook_event_id > $1 AND b.webhook_event_id <= $2 AND e.created_at < $3 AND {SETTLED}
                 ORDER BY b.webhook_event_id LIMIT $4
             ) RETURNING webhook_event_id"
        ))
        .bind(after)
        .bind(newest)
        .bind(before)
        .bind(limit)
        .all()
        .await?;
    let last = gone.iter().map(|(id,)| *id).max().unwrap_or(after);
    Ok((gone.len(), last))
}

/// How many bodies there are, and their bytes as they are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amount {
    /// Bodies.
    pub bodies: i64,
    /// Bytes.
    pub bytes: i64,
}

/// The bodies of all tenants in a place that were received before an instant; with `settled`, only those that may go.
pub async fn amount_in_all(
    tx: &mut Tx,
    place: Place,
    before: Timestamp,
    settled: bool,
) -> Result<Amount, StoreError> {
    let (table, column) = place.table();
    let settled = if settled { SETTLED } else { "TRUE" };
    let (bodies, bytes) = tx
        .query(format!(
            "SELECT COUNT(*), CAST(COALESCE(SUM(LENGTH(b.{column})), 0) AS BIGINT)
             FROM {table} b JOIN webhook_events e ON e.id = b.webhook_event_id
             WHERE e.created_at < $1 AND {settled}"
        ))
        .bind(before)
        .one()
        .await?;
    Ok(Amount { bodies, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_as_it_went_in() {
        let headers = vec![(
            "content-type".to_owned(),
            "application/json; \u{1}".to_owned(),
        )];
        for body in [b"".to_vec(), b"{}\0{}".to_vec(), vec![0xff; 100_000]] {
            let plain = Plain {
                id: WebhookEventId(1),
                tenant_id: TenantId(1),
                headers: headers.clone(),
                body: body.clone(),
            };
            let packed = plain.pack().unwrap();
            assert_eq!(unpack(&packed.bytes).unwrap(), (headers.clone(), body));
        }
        assert!(unpack(b"rubbish").is_err());
    }
}
