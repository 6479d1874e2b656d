//! Values in the wire form of each engine.

use jiff::Timestamp;
use sqlx::{
    Arguments, Postgres, Type,
    encode::{Encode, IsNull},
    postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, types::Oid},
    sqlite::SqliteArguments,
};
use uuid::Uuid;

use super::{BoxError, Kind, StoreError, Value, column::Column, time};

/// What is bound to the parameters of a statement.
pub(super) enum Parameters {
    /// A value to each.
    Values(Vec<Value>),
    /// A column of many rows to each; PostgreSQL only.
    Columns(Vec<Column>),
}

pub(super) fn sqlite(parameters: Parameters) -> Result<SqliteArguments, StoreError> {
    let Parameters::Values(values) = parameters else {
        return Err(StoreError::bug("SQLite has no arrays"));
    };
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for (index, value) in values.into_iter().enumerate() {
        let added = match value {
            Value::Int(v) => Arguments::add(&mut arguments, v),
            Value::Small(v) => Arguments::add(&mut arguments, v),
            Value::Text(v) | Value::Json(v) => Arguments::add(&mut arguments, v),
            Value::Bool(v) => Arguments::add(&mut arguments, v),
            Value::Time(v) => Arguments::add(&mut arguments, time::to_text(v)),
            Value::Bytes(v) => Arguments::add(&mut arguments, v),
            Value::Uuid(v) => Arguments::add(&mut arguments, v.hyphenated().to_string()),
            Value::Real(v) => Arguments::add(&mut arguments, v),
            Value::Null(_) => Arguments::add(&mut arguments, None::<i64>),
            Value::Unencodable(name) => Err(no_json(name)),
        };
        added.map_err(|error| not_bound(index, &error))?;
    }
    Ok(arguments)
}

pub(super) fn postgres(parameters: Parameters) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    let values = match parameters {
        Parameters::Values(values) => values,
        Parameters::Columns(columns) => {
            for (index, column) in columns.into_iter().enumerate() {
                Arguments::add(&mut arguments, column).map_err(|error| not_bound(index, &error))?;
            }
            return Ok(arguments);
        }
    };
    arguments.reserve(values.len(), values.len() * 16);
    for (index, value) in values.into_iter().enumerate() {
        let added = match value {
            Value::Int(v) => Arguments::add(&mut arguments, v),
            Value::Small(v) => Arguments::add(&mut arguments, v),
            Value::Text(v) => Arguments::add(&mut arguments, v),
            Value::Bool(v) => Arguments::add(&mut arguments, v),
            Value::Time(v) => Arguments::add(&mut arguments, Instant(v)),
            Value::Json(v) => Arguments::add(&mut arguments, JsonText(v)),
            Value::Bytes(v) => Arguments::add(&mut arguments, v),
            Value::Uuid(v) => Arguments::add(&mut arguments, v),
            Value::Real(v) => Arguments::add(&mut arguments, v),
            Value::Null(kind) => null(&mut arguments, kind),
            Value::Unencodable(name) => Err(no_json(name)),
        };
        added.map_err(|error| not_bound(index, &error))?;
    }
    Ok(arguments)
}

fn null(arguments: &mut PgArguments, kind: Kind) -> Result<(), BoxError> {
    match kind {
        Kind::Int => Arguments::add(arguments, None::<i64>),
        Kind::Small => Arguments::add(arguments, None::<i32>),
        Kind::Text => Arguments::add(arguments, None::<String>),
        Kind::Bool => Arguments::add(arguments, None::<bool>),
        Kind::Time => Arguments::add(arguments, None::<Instant>),
        Kind::Json => Arguments::add(arguments, None::<JsonText>),
        Kind::Bytes => Arguments::add(arguments, None::<Vec<u8>>),
        Kind::Uuid => Arguments::add(arguments, None::<Uuid>),
        Kind::Real => Arguments::add(arguments, None::<f64>),
    }
}

pub(super) fn no_json(name: &str) -> BoxError {
    format!("a {name} has no JSON form").into()
}

fn not_bound(index: usize, error: &BoxError) -> StoreError {
    StoreError::bug(format!("parameter ${} cannot be bound: {error}", index + 1))
}

/// TIMESTAMPTZ: microseconds since 2000-01-01 UTC.
struct Instant(Timestamp);

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxError> {
        buffer.extend_from_slice(&time::to_postgres(self.0).to_be_bytes());
        Ok(IsNull::No)
    }
}

/// JSONB: a version byte and the text.
struct JsonText(String);

impl Type<Postgres> for JsonText {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(3802))
    }
}

impl Encode<'_, Postgres> for JsonText {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxError> {
        buffer.push(1);
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}
