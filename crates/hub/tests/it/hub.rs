//! A hub for tests: the real router, a real database, emulated providers, a clock that stands still.

use std::{collections::BTreeMap, str::FromStr};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use calbridge::{
    app::App,
    clock::Clock,
    config::Config,
    connections::{NewConnectionRequest, add},
    startup,
};
use calbridge_core::{ids::TenantId, provider::Provider, scope::Scope};
use calbridge_emulator::Delivery;
use calbridge_store::{
    Store,
    connections::{Connection, SignaturePolicy},
    sql::{FromRow, Value},
    tenants,
};
use jiff::Timestamp;
use serde_json::Value as Json;
use tower::ServiceExt;

pub const CALCOM_SECRET: &str = "calcom-test-secret";
pub const CALENDLY_SECRET: &str = "calendly-test-secret";

/// When tests begin: early enough for every start time in them to be ahead.
pub const BEGINNING: &str = "2026-01-05T08:00:00Z";

pub struct TestHub {
    pub app: App,
    router: Router,
}

/// A tenant with a connection to each provider.
pub struct Place {
    pub scope: Scope,
    pub calcom: Connection,
    pub calendly: Connection,
}

/// An answer over HTTP.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    /// The outcome word of a webhook answer.
    pub fn outcome(&self) -> String {
        self.json()["status"].as_str().expect("a status").to_owned()
    }
}

impl TestHub {
    /// With tenant 1, which is empty, and the trusted network on.
    pub async fn over(store: Store) -> Self {
        let mut config = Config::default();
        config.access.trusted_network = true;
        config.sync.history = false;
        Self::with(store, config).await
    }

    pub async fn with(store: Store, config: Config) -> Self {
        let clock = Clock::standing_at(BEGINNING.parse().unwrap());
        startup::see_to_first_tenant(&store, clock.now())
            .await
            .unwrap();
        let app = App::start(store, clock, config).await.unwrap();
        let router = calbridge::http::router(app.clone());
        Self { app, router }
    }

    /// Another process on the same database takes over; what the former one has in memory is gone.
    pub async fn restart(&mut self) {
        self.app = crate::nodes::another_node(self).await;
        self.router = calbridge::http::router(self.app.clone());
    }

    /// What answers requests.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Tenant 1 with a connection to each provider.
    pub async fn place(&self) -> Place {
        self.furnish(TenantId(1)).await
    }

    /// Other tenants with a connection to each provider.
    pub async fn new_places(&self, count: usize) -> Vec<Place> {
        let mut places = Vec::with_capacity(count);
        for _ in 0..count {
            places.push(self.new_place().await);
        }
        places
    }

