//! What belongs to another tenant does not exist.

use axum::{body::Body, http::Request};
use calbridge::{config::Config, keys};
use calbridge_core::{
    ids::TenantId,
    scope::{Permission, Scope},
};
use calbridge_emulator::{CalCom, Calendly, Delivery, calcom::NewBooking, calendly::NewInvitee};
use calbridge_store::{Store, each_engine};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use crate::hub::{Answer, Place, TestHub, at};

async fn key(hub: &TestHub, place: &Place, permissions: &[Permission]) -> String {
    let permissions = permissions.iter().copied().collect();
    let (_, key) = keys::create(&hub.app, &place.scope, "test", permissions, None)
        .await
        .unwrap();
    key.expose_secret().to_owned()
}

async fn call(hub: &TestHub, method: &str, path: &str, key: &str, body: Option<Json>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "hub.example.org")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    hub.send(request.body(body).unwrap()).await
}

async fn closed_hub(store: Store) -> TestHub {
    TestHub::with(store, Config::default()).await
}

fn some_deliveries() -> Vec<Delivery> {
    let mut cal = CalCom::new(1);
    let mut calendly = Calendly::new(1);
    let now = at("2026-01-05T08:00:00Z");
    let start = at("2026-03-02T10:00:00Z");
    let mut sent = cal
        .book(
            NewBooking::new("intro", start, "Ann", "ann@example.org"),
            now,
        )
        .unwrap()
        .1;
    sent.extend(
        calendly
            .book(
                NewInvitee::new("first-assessment", start, "Bob", "bob@example.org"),
                now,
            )
            .unwrap()
            .1,
    );
    sent
}

