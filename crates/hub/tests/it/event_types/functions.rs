//! `/cal-event-types`, as pages call it.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use calbridge::{config::Config, keys};
use calbridge_core::{
    ids::TenantId,
    scope::{Permission, Scope},
};
use calbridge_emulator::{ApiFailure, server::CalComServer};
use calbridge_store::{Store, each_engine};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::{LISTS, send, sync};
use crate::{
    hub::{Answer, TestHub},
    provider::WithProvider,
};

const PATHS: [&str; 4] = [
    "/cal-event-types",
    "/cal-event-types/",
    "/functions/v1/cal-event-types",
    "/functions/v1/cal-event-types/",
];

async fn closed(store: Store) -> WithProvider {
    let server = CalComServer::default().generous();
    WithProvider::with(store, server, |config: &mut Config| {
        config.access.trusted_network = false;
    })
    .await
}

async fn key(hub: &TestHub, tenant: i64, permission: Permission) -> String {
    let scope = Scope::cli(TenantId(tenant));
    let permissions = BTreeSet::from([permission]);
    let (_, key) = keys::create(&hub.app, &scope, "test", permissions, None)
        .await
        .unwrap();
    key.expose_secret().to_owned()
}

async fn call(
    hub: &TestHub,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "hub.example.org");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    hub.send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

fn titles(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let all = body["event_types"].as_array().unwrap();
    all.iter()
        .map(|one| one["title"].as_str().unwrap().to_owned())
        .collect()
}

