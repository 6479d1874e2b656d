//! Table `booking_references`: every id a booking ever had.

use calbridge_core::{
    change::{Reference, ReferenceKind},
    ids::{BookingId, ConnectionId},
    scope::Scope,
};
use jiff::Timestamp;

use crate::sql::{FromRow, Row, StoreError, Tx, Value, in_list};

/// Which booking a reference of a connection names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReferenceRow {
    /// Connection.
    pub connection_id: ConnectionId,
    /// The reference.
    pub reference: Reference,
    /// The booking it names.
    pub booking_id: BookingId,
}

impl FromRow for ReferenceRow {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let kind: String = row.get("kind")?;
        Ok(Self {
            connection_id: row.get("connection_id")?,
            reference: Reference {
                kind: ReferenceKind::from_word(&kind).ok_or_else(|| StoreError::Decode {
                    column: "kind".to_owned(),
                    reason: "unknown word".into(),
                })?,
                value: row.get("value")?,
            },
            booking_id: row.get("booking_id")?,
        })
    }
}

/// The known ones among references with these values, of whatever kind and connection of the tenant.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    values: &[String],
) -> Result<Vec<ReferenceRow>, StoreError> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, values);
    tx.query(format!(
        "SELECT connection_id, kind, value, booking_id FROM booking_references
         WHERE tenant_id = $1 AND value IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .all()
    .await
}

/// Every reference of some bookings, in a fixed order.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<Vec<ReferenceRow>, StoreError> {
    if bookings.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, bookings.iter().copied());
    tx.query(format!(
        "SELECT connection_id, kind, value, booking_id FROM booking_references
         WHERE tenant_id = $1 AND booking_id IN {list} ORDER BY booking_id, kind, value"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .all()
    .await
}

/// Add references; those that are there stay as they are.
pub async fn add(
    tx: &mut Tx,
    scope: &Scope,
    references: &[ReferenceRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = references
        .iter()
        .map(|row| {
            vec![
                scope.tenant_id().into(),
                row.connection_id.into(),
                row.reference.kind.as_str().into(),
                (&row.reference.value).into(),
                row.booking_id.into(),
                Value::from(now),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO booking_references (tenant_id, connection_id, kind, value, booking_id, created_at) VALUES",
        rows,
        "ON CONFLICT (tenant_id, value, connection_id, kind) DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Take references away from the booking they name.
pub async fn delete(
    tx: &mut Tx,
    scope: &Scope,
    references: &[ReferenceRow],
) -> Result<(), StoreError> {
    for row in references {
        tx.query(
            "DELETE FROM booking_references WHERE tenant_id = $1 AND connection_id = $2 AND kind = $3
             AND value = $4 AND booking_id = $5",
        )
        .bind(scope.tenant_id())
        .bind(row.connection_id)
        .bind(row.reference.kind.as_str())
        .bind(&row.reference.value)
        .bind(row.booking_id)
        .execute()
        .await?;
    }
    Ok(())
}

/// Let references name these bookings, whatever they named before.
pub async fn put(
    tx: &mut Tx,
    scope: &Scope,
    references: &[ReferenceRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    for row in references {
        tx.query(
            "INSERT INTO booking_references (tenant_id, connection_id, kind, value, booking_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (tenant_id, value, connection_id, kind) DO UPDATE SET booking_id = excluded.booking_id",
        )
        .bind(scope.tenant_id())
        .bind(row.connection_id)
        .bind(row.reference.kind.as_str())
        .bind(&row.reference.value)
        .bind(row.booking_id)
        .bind(now)
        .execute()
        .await?;
    }
    Ok(())
}
