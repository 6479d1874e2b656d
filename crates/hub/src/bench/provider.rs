//! The provider of benchmarks that ask one: the emulator, in this process, and a hub's connection to it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use calbridge_core::{
    ids::FIRST_TENANT,
    provider::Provider,
    scope::{Permission, Scope},
};
use calbridge_emulator::{Clock as EmulatorClock, Emulator, EmulatorConfig, server::CalComServer};
use calbridge_store::{connections::ApiAccess, sync_runs::SyncCause};
use secrecy::SecretString;

use super::{Plan, scratch::Scratch};
use crate::{
    app::App,
    clock::Clock,
    connections::{self, NewConnectionRequest},
    event_types, keys,
    startup::{self, Migrate},
};

/// The emulator's event type of 30 minutes.
pub(super) const EVENT_TYPE: i64 = 1;

/// An emulator that never says that it is asked too much.
pub(super) async fn start() -> anyhow::Result<Emulator> {
    let clock = Clock::system();
    Ok(Emulator::start(EmulatorConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        seed: 1,
        clock: EmulatorClock::new(move || clock.now()),
        calcom: CalComServer::default().generous(),
    })
    .await?)
}

/// A hub on a scratch database that asks it, without limits.
pub(super) async fn hub(
    plan: &Plan,
    scratch: &Scratch,
    provider: &Emulator,
) -> anyhow::Result<App> {
    let mut config = scratch.config(plan);
    config.calcom.api_url = provider.calcom_base_url();
    config.limits.key_per_minute = 0;
    config.limits.address_per_minute = 0;
    Ok(startup::start(config, Clock::system(), Migrate::Always).await?)
}

/// A connection that asks the provider, its event types, and a key to ask the hub with.
pub(super) async fn furnish(
    app: &App,
    provider: &Emulator,
    may: Permission,
) -> anyhow::Result<SecretString> {
    let scope = Scope::system(FIRST_TENANT);
    let request = NewConnectionRequest {
        api_key: Some(provider.calcom_api_key().to_owned().into()),
        api: ApiAccess {
            requests_per_minute: Some(1_000_000),
            requests_at_once: Some(1_000_000),
            ..ApiAccess::default()
        },
        ..NewConnectionRequest::new(Provider::CalCom, "bench")
    };
    let connection = connections::add(app, &scope, request).await?;
    let patience = Duration::from_mins(1);
    event_types::sync::now(
        app,
        &scope,
        Some(connection.id),
        SyncCause::Cli,
        patience,
        &|_| (),
    )
    .await?;
    let (_, key) = keys::create(app, &scope, "bench", [may].into(), None).await?;
    Ok(key)
}
