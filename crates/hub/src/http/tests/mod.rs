//! The doors themselves: who is let in, how problems look, and what is refused before anything is read. What the use
//! cases do is tested through the running system.

mod callers;
mod doors;
mod leads;
mod limits;
mod looking;
mod shapes;

use std::collections::BTreeSet;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use calbridge_core::{
    ids::TenantId,
    scope::{Permission, Scope},
};
use calbridge_store::{
    Store,
    migrations::MIGRATIONS,
    secrets::KeyRing,
    tenants,
    testing::{TestDb, sqlite_db},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::Value as JsonValue;
use tower::ServiceExt;

use crate::{app::App, clock::Clock, config::Config, keys};

struct Doors {
    app: App,
    router: Router,
    // Removed when the test is over.
    _database: TestDb,
}

impl Doors {
    async fn open(config: Config) -> Self {
        let database = sqlite_db(MIGRATIONS).await;
        let store = Store::new(database.db.clone(), KeyRing::generate());
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut tx = store.write().await.unwrap();
        tenants::create(&mut tx, "Default", now).await.unwrap();
        tx.commit().await.unwrap();
        let app = App::start(store, Clock::standing_at(now), config)
            .await
            .unwrap();
        Self {
            router: crate::http::router(app.clone()),
            app,
            _database: database,
        }
    }

    /// With the trusted network, as in the documents' examples.
    async fn wide_open() -> Self {
        let mut config = Config::default();
        config.access.trusted_network = true;
        Self::open(config).await
    }

    async fn second_tenant(&self) -> TenantId {
        let mut tx = self.app.store.write().await.unwrap();
        let now = self.app.clock.now();
        let tenant = tenants::create(&mut tx, "Second", now).await.unwrap();
        tx.commit().await.unwrap();
        let registry = &self.app.registry;
        registry.refresh(&self.app.store, now).await.unwrap();
        tenant.id
    }

    async fn key(&self, tenant: TenantId, permission: Permission) -> String {
        let permissions = BTreeSet::from([permission]);
        let expires = self.app.clock.now() + SignedDuration::from_hours(1);
        let scope = Scope::system(tenant);
        let (_, key) = keys::create(&self.app, &scope, "test", permissions, Some(expires))
            .await
            .unwrap();
        key.expose_secret().to_owned()
    }

    async fn answer(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Status and body.
    async fn ask(&self, request: Request<Body>) -> (StatusCode, JsonValue) {
        let response = self.answer(request).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn post_lead(&self, body: &str) -> (StatusCode, JsonValue) {
        self.ask(post("/api/v1/leads", body)).await
    }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path)
        .header(header::HOST, "localhost:8000")
        .body(Body::empty())
        .unwrap()
}

fn post(path: &str, body: &str) -> Request<Body> {
    Request::post(path)
        .header(header::HOST, "localhost:8000")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn code((status, body): &(StatusCode, JsonValue)) -> (u16, String) {
    let code = body["code"].as_str().unwrap_or_default();
    (status.as_u16(), code.to_owned())
}
