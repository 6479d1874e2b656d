//! Table `nodes`: the processes at work on this database. It is about the installation, not about tenants.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    migrations::MIGRATIONS,
    sql::{Engine, StoreError, Tx},
    types::row_type,
};

row_type! {
    /// A process at work.
    Node {
        /// Id, new with each start.
        id: Uuid,
        /// The machine, or what the settings call it.
        name: String,
        /// The process on that machine.
        process_id: i64,
        /// What it does: `all`, `api` or `work`.
        role: String,
        /// Where it listens.
        address: Option<String>,
        /// Its release.
        release: String,
        /// The newest migration it knows.
        schema_version: i64,
        /// When it started.
        started_at: Timestamp,
        /// When it was heard from last, by its own clock.
        heartbeat_at: Timestamp,
        /// Its clock minus that of the database, in milliseconds.
        clock_ahead_ms: i64,
        /// How often another node had taken over a job that it still worked on.
        leases_lost: i64,
    }
}

/// The newest migration that this release knows.
pub fn schema_version() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default()
}

/// A node says that it is there.
pub async fn beat(tx: &mut Tx, node: &Node) -> Result<(), StoreError> {
    tx.insert_rows(
        &format!("INSERT INTO nodes ({}) VALUES", Node::column_list()),
        vec![node.values()],
        "ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at,
             clock_ahead_ms = excluded.clock_ahead_ms, leases_lost = excluded.leases_lost",
    )
    .await?;
    Ok(())
}

/// A node stops.
pub async fn remove(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    tx.query("DELETE FROM nodes WHERE id = $1")
        .bind(id)
        .execute()
        .await?;
    Ok(())
}

/// Drop the rows of nodes that were last heard from before `than`; how many there were.
pub async fn remove_older(tx: &mut Tx, than: Timestamp) -> Result<u64, StoreError> {
    tx.query("DELETE FROM nodes WHERE heartbeat_at < $1")
        .bind(than)
        .execute()
        .await
}

/// The nodes, the oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Node>, StoreError> {
    tx.query("SELECT * FROM nodes ORDER BY started_at, id")
        .all()
        .await
}

/// What the clock of the database says; on SQLite that is the machine's.
pub async fn database_time(tx: &mut Tx) -> Result<Timestamp, StoreError> {
    let (now,) = tx
        .query(match tx.engine() {
            Engine::Sqlite => "SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now')",
            Engine::Postgres => "SELECT clock_timestamp()",
        })
        .one()
        .await?;
    Ok(now)
}
