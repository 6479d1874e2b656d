//! Ids handed out before the rows are written, so that rows which name each other go in with one statement each.

use crate::sql::{Engine, StoreError, Tx};

/// The next `count` ids of a table. On SQLite the caller must insert them in the same transaction.
pub async fn reserve(
    tx: &mut Tx,
    table: &'static str,
    count: usize,
) -> Result<Vec<i64>, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(Vec::new());
    }
    match tx.engine() {
        Engine::Postgres => {
            let ids: Vec<(i64,)> = tx
                .query(
                    "SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)",
                )
                .bind(table)
                .bind(count)
                .all()
                .await?;
            Ok(ids.into_iter().map(|(id,)| id).collect())
        }
        // One writer: nobody else can take them before we do.
        Engine::Sqlite => {
            let last: Option<(i64,)> = tx
                .query("SELECT seq FROM sqlite_sequence WHERE name = $1")
                .bind(table)
                .optional()
                .await?;
            let last = last.map_or(0, |(last,)| last);
            Ok((last + 1..=last + count).collect())
        }
    }
}
