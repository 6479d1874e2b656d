//! The values of a column in many rows, as an array in PostgreSQL's binary form.

use sqlx::{
    Postgres, Type,
    encode::{Encode, IsNull},
    postgres::{PgArgumentBuffer, PgTypeInfo, types::Oid},
};

use super::{BoxError, Kind, Value, args::no_json, time};

/// An array.
pub(super) struct Column {
    pub kind: Kind,
    pub values: Vec<Value>,
}

/// The types of an element and of an array of it.
fn oids(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::Int => (20, 1016),
        Kind::Small => (23, 1007),
        Kind::Text => (25, 1009),
        Kind::Bool => (16, 1000),
        Kind::Time => (1184, 1185),
        Kind::Json => (3802, 3807),
        Kind::Bytes => (17, 1001),
        Kind::Uuid => (2950, 2951),
        Kind::Real => (701, 1022),
    }
}

impl Type<Postgres> for Column {
    /// Of one of text; each says what it is itself.
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oids(Kind::Text).1))
    }
}

impl Encode<'_, Postgres> for Column {
    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(oids(self.kind).1)))
    }

    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxError> {
        let has_nulls = self
            .values
            .iter()
            .any(|value| matches!(value, Value::Null(_)));
        let first_index = 1_i32;
        buffer.extend_from_slice(&1_i32.to_be_bytes()); // dimensions
        buffer.extend_from_slice(&i32::from(has_nulls).to_be_bytes());
        buffer.extend_from_slice(&oids(self.kind).0.to_be_bytes());
        buffer.extend_from_slice(&length(self.values.len())?);
        buffer.extend_from_slice(&first_index.to_be_bytes());
        for value in &self.values {
            element(buffer, value)?;
        }
        Ok(IsNull::No)
    }
}

/// Its length and its bytes; no length where there is no value.
fn element(buffer: &mut PgArgumentBuffer, value: &Value) -> Result<(), BoxError> {
    match value {
        Value::Int(v) => sized(buffer, &v.to_be_bytes()),
        Value::Small(v) => sized(buffer, &v.to_be_bytes()),
        Value::Text(v) => sized(buffer, v.as_bytes()),
        Value::Bool(v) => sized(buffer, &[u8::from(*v)]),
        Value::Time(v) => sized(buffer, &time::to_postgres(*v).to_be_bytes()),
        Value::Json(v) => {
            buffer.extend_from_slice(&length(v.len() + 1)?);
            buffer.push(1);
            buffer.extend_from_slice(v.as_bytes());
            Ok(())
        }
        Value::Bytes(v) => sized(buffer, v),
        Value::Uuid(v) => sized(buffer, v.as_bytes()),
        Value::Real(v) => sized(buffer, &v.to_be_bytes()),
        Value::Null(_) => {
            buffer.extend_from_slice(&(-1_i32).to_be_bytes());
            Ok(())
        }
        Value::Unencodable(name) => Err(no_json(name)),
    }
}

fn sized(buffer: &mut PgArgumentBuffer, bytes: &[u8]) -> Result<(), BoxError> {
    buffer.extend_from_slice(&length(bytes.len())?);
    buffer.extend_from_slice(bytes);
    Ok(())
}

fn length(length: usize) -> Result<[u8; 4], BoxError> {
    Ok(i32::try_from(length)?.to_be_bytes())
}
