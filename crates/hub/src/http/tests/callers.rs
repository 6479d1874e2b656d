//! Who is let in, and to what.

use axum::http::StatusCode;
use calbridge_core::{
    ids::FIRST_TENANT,
    scope::{Permission, Scope},
};
use serde_json::json;

use super::{Doors, code, get, post, with};
use crate::{config::Config, keys};

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
    assert_eq!(
        code(&doors.ask(other).await),
        (403, "tenant_mismatch".to_owned())
    );

    // It was used, and that is remembered.
    let known = keys::list(&doors.app, &Scope::system(second))
        .await
        .unwrap();
    assert_eq!(known[0].last_used_at, Some(doors.app.clock.now()));
}

#[tokio::test]
async fn a_key_that_does_not_work_is_refused_everywhere() {
    for doors in [
        Doors::open(Config::default()).await,
        Doors::wide_open().await,
    ] {
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
        expired = with(
            leads(),
            "x-api-key",
            &doors.key(FIRST_TENANT, Permission::Read).await,
        );
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
    assert_eq!(
        code(&open.ask(leads()).await),
        (400, "tenant_required".to_owned())
    );
}

#[tokio::test]
async fn what_is_of_another_tenant_does_not_exist() {
    let doors = Doors::wide_open().await;
    let (_, lead) = doors.post_lead(r#"{"email":"ann@example.org"}"#).await;
    let second = doors.second_tenant().await;
    let key = doors.key(second, Permission::Read).await;
    for id in [
        lead["id"].to_string(),
        lead["public_id"].as_str().unwrap().to_owned(),
    ] {
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
async fn a_key_that_was_just_used_opens_nothing_once_it_is_revoked() {
    let doors = Doors::open(Config::default()).await;
    let key = doors.key(FIRST_TENANT, Permission::Read).await;
    let ask = || with(get("/api/v1/leads"), "x-api-key", &key);
    assert_eq!(doors.ask(ask()).await.0, StatusCode::OK);
    let scope = Scope::system(FIRST_TENANT);
    for known in keys::list(&doors.app, &scope).await.unwrap() {
        keys::revoke(&doors.app, &scope, known.id).await.unwrap();
    }
    let refused = (401, "invalid_key".to_owned());
    assert_eq!(code(&doors.ask(ask()).await), refused);
}
