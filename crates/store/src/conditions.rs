//! The conditions of a filtered list.

use std::fmt::Write;

use crate::sql::Value;

/// Conditions that are added to a WHERE clause, and what to bind for them.
pub(crate) struct Conditions {
    sql: String,
    values: Vec<Value>,
    from: usize,
}

impl Conditions {
    /// Their parameters begin with `$from`.
    pub fn from(from: usize) -> Self {
        Self {
            sql: String::new(),
            values: Vec::new(),
            from,
        }
    }

    /// `AND {before} $n{after}`, when there is a value.
    pub fn add(&mut self, before: &str, value: Option<impl Into<Value>>, after: &str) {
        if let Some(value) = value {
            let number = self.from + self.values.len();
            let _infallible = write!(self.sql, " AND {before} ${number}{after}");
            self.values.push(value.into());
        }
    }

    /// `AND {condition}`.
    pub fn add_plain(&mut self, condition: &str) {
        let _infallible = write!(self.sql, " AND {condition}");
    }

    /// The text to append, and what to bind.
    pub fn finish(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }
}
