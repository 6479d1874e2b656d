//! As many rows as one statement takes: what it reads them from, and what to bind. The texts are few, so that they stay
//! prepared.
//!
//! SQLite takes each value as a parameter. PostgreSQL takes a column as one: the text is the same for any number of rows,
//! and a thousand parameters cost more to name and to plan than to store.

use std::fmt::Write;

use super::{Engine, Kind, StoreError, Value, args::Parameters, column::Column};

/// Row counts of statements on SQLite: few, so that few texts are prepared, and close enough that nearly every number of
/// rows is the sum of two of them.
const ROW_COUNTS: [usize; 21] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 96,
];
/// SQLite's limit; PostgreSQL has twice as many.
pub(super) const MOST_PARAMETERS: usize = 32_766;
/// Rows of a statement on PostgreSQL.
const MOST_ROWS: usize = 1_000;

/// Some rows.
pub(super) struct Part {
    source: Source,
    /// What to bind to them.
    pub parameters: Parameters,
    /// Columns of each row.
    pub width: usize,
}

/// What the statement reads the rows from.
enum Source {
    /// `VALUES (?, ?), (?, ?)`
    Nameless { rows: usize },
    /// `VALUES ($1, $2)`
    One,
    /// `SELECT * FROM unnest($1::bigint[], $2::text[])`
    Columns(Vec<Kind>),
}

/// Cut rows into parts.
pub(super) fn parts(engine: Engine, rows: Vec<Vec<Value>>) -> Result<Vec<Part>, StoreError> {
    let Some(width) = rows.first().map(Vec::len) else {
        return Ok(Vec::new());
    };
    if width == 0 || rows.iter().any(|row| row.len() != width) {
        return Err(StoreError::bug(
            "rows must have columns, and as many as each other",
        ));
    }
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut parts = Vec::new();
    while left > 0 {
        let take = match engine {
            Engine::Sqlite => row_count_within(left.min(MOST_PARAMETERS / width)),
            Engine::Postgres => left.min(MOST_ROWS),
        };
        let some = rows.by_ref().take(take);
        parts.push(match engine {
            Engine::Sqlite => Part {
                source: Source::Nameless { rows: take },
                parameters: Parameters::Values(some.flatten().collect()),
                width,
            },
            Engine::Postgres if take == 1 => Part {
                source: Source::One,
                parameters: Parameters::Values(some.flatten().collect()),
                width,
            },
            Engine::Postgres => by_column(some, width)?,
        });
        left -= take;
    }
    Ok(parts)
}

/// The largest row count up to `n`, at least 1.
fn row_count_within(n: usize) -> usize {
    let fits = ROW_COUNTS.iter().rev().find(|count| **count <= n);
    fits.copied().unwrap_or(1)
}

fn by_column(rows: impl Iterator<Item = Vec<Value>>, width: usize) -> Result<Part, StoreError> {
    let mut columns: Vec<Vec<Value>> = (0..width).map(|_| Vec::new()).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let mut kinds = Vec::with_capacity(width);
    let mut parameters = Vec::with_capacity(width);
    for values in columns {
        let Some(kind) = values.first().map(Value::kind) else {
            return Err(StoreError::bug("a column has no rows"));
        };
        if values.iter().any(|value| value.kind() != kind) {
            return Err(StoreError::bug("the values of a column differ in kind"));
        }
        kinds.push(kind);
        parameters.push(Column { kind, values });
    }
    Ok(Part {
        source: Source::Columns(kinds),
        parameters: Parameters::Columns(parameters),
        width,
    })
}

impl Part {
    /// Write what stands for the rows.
    pub(super) fn push_rows(&self, sql: &mut String) {
        match &self.source {
            Source::Nameless { rows } => {
                sql.push_str("VALUES ");
                for row in 0..*rows {
                    // SQLite looks for the name of each parameter among all of them: those without one are found at once.
                    sql.push_str(if row > 0 { ", (?" } else { "(?" });
                    for _ in 1..self.width {
                        sql.push_str(", ?");
                    }
                    sql.push(')');
                }
            }
            Source::One => {
                let _infallible = write!(sql, "VALUES ({})", placeholders(self.width, 1));
            }
            Source::Columns(kinds) => {
                sql.push_str("SELECT * FROM unnest(");
                for (number, kind) in (1..).zip(kinds) {
                    let comma = if number > 1 { ", " } else { "" };
                    let _infallible = write!(sql, "{comma}${number}::{}[]", kind.postgres());
                }
                sql.push(')');
            }
        }
    }
}

/// `n` parameters beginning with `$from`: `placeholders(3, 2)` is `$2, $3, $4`.
pub fn placeholders(n: usize, from: usize) -> String {
    let mut text = String::with_capacity(n * 6);
    for number in from..from + n {
        if number > from {
            text.push_str(", ");
        }
        let _infallible = write!(text, "${number}");
    }
    text
}
