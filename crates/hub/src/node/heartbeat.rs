//! The heartbeat: a row in `nodes`, written every few seconds and removed by whoever stops in order.

use std::{net::SocketAddr, time::Duration};

use calbridge_store::{
    StoreError,
    nodes::{self, Node},
};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::Role;
use crate::{app::App, jobs::JobError, startup::RELEASE};

/// From one beat to the next.
const EVERY: Duration = Duration::from_secs(5);

/// How long somebody may want to know of a node that went without a word.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// Taking leave must not hold up the stop.
const LEAVE: Duration = Duration::from_secs(2);

/// This process, as the others will see it.
pub fn this_node(app: &App, role: Role, address: Option<SocketAddr>) -> Node {
    let now = app.clock.now();
    Node {
        id: app.node_id,
        name: app.config.node.name(),
        process_id: i64::from(std::process::id()),
        role: role.as_str().to_owned(),
        address: address.map(|address| address.to_string()),
        release: RELEASE.to_owned(),
        schema_version: nodes::schema_version(),
        started_at: now,
        heartbeat_at: now,
        clock_ahead_ms: 0,
        leases_lost: 0,
    }
}

/// Say once that this node is there. The time is the database's, the one clock that all nodes share.
pub async fn beat(app: &App, node: &mut Node) -> Result<(), StoreError> {
    let mut tx = app.store.write().await?;
    let database = nodes::database_time(&mut tx).await?;
    let ahead = app.clock.now().duration_since(database).as_millis();
    node.heartbeat_at = database;
    node.clock_ahead_ms = i64::try_from(ahead).unwrap_or(i64::MAX);
    node.leases_lost = i64::try_from(app.metrics.jobs.leases_lost()).unwrap_or(i64::MAX);
    nodes::beat(&mut tx, node).await?;
    tx.commit().await
}

pub(super) async fn beat_until_stopped(app: App, mut node: Node, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = beat(&app, &mut node).await {
            tracing::debug!(%error, "Could not tell the other nodes that this one is there");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    let left = tokio::time::timeout(LEAVE, leave(&app)).await;
    if !matches!(left, Ok(Ok(()))) {
        tracing::debug!("Could not take leave of the other nodes");
    }
}

async fn leave(app: &App) -> Result<(), StoreError> {
    let mut tx = app.store.write().await?;
    nodes::remove(&mut tx, app.node_id).await?;
    tx.commit().await
}

/// Forget the nodes that went without a word some time ago.
pub async fn prune(app: &App) -> Result<(), JobError> {
    let mut tx = app.store.write().await?;
    let now = nodes::database_time(&mut tx).await?;
    let gone = nodes::remove_older(&mut tx, now - REMEMBERED).await?;
    tx.commit().await?;
    if gone > 0 {
        tracing::info!("Forgot {gone} nodes that went without a word");
    }
    Ok(())
}
