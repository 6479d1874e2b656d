//! A write that is repeated with its `Idempotency-Key` is done once.

use axum::{body::Body, http::Request};
use calbridge::config::Config;
use calbridge_core::{
    ids::TenantId,
    scope::{Permission, Scope},
};
use calbridge_store::{Store, each_engine};
use futures::future::join_all;
use secrecy::ExposeSecret;

use crate::hub::{Answer, TestHub};

const ANN: &str = r#"{"email":"ann@example.org"}"#;
const BOB: &str = r#"{"email":"bob@example.org"}"#;

/// A write, with a key and perhaps more headers.
async fn write(
    hub: &TestHub,
    method: &str,
    path: &str,
    key: &str,
    more: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    hub.send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

async fn post(hub: &TestHub, key: &str, body: &str) -> Answer {
    write(hub, "POST", "/api/v1/leads", key, &[], body).await
}

fn code(answer: &Answer) -> (u16, String) {
    let code = answer.json()["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status.as_u16(), code)
}

fn is_replayed(answer: &Answer) -> bool {
    answer
        .headers
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

each_engine! {
    async fn the_same_request_is_done_once_and_answered_the_same(store: Store) {
        let hub = TestHub::over(store.clone()).await;
        let first = post(&hub, "k1", ANN).await;
        assert_eq!(first.status, 201);
        assert!(!is_replayed(&first));
        // On another node, later.
        let other = TestHub::over(store).await;
        other.set_clock("2026-01-06T07:59:59Z");
        let again = post(&other, "k1", ANN).await;
        assert!(is_replayed(&again));
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        for header in ["content-type", "location"] {
            assert_eq!(again.headers.get(header), first.headers.get(header), "{header}");
        }
        assert!(again.headers.contains_key("x-request-id"));
        // Without the key it is a request of its own: the person is known by now.
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        assert_eq!(hub.post("/api/v1/leads", &json, ANN).await.status, 200);
    }

    async fn the_function_that_changes_something_takes_a_key_too(store: Store) {
        let hub = TestHub::over(store).await;
        for path in ["/cal-bookings", "/functions/v1/cal-bookings/"] {
            let key = path.len().to_string();
            let first = write(&hub, "POST", path, &key, &[], "{}").await;
            assert_eq!((first.status.as_u16(), is_replayed(&first)), (200, false), "{path}");
            let again = write(&hub, "POST", path, &key, &[], "{}").await;
            assert!(is_replayed(&again), "{path}");
            assert_eq!(again.body, first.body);
            let other = write(&hub, "POST", path, &key, &[], r#"{"action":"list"}"#).await;
            assert_eq!(code(&other), (422, "idempotency_key_reused".to_owned()), "{path}");
        }
    }

    async fn a_key_belongs_to_one_request(store: Store) {
        let hub = TestHub::over(store).await;
        let lead = post(&hub, "k1", ANN).await.json()["id"].to_string();
        let path = format!("/api/v1/leads/{lead}");
        let reused = (422, "idempotency_key_reused".to_owned());
        assert_eq!(code(&post(&hub, "k1", BOB).await), reused);
        assert_eq!(code(&write(&hub, "PATCH", &path, "k1", &[], ANN).await), reused);
        assert_eq!(code(&write(&hub, "POST", "/api/v1/leads?again", "k1", &[], ANN).await), reused);
        assert_eq!(hub.count("leads").await, 1);
        let change = r#"{"status":"contacted"}"#;
        assert_eq!(write(&hub, "PATCH", &path, "k2", &[], change).await.status, 200);
        hub.execute("UPDATE leads SET status = 'new'", vec![]).await;
        let again = write(&hub, "PATCH", &path, "k2", &[], change).await;
        assert_eq!((is_replayed(&again), &again.json()["status"]), (true, &"contacted".into()));
        let (status,): (String,) = hub.one("SELECT status FROM leads", vec![]).await;
        assert_eq!(status, "new", "nothing is done again");
    }

    async fn of_equal_requests_at_once_one_is_done(store: Store) {
        let hub = TestHub::over(store).await;
        let all = join_all((0..8).map(|_| post(&hub, "k1", ANN))).await;
        let (created, waiting): (Vec<_>, Vec<_>) = all.iter().partition(|answer| answer.status == 201);
        assert_eq!(created.iter().filter(|answer| !is_replayed(answer)).count(), 1);
        for answer in waiting {
            assert_eq!(code(answer), (409, "request_in_progress".to_owned()));
            assert_eq!(answer.headers["retry-after"], "1");
        }
        assert_eq!(post(&hub, "k1", ANN).await.body, created[0].body);
        let (audited,): (i64,) = hub.one("SELECT COUNT(*) FROM audit_log WHERE action = 'lead.create'", vec![]).await;
        assert_eq!((hub.count("leads").await, audited), (1, 1));
    }

    async fn a_request_whose_node_died_may_be_asked_again(store: Store) {
        let hub = TestHub::over(store).await;
        post(&hub, "k1", ANN).await;
        // As a node leaves it that dies before it has answered.
        hub.execute("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL", vec![]).await;
        assert_eq!(code(&post(&hub, "k1", ANN).await), (409, "request_in_progress".to_owned()));
        hub.set_clock("2026-01-05T08:01:00Z");
        let taken_over = post(&hub, "k1", ANN).await;
        assert_eq!((taken_over.status.as_u16(), is_replayed(&taken_over)), (200, false));
        assert!(is_replayed(&post(&hub, "k1", ANN).await));
    }

    async fn refusals_for_good_are_kept_and_others_are_not(store: Store) {
        let hub = TestHub::over(store).await;
        let refused = post(&hub, "k1", r#"{"email":"nobody"}"#).await;
        assert_eq!(code(&refused), (422, "invalid_field".to_owned()));
        let again = post(&hub, "k1", r#"{"email":"nobody"}"#).await;
        assert_eq!((code(&again), is_replayed(&again)), (code(&refused), true));
        assert_eq!(again.headers["content-type"], "application/problem+json");

        let key = ("x-api-key", "cb_nobody");
        let unknown = write(&hub, "POST", "/api/v1/leads", "k2", &[key], ANN).await;
        assert_eq!(code(&unknown), (401, "invalid_key".to_owned()));
        assert_eq!(post(&hub, "k2", ANN).await.status, 201);
    }

    async fn an_answer_goes_only_to_whoever_asked(store: Store) {
        let hub = TestHub::with(store, Config::default()).await;
        let mut keys = Vec::new();
        for permission in [Permission::Write, Permission::Write, Permission::Read] {
            let (_, key) = calbridge::keys::create(&hub.app, &Scope::cli(TenantId(1)), "test", [permission].into(), None)
                .await
                .unwrap();
            keys.push(key.expose_secret().to_owned());
        }
        let ask = async |key: &str| write(&hub, "POST", "/api/v1/leads", "k1", &[("x-api-key", key)], ANN).await;
        // Whoever may not do it leaves no trace.
        assert_eq!(ask(&keys[2]).await.status, 403);
        assert_eq!(ask(&keys[0]).await.status, 201);
        assert!(is_replayed(&ask(&keys[0]).await));
        for other in &keys[1..] {
            assert_eq!(code(&ask(other).await), (422, "idempotency_key_reused".to_owned()));
        }
    }

    async fn keys_are_the_tenants_own(store: Store) {
        let hub = TestHub::over(store).await;
        let second = hub.new_place().await.scope.tenant_id().to_string();
        for tenant in ["1", &second] {
            let answer = write(&hub, "POST", "/api/v1/leads", "k1", &[("x-tenant-id", tenant)], ANN).await;
            assert_eq!((answer.status.as_u16(), is_replayed(&answer)), (201, false));
        }
        assert_eq!(hub.count("leads").await, 2);
    }

    async fn keys_are_forgotten_after_a_day(store: Store) {
        let hub = TestHub::over(store).await;
        post(&hub, "k1", ANN).await;
        hub.set_clock("2026-01-06T08:00:00Z");
        assert_eq!(calbridge::retention::look(&hub.app).await.unwrap().answers, 1);
        assert_eq!(calbridge::retention::run(&hub.app, None, |_| {}).await.unwrap().answers, 1);
        assert_eq!(hub.count("idempotency_keys").await, 0);
        assert_eq!(post(&hub, "k1", BOB).await.status, 201);
    }

    async fn a_key_that_cannot_be_one_is_refused(store: Store) {
        let hub = TestHub::over(store).await;
        for key in ["", "two words", &"k".repeat(256)] {
            let refused = post(&hub, key, ANN).await;
            assert_eq!(code(&refused), (400, "invalid_header".to_owned()));
            assert_eq!(refused.json()["field"], "Idempotency-Key");
        }
        assert_eq!(hub.count("leads").await, 0);
    }
}
