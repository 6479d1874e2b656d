//! Values on their way into the database. What both engines must store alike is made alike here.

use std::{borrow::Cow, fmt, sync::Arc};

use jiff::Timestamp;
use uuid::Uuid;

/// One bound parameter.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// BIGINT.
    Int(i64),
    /// INTEGER.
    Small(i32),
    /// TEXT.
    Text(String),
    /// BOOLEAN; 0 or 1 on SQLite.
    Bool(bool),
    /// TIMESTAMPTZ; fixed-width UTC text on SQLite.
    Time(Timestamp),
    /// JSONB, as text; TEXT on SQLite.
    Json(String),
    /// BYTEA; BLOB on SQLite.
    Bytes(Vec<u8>),
    /// UUID; hyphenated text on SQLite.
    Uuid(Uuid),
    /// DOUBLE PRECISION; REAL on SQLite.
    Real(f64),
    /// NULL, of the type that the column has.
    Null(Kind),
    /// A value of the named Rust type that has no JSON form; binding it fails.
    Unencodable(&'static str),
}

/// The type of a value; PostgreSQL wants to know it for a NULL too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named after the values")]
pub enum Kind {
    Int,
    Small,
    Text,
    Bool,
    Time,
    Json,
    Bytes,
    Uuid,
    Real,
}

/// What can be bound to a parameter. Implement it for newtypes and stored enums;
/// `Option`, references and `Into<Value>` follow.
///
/// The same SQL text must always be given the same kinds: the prepared statement remembers them.
pub trait ToValue {
    /// The kind, needed when there is no value.
    const KIND: Kind;

    /// The value to bind.
    fn to_value(self) -> Value;
}

impl<T: ToValue> From<T> for Value {
    fn from(value: T) -> Self {
        value.to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    const KIND: Kind = T::KIND;

    fn to_value(self) -> Value {
        self.map_or(Value::Null(T::KIND), T::to_value)
    }
}

impl<T: ToValue + Clone> ToValue for &T {
    const KIND: Kind = T::KIND;

    fn to_value(self) -> Value {
        self.clone().to_value()
    }
}

macro_rules! to_value {
    ($($kind:ident: $($type:ty => $make:expr),+;)+) => {$($(
        impl ToValue for $type {
            const KIND: Kind = Kind::$kind;

            fn to_value(self) -> Value {
                $make(self)
            }
        }
    )+)+};
}

to_value! {
    Int: i64 => Value::Int, u32 => |v| Value::Int(i64::from(v));
    Small: i32 => Value::Small, i16 => |v| Value::Small(i32::from(v)), u16 => |v| Value::Small(i32::from(v)),
        u8 => |v| Value::Small(i32::from(v));
    Text: String => |v| Value::Text(clean(v)), &str => |v: &str| Value::Text(clean(v.to_owned())),
        Cow<'_, str> => |v: Cow<'_, str>| Value::Text(clean(v.into_owned())),
        Arc<str> => |v: Arc<str>| Value::Text(clean(v.as_ref().to_owned())),
        Box<str> => |v: Box<str>| Value::Text(clean(v.into_string()));
    Bool: bool => Value::Bool;
    Time: Timestamp => Value::Time;
    Bytes: Vec<u8> => Value::Bytes, &[u8] => |v: &[u8]| Value::Bytes(v.to_vec());
    Uuid: Uuid => Value::Uuid;
    // SQLite stores NaN as NULL, so PostgreSQL must too.
    Real: f64 => |v: f64| if v.is_nan() { Value::Null(Kind::Real) } else { Value::Real(v) };
}

impl<const N: usize> ToValue for [u8; N] {
    const KIND: Kind = Kind::Bytes;

    fn to_value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

/// PostgreSQL has no NUL in text; both engines store U+FFFD instead.
fn clean(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

impl Value {
    /// The type that PostgreSQL sees.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Int(_) => Kind::Int,
            Self::Small(_) => Kind::Small,
            Self::Text(_) => Kind::Text,
            Self::Bool(_) => Kind::Bool,
            Self::Time(_) => Kind::Time,
            Self::Json(_) | Self::Unencodable(_) => Kind::Json,
            Self::Bytes(_) => Kind::Bytes,
            Self::Uuid(_) => Kind::Uuid,
            Self::Real(_) => Kind::Real,
            Self::Null(kind) => *kind,
        }
    }
}

impl Kind {
    /// Its type on PostgreSQL.
    pub(super) fn postgres(self) -> &'static str {
        match self {
            Self::Int => "bigint",
            Self::Small => "integer",
            Self::Text => "text",
            Self::Bool => "boolean",
            Self::Time => "timestamptz",
            Self::Json => "jsonb",
            Self::Bytes => "bytea",
            Self::Uuid => "uuid",
            Self::Real => "double precision",
        }
    }
}

/// Only the kind: values may be personal or secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null(kind) => write!(f, "Null({kind:?})"),
            other => write!(f, "{:?}(..)", other.kind()),
        }
    }
}
