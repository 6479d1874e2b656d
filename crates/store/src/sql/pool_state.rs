//! How the connections to the database fare, for whoever watches.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How the connections of a pool fare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolState {
    /// `read` and `write` on SQLite, `all` on PostgreSQL.
    pub name: &'static str,
    /// Connections that are open.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// Connections, at most.
    pub most: usize,
    /// Transactions that wait to begin.
    pub waiting: usize,
}

/// One more waits, until this is dropped.
pub(super) struct OneMore<'a>(&'a AtomicUsize);

impl<'a> OneMore<'a> {
    pub fn of(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for OneMore<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) fn pool_state<D: sqlx::Database>(
    name: &'static str,
    pool: &sqlx::Pool<D>,
    waiting: usize,
) -> PoolState {
    PoolState {
        name,
        open: usize::try_from(pool.size()).unwrap_or(usize::MAX),
        idle: pool.num_idle(),
        most: usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX),
        waiting,
    }
}