each_engine! {
    async fn every_id_of_a_tenant_is_unknown_to_another(store: Store) {
        let hub = closed_hub(store).await;
        let (ours, theirs) = (hub.place().await, hub.new_place().await);
        hub.deliver_all(&ours, &some_deliveries()).await;
        let our_key = key(&hub, &ours, &Permission::ALL).await;
        let their_key = key(&hub, &theirs, &Permission::ALL).await;

        let mut paths = Vec::new();
        let bookings: Vec<(i64, uuid::Uuid, String, Option<i64>)> = hub
            .rows("SELECT id, public_id, external_booking_id, external_number FROM bookings", vec![])
            .await;
        for (id, public_id, external, number) in bookings {
            let encoded = external.replace('/', "%2F").replace(':', "%3A");
            let mut ids = vec![id.to_string(), public_id.to_string(), encoded];
            ids.extend(number.map(|number| number.to_string()));
            for id in ids {
                for rest in ["", "/timeline", "/history"] {
                    paths.push(("GET", format!("/api/v1/bookings/{id}{rest}"), None));
                }
            }
        }
        let leads: Vec<(i64, uuid::Uuid)> = hub.rows("SELECT id, public_id FROM leads", vec![]).await;
        for id in leads.into_iter().flat_map(|(id, public_id)| [id.to_string(), public_id.to_string()]) {
            for rest in ["", "/timeline", "/bookings"] {
                paths.push(("GET", format!("/api/v1/leads/{id}{rest}"), None));
            }
            paths.push(("PATCH", format!("/api/v1/leads/{id}"), Some(json!({ "status": "contacted" }))));
        }
        let events: Vec<(i64, uuid::Uuid)> = hub.rows("SELECT id, public_id FROM webhook_events", vec![]).await;
        for id in events.into_iter().flat_map(|(id, public_id)| [id.to_string(), public_id.to_string()]) {
            paths.push(("GET", format!("/api/v1/webhook-events/{id}"), None));
            paths.push(("POST", format!("/api/v1/webhook-events/{id}/replay?dry_run=true"), None));
            paths.push(("POST", format!("/api/v1/webhook-events/{id}/replay"), None));
        }
        assert!(paths.len() > 30);
        for (method, path, body) in &paths {
            let theirs = call(&hub, method, path, &their_key, body.clone()).await;
            assert_eq!(theirs.status, 404, "{method} {path}");
            assert_eq!(theirs.json()["code"], "not_found");
        }
        for (method, path, body) in &paths {
            let ours = call(&hub, method, path, &our_key, body.clone()).await;
            assert_eq!(ours.status, 200, "{method} {path}: {}", String::from_utf8_lossy(&ours.body));
        }
        for list in ["bookings", "leads", "webhook-events", "audit-log", "quarantine"] {
            let theirs = call(&hub, "GET", &format!("/api/v1/{list}"), &their_key, None).await.json();
            if list != "audit-log" {
                assert_eq!(theirs["data"], json!([]), "{list}");
            }
        }
    }

    async fn ids_in_metadata_do_not_reach_into_another_tenant(store: Store) {
        let hub = closed_hub(store).await;
        let (ours, theirs) = (hub.place().await, hub.new_place().await);
        hub.deliver_all(&ours, &some_deliveries()[..1]).await;
        let (lead,): (i64,) = hub.one("SELECT id FROM leads", vec![]).await;
        let mut cal = CalCom::new(2);
        let new = NewBooking {
            metadata: [("lead_id".to_owned(), lead.to_string()), ("tenant_id".to_owned(), "1".to_owned())].into(),
            ..NewBooking::new("intro", at("2026-03-05T10:00:00Z"), "Eve", "eve@example.org")
        };
        hub.deliver_all(&theirs, &cal.book(new, at("2026-01-05T08:00:00Z")).unwrap().1).await;
        let leads: Vec<(i64, String)> = hub.rows("SELECT tenant_id, name FROM leads ORDER BY tenant_id", vec![]).await;
        assert_eq!(leads, [(1, "Ann".to_owned()), (theirs.scope.tenant_id().0, "Eve".to_owned())]);
    }

    async fn the_same_ids_at_two_tenants_are_two_bookings(store: Store) {
        let hub = closed_hub(store).await;
        let (ours, theirs) = (hub.place().await, hub.new_place().await);
        let sent = some_deliveries();
        hub.deliver_all(&ours, &sent).await;
        hub.deliver_all(&theirs, &sent).await;
        assert_eq!((hub.count("bookings").await, hub.count("leads").await), (4, 4));
    }

    async fn a_credential_says_who_calls_and_what_they_may(store: Store) {
        let hub = closed_hub(store).await;
        let place = hub.place().await;
        let reader = key(&hub, &place, &[Permission::Read]).await;
        let code = |answer: &Answer| answer.json()["code"].as_str().unwrap().to_owned();

        let nobody = hub.get("/api/v1/bookings").await;
        assert_eq!((nobody.status.as_u16(), code(&nobody).as_str()), (401, "authentication_required"));
        assert!(nobody.headers.contains_key("www-authenticate"));
        let stranger = call(&hub, "GET", "/api/v1/bookings", "cb_nobody", None).await;
        assert_eq!((stranger.status.as_u16(), code(&stranger).as_str()), (401, "invalid_key"));
        assert_eq!(call(&hub, "GET", "/api/v1/bookings", &reader, None).await.status, 200);
        let lead = json!({ "name": "Ann", "email": "ann@example.org" });
        let forbidden = call(&hub, "POST", "/api/v1/leads", &reader, Some(lead)).await;
        assert_eq!((forbidden.status.as_u16(), code(&forbidden).as_str()), (403, "forbidden"));
        let forbidden = call(&hub, "GET", "/api/v1/audit-log", &reader, None).await;
        assert_eq!(forbidden.status, 403);

        let request = Request::get("/api/v1/bookings")
            .header("authorization", format!("Bearer {reader}"))
            .header("x-tenant-id", "2");
        let mismatch = hub.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((mismatch.status.as_u16(), code(&mismatch).as_str()), (403, "tenant_mismatch"));

        let (stored,): (String,) = hub.one("SELECT key_hash FROM api_keys", vec![]).await;
        assert!(!stored.contains(reader.as_str()));
        let (used,): (Option<jiff::Timestamp>,) = hub.one("SELECT last_used_at FROM api_keys", vec![]).await;
        assert_eq!(used, Some(hub.app.clock.now()));
    }

    async fn a_revoked_or_expired_key_opens_nothing(store: Store) {
        let hub = closed_hub(store).await;
        let place = hub.place().await;
        let permissions = || [Permission::Read].into_iter().collect();
        let until = Some(at("2026-01-06T00:00:00Z"));
        let (_, expiring) = keys::create(&hub.app, &place.scope, "short", permissions(), until).await.unwrap();
        let (revoked, revoked_key) = keys::create(&hub.app, &place.scope, "gone", permissions(), None).await.unwrap();
        let get = async |key: &secrecy::SecretString| {
            call(&hub, "GET", "/api/v1/leads", key.expose_secret(), None).await.status.as_u16()
        };
        assert_eq!((get(&expiring).await, get(&revoked_key).await), (200, 200));
        keys::revoke(&hub.app, &place.scope, revoked.id).await.unwrap();
        hub.set_clock("2026-01-07T00:00:00Z");
        assert_eq!((get(&expiring).await, get(&revoked_key).await), (401, 401));
    }

    async fn the_trusted_network_needs_no_key_and_trusts_no_foreign_host_name(store: Store) {
        let hub = TestHub::over(store).await;
        hub.place().await;
        let get = async |host: &str, tenant: Option<&str>| {
            let mut request = Request::get("/api/v1/leads").header("host", host);
            if let Some(tenant) = tenant {
                request = request.header("x-tenant-id", tenant);
            }
            hub.send(request.body(Body::empty()).unwrap()).await
        };
        assert_eq!(get("localhost:8000", None).await.status, 200);
        assert_eq!(get("127.0.0.1:8000", Some("1")).await.status, 200);
        assert_eq!(get("[::1]:8000", None).await.status, 200);
        assert_eq!(get("attacker.example", None).await.status, 401);
        assert_eq!(get("localhost", Some("77")).await.status, 404);
        hub.new_place().await;
        let missing = get("localhost", None).await;
        assert_eq!((missing.status.as_u16(), missing.json()["code"].as_str().unwrap()), (400, "tenant_required"));
    }

    async fn a_command_line_scope_of_an_unknown_tenant_sees_nothing(store: Store) {
        let hub = closed_hub(store).await;
        let place = hub.place().await;
        hub.deliver_all(&place, &some_deliveries()).await;
        let scope = Scope::cli(TenantId(99));
        let filter = calbridge_store::bookings::BookingFilter::default();
        let page = calbridge_store::PageRequest::first(10);
        let found = calbridge::booking::list(&hub.app, &scope, &filter, page).await.unwrap();
        assert_eq!(found.data.len(), 0);
    }
}
