//! What was received, and what became of it.

use axum::http::StatusCode;
use calbridge_core::{
    ids::FIRST_TENANT,
    provider::Provider,
    scope::{Permission, Scope},
};
use serde_json::json;

use super::{Doors, get, post, with};
use crate::connections::{self, NewConnectionRequest};

#[tokio::test]
async fn a_delivery_can_be_looked_at_from_every_side() {
    let doors = Doors::wide_open().await;
    let request = NewConnectionRequest::new(Provider::CalCom, "main");
    let scope = Scope::system(FIRST_TENANT);
    let connection = connections::add(&doors.app, &scope, request).await.unwrap();
    let delivery = include_str!("../../../../providers/fixtures/calcom/01_booking_created.json");
    let hook = format!("/hooks/{}", connection.hook_token);
    let (status, receipt) = doors.ask(post(&hook, delivery)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(receipt["status"], "processed", "{receipt}");

    let (_, page) = doors
        .ask(get("/api/v1/bookings?status=ACCEPTED&provider=calcom"))
        .await;
    let booking = &page["data"][0];
    let (number, uid) = (
        booking["booking_id"].to_string(),
        booking["booking_uid"].as_str().unwrap(),
    );
    assert!(booking["id"].as_i64().unwrap() >= calbridge_core::ids::FIRST_BOOKING_ID);
    assert!(
        booking["external_ids"]
            .as_array()
            .unwrap()
            .iter()
            .all(|id| id["current"] == true)
    );
    for id in [
        &booking["id"].to_string(),
        &number,
        uid,
        booking["public_id"].as_str().unwrap(),
    ] {
        let (_, same) = doors.ask(get(&format!("/api/v1/bookings/{id}"))).await;
        assert_eq!(&same, booking, "{id}");
    }
    let none = "/api/v1/bookings?status=accepted&confirmation=pending";
    assert_eq!(doors.ask(get(none)).await.1["data"], json!([]));

    let (_, timeline) = doors
        .ask(get(&format!("/api/v1/bookings/{uid}/timeline")))
        .await;
    assert_eq!(timeline["data"].as_array().unwrap().len(), 1);
    let (_, history) = doors
        .ask(get(&format!("/api/v1/bookings/{uid}/history")))
        .await;
    assert_eq!(history["data"][0]["kind"], "created");
    assert_eq!(history["data"][0]["effective"], true);
    let (_, lead) = doors
        .ask(get(&format!("/api/v1/leads/{}", booking["lead_id"])))
        .await;
    assert_eq!(lead["status"], "booked");
    let (_, of_lead) = doors
        .ask(get(&format!(
            "/api/v1/leads/{}/bookings",
            booking["lead_id"]
        )))
        .await;
    assert_eq!(&of_lead["data"][0], booking);

    let event = format!("/api/v1/webhook-events/{}", receipt["event_id"]);
    let (_, shown) = doors.ask(get(&event)).await;
    assert_eq!(shown["door"], "hooks");
    assert_eq!(shown["body"], delivery);
    let key = doors.key(FIRST_TENANT, Permission::Read).await;
    let (_, shown) = doors.ask(with(get(&event), "x-api-key", &key)).await;
    assert_eq!(shown.get("body"), None);
    let (_, replayed) = doors
        .ask(post(&format!("{event}/replay?dry_run=true"), ""))
        .await;
    assert_eq!(
        replayed,
        json!({
            "id": receipt["event_id"], "status": "processed", "reason": null, "changes": [], "rows": [],
        })
    );
    let (_, range) = doors
        .ask(post("/api/v1/webhook-events/replay", r#"{"limit":1}"#))
        .await;
    assert_eq!(range["data"][0]["status"], "processed");
    assert_eq!(range["next_after_id"], receipt["event_id"]);
}

#[tokio::test]
async fn what_nothing_verifies_is_shown_to_administrators() {
    let doors = Doors::wide_open().await;
    let request = with(
        post("/webhooks/calcom", "{\"a\":1}"),
        "x-cal-signature-256",
        "00",
    );
    doors.ask(request).await;
    let (_, page) = doors.ask(get("/api/v1/quarantine")).await;
    assert_eq!(page["data"][0]["body"], "{\"a\":1}", "{page}");
    assert_eq!(page["data"][0]["body_base64"], "eyJhIjoxfQ==");

    // With a second tenant nobody knows whose it is.
    let tenant = doors.second_tenant().await;
    let key = doors.key(tenant, Permission::Admin).await;
    let (_, page) = doors
        .ask(with(get("/api/v1/quarantine"), "x-api-key", &key))
        .await;
    assert_eq!(page["data"], json!([]));
}
