//! Statements about many rows.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    FromRow, Row, StoreError, Tx, Value,
    part::{MOST_PARAMETERS, Part, parts, placeholders},
};

impl Tx {
    /// Inserts the rows: `insert_rows("INSERT INTO t (a, b) VALUES", rows, "ON CONFLICT DO NOTHING")`.
    /// Answers how many rows it changed.
    pub async fn insert_rows(
        &mut self,
        insert: &str,
        rows: Vec<Vec<Value>>,
        suffix: &str,
    ) -> Result<u64, StoreError> {
        let mut affected = 0;
        for part in parts(self.engine(), rows)? {
            let sql = insert_sql(insert, &part, suffix);
            affected += self.execute(sql.into(), part.parameters).await?;
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
        for part in parts(self.engine(), rows)? {
            let sql = insert_sql(insert, &part, suffix);
            returned.extend(self.fetch(sql.into(), part.parameters).await?);
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
        for part in parts(self.engine(), rows)? {
            let mut sql = format!("WITH named ({names}) AS (");
            part.push_rows(&mut sql);
            let _infallible = write!(
                sql,
                ") UPDATE {table} SET {set} FROM named WHERE {same} {suffix}"
            );
            returned.extend(self.fetch(sql.into(), part.parameters).await?);
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
        for part in parts(self.engine(), rows)? {
            if part.width != keys.len() + columns.len() {
                return Err(StoreError::bug("the rows do not fit the columns to update"));
            }
            let sql = update_sql(table, &keys, columns, &part);
            affected += self.execute(sql.into(), part.parameters).await?;
        }
        Ok(affected)
    }
}

fn insert_sql(insert: &str, part: &Part, suffix: &str) -> String {
    // The rows bring the word themselves where it is theirs.
    let mut sql = insert.trim_end_matches("VALUES").to_owned();
    part.push_rows(&mut sql);
    sql.push(' ');
    sql.push_str(suffix);
    sql
}

fn update_sql(table: &str, keys: &[&str], columns: &[&str], part: &Part) -> String {
    let names = [keys, columns].concat().join(", ");
    let mut sql = format!("WITH new_values ({names}) AS (");
    part.push_rows(&mut sql);
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
