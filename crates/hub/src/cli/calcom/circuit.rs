//! `calbridge calcom circuit-status` and `circuit-reset`

use calbridge_core::{
    breaker::{Breaker, BreakerState},
    ids::ConnectionId,
    provider::Provider,
    scope::Scope,
};
use calbridge_store::{
    connections::{self as rows, Connection},
    provider_breakers,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    cli::{
        context::{Context, TenantOption},
        exit::CliError,
        output::at,
    },
    connections,
    control::ResetCircuits,
};

/// A connection with its breaker, and since when it is as it is.
type Line = (Connection, Breaker, Option<Timestamp>);

pub(super) async fn status(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let lines = context
        .in_tenant(tenant, async |app, scope| {
            let mut tx = app.store.read().await?;
            let mut all = rows::list(&mut tx, scope).await?;
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

/// Close the breakers, in the process that serves as well.
pub(super) async fn reset(
    context: &Context,
    tenant: TenantOption,
    connection: Option<ConnectionId>,
) -> anyhow::Result<()> {
    let ask = ResetCircuits {
        tenant: tenant.tenant,
        connection,
    };
    let reset = context
        .ask_or(&ask, async |app| {
            let scope = Scope::cli(tenant.tenant);
            Ok(connections::reset_circuits(app, &scope, connection).await?)
        })
        .await?;
    if reset.is_empty() {
        let missing = "there is no such connection to Cal.com; `calbridge connections list` shows those there are";
        return Err(CliError::NotFound(missing.to_owned()).into());
    }
    if context.out.is_json() {
        return context.out.json(&json!({ "connections": reset }));
    }
    for id in reset {
        let line = format!("connection {id}: closed, Cal.com is asked again");
        context.out.line(line)?;
    }
    Ok(())
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
