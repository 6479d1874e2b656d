//! One set of SQL for SQLite and PostgreSQL: connections, transactions, values and rows.
//!
//! Callers write `$1` SQL once and see `Db`, `Tx`, `Query`, `Value` and `Row`; only this module names sqlx.

mod args;
mod bell;
mod bulk;
mod cell;
mod column;
mod db;
mod error;
mod json;
pub mod migrate;
mod part;
mod pool_state;
mod query;
mod release;
mod row;
mod time;
mod tx;
mod value;

pub use self::{
    bell::{Bell, Bells, Listener, OnInvalidated},
    bulk::in_list,
    cell::{Cell, FromValue},
    db::{Db, PostgresOptions, SqliteOptions},
    error::{BoxError, StoreError},
    json::{Json, RawJson},
    part::placeholders,
    pool_state::PoolState,
    query::Query,
    row::{FromRow, Row},
    time::cut_to_micros,
    tx::Tx,
    value::{Kind, ToValue, Value},
};

/// The database underneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one writer, for a single node.
    Sqlite,
    /// A server, for one node or several.
    Postgres,
}

#[cfg(test)]
mod tests;
