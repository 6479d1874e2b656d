//! How the types of `core` are stored, and the row types of the tables.

use calbridge_core::{
    change::Canonical,
    ids::{
        ApiKeyId, AttendeeId, BookingId, BranchId, ClaimId, ConnectionId, EventTypeId, FindingId,
        HoldId, HostMatchId, IntentId, JobId, LeadId, SyncRunId, TenantId, UserId, WebhookEventId,
    },
    lane::Lane,
    provider::Provider,
    state::Confirmation,
};

use crate::sql::{BoxError, Cell, FromValue, Kind, ToValue, Value};

macro_rules! stored_id {
    ($($name:ident),+ $(,)?) => {$(
        impl ToValue for $name {
            const KIND: Kind = Kind::Int;

            fn to_value(self) -> Value {
                Value::Int(self.0)
            }
        }
        impl FromValue for $name {
            fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
                i64::from_value(cell).map(Self)
            }
        }
    )+};
}

stored_id!(
    ApiKeyId,
    AttendeeId,
    BookingId,
    BranchId,
    ClaimId,
    ConnectionId,
    EventTypeId,
    FindingId,
    HoldId,
    HostMatchId,
    IntentId,
    JobId,
    LeadId,
    SyncRunId,
    TenantId,
    UserId,
    WebhookEventId,
);

/// Enums stored as words: how to write one, how to read one.
macro_rules! stored_word {
    ($($name:ty: $read:expr),+ $(,)?) => {$(
        impl $crate::sql::ToValue for $name {
            const KIND: $crate::sql::Kind = $crate::sql::Kind::Text;

            fn to_value(self) -> $crate::sql::Value {
                $crate::sql::ToValue::to_value(self.as_str())
            }
        }
        impl $crate::sql::FromValue for $name {
            fn from_value(cell: $crate::sql::Cell<'_>) -> Result<Self, $crate::sql::BoxError> {
                let word = <String as $crate::sql::FromValue>::from_value(cell)?;
                let read: fn(&str) -> Option<Self> = $read;
                read(&word).ok_or_else(|| "unknown word".into())
            }
        }
    )+};
}
pub(crate) use stored_word;

impl ToValue for Lane {
    const KIND: Kind = Kind::Small;

    fn to_value(self) -> Value {
        self.number().to_value()
    }
}

impl FromValue for Lane {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        let number = i32::from_value(cell)?;
        let is_it = |lane: &Self| i32::from(lane.number()) == number;
        Self::ALL
            .into_iter()
            .find(is_it)
            .ok_or_else(|| "unknown lane".into())
    }
}

stored_word!(
    Provider: |word| word.parse().ok(),
    Canonical: Canonical::from_word,
    Confirmation: |word| {
        [Confirmation::Pending, Confirmation::Confirmed, Confirmation::Rejected]
            .into_iter()
            .find(|confirmation| confirmation.as_str() == word)
    },
);

/// A row type: a struct whose fields are the columns, with what is needed to read and write them.
macro_rules! row_type {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        impl $crate::sql::FromRow for $name {
            fn from_row(row: &$crate::sql::Row) -> Result<Self, $crate::sql::StoreError> {
                Ok(Self { $($field: row.get(stringify!($field))?,)+ })
            }
        }

        impl $name {
            /// The columns, in the order of the fields.
            pub const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            /// The columns as the list of a SELECT or INSERT.
            pub fn column_list() -> String {
                Self::COLUMNS.join(", ")
            }

            /// What to bind for the columns.
            pub fn values(&self) -> Vec<$crate::sql::Value> {
                vec![$($crate::sql::Value::from(self.$field.clone())),+]
            }
        }
    };
}
pub(crate) use row_type;
