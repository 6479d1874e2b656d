//! The doors themselves: who is let in, how problems look, and what is refused before anything is read. What the use
//! cases do is tested through the running system.

use std::collections::BTreeSet;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use calbridge_core::{
    ids::{FIRST_TENANT, TenantId},
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
use rstest::rstest;
use secrecy::ExposeSecret;
use serde_json::{Value as JsonValue, json};
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
        let app = App::start(store, Clock::standing_at(now), config).await.unwrap();
        Self {
            router: super::router(app.clone()),
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

#[tokio::test]
async fn a_problem_carries_the_id_of_its_request() {
    let doors = Doors::wide_open().await;
    let response = doors
        .answer(with(get("/nowhere"), "x-request-id", "abc-1"))
        .await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.headers()["x-request-id"], "abc-1");
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: JsonValue = serde_json::from_slice(&body).unwrap();
    insta::assert_json_snapshot!(body, @r#"
    {
      "code": "not_found",
      "detail": "there is no such path",
      "request_id": "abc-1",
      "status": 404,
      "title": "There is no such thing",
      "type": "urn:calbridge:problem:not_found"
    }
    "#);
    let response = doors
        .answer(with(get("/nowhere"), "x-request-id", "<script>"))
        .await;
    assert_ne!(response.headers()["x-request-id"], "<script>");
}

#[rstest]
#[case("/webhooks/calcom", "POST")]
#[case("/hooks/token/", "POST")]
#[case("/api/v1/webhook-events/replay", "POST")]
#[tokio::test]
async fn a_wrong_method_is_told_the_right_one(#[case] path: &str, #[case] allowed: &str) {
    let doors = Doors::wide_open().await;
    let response = doors.answer(get(path)).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[header::ALLOW], allowed);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_not_read() {
    let doors = Doors::wide_open().await;
    for path in ["/webhooks/calcom", "/api/v1/leads"] {
        let request = with(post(path, ""), "content-length", "99999999");
        let answer = doors.ask(request).await;
        assert_eq!(code(&answer), (413, "body_too_large".to_owned()));
        // Nor one that says nothing and goes on.
        let body = "x".repeat(1024 * 1024 + 1);
        let answer = doors.ask(post(path, &body)).await;
        assert_eq!(code(&answer), (413, "body_too_large".to_owned()));
    }
}

#[tokio::test]
async fn a_webhook_answers_in_its_own_words() {
    let doors = Doors::open(Config::default()).await;
    let unknown = doors.ask(post("/hooks/nobody", "{}")).await;
    assert_eq!(code(&unknown), (404, "unknown_hook".to_owned()));
    for path in [
        "/webhooks/calcom",
        "/webhooks/calcom/",
        "/api/webhooks/calcom",
        "/api/webhooks/calendly/",
        "/functions/v1/cal-webhook",
        "/cal-webhook/",
    ] {
        let unsigned = doors.ask(post(path, "{}")).await;
        assert_eq!(code(&unsigned), (401, "signature_invalid".to_owned()), "{path}");
    }
}

#[rstest]
#[case("{", 400, "malformed_json", None)]
#[case("", 400, "malformed_json", None)]
#[case(r#"{"email":"ann@example.org"} x"#, 400, "malformed_json", None)]
#[case(r#"{"email":5}"#, 422, "invalid_field", Some("email"))]
#[case(r#"{"consent":{"gdpr":"yes"}}"#, 422, "invalid_field", Some("consent.gdpr"))]
#[case(r#"{"mail":"ann@example.org"}"#, 422, "unknown_field", Some("mail"))]
#[case(r#"{"consent":{"gpdr":true}}"#, 422, "unknown_field", Some("consent.gpdr"))]
#[case("[]", 422, "missing_field", Some("email"))]
#[case("7", 422, "invalid_field", None)]
#[case("{}", 422, "missing_field", Some("email"))]
#[case(r#"{"name":"Ann"}"#, 422, "missing_field", Some("email"))]
#[case(r#"{"email":"nobody"}"#, 422, "invalid_field", Some("email"))]
#[case(r#"{"phone":"0612345678"}"#, 422, "invalid_field", Some("phone"))]
#[case(r#"{"phone":"+79991234567","time_zone":"Mars"}"#, 422, "invalid_field", Some("time_zone"))]
#[case(r#"{"phone":"+79991234567","status":"lost"}"#, 422, "unknown_status", Some("status"))]
#[tokio::test]
async fn a_body_of_the_wrong_shape_is_told_where(
    #[case] body: &str,
    #[case] status: u16,
    #[case] word: &str,
    #[case] field: Option<&str>,
) {
    let doors = Doors::wide_open().await;
    let answer = doors.post_lead(body).await;
    assert_eq!(code(&answer), (status, word.to_owned()), "{}", answer.1);
    assert_eq!(answer.1["field"].as_str(), field, "{}", answer.1);
}

#[tokio::test]
async fn malformed_json_is_told_line_and_column() {
    let doors = Doors::wide_open().await;
    let (_, body) = doors.post_lead("{\n  \"email\": oops\n}").await;
    assert!(body["detail"].as_str().unwrap().contains("line 2 column 12"), "{body}");
}

#[tokio::test]
async fn a_body_must_be_declared_as_json() {
    let doors = Doors::wide_open().await;
    let request = with(post("/api/v1/leads", "{}"), "content-type", "text/plain");
    assert_eq!(
        code(&doors.ask(request).await),
        (415, "unsupported_media_type".to_owned())
    );
    let request = with(
        post("/api/v1/leads", r#"{"email":"ann@example.org"}"#),
        "content-type",
        "Application/JSON; charset=utf-8",
    );
    assert_eq!(doors.ask(request).await.0, StatusCode::CREATED);
}

#[rstest]
#[case("limit=0", "invalid_field", "limit")]
#[case("limit=many", "invalid_field", "limit")]
#[case("state=scheduled", "unknown_field", "state")]
#[case("status=booked", "invalid_field", "status")]
#[case("provider=google", "invalid_field", "provider")]
#[case("from=tomorrow", "invalid_field", "from")]
#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused(
    #[case] query: &str,
    #[case] word: &str,
    #[case] field: &str,
) {
    let doors = Doors::wide_open().await;
    let answer = doors.ask(get(&format!("/api/v1/bookings?{query}"))).await;
    assert_eq!(code(&answer), (422, word.to_owned()), "{}", answer.1);
    assert_eq!(answer.1["field"], field, "{}", answer.1);
}

#[tokio::test]
async fn a_key_opens_its_tenant_and_no_other() {
    let doors = Doors::open(Config::default()).await;
    let second = doors.second_tenant().await;
    let key = doors.key(second, Permission::Read).await;
    let bearer = format!("Bearer {key}");
    let leads = || get("/api/v1/leads");

    let answer = doors.ask(with(leads(), "authorization", &bearer)).await;
    assert_eq!(answer.1, json!({ "data": [], "next_cursor": null }));
    let own = with(with(leads(), "x-api-key", &key), "x-tenant-id", "2");
    assert_eq!(doors.ask(own).await.0, StatusCode::OK);
    let other = with(with(leads(), "x-api-key", &key), "x-tenant-id", "1");
    assert_eq!(code(&doors.ask(other).await), (403, "tenant_mismatch".to_owned()));

    // It was used, and that is remembered.
    let known = keys::list(&doors.app, &Scope::system(second)).await.unwrap();
    assert_eq!(known[0].last_used_at, Some(doors.app.clock.now()));
}

#[tokio::test]
async fn a_key_that_does_not_work_is_refused_everywhere() {
    for doors in [Doors::open(Config::default()).await, Doors::wide_open().await] {
        let key = doors.key(FIRST_TENANT, Permission::Read).await;
        let leads = || get("/api/v1/leads");
        let refused = (401, "invalid_key".to_owned());
        let wrong = format!("{key}x");
        for (name, value) in [
            ("x-api-key", wrong.as_str()),
            ("x-api-key", ""),
            ("authorization", "Basic YWRtaW46YWRtaW4="),
            ("authorization", "Bearer"),
        ] {
            assert_eq!(code(&doors.ask(with(leads(), name, value)).await), refused);
        }
        let mut expired = with(leads(), "x-api-key", &key);
        doors.app.clock.set("2026-03-01T13:00:00Z".parse().unwrap());
        assert_eq!(code(&doors.ask(expired).await), refused);
        expired = with(leads(), "x-api-key", &doors.key(FIRST_TENANT, Permission::Read).await);
        let scope = Scope::system(FIRST_TENANT);
        for known in keys::list(&doors.app, &scope).await.unwrap() {
            keys::revoke(&doors.app, &scope, known.id).await.unwrap();
        }
        assert_eq!(code(&doors.ask(expired).await), refused);
    }
}

#[tokio::test]
async fn a_permission_opens_only_what_it_is_for() {
    let doors = Doors::open(Config::default()).await;
    let reader = doors.key(FIRST_TENANT, Permission::Read).await;
    let writer = doors.key(FIRST_TENANT, Permission::Write).await;
    let forbidden = (403, "forbidden".to_owned());
    let lead = || post("/api/v1/leads", r#"{"email":"ann@example.org"}"#);

    let answer = doors.ask(with(lead(), "x-api-key", &reader)).await;
    assert_eq!(code(&answer), forbidden);
    let answer = doors.ask(with(lead(), "x-api-key", &writer)).await;
    assert_eq!(answer.0, StatusCode::CREATED);
    for path in ["/api/v1/quarantine", "/api/v1/audit-log"] {
        let answer = doors.ask(with(get(path), "x-api-key", &reader)).await;
        assert_eq!(code(&answer), forbidden);
    }
}

#[tokio::test]
async fn without_a_key_only_the_trusted_network_is_let_in() {
    let closed = Doors::open(Config::default()).await;
    let leads = || get("/api/v1/leads");
    let required = (401, "authentication_required".to_owned());
    assert_eq!(code(&closed.ask(leads()).await), required);

    let open = Doors::wide_open().await;
    assert_eq!(open.ask(leads()).await.0, StatusCode::OK);
    let named = with(leads(), "x-tenant-id", "1");
    assert_eq!(open.ask(named).await.0, StatusCode::OK);
    let nobody = with(leads(), "x-tenant-id", "7");
    assert_eq!(code(&open.ask(nobody).await), (404, "not_found".to_owned()));
    let rebound = with(leads(), "host", "evil.example.org");
    assert_eq!(code(&open.ask(rebound).await), required);
    let foreign = with(leads(), "origin", "https://evil.example.org");
    assert_eq!(code(&open.ask(foreign).await), required);

    open.second_tenant().await;
    assert_eq!(code(&open.ask(leads()).await), (400, "tenant_required".to_owned()));
}

#[tokio::test]
async fn the_same_person_is_the_same_lead() {
    let doors = Doors::wide_open().await;
    let first = r#"{"name":"Ann Example","email":"Ann@Example.org","phone":"+79991234567",
        "channel":"web","consent":{"gdpr":true,"marketing":false}}"#;
    let (status, lead) = doors.post_lead(first).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(lead["id"], lead["lead_id"]);
    assert_eq!(lead["status"], "new");
    assert_eq!(lead["consent"]["gdpr"], true);

    let again = r#"{"email":"ann@example.org","name":"Ann B. Example"}"#;
    let (status, same) = doors.post_lead(again).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(same["id"], lead["id"]);
    assert_eq!(same["last_name"], "B. Example");
    assert_eq!(same["channel"], "web");
}

#[tokio::test]
async fn many_requests_for_one_person_make_one_lead() {
    let doors = Doors::wide_open().await;
    let all = (0..8).map(|_| doors.post_lead(r#"{"email":"ann@example.org"}"#));
    let answers = futures::future::join_all(all).await;
    let created = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED);
    assert_eq!(created.count(), 1);
    let ids: BTreeSet<_> = answers.iter().map(|(_, lead)| lead["id"].as_i64()).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_change_of_status_stands_on_the_timeline() {
    let doors = Doors::wide_open().await;
    let (_, lead) = doors.post_lead(r#"{"phone":"+79991234567"}"#).await;
    let path = format!("/api/v1/leads/{}", lead["public_id"].as_str().unwrap());
    let patch = |body: &str| {
        let mut request = post(&path, body);
        *request.method_mut() = axum::http::Method::PATCH;
        request
    };
    let (status, changed) = doors.ask(patch(r#"{"status":"CONTACTED"}"#)).await;
    assert_eq!((status, &changed["status"]), (StatusCode::OK, &json!("contacted")));
    // Once more is no change.
    doors.ask(patch(r#"{"status":"contacted"}"#)).await;

    let unknown = doors.ask(patch(r#"{"status":"lost"}"#)).await;
    assert_eq!(code(&unknown), (422, "unknown_status".to_owned()));
    assert!(unknown.1["detail"].as_str().unwrap().contains("new, contacted, qualified"));
    let nobody = doors.ask(patch(r#"{"phone":null}"#)).await;
    assert_eq!(code(&nobody), (422, "invalid_field".to_owned()));
    let nobody = doors.ask(patch(r#"{"assigned_user_id":9}"#)).await;
    assert_eq!(nobody.1["field"], "assigned_user_id");

    let (_, timeline) = doors.ask(get(&format!("{path}/timeline"))).await;
    let entries = timeline["data"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{timeline}");
    assert_eq!(entries[0]["subject"], "Status Changed");
    assert_eq!(entries[0]["body"], "From New to Contacted");
    let (_, log) = doors.ask(get("/api/v1/audit-log")).await;
    assert_eq!(log["data"][0]["action"], "lead.change");
    assert_eq!(log["data"][0]["after"], json!({ "status": "contacted" }));
}

#[tokio::test]
async fn what_is_of_another_tenant_does_not_exist() {
    let doors = Doors::wide_open().await;
    let (_, lead) = doors.post_lead(r#"{"email":"ann@example.org"}"#).await;
    let second = doors.second_tenant().await;
    let key = doors.key(second, Permission::Read).await;
    for id in [lead["id"].to_string(), lead["public_id"].as_str().unwrap().to_owned()] {
        for path in [
            format!("/api/v1/leads/{id}"),
            format!("/api/v1/leads/{id}/timeline"),
            format!("/api/v1/leads/{id}/bookings"),
            format!("/api/v1/bookings/{id}"),
            format!("/api/v1/bookings/{id}/history"),
            format!("/api/v1/webhook-events/{id}"),
        ] {
            let answer = doors.ask(with(get(&path), "x-api-key", &key)).await;
            assert_eq!(code(&answer), (404, "not_found".to_owned()), "{path}");
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let doors = Doors::wide_open().await;
    for number in 1..=5 {
        doors.post_lead(&format!(r#"{{"email":"p{number}@example.org"}}"#)).await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let (_, page) = doors.ask(get(&format!("/api/v1/leads?limit=2{cursor}"))).await;
        let rows = page["data"].as_array().unwrap();
        seen.extend(rows.iter().map(|lead| lead["email"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<_> = (1..=5).rev().map(|n| format!("p{n}@example.org")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn health_is_open_to_all() {
    let doors = Doors::open(Config::default()).await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(doors.ask(get(path)).await, (StatusCode::OK, json!({ "status": "ok" })));
    }
    doors.app.stop().await;
    assert_eq!(doors.ask(get("/health/live")).await.0, StatusCode::OK);
    let answer = doors.ask(get("/health/ready")).await;
    assert_eq!(code(&answer), (503, "try_again".to_owned()));
}

#[tokio::test]
async fn the_docs_come_from_the_binary_and_nothing_redirects() {
    let doors = Doors::open(Config::default()).await;
    for path in ["/api/docs", "/api/docs/", "/api/docs/swagger-ui.css", "/api/docs/swagger-initializer.js"] {
        let response = doors.answer(get(path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        if path.ends_with("docs") {
            assert!(text.contains("<base href=\"/api/docs/\""), "{text}");
        }
        if path.ends_with("initializer.js") {
            assert!(text.contains("/api/openapi.json"), "{text}");
        }
    }
    let (status, document) = doors.ask(get("/api/openapi.json")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn the_openapi_document_is_as_committed() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_json_snapshot!("openapi", super::openapi());
    });
}
