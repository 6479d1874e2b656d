//! One connection, from its key to the way in.

use std::{net::SocketAddr, sync::Arc};

use calbridge_core::lane::Lane;
use calbridge_store::{StoreError, incidents};

use super::{Finding, Fix, event_types, key, ring, webhooks};
use crate::{
    app::App,
    canary,
    connections::KnownConnection,
    incidents::Kind,
    upstream::{self, TargetError},
};

/// Look at a connection that has a key. `server` is where a process of ours takes deliveries, if one is known.
pub async fn connection(
    app: &App,
    known: &Arc<KnownConnection>,
    server: Option<SocketAddr>,
    fix: Fix,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let name = name(known);
    findings.extend(key::form(app, known, &name));
    findings.extend(key::base_url(app, known, &name));
    match upstream::target_of(app, known).await {
        Ok(target) => {
            let looks = canary::look(app, &target, Lane::Interactive).await?;
            findings.extend(key::works(&target, &looks, &name));
            findings.extend(key::clock(&looks, &name));
            findings.extend(key::profile(app, &target, &looks, &name, fix).await?);
            if looks
                .asked
                .first()
                .is_some_and(|(_, outcome)| outcome.is_ok())
            {
                findings.extend(drifts(app, known, &name).await?);
                findings.extend(event_types::look(app, known, &name, fix).await?);
                findings.extend(webhooks::look(app, known, &name, fix).await);
            }
        }
        Err(TargetError::Ask(error)) => findings.push(key::failed(&error, known, &name)),
        Err(error) => findings.push(Finding::fail(
            "key",
            error.to_string(),
            "set the connection's key and base URL anew",
        )),
    }
    if let Some(server) = server {
        // A secret may have been set meanwhile.
        let now = app.clock.now();
        let snapshot = app.registry.current(&app.store, now).await;
        let connection = &known.connection;
        let known = snapshot.find(connection.tenant_id, connection.id);
        if let Some(known) = known {
            findings.push(ring::ring(app, known, server, &name).await);
        }
    }
    Ok(findings)
}

/// How a connection is called in findings.
fn name(known: &KnownConnection) -> String {
    let connection = &known.connection;
    format!(
        "connection {} `{}` of tenant {}",
        connection.id, connection.name, connection.tenant_id
    )
}

/// What answers differed in, as far as it was noted.
async fn drifts(
    app: &App,
    known: &KnownConnection,
    name: &str,
) -> Result<Option<Finding>, StoreError> {
    let connection = &known.connection;
    let mut tx = app.store.read().await?;
    let scope = calbridge_core::scope::Scope::system(connection.tenant_id);
    let open = incidents::list_open(&mut tx, &scope).await?;
    tx.rollback().await?;
    let drifts: Vec<String> = open
        .into_iter()
        .filter(|one| one.kind == Kind::Drift.as_str() && one.connection_id == Some(connection.id))
        .map(|one| format!("{}: {}", one.subject, one.detail))
        .collect();
    if drifts.is_empty() {
        return Ok(None);
    }
    let says = format!(
        "{name}: the provider answers otherwise than known: {}",
        drifts.join("; ")
    );
    let remedy =
        "nothing fails by it; a newer release may know it, and notices of an end name a date";
    Ok(Some(Finding::warn("contract", says, remedy)))
}
