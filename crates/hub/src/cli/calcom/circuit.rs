//! `calbridge calcom circuit-status`

use calbridge_core::{
    breaker::{Breaker, BreakerState},
    provider::Provider,
};
use calbridge_store::{
    connections::{self, Connection},
    provider_breakers,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::{
    context::{Context, TenantOption},
    output::at,
};

/// A connection with its breaker, and since when it is as it is.
type Line = (Connection, Breaker, Option<Timestamp>);

pub(super) async fn status(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let lines = context
        .in_tenant(tenant, async |app, scope| {
            let mut tx = app.store.read().await?;
            let mut all = connections::list(&mut tx, scope).await?;
            let rows = provider_breakers::list(&mut tx, scope).await?;
            tx.rollback().await?;
            all.retain(|connection| connection.provider == Provider::CalCom);
            let lines = all.into_iter().map(|connection| {
                let row = rows.iter().find(|row| row.connection_id == connection.id);
                let breaker = row.map(provider_breakers::ProviderBreaker::breaker);
                let since = row.map(|row| row.changed_at);
                (connection, breaker.unwrap_or_default(), since)
            });
            Ok(lines.collect::<Vec<Line>>())
        })
        .await?;
    if context.out.is_json() {
        let data: Vec<Value> = lines.iter().map(body).collect();
        return context.out.json(&json!({ "data": data }));
    }
    let rows = lines.iter().map(row).collect();
    let header = ["Id", "Connection", "Circuit", "Since", "Asked again"];
    let if_empty =
        "there is no connection to Cal.com; `calbridge connections add calcom` makes one";
    context.out.table(&header, rows, if_empty)
}

fn until(breaker: &Breaker) -> Option<Timestamp> {
    match breaker.state() {
        BreakerState::Open { until, .. } => Some(*until),
        BreakerState::Closed { .. } | BreakerState::HalfOpen { .. } => None,
    }
}

fn row((connection, breaker, since): &Line) -> Vec<String> {
    vec![
        connection.id.to_string(),
        connection.name.clone(),
        breaker.state().as_str().to_owned(),
        since.map(at).unwrap_or_default(),
        until(breaker).map(at).unwrap_or_default(),
    ]
}

fn body((connection, breaker, since): &Line) -> Value {
    json!({
        "connection_id": connection.id,
        "name": connection.name,
        "state": breaker.state().as_str(),
        "since": since,
        "until": until(breaker),
    })
}
