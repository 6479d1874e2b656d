//! Connections at their providers, and the way from there to here.

use calbridge_core::provider::Provider;
use calbridge_store::StoreError;

use super::Context;
use crate::{
    app::App,
    checkup::{self, Finding, Fix},
    config::Config,
    control, startup,
};

/// Every connection that has a key.
pub(super) async fn look(context: &Context, config: Config, fix: Fix) -> Vec<Finding> {
    look_at_all(context, config, fix)
        .await
        .unwrap_or_else(|error| {
            vec![Finding::fail(
                "providers",
                format!("{error:#}"),
                "see the log of the database",
            )]
        })
}

async fn look_at_all(context: &Context, config: Config, fix: Fix) -> anyhow::Result<Vec<Finding>> {
    let store = startup::open(&config).await?;
    let app = App::start(store, context.clock.clone(), config).await?;
    let findings = of_connections(&app, fix).await;
    app.stop().await;
    Ok(findings?)
}

async fn of_connections(app: &App, fix: Fix) -> Result<Vec<Finding>, StoreError> {
    let snapshot = app.registry.current(&app.store, app.clock.now()).await;
    let with_key: Vec<_> = snapshot
        .of_provider(Provider::CalCom)
        .iter()
        .filter(|known| snapshot.is_asked(known.connection.id))
        .collect();
    let mut findings = Vec::new();
    if with_key.is_empty() {
        return Ok(findings);
    }
    let server = control::Client::find(&app.config).await;
    let server = server.map(|server| server.address());
    for known in with_key {
        findings.extend(checkup::connection(app, known, server, fix).await?);
    }
    Ok(findings)
}
