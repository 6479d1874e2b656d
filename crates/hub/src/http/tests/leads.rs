//! Leads.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::json;

use super::{Doors, code, get, post};

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
    let created = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::CREATED);
    assert_eq!(created.count(), 1);
    let ids: BTreeSet<_> = answers
        .iter()
        .map(|(_, lead)| lead["id"].as_i64())
        .collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_change_of_status_stands_on_the_timeline() {
    let doors = Doors::wide_open().await;
    let (_, lead) = doors.post_lead(r#"{"phone":"+79991234567"}"#).await;
    let path = format!("/api/v1/leads/{}", lead["public_id"].as_str().unwrap());
    let change = |body: &str| {
        let mut request = post(&path, body);
        *request.method_mut() = axum::http::Method::PATCH;
        request
    };
    let (status, changed) = doors.ask(change(r#"{"status":"CONTACTED"}"#)).await;
    assert_eq!(
        (status, &changed["status"]),
        (StatusCode::OK, &json!("contacted"))
    );
    // Once more is no change.
    doors.ask(change(r#"{"status":"contacted"}"#)).await;

    let unknown = doors.ask(change(r#"{"status":"lost"}"#)).await;
    assert_eq!(code(&unknown), (422, "unknown_status".to_owned()));
    assert!(
        unknown.1["detail"]
            .as_str()
            .unwrap()
            .contains("new, contacted, qualified")
    );
    let nobody = doors.ask(change(r#"{"phone":null}"#)).await;
    assert_eq!(code(&nobody), (422, "invalid_field".to_owned()));
    let nobody = doors.ask(change(r#"{"assigned_user_id":9}"#)).await;
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
async fn pages_follow_each_other() {
    let doors = Doors::wide_open().await;
    for number in 1..=5 {
        doors
            .post_lead(&format!(r#"{{"email":"p{number}@example.org"}}"#))
            .await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let (_, page) = doors
            .ask(get(&format!("/api/v1/leads?limit=2{cursor}")))
            .await;
        let rows = page["data"].as_array().unwrap();
        seen.extend(
            rows.iter()
                .map(|lead| lead["email"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<_> = (1..=5).rev().map(|n| format!("p{n}@example.org")).collect();
    assert_eq!(seen, expected);
}
