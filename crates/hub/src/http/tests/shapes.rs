//! Bodies and queries of the wrong shape.

use axum::http::StatusCode;
use rstest::rstest;

use super::{Doors, code, get, post, with};

#[rstest]
#[case("{", 400, "malformed_json", None)]
#[case("", 400, "malformed_json", None)]
#[case(r#"{"email":"ann@example.org"} x"#, 400, "malformed_json", None)]
#[case(r#"{"email":5}"#, 422, "invalid_field", Some("email"))]
#[case(
    r#"{"consent":{"gdpr":"yes"}}"#,
    422,
    "invalid_field",
    Some("consent.gdpr")
)]
#[case(r#"{"mail":"ann@example.org"}"#, 422, "unknown_field", Some("mail"))]
#[case(
    r#"{"consent":{"gpdr":true}}"#,
    422,
    "unknown_field",
    Some("consent.gpdr")
)]
#[case("[]", 422, "invalid_field", None)]
#[case(r#"{"consent":"all"}"#, 422, "invalid_field", Some("consent"))]
#[case("7", 422, "invalid_field", None)]
#[case("{}", 422, "missing_field", Some("email"))]
#[case(r#"{"name":"Ann"}"#, 422, "missing_field", Some("email"))]
#[case(r#"{"email":"nobody"}"#, 422, "invalid_field", Some("email"))]
#[case(r#"{"phone":"0612345678"}"#, 422, "invalid_field", Some("phone"))]
#[case(
    r#"{"phone":"+79991234567","time_zone":"Mars"}"#,
    422,
    "invalid_field",
    Some("time_zone")
)]
#[case(
    r#"{"phone":"+79991234567","status":"lost"}"#,
    422,
    "unknown_status",
    Some("status")
)]
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
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .contains("line 2 column 12"),
        "{body}"
    );
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
