//! One column of one row, read as a Rust type. A value of another type is an error, never a guess.

use jiff::Timestamp;
use sqlx::{
    Decode, Postgres, Sqlite, TypeInfo, ValueRef,
    postgres::{PgValueFormat, PgValueRef},
    sqlite::SqliteValueRef,
};
use uuid::Uuid;

use super::{BoxError, time};

/// What can be read from a column. Implement it for newtypes and stored enums; `Option` follows.
pub trait FromValue: Sized {
    /// Reads a value that is not NULL. The error must not quote it.
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError>;

    /// What a NULL means; an error unless the type has a place for it.
    fn from_null() -> Result<Self, BoxError> {
        Err("it is NULL".into())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        T::from_value(cell).map(Some)
    }

    fn from_null() -> Result<Self, BoxError> {
        Ok(None)
    }
}

macro_rules! from_value {
    ($($type:ty => $read:expr),+ $(,)?) => {$(
        impl FromValue for $type {
            fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
                $read(cell)
            }
        }
    )+};
}

from_value! {
    i64 => |cell: Cell<'_>| cell.int(),
    i32 => |cell: Cell<'_>| narrow(cell),
    i16 => |cell: Cell<'_>| narrow(cell),
    u32 => |cell: Cell<'_>| narrow(cell),
    u16 => |cell: Cell<'_>| narrow(cell),
    u8 => |cell: Cell<'_>| narrow(cell),
    bool => |cell: Cell<'_>| cell.bool(),
    f64 => |cell: Cell<'_>| cell.real(),
    String => |cell: Cell<'_>| cell.text().map(str::to_owned),
    Vec<u8> => |cell: Cell<'_>| cell.bytes(),
    Uuid => |cell: Cell<'_>| cell.uuid(),
    Timestamp => |cell: Cell<'_>| cell.time(),
}

fn narrow<T: TryFrom<i64>>(cell: Cell<'_>) -> Result<T, BoxError> {
    T::try_from(cell.int()?).map_err(|_| "the number is out of range".into())
}

/// A column's value that is not NULL.
pub struct Cell<'r>(pub(super) Raw<'r>);

pub(super) enum Raw<'r> {
    Sqlite(SqliteValueRef<'r>),
    Postgres(PgValueRef<'r>),
}

impl<'r> Cell<'r> {
    /// Any width of integer.
    pub fn int(self) -> Result<i64, BoxError> {
        match self.0 {
            Raw::Sqlite(value) => {
                <i64 as Decode<'_, Sqlite>>::decode(sqlite_of(value, &["INTEGER"])?)
            }
            Raw::Postgres(value) => {
                let value = postgres_of(value, &["INT8", "INT4", "INT2"])?;
                <i64 as Decode<'_, Postgres>>::decode(value)
            }
        }
    }

    /// A floating point number.
    pub fn real(self) -> Result<f64, BoxError> {
        match self.0 {
            Raw::Sqlite(value) => {
                <f64 as Decode<'_, Sqlite>>::decode(sqlite_of(value, &["REAL", "INTEGER"])?)
            }
            Raw::Postgres(value) => {
                let value = postgres_of(value, &["FLOAT8"])?;
                <f64 as Decode<'_, Postgres>>::decode(value)
            }
        }
    }

    /// A truth value; 0 or 1 on SQLite.
    pub fn bool(self) -> Result<bool, BoxError> {
        match self.0 {
            Raw::Sqlite(value) => {
                let value = sqlite_of(value, &["INTEGER"])?;
                match <i64 as Decode<'_, Sqlite>>::decode(value)? {
                    0 => Ok(false),
                    1 => Ok(true),
                    _ => Err("it is neither 0 nor 1".into()),
                }
            }
            Raw::Postgres(value) => {
                <bool as Decode<'_, Postgres>>::decode(postgres_of(value, &["BOOL"])?)
            }
        }
    }

    /// Text, borrowed from the row.
    pub fn text(self) -> Result<&'r str, BoxError> {
        match self.0 {
            Raw::Sqlite(value) => sqlite_text(value),
            Raw::Postgres(value) => {
                postgres_of(value, &["TEXT", "VARCHAR", "NAME", "CHAR", "UNKNOWN"])?.as_str()
            }
        }
    }

    /// Bytes.
    pub fn bytes(self) -> Result<Vec<u8>, BoxError> {
        match self.0 {
            Raw::Sqlite(value) => {
                <Vec<u8> as Decode<'_, Sqlite>>::decode(sqlite_of(value, &["BLOB"])?)
            }
            Raw::Postgres(value) => {
                <Vec<u8> as Decode<'_, Postgres>>::decode(postgres_of(value, &["BYTEA"])?)
            }
        }
    }

    /// A UUID; any of its text forms on SQLite.
    pub fn uuid(self) -> Result<Uuid, BoxError> {
        match self.0 {
            Raw::Sqlite(value) => {
                Uuid::try_parse(sqlite_text(value)?).map_err(|_| "it is not a UUID".into())
            }
            Raw::Postgres(value) => {
                <Uuid as Decode<'_, Postgres>>::decode(postgres_of(value, &["UUID"])?)
            }
        }
    }

    /// An instant.
    pub fn time(self) -> Result<Timestamp, BoxError> {
        let time = match self.0 {
            Raw::Sqlite(value) => time::from_text(sqlite_text(value)?),
            Raw::Postgres(value) => {
                let value = postgres_of(value, &["TIMESTAMPTZ"])?;
                match value.format() {
                    PgValueFormat::Binary => {
                        let micros = i64::from_be_bytes(value.as_bytes()?.try_into()?);
                        time::from_postgres(micros)
                    }
                    PgValueFormat::Text => time::from_text(value.as_str()?),
                }
            }
        };
        time.ok_or_else(|| "it is not an instant between the years -9999 and 9999".into())
    }

    /// The text of a JSON value.
    pub fn json(self) -> Result<&'r [u8], BoxError> {
        match self.0 {
            Raw::Sqlite(value) => sqlite_text(value).map(str::as_bytes),
            Raw::Postgres(value) => {
                let value = postgres_of(value, &["JSONB", "JSON"])?;
                let bytes = value.as_bytes()?;
                let versioned =
                    value.format() == PgValueFormat::Binary && value.type_info().name() == "JSONB";
                Ok(match bytes.split_first() {
                    Some((1, text)) if versioned => text,
                    _ => bytes,
                })
            }
        }
    }
}

fn sqlite_text(value: SqliteValueRef<'_>) -> Result<&str, BoxError> {
    <&str as Decode<'_, Sqlite>>::decode(sqlite_of(value, &["TEXT"])?)
}

fn sqlite_of<'r>(
    value: SqliteValueRef<'r>,
    expected: &[&str],
) -> Result<SqliteValueRef<'r>, BoxError> {
    check(value.type_info().name(), expected)?;
    Ok(value)
}

fn postgres_of<'r>(value: PgValueRef<'r>, expected: &[&str]) -> Result<PgValueRef<'r>, BoxError> {
    check(value.type_info().name(), expected)?;
    Ok(value)
}

/// Both engines would otherwise turn one type into another without a word.
fn check(found: &str, expected: &[&str]) -> Result<(), BoxError> {
    if expected.contains(&found) {
        Ok(())
    } else {
        Err(format!("it is {found}, not {}", expected.join(" or ")).into())
    }
}
