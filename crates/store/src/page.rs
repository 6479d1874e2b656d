//! Long lists are read in pages, newest first.

use serde::{Deserialize, Serialize};

/// A part of a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Give it back to get the next part; `None` at the end.
    pub next_cursor: Option<i64>,
}

/// Which part of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageRequest {
    /// Rows below this id.
    pub below: Option<i64>,
    /// How many, 1 to [`PageRequest::MOST`].
    pub limit: i64,
}

impl PageRequest {
    /// Rows in one page, at most.
    pub const MOST: i64 = 200;

    /// The first page.
    pub fn first(limit: i64) -> Self {
        Self {
            below: None,
            limit: limit.clamp(1, Self::MOST),
        }
    }

    pub(crate) fn below_or_max(self) -> i64 {
        self.below.unwrap_or(i64::MAX)
    }

    /// From `limit + 1` rows that were asked for.
    pub(crate) fn page<T>(self, mut rows: Vec<T>, id: impl Fn(&T) -> i64) -> Page<T> {
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        Page {
            next_cursor: more.then(|| rows.last().map(id)).flatten(),
            data: rows,
        }
    }
}
