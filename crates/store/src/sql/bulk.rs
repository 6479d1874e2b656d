//! Many rows in few statements, whose texts are few enough to stay prepared.

use std::{collections::BTreeMap, fmt::Write};

use super::{Engine, FromRow, Row, StoreError, Tx, Value};

/// Row counts of statements: few, so that few texts are prepared, and close enough that nearly every number of rows
/// is the sum of two of them.
const ROW_COUNTS: [usize; 21] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 96,
];
/// SQLite's limit; PostgreSQL has twice as many.
const MOST_PARAMETERS: usize = 32_766;

impl Tx {
    /// Inserts the rows, up to 96 to a statement: `insert_rows("INSERT INTO t (a, b) VALUES", rows, "ON CONFLICT DO NOTHING")`.
    /// Answers how many rows it changed.
    pub async fn insert_rows(
        &mut self,
        insert: &str,
        rows: Vec<Vec<Value>>,
        suffix: &str,
    ) -> Result<u64, StoreError> {
        let mut affected = 0;
        for part in parts(rows)? {
            let sql = insert_sql(self.engine(), insert, &part, suffix);
            affected += self.query(sql).bind_all(part.values).execute().await?;
        }
        Ok(affected)
    }

    /// The same with a `RETURNING` in the suffix. Neither engine promises an order:
    /// return a column that tells the rows apart.
    pub async fn insert_rows_returning<T: FromRow>(
        &mut self,
        insert: &str,
        rows: Vec<Vec<Value>>,
        suffix: &str,
    ) -> Result<Vec<T>, StoreError> {
        let mut returned: Vec<Row> = Vec::new();
        for part in parts(rows)? {
            let sql = insert_sql(self.engine(), insert, &part, suffix);
            returned.extend(self.query(sql).bind_all(part.values).rows().await?);
        }
        returned.iter().map(T::from_row).collect()
    }

    /// The same for rows of which it is known what they were: `indexed` columns that did not change are not written, so
    /// that SQLite leaves their indexes alone. Old and new rows are the key and then the columns.
    pub async fn rewrite_rows(
        &mut self,
        table: &str,
        key: &str,
        columns: &[&str],
        indexed: &[&str],
        rows: Vec<(Vec<Value>, Vec<Value>)>,
    ) -> Result<u64, StoreError> {
        let keys = key.split(',').count();
        // By which of the indexed columns stay as they are.
        let mut groups: BTreeMap<Vec<usize>, Vec<Vec<Value>>> = BTreeMap::new();
        for (old, new) in rows {
            let stays = |place: &usize| {
                let name = columns.get(*place);
                name.is_some_and(|name| indexed.contains(name))
                    && old.get(keys + place) == new.get(keys + place)
            };
            let same: Vec<usize> = (0..columns.len()).filter(stays).collect();
            let mut place = 0;
            let mut row = new;
            row.retain(|_| {
                place += 1;
                place <= keys || !same.contains(&(place - keys - 1))
            });
            groups.entry(same).or_default().push(row);
        }
        let mut affected = 0;
        for (same, rows) in groups {
            let mut place = 0;
            let mut written = columns.to_vec();
            written.retain(|_| {
                place += 1;
                !same.contains(&(place - 1))
            });
            affected += self.update_rows(table, key, &written, rows).await?;
        }
        Ok(affected)
    }

    /// Updates rows named by their keys, with more values for each: `update_named("t", "a, b", &["c"], rows,
    /// "n = n + named.c", "RETURNING t.id")`, where each of `rows` is `a`, `b` and `c`.
    pub async fn update_named<T: FromRow>(
        &mut self,
        table: &str,
        key: &str,
        columns: &[&str],
        rows: Vec<Vec<Value>>,
        set: &str,
        suffix: &str,
    ) -> Result<Vec<T>, StoreError> {
        let keys: Vec<&str> = key.split(',').map(str::trim).collect();
        let names = [keys.as_slice(), columns].concat().join(", ");
        let same = same(table, "named", &keys);
        let mut returned: Vec<Row> = Vec::new();
        for part in parts(rows)? {
            let mut sql = format!("WITH named ({names}) AS (VALUES ");
            push_rows(&mut sql, self.engine(), &part);
            let _infallible = write!(
                sql,
                ") UPDATE {table} SET {set} FROM named WHERE {same} {suffix}"
            );
            returned.extend(self.query(sql).bind_all(part.values).rows().await?);
        }
        returned.iter().map(T::from_row).collect()
    }

