//! Rate limits, and everything that goes wrong on demand.

use super::*;

fn plan(operation: &str, failure: ApiFailure) -> ApiPlan {
    ApiPlan::of([ApiFault::once(operation, failure)])
}

#[tokio::test]
async fn a_caller_who_asks_too_often_is_told_how_long_to_wait() {
    let server = CalComServer {
        limits: vec![RateLimit::per_minute("Default", 2)],
        ..CalComServer::default()
    };
    let emulator = start_as(server).await;
    let api = Api::calcom(&emulator);
    let first = api.ask("GET", "/me", Value::Null).await;
    assert_eq!(first.header("x-ratelimit-limit-default"), Some("2"));
    assert_eq!(first.header("x-ratelimit-remaining-default"), Some("1"));
    assert_eq!(first.header("x-ratelimit-reset-default"), Some("60"));
    api.get("/me").await;
    let refused = api.ask("GET", "/me", Value::Null).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("x-ratelimit-remaining-default"), Some("0"));
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(refused.body["error"]["code"], "ThrottlerException");
    assert!(refused.body["error"]["details"].is_string());
    // Somebody without a key is counted apart.
    assert_eq!(api.clone().anonymous().get("/me").await.0, 401);
}

#[tokio::test]
async fn a_caller_with_two_limits_is_refused_when_both_are_used_up() {
    let server = CalComServer {
        limits: vec![
            RateLimit::per_minute("Burst", 1),
            RateLimit::per_minute("Hourly", 2),
        ],
        ..CalComServer::default()
    };
    let emulator = start_as(server).await;
    let api = Api::calcom(&emulator);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(api.get("/me").await.0);
    }
    assert_eq!(statuses, [200, 200, 429]);
}

#[tokio::test]
async fn an_unknown_key_and_broken_json_are_refused_without_headers_of_a_limit() {
    let emulator = start().await;
    let api = Api::new(emulator.calcom_base_url(), "cal_live_unknown");
    let answer = api.ask("GET", "/me", Value::Null).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("x-ratelimit-limit-default"), None);
    let broken = Api::calcom(&emulator)
        .request("POST", "/bookings", &Value::Null)
        .header("content-type", "application/json")
        .body("{\"start\":");
    let response = broken.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 400);
    assert!(
        response
            .headers()
            .get("x-ratelimit-limit-default")
            .is_none()
    );
}

#[tokio::test]
async fn failures_come_in_the_form_the_provider_gives_them() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    for status in [401, 404, 409, 429, 503] {
        emulator.set_api_faults(plan("GET /me", ApiFailure::Status(status)));
        let (given, body) = api.get("/me").await;
        assert_eq!(given, status);
        assert_eq!(body.get("error").is_some(), status < 500);
        assert_eq!(api.get("/me").await.0, 200);
    }
    emulator.set_api_faults(plan("* /**", ApiFailure::Status(500)));
    let bare = json!({"statusCode": 500, "message": "Internal server error"});
    assert_eq!(api.get("/me").await, (500, bare));
    emulator.set_api_faults(plan("GET /me", ApiFailure::TooMany { reset_seconds: 17 }));
    let refused = api.ask("GET", "/me", Value::Null).await;
    assert_eq!(refused.header("x-ratelimit-reset-default"), Some("17"));
    emulator.set_api_faults(plan("GET /me", ApiFailure::CutMidway));
    let cut = api
        .request("GET", "/me", &Value::Null)
        .send()
        .await
        .unwrap();
    assert_eq!(cut.status().as_u16(), 200);
    assert!(cut.text().await.is_err());
}

#[tokio::test]
async fn a_booking_may_be_made_although_the_answer_says_otherwise_or_never_comes() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let bookings = || emulator.look(|calcom, _| calcom.bookings().count());
    emulator.set_api_faults(plan("POST /bookings", ApiFailure::DoneButRefused(400)));
    let (status, _) = api
        .post("/bookings", calcom_api::booking(1, "2026-11-24T09:00:00Z"))
        .await;
    assert_eq!((status, bookings()), (400, 1));

    emulator.set_api_faults(plan("POST /bookings", ApiFailure::NoAnswer));
    let wish = calcom_api::booking(1, "2026-11-24T10:00:00Z");
    let request = api.request("POST", "/bookings", &wish);
    let waiting = tokio::spawn(request.send());
    emulator
        .until("POST /bookings", |count| count.under_way == 1)
        .await;
    while bookings() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    waiting.abort();
    emulator
        .until("POST /bookings", |count| count.under_way == 0)
        .await;
    assert_eq!(emulator.calls().last().unwrap().status, None);
    emulator.stop().await;
}

#[tokio::test]
async fn a_booking_answered_may_be_a_strangers() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    emulator.set_api_faults(plan("POST /bookings", ApiFailure::StrangersBooking));
    let (status, answer) = api
        .post("/bookings", calcom_api::booking(1, "2026-11-24T09:00:00Z"))
        .await;
    assert_eq!(status, 201);
    assert_eq!(answer["data"]["start"], "2026-11-24T09:00:00.000Z");
    assert_ne!(
        answer["data"]["attendees"][0]["email"],
        "tomas@mailbox.example"
    );
    assert_eq!(emulator.look(|calcom, _| calcom.bookings().count()), 1);
}

#[tokio::test]
async fn requests_are_counted_and_written_down_without_secrets() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    api.get("/bookings/nobody?x=1").await;
    api.post("/bookings", json!({"start": "x"})).await;
    let calls = emulator.calls();
    assert_eq!(calls[0].operation, "GET /bookings/{uid}");
    assert_eq!(
        (calls[0].path.as_str(), calls[0].query.as_str()),
        ("/bookings/nobody", "x=1")
    );
    assert_eq!(calls[0].status, Some(404));
    assert_eq!(calls[1].body, r#"{"start":"x"}"#);
    assert!(!calls[1].headers.contains_key("authorization"));
    assert_eq!(calls[1].headers["cal-api-version"], "2024-08-13");
    assert_eq!(emulator.operation("POST /bookings").requests, 1);
    emulator.forget_calls();
    assert_eq!(emulator.operation("POST /bookings").requests, 0);

    let control = Api::new(format!("http://{}/_emulator", emulator.address()), "");
    let plan =
        json!({"faults": [{"operation": "GET /me", "failure": {"status": 503}, "times": 1}]});
    assert_eq!(control.post("/calcom/faults", plan).await.0, 200);
    assert_eq!(api.get("/me").await.0, 503);
    let (_, counts) = control.get("/calcom/operations").await;
    assert_eq!(counts["GET /me"]["requests"], 1);
    let classic = json!({"edition": "classic"});
    assert_eq!(control.call("PUT", "/calcom/server", classic).await.0, 200);
    assert_eq!(api.get("/teams").await.0, 404);
}
