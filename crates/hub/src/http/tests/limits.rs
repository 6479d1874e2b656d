//! How much callers may ask, and what is never limited.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use calbridge_core::{
    ids::FIRST_TENANT,
    provider::Provider,
    scope::{Permission, Scope},
};
use jiff::SignedDuration;

use super::{Doors, code, get, post, with};
use crate::{
    config::Config,
    connections::{self, NewConnectionRequest},
    metrics,
};

fn config() -> Config {
    let mut config = Config::default();
    config.limits.key_per_minute = 12;
    config.limits.address_per_minute = 8;
    config.limits.failures_per_minute = 4;
    config
}

/// As if it came over the network.
fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    let peer: SocketAddr = format!("{address}:40000").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

fn leads(key: &str) -> Request<Body> {
    with(get("/api/v1/leads"), "x-api-key", key)
}

const LIMITED: (u16, &str) = (429, "rate_limited");

fn is(answer: &(u16, String), expected: (u16, &str)) {
    assert_eq!((answer.0, answer.1.as_str()), expected);
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let doors = Doors::open(config()).await;
    let key = doors.key(FIRST_TENANT, Permission::Read).await;
    // The first call is a stranger's: nobody knows yet that the key works.
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
        let answer = doors.ask(from(address, leads(&key))).await;
        assert_eq!(answer.0, StatusCode::OK);
    }
    let refused = doors.answer(from("192.0.2.5", leads(&key))).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "5");
    is(
        &code(&doors.ask(from("192.0.2.6", leads(&key))).await),
        LIMITED,
    );

    let another = doors.key(FIRST_TENANT, Permission::Read).await;
    let answer = doors.ask(from("192.0.2.1", leads(&another))).await;
    assert_eq!(answer.0, StatusCode::OK);
    let later = doors.app.clock.now() + SignedDuration::from_secs(5);
    doors.app.clock.set(later);
    let answer = doors.ask(from("192.0.2.5", leads(&key))).await;
    assert_eq!(answer.0, StatusCode::OK);

    let text = metrics::render(&doors.app).await;
    assert!(
        text.contains(r#"calbridge_http_limited_total{by="key"} 2"#),
        "{text}"
    );
}

#[tokio::test]
async fn who_shows_wrong_keys_is_soon_not_asked_any_more() {
    let doors = Doors::open(config()).await;
    let good = doors.key(FIRST_TENANT, Permission::Read).await;
    let answer = doors.ask(from("192.0.2.1", leads(&good))).await;
    assert_eq!(answer.0, StatusCode::OK);
    let wrong = || from("192.0.2.1", leads("cb_wrong"));
    is(&code(&doors.ask(wrong()).await), (401, "invalid_key"));
    is(&code(&doors.ask(wrong()).await), LIMITED);
    // Neither those who are known there nor other addresses suffer from it.
    let answer = doors.ask(from("192.0.2.1", leads(&good))).await;
    assert_eq!(answer.0, StatusCode::OK);
    let elsewhere = doors.ask(from("192.0.2.2", leads("cb_wrong"))).await;
    is(&code(&elsewhere), (401, "invalid_key"));
}

#[tokio::test]
async fn who_shows_no_key_is_counted_by_address() {
    let doors = Doors::open(config()).await;
    let guest = || from("[2001:db8::1]", get("/api/v1/leads"));
    for _ in 0..2 {
        is(
            &code(&doors.ask(guest()).await),
            (401, "authentication_required"),
        );
    }
    is(&code(&doors.ask(guest()).await), LIMITED);
}

#[tokio::test]
async fn deliveries_and_health_are_never_limited() {
    let doors = Doors::open(config()).await;
    let request = NewConnectionRequest::new(Provider::CalCom, "main");
    let scope = Scope::system(FIRST_TENANT);
    let connection = connections::add(&doors.app, &scope, request).await.unwrap();
    let ping = r#"{"triggerEvent":"PING","payload":{}}"#;
    for _ in 0..20 {
        let delivery = post(&connection.webhook_path(), ping);
        let answer = doors.ask(from("192.0.2.1", delivery)).await;
        assert_eq!(answer.0, StatusCode::OK);
        let refused = doors
            .ask(from("192.0.2.1", post("/webhooks/calcom", ping)))
            .await;
        is(&code(&refused), (401, "signature_invalid"));
        let health = doors.ask(from("192.0.2.1", get("/health/live"))).await;
        assert_eq!(health.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_told_apart() {
    let mut config = config();
    config.limits.trusted_proxies = "10.0.0.0/8".parse().unwrap();
    let doors = Doors::open(config).await;
    let of = |client: &str| {
        let request = with(get("/api/v1/leads"), "x-forwarded-for", client);
        from("10.0.0.1", request)
    };
    for _ in 0..2 {
        doors.ask(of("192.0.2.1")).await;
    }
    is(&code(&doors.ask(of("192.0.2.1")).await), LIMITED);
    let other = doors.ask(of("192.0.2.2")).await;
    is(&code(&other), (401, "authentication_required"));
}
