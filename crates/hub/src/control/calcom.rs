//! Commands about what this process remembers of Cal.com.

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    scope::Scope,
};
use serde::{Deserialize, Serialize};

use super::command::{Ask, Command};
use crate::{
    app::App,
    connections::{self, Probed},
    http::Problem,
    slots::{self, Warmed},
    tenants,
};

/// Ask ahead of time for the slots of a tenant, or of all.
#[derive(Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// Only this tenant's.
    pub tenant: Option<TenantId>,
}

impl Ask for WarmUp {
    const COMMAND: Command = Command::WarmUp;
    type Answer = Warmed;
}

/// Try the connections of a tenant.
#[derive(Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Whose.
    pub tenant: TenantId,
}

impl Ask for Probe {
    const COMMAND: Command = Command::Probe;
    type Answer = Vec<Probed>;
}

/// Close the circuit breakers of a tenant.
#[derive(Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct ResetCircuits {
    /// Whose.
    pub tenant: TenantId,
    /// Only of this connection.
    pub connection: Option<ConnectionId>,
}

impl Ask for ResetCircuits {
    const COMMAND: Command = Command::ResetCircuits;
    type Answer = Vec<ConnectionId>;
}

pub(super) async fn warm_up(app: &App, ask: &WarmUp) -> Result<Warmed, Problem> {
    let mut warmed = Warmed::default();
    for tenant in tenants::list_all(app).await? {
        if ask.tenant.is_none_or(|id| tenant.id == id) {
            let of_tenant = slots::warm_up(app, &Scope::cli(tenant.id)).await?;
            warmed = warmed.and(of_tenant);
        }
    }
    Ok(warmed)
}

pub(super) async fn probe(app: &App, ask: &Probe) -> Result<Vec<Probed>, Problem> {
    Ok(connections::probe(app, &Scope::cli(ask.tenant)).await?)
}

pub(super) async fn reset(app: &App, ask: &ResetCircuits) -> Result<Vec<ConnectionId>, Problem> {
    let scope = Scope::cli(ask.tenant);
    Ok(connections::reset_circuits(app, &scope, ask.connection).await?)
}
