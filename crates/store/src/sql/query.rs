//! One statement: bind, then run.

use std::borrow::Cow;

use super::{FromRow, Row, StoreError, Tx, Value, args::Parameters};

/// A statement of a transaction. The connection keeps it prepared for the next time the same text comes.
#[must_use = "nothing happens until it is run"]
pub struct Query<'t> {
    tx: &'t mut Tx,
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

impl<'t> Query<'t> {
    pub(super) fn new(tx: &'t mut Tx, sql: Cow<'static, str>) -> Self {
        Self {
            tx,
            sql,
            values: Vec::new(),
        }
    }

    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds the next parameters.
    pub fn bind_all<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.values.extend(values.into_iter().map(Into::into));
        self
    }

    /// How many rows it changed.
    pub async fn execute(self) -> Result<u64, StoreError> {
        let values = Parameters::Values(self.values);
        self.tx.execute(self.sql, values).await
    }

    /// Every row, read as `T`.
    pub async fn all<T: FromRow>(self) -> Result<Vec<T>, StoreError> {
        self.rows().await?.iter().map(T::from_row).collect()
    }

    /// The first row, if there is one.
    pub async fn optional<T: FromRow>(self) -> Result<Option<T>, StoreError> {
        self.rows().await?.first().map(T::from_row).transpose()
    }

    /// The first row; a query that may find none is for `optional`.
    pub async fn one<T: FromRow>(self) -> Result<T, StoreError> {
        self.optional()
            .await?
            .ok_or_else(|| StoreError::from(sqlx::Error::RowNotFound))
    }

    /// Every row as it came, for readers that need more than one type.
    pub async fn rows(self) -> Result<Vec<Row>, StoreError> {
        let values = Parameters::Values(self.values);
        self.tx.fetch(self.sql, values).await
    }
}