each_engine! {
    async fn everybody_sees_what_can_be_booked_and_nothing_else(store: Store) {
        let with = closed(store).await;
        with.connect(TenantId(1), "cal").await;
        let admin = key(&with.hub, 1, Permission::Admin).await;
        let bearer = format!("Bearer {admin}");
        with.provider.edit_calcom(|calcom| {
            calcom.change_event_type(3, |one| one.settings.hidden = true).unwrap();
        });
        let synced = call(&with.hub, "GET", "/cal-event-types?action=sync", &[("authorization", &bearer)], "").await;
        assert_eq!(synced.status, 200, "{}", synced.json());
        assert_eq!(synced.json()["sync"][0]["state"], "done");
        assert_eq!(titles(&synced).len(), 6, "whoever has a key sees all");
        let off = call(&with.hub, "PATCH", "/api/v1/event-types/7", &[("authorization", &bearer), ("content-type", "application/json")], r#"{"active":false}"#).await;
        assert_eq!(off.status, 200);
        for path in PATHS {
            for (method, body) in [("GET", ""), ("POST", ""), ("POST", "{}"), ("POST", r#"{"action":"list"}"#)] {
                let answer = call(&with.hub, method, path, &[("origin", "https://site.example")], body).await;
                assert_eq!(answer.status, 200, "{method} {path}");
                assert_eq!(titles(&answer), ["Intro", "Consultation", "Coaching", "Paid consult"], "{method} {path}");
                assert_eq!(answer.headers["access-control-allow-origin"], "*");
            }
        }
        let first = &call(&with.hub, "GET", PATHS[0], &[], "").await.json()["event_types"][0];
        assert!(first["id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());
        assert_eq!((&first["cal_event_type_id"], &first["slug"], &first["length"]), (&json!("1"), &json!("intro"), &json!(30)));
        assert_eq!((&first["price"], &first["active"]), (&json!(0), &json!(true)));
        let paid = &call(&with.hub, "GET", PATHS[0], &[], "").await.json()["event_types"][3];
        assert_eq!(paid["price"], 4500);
        // What pages of other hosts send along is no key of ours; a key of ours that does not work is refused.
        let theirs = call(&with.hub, "POST", PATHS[2], &[("authorization", "Bearer eyJhbGciOi"), ("apikey", "eyJ")], "").await;
        assert_eq!(titles(&theirs).len(), 4);
        let wrong = call(&with.hub, "GET", PATHS[0], &[("authorization", "Bearer cb_wrong")], "").await;
        assert_eq!(wrong.status, 401);
    }

    async fn only_administrators_sync(store: Store) {
        let with = closed(store).await;
        with.connect(TenantId(1), "cal").await;
        let reader = key(&with.hub, 1, Permission::Read).await;
        let body = r#"{"action":"sync"}"#;
        for path in PATHS {
            assert_eq!(call(&with.hub, "POST", path, &[], body).await.status, 401, "{path}");
            let answer = call(&with.hub, "POST", path, &[("x-api-key", &reader)], body).await;
            assert_eq!(answer.status, 403, "{path}");
        }
        assert_eq!(with.asked(LISTS).requests, 0);
        let admin = key(&with.hub, 1, Permission::Admin).await;
        let done = call(&with.hub, "POST", PATHS[2], &[("x-api-key", &admin)], body).await;
        assert_eq!((done.status.as_u16(), titles(&done).len()), (200, 6));
        assert_eq!(call(&with.hub, "GET", "/cal-event-types?action=delete", &[], "").await.status, 422);
        assert_eq!(call(&with.hub, "POST", PATHS[0], &[], "{").await.status, 400);
    }

    async fn a_sync_that_fails_says_so(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        sync(&with).await;
        with.fail(LISTS, ApiFailure::Status(500));
        let failed = with.hub.get("/cal-event-types?action=sync").await;
        assert_eq!((failed.status.as_u16(), &failed.json()["code"]), (502, &json!("sync_failed")));
        assert_eq!(titles(&with.hub.get("/cal-event-types").await).len(), 6);
    }

    async fn a_browser_may_ask_first(store: Store) {
        let with = WithProvider::start(store).await;
        for path in PATHS {
            let headers = [("origin", "https://site.example"), ("access-control-request-method", "POST")];
            let answer = call(&with.hub, "OPTIONS", path, &headers, "").await;
            assert_eq!(answer.status, 204, "{path}");
            assert_eq!(answer.headers["access-control-allow-origin"], "*");
            assert!(answer.headers["access-control-allow-methods"].to_str().unwrap().contains("POST"));
            assert!(answer.headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
        }
    }

    async fn with_several_tenants_one_is_named(store: Store) {
        let with = closed(store).await;
        with.connect(TenantId(1), "cal").await;
        let place = with.hub.new_place().await;
        let theirs = place.scope.tenant_id().to_string();
        let admin = key(&with.hub, 1, Permission::Admin).await;
        call(&with.hub, "GET", "/cal-event-types?action=sync", &[("x-api-key", &admin)], "").await;
        let nobody = call(&with.hub, "GET", PATHS[0], &[], "").await;
        assert_eq!((nobody.status.as_u16(), &nobody.json()["code"]), (400, &json!("tenant_required")));
        let ours = call(&with.hub, "GET", PATHS[0], &[("x-tenant-id", "1")], "").await;
        assert_eq!(titles(&ours).len(), 6);
        let others = call(&with.hub, "GET", PATHS[0], &[("x-tenant-id", &theirs)], "").await;
        assert_eq!(titles(&others).len(), 0);
        assert_eq!(call(&with.hub, "GET", PATHS[0], &[("x-tenant-id", "99")], "").await.status, 404);
    }

    async fn what_is_of_another_tenant_does_not_exist(store: Store) {
        let with = closed(store).await;
        with.connect(TenantId(1), "cal").await;
        let tenant = with.hub.new_place().await.scope.tenant_id().0;
        let ours = key(&with.hub, 1, Permission::Admin).await;
        let theirs = key(&with.hub, tenant, Permission::Admin).await;
        let json = |key| [("x-api-key", key), ("content-type", "application/json")];
        call(&with.hub, "GET", "/cal-event-types?action=sync", &[("x-api-key", &ours)], "").await;
        for (path, body) in [
            ("/api/v1/branches", json!({ "name": "Center" })),
            ("/api/v1/users", json!({ "name": "Kim" })),
            ("/api/v1/branches/1/event-types", json!({ "calcom_event_type_id": 1 })),
        ] {
            let answer = call(&with.hub, "POST", path, &json(ours.as_str()), &body.to_string()).await;
            assert_eq!(answer.status, 201, "{path} {}", answer.json());
        }
        let id = call(&with.hub, "GET", "/api/v1/event-types/1", &[("x-api-key", &ours)], "").await.json();
        let mut paths: Vec<(&str, String, Json)> = vec![
            ("GET", "/api/v1/event-types/1".to_owned(), Json::Null),
            ("GET", "/api/v1/event-types/greta-falk%2Fintro".to_owned(), Json::Null),
            ("PATCH", "/api/v1/event-types/1".to_owned(), json!({ "title": "Stolen" })),
            ("GET", "/api/v1/branches/1".to_owned(), Json::Null),
            ("GET", "/api/v1/branches/1/event-types".to_owned(), Json::Null),
            ("PATCH", "/api/v1/branches/1".to_owned(), json!({ "name": "Stolen" })),
            ("PATCH", "/api/v1/branches/1/event-types/1".to_owned(), json!({ "is_active": false })),
            ("GET", "/api/v1/users/1".to_owned(), Json::Null),
            ("PATCH", "/api/v1/users/1".to_owned(), json!({ "name": "Stolen" })),
            ("GET", "/api/v1/sync-runs/1".to_owned(), Json::Null),
            ("POST", "/api/v1/host-matches/1/confirm".to_owned(), json!({ "user_id": 1 })),
            ("POST", "/api/v1/host-matches/1/reject".to_owned(), Json::Null),
            ("DELETE", "/api/v1/branches/1/event-types/1".to_owned(), Json::Null),
            ("DELETE", "/api/v1/branches/1".to_owned(), Json::Null),
        ];
        for own in ["id", "public_id"] {
            paths.insert(0, ("GET", format!("/api/v1/event-types/{}", id[own].to_string().replace('"', "")), Json::Null));
        }
        for (who, status) in [(theirs.as_str(), 404..405), (ours.as_str(), 200..300)] {
            for (method, path, body) in &paths {
                let body = if body.is_null() { String::new() } else { body.to_string() };
                let answer = call(&with.hub, method, path, &json(who), &body).await;
                assert!(status.contains(&answer.status.as_u16()), "{method} {path} {}", answer.status);
            }
        }
        for list in ["event-types", "branches", "users", "host-matches", "sync-runs"] {
            let answer = call(&with.hub, "GET", &format!("/api/v1/{list}"), &[("x-api-key", &theirs)], "").await;
            assert_eq!(answer.json()["data"], json!([]), "{list}");
        }
    }

    async fn whoever_may_only_write_changes_no_event_types(store: Store) {
        let with = closed(store).await;
        let writer = key(&with.hub, 1, Permission::Write).await;
        for (method, path) in [
            ("PATCH", "/api/v1/event-types/1"),
            ("POST", "/api/v1/event-types/sync"),
            ("POST", "/api/v1/branches"),
            ("DELETE", "/api/v1/branches/1"),
            ("POST", "/api/v1/users"),
            ("POST", "/api/v1/host-matches/1/confirm"),
        ] {
            let headers = [("x-api-key", writer.as_str()), ("content-type", "application/json")];
            assert_eq!(call(&with.hub, method, path, &headers, "{}").await.status, 403, "{method} {path}");
        }
        // As with everything else on the trusted network.
        assert_eq!(send(&with.hub, "GET", "/api/v1/event-types", Json::Null).await.status, 401);
    }
}