    /// Sets `columns` in each row named by its key; each of `rows` is the key and then the columns.
    /// The key may be several columns: `"tenant_id, id"`. No key may come twice.
    pub async fn update_rows(
        &mut self,
        table: &str,
        key: &str,
        columns: &[&str],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let keys: Vec<&str> = key.split(',').map(str::trim).collect();
        let mut affected = 0;
        for part in parts(rows)? {
            if part.width != keys.len() + columns.len() {
                return Err(StoreError::bug("the rows do not fit the columns to update"));
            }
            let sql = update_sql(self.engine(), table, &keys, columns, &part);
            affected += self.query(sql).bind_all(part.values).execute().await?;
        }
        Ok(affected)
    }
}

/// As many rows as one statement takes, ready to bind.
struct Part {
    rows: usize,
    width: usize,
    values: Vec<Value>,
}

fn parts(rows: Vec<Vec<Value>>) -> Result<Vec<Part>, StoreError> {
    let Some(width) = rows.first().map(Vec::len) else {
        return Ok(Vec::new());
    };
    if width == 0 || rows.iter().any(|row| row.len() != width) {
        return Err(StoreError::bug(
            "rows must have columns, and as many as each other",
        ));
    }
    let most = MOST_PARAMETERS / width;
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut parts = Vec::new();
    while left > 0 {
        let take = row_count_within(left.min(most));
        let values = rows.by_ref().take(take).flatten().collect();
        parts.push(Part {
            rows: take,
            width,
            values,
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

fn insert_sql(engine: Engine, insert: &str, part: &Part, suffix: &str) -> String {
    let mut sql = format!("{insert} ");
    push_rows(&mut sql, engine, part);
    sql.push(' ');
    sql.push_str(suffix);
    sql
}

fn update_sql(engine: Engine, table: &str, keys: &[&str], columns: &[&str], part: &Part) -> String {
    let names = [keys, columns].concat().join(", ");
    let mut sql = format!("WITH new_values ({names}) AS (VALUES ");
    push_rows(&mut sql, engine, part);
    let set: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = new_values.{column}"))
        .collect();
    let (set, same) = (set.join(", "), same(table, "new_values", keys));
    let _infallible = write!(
        sql,
        ") UPDATE {table} SET {set} FROM new_values WHERE {same}"
    );
    sql
}

fn same(table: &str, other: &str, keys: &[&str]) -> String {
    let same: Vec<String> = keys
        .iter()
        .map(|key| format!("{table}.{key} = {other}.{key}"))
        .collect();
    same.join(" AND ")
}

/// `(…), (…)`: all parameters of the statement, from the first.
fn push_rows(sql: &mut String, engine: Engine, part: &Part) {
    for row in 0..part.rows {
        sql.push_str(if row > 0 { ", (" } else { "(" });
        for column in 0..part.width {
            if column > 0 {
                sql.push_str(", ");
            }
            let _infallible = match engine {
                // SQLite looks for the name of each parameter among all of them: those without one are found at once.
                Engine::Sqlite => sql.write_str("?"),
                Engine::Postgres => write!(sql, "${}", row * part.width + column + 1),
            };
        }
        sql.push(')');
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

/// The right side of `x IN ...`, its parameters beginning with `$from`, and what to bind to them.
///
/// The list is filled up with its last value to the next power of two, so that few texts are prepared.
/// An empty list matches nothing. Only for `IN`: `NOT IN` over an empty list would match nothing either.
pub fn in_list<V: Into<Value>>(
    from: usize,
    values: impl IntoIterator<Item = V>,
) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
    let Some(last) = values.last().cloned() else {
        return ("(NULL)".into(), values);
    };
    let padded = values.len().next_power_of_two();
    if from + padded <= MOST_PARAMETERS {
        values.resize(padded, last);
    }
    (format!("({})", placeholders(values.len(), from)), values)
}
