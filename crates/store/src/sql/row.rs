//! Rows, and what can be made of them.

use sqlx::{Row as _, ValueRef, postgres::PgRow, sqlite::SqliteRow};

use super::{
    StoreError,
    cell::{Cell, FromValue, Raw},
};

/// One row of a result.
pub struct Row(pub(super) Inner);

pub(super) enum Inner {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a whole row becomes. Implement it for each row type; tuples of columns have it already.
pub trait FromRow: Sized {
    /// Reads the row.
    fn from_row(row: &Row) -> Result<Self, StoreError>;
}

impl Row {
    /// The column of that name.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T, StoreError> {
        let raw = match &self.0 {
            Inner::Sqlite(row) => row.try_get_raw(column).map(Raw::Sqlite),
            Inner::Postgres(row) => row.try_get_raw(column).map(Raw::Postgres),
        };
        read(raw, || column.to_owned())
    }

    /// The column at that position, counted from 0.
    pub fn at<T: FromValue>(&self, index: usize) -> Result<T, StoreError> {
        let raw = match &self.0 {
            Inner::Sqlite(row) => row.try_get_raw(index).map(Raw::Sqlite),
            Inner::Postgres(row) => row.try_get_raw(index).map(Raw::Postgres),
        };
        read(raw, || format!("#{index}"))
    }
}

fn read<T: FromValue>(
    raw: Result<Raw<'_>, sqlx::Error>,
    column: impl Fn() -> String,
) -> Result<T, StoreError> {
    let raw = raw.map_err(|_| StoreError::Decode {
        column: column(),
        reason: "the row has no such column".into(),
    })?;
    let null = match &raw {
        Raw::Sqlite(value) => value.is_null(),
        Raw::Postgres(value) => value.is_null(),
    };
    let value = if null {
        T::from_null()
    } else {
        T::from_value(Cell(raw))
    };
    value.map_err(|reason| StoreError::Decode {
        column: column(),
        reason,
    })
}

macro_rules! from_row {
    ($(($($type:ident $index:literal),+))+) => {$(
        impl<$($type: FromValue),+> FromRow for ($($type,)+) {
            fn from_row(row: &Row) -> Result<Self, StoreError> {
                Ok(($(row.at::<$type>($index)?,)+))
            }
        }
    )+};
}

from_row! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