    /// Forget what a place was told.
    pub async fn empty(&self, place: &Place) {
        let mut tx = self.app.store.write().await.unwrap();
        for table in [
            "audit_log",
            "jobs",
            "activities",
            "attendees",
            "booking_references",
            "booking_changes",
            "bookings",
            "leads",
            "webhook_bodies",
            "webhook_events",
        ] {
            tx.query(format!("DELETE FROM {table} WHERE tenant_id = $1"))
                .bind(place.scope.tenant_id())
                .execute()
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Another tenant with a connection to each provider.
    pub async fn new_place(&self) -> Place {
        let mut tx = self.app.store.write().await.unwrap();
        let tenant = tenants::create(&mut tx, "Another", self.app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.furnish(tenant.id).await
    }

    async fn furnish(&self, tenant: TenantId) -> Place {
        let scope = Scope::cli(tenant);
        // Shared doors tell tenants apart by secret.
        let secret = |secret: &str| Some(format!("{secret}-{tenant}").into());
        let calcom = NewConnectionRequest {
            webhook_secret: secret(CALCOM_SECRET),
            ..NewConnectionRequest::new(Provider::CalCom, "cal")
        };
        let calendly = NewConnectionRequest {
            webhook_secret: secret(CALENDLY_SECRET),
            ..NewConnectionRequest::new(Provider::Calendly, "calendly")
        };
        Place {
            calcom: add(&self.app, &scope, calcom).await.unwrap(),
            calendly: add(&self.app, &scope, calendly).await.unwrap(),
            scope,
        }
    }

    /// The one connection whose deliveries need no signature.
    pub async fn open_calcom(&self) -> Connection {
        let request = NewConnectionRequest {
            signature_policy: SignaturePolicy::Off,
            ..NewConnectionRequest::new(Provider::CalCom, "documents")
        };
        add(&self.app, &Scope::cli(TenantId(1)), request)
            .await
            .unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    pub async fn post(
        &self,
        path: &str,
        headers: &[(String, String)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let mut request = Request::post(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        self.send(request.body(Body::from(body.into())).unwrap())
            .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(
            Request::get(path)
                .header("host", "localhost")
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    /// Deliver to a place as the provider would, at the connection's own URL.
    pub async fn deliver(&self, place: &Place, delivery: &Delivery) -> Answer {
        let connection = match delivery.provider {
            calbridge_emulator::Provider::CalCom => &place.calcom,
            calbridge_emulator::Provider::Calendly => &place.calendly,
        };
        let headers =
            delivery.signed_headers(Some(&place.secret_of(connection)), self.app.clock.now());
        self.post(&connection.webhook_path(), &headers, delivery.body.clone())
            .await
    }

    pub async fn deliver_all(&self, place: &Place, deliveries: &[Delivery]) {
        for delivery in deliveries {
            let answer = self.deliver(place, delivery).await;
            assert_eq!(
                answer.status,
                StatusCode::OK,
                "{}",
                String::from_utf8_lossy(&answer.body)
            );
        }
    }

    pub fn set_clock(&self, to: &str) {
        self.app.clock.set(to.parse().unwrap());
    }

    /// Run due jobs until there are none; none may have failed.
    pub async fn run_jobs(&self) {
        while calbridge::jobs::run_due(&self.app).await.unwrap() > 0 {}
        let failed: Vec<(String, Option<String>)> = self
            .rows(
                "SELECT kind, last_error FROM jobs WHERE state = 'failed'",
                vec![],
            )
            .await;
        assert_eq!(failed, []);
    }

    pub async fn rows<T: FromRow>(&self, sql: &'static str, values: Vec<Value>) -> Vec<T> {
        let mut tx = self.app.store.read().await.unwrap();
        tx.query(sql).bind_all(values).all().await.unwrap()
    }

    /// What somebody with a SQL tool does; how many rows it changed.
    pub async fn execute(&self, sql: &'static str, values: Vec<Value>) -> u64 {
        let mut tx = self.app.store.write().await.unwrap();
        let changed = tx.query(sql).bind_all(values).execute().await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    pub async fn one<T: FromRow>(&self, sql: &'static str, values: Vec<Value>) -> T {
        let mut rows = self.rows(sql, values).await;
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0)
    }

    pub async fn count(&self, table: &'static str) -> i64 {
        let mut tx = self.app.store.read().await.unwrap();
        let (count,): (i64,) = tx
            .query(format!("SELECT COUNT(*) FROM {table}"))
            .one()
            .await
            .unwrap();
        count
    }
}

impl Place {
    pub fn secret_of(&self, connection: &Connection) -> String {
        let secret = match connection.provider {
            Provider::CalCom => CALCOM_SECRET,
            Provider::Calendly => CALENDLY_SECRET,
        };
        format!("{secret}-{}", self.scope.tenant_id())
    }
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::from_str(text).unwrap()
}

/// Everything the tables of a tenant say about its bookings, without ids of ours and times of receipt.
pub async fn dump(hub: &TestHub, place: &Place) -> BTreeMap<&'static str, Vec<String>> {
    let queries = [
        ("bookings", "SELECT concat_ws('|', booking_provider, external_booking_id, external_number, booking_type, title, notes,
             scheduled_at, ends_at, previous_start, rescheduled_count, b.time_zone, event_type_id, b.status, confirmation,
             cancellation_reason, location, meeting_url, is_group, capacity, paid, price, hosts, told_by, made_at, changed_at, l.email)
             FROM bookings b LEFT JOIN leads l ON l.id = b.lead_id WHERE b.tenant_id = $1"),
        ("attendees", "SELECT concat_ws('|', b.external_booking_id, a.attendee_key, a.role, l.email, a.name, a.email, a.phone,
             a.time_zone, a.language, a.external_id, a.status, a.no_show, a.joined_at, a.changed_at)
             FROM attendees a JOIN bookings b ON b.id = a.booking_id LEFT JOIN leads l ON l.id = a.lead_id WHERE a.tenant_id = $1"),
        ("leads", "SELECT concat_ws('|', l.name, l.email, l.phone, l.status, status_at, reference, source_detail, activity_notes,
             CASE WHEN b.external_number IS NOT NULL THEN l.booking_id END, l.booking_url, booked_at, b.external_booking_id,
             current_booking_rank, l.time_zone, language, first_utm, last_utm, told_at)
             FROM leads l LEFT JOIN bookings b ON b.id = l.current_booking_id WHERE l.tenant_id = $1"),
        ("activities", "SELECT concat_ws('|', b.external_booking_id, l.email, activity_key, type, subject, body, occurred_at)
             FROM activities a JOIN bookings b ON b.id = a.booking_id LEFT JOIN leads l ON l.id = a.lead_id WHERE a.tenant_id = $1"),
        ("booking_changes", "SELECT concat_ws('|', b.external_booking_id, fingerprint, kind, cause, occurred_at, position, effective,
             note, c.before, c.after)
             FROM booking_changes c JOIN bookings b ON b.id = c.booking_id WHERE c.tenant_id = $1"),
        ("references", "SELECT concat_ws('|', b.external_booking_id, kind, value)
             FROM booking_references r JOIN bookings b ON b.id = r.booking_id WHERE r.tenant_id = $1 AND kind <> 'former'"),
        ("payloads", "SELECT concat_ws('|', external_booking_id, webhook_payload) FROM bookings b WHERE b.tenant_id = $1"),
        ("jobs", "SELECT concat_ws('|', kind, run_at) FROM jobs WHERE tenant_id = $1"),
    ];
    let mut tables = BTreeMap::new();
    for (name, sql) in queries {
        let mut rows: Vec<String> = hub
            .rows::<(String,)>(sql, vec![place.scope.tenant_id().into()])
            .await
            .into_iter()
            .map(|(row,)| row)
            .collect();
        rows.sort();
        tables.insert(name, rows);
    }
    tables
}
