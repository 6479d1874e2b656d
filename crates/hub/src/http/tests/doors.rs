//! What every door has in common, and the doors without a use case.

use axum::{
    body::to_bytes,
    http::{StatusCode, header},
};
use rstest::rstest;
use serde_json::{Value as JsonValue, json};

use super::{Doors, code, get, post, with};
use crate::config::Config;

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
        assert_eq!(
            code(&unsigned),
            (401, "signature_invalid".to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn health_is_open_to_all() {
    let doors = Doors::open(Config::default()).await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(
            doors.ask(get(path)).await,
            (StatusCode::OK, json!({ "status": "ok" }))
        );
    }
    doors.app.stop().await;
    assert_eq!(doors.ask(get("/health/live")).await.0, StatusCode::OK);
    let answer = doors.ask(get("/health/ready")).await;
    assert_eq!(code(&answer), (503, "try_again".to_owned()));
}

#[tokio::test]
async fn the_docs_come_from_the_binary_and_nothing_redirects() {
    let doors = Doors::open(Config::default()).await;
    for path in [
        "/api/docs",
        "/api/docs/",
        "/api/docs/swagger-ui.css",
        "/api/docs/swagger-initializer.js",
    ] {
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
        insta::assert_json_snapshot!("openapi", crate::http::openapi());
    });
}
