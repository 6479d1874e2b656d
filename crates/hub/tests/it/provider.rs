//! A hub and an emulated Cal.com that it can ask.

use std::net::SocketAddr;

use axum::{body::Body, http::Request};
use calbridge::{
    config::Config,
    connections::{NewConnectionRequest, add},
};
use calbridge_core::{ids::TenantId, provider::Provider, scope::Scope};
use calbridge_emulator::{
    ApiFailure, ApiFault, ApiPlan, Clock, Emulator, EmulatorConfig,
    server::{CalComServer, OperationCount},
};
use calbridge_store::{Store, connections::Connection};

use serde_json::Value as Json;

use crate::hub::{Answer, Place, TestHub};

/// A hub whose connections ask an emulated Cal.com; both have the same clock.
pub struct WithProvider {
    pub hub: TestHub,
    pub provider: Emulator,
}

impl WithProvider {
    pub async fn start(store: Store) -> Self {
        Self::with(store, CalComServer::default().generous(), |_| {}).await
    }

    pub async fn with(
        store: Store,
        server: CalComServer,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        // The emulator is asked for its time by the hub's clock, which does not exist yet.
        let shared: std::sync::Arc<std::sync::OnceLock<calbridge::clock::Clock>> =
            std::sync::Arc::default();
        let clock = std::sync::Arc::clone(&shared);
        let beginning = crate::hub::at(crate::hub::BEGINNING);
        let provider = Emulator::start(EmulatorConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            clock: Clock::new(move || clock.get().map_or(beginning, calbridge::clock::Clock::now)),
            calcom: server,
        })
        .await
        .unwrap();
        let mut config = Config::default();
        config.access.trusted_network = true;
        // Tests say themselves what is read.
        config.sync.history = false;
        config.calcom.api_url = provider.calcom_base_url();
        change(&mut config);
        let hub = TestHub::with(store, config).await;
        let _ = shared.set(hub.app.clock.clone());
        Self { hub, provider }
    }

    /// A connection with a key that works.
    pub async fn connect(&self, tenant: TenantId, name: &str) -> Connection {
        self.connect_with_key(tenant, name, self.provider.calcom_api_key())
            .await
    }

    pub async fn connect_with_key(&self, tenant: TenantId, name: &str, key: &str) -> Connection {
        let request = NewConnectionRequest {
            webhook_secret: Some(format!("{}-{tenant}", crate::hub::CALCOM_SECRET).into()),
            api_key: Some(key.to_owned().into()),
            ..NewConnectionRequest::new(Provider::CalCom, name)
        };
        add(&self.hub.app, &Scope::cli(tenant), request)
            .await
            .unwrap()
    }

    /// Tenant 1 with a connection that asks; its default event type is the emulator's `intro`.
    pub async fn place(&self) -> Place {
        let calcom = self.connect(TenantId(1), "cal").await;
        self.hub
            .execute(
                "UPDATE connections SET default_event_type_id = '1' WHERE id = $1",
                vec![calcom.id.into()],
            )
            .await;
        self.hub
            .execute("UPDATE registry_version SET version = version + 1", vec![])
            .await;
        let now = self.hub.app.clock.now();
        let registry = &self.hub.app.registry;
        registry.refresh(&self.hub.app.store, now).await.unwrap();
        Place {
            scope: Scope::cli(TenantId(1)),
            calendly: calcom.clone(),
            calcom,
        }
    }

    /// From now on, these requests fail so.
    pub fn fail(&self, operation: &str, failure: ApiFailure) {
        self.provider
            .set_api_faults(ApiPlan::of([ApiFault::new(operation, failure)]));
    }

    pub fn heal(&self) {
        self.provider.set_api_faults(ApiPlan::default());
    }

    /// How often an operation was asked for.
    pub fn asked(&self, operation: &str) -> OperationCount {
        self.provider.operation(operation)
    }
}

/// Send JSON, or nothing.
pub async fn send(hub: &TestHub, method: &str, path: &str, body: Json) -> Answer {
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json");
    hub.send(request.body(body).unwrap()).await
}

/// Have event types read, and look at the run that did it.
pub async fn sync(with: &WithProvider) -> Json {
    let accepted = send(&with.hub, "POST", "/api/v1/event-types/sync", Json::Null).await;
    assert_eq!(accepted.status, 202, "{}", accepted.json());
    with.hub.run_jobs().await;
    let location = accepted.headers["location"].to_str().unwrap();
    with.hub.get(location).await.json()
}

/// Let a connection name its team.
pub async fn name_team(with: &WithProvider, connection: i64) {
    let hub = &with.hub;
    let team = "UPDATE connections SET team_id = 10 WHERE id = $1";
    hub.execute(team, vec![connection.into()]).await;
    hub.execute("UPDATE registry_version SET version = version + 1", vec![])
        .await;
    let now = hub.app.clock.now();
    hub.app.registry.refresh(&hub.app.store, now).await.unwrap();
}
