//! `cal-api-version` and the two editions.

use super::*;

const SLOTS: &str = "/slots?eventTypeId=1&start=2026-11-23&end=2026-11-23";

#[tokio::test]
async fn a_server_that_does_not_know_a_version_answers_in_the_old_shape_without_a_word() {
    let emulator = start_as(CalComServer::classic()).await;
    let api = Api::calcom(&emulator);
    for version in [None, Some("2026-06-12"), Some("2099-01-01")] {
        let (status, types) = api.version(version).get("/event-types").await;
        assert_eq!(status, 200);
        let group = &types["data"]["eventTypeGroups"][0];
        assert_eq!(group["eventTypes"][0]["length"], 30);
    }
    let (status, list) = api.version("2026-05-01").get("/bookings").await;
    assert_eq!(status, 200);
    assert!(list["data"]["bookings"].is_array());
    let (_, schedules) = api.version(None).get("/schedules").await;
    assert_eq!(
        schedules["data"][0]["availability"][0]["days"],
        json!([1, 2, 3, 4, 5])
    );
    assert_eq!(api.version(None).get(SLOTS).await.0, 404);
    let old = "/slots/available?eventTypeId=1&startTime=2026-11-23T00:00:00Z&endTime=2026-11-23T09:00:00Z";
    let (_, slots) = api.version(None).get(old).await;
    assert_eq!(
        slots["data"]["slots"]["2026-11-23"][0]["time"],
        "2026-11-23T08:00:00.000Z"
    );
    let hosted = start().await;
    let (_, types) = Api::calcom(&hosted)
        .version("2026-06-12")
        .get("/event-types")
        .await;
    assert_eq!(types["data"][0]["slug"], "intro");
}

#[tokio::test]
async fn a_version_of_another_family_finds_nothing_and_is_not_counted() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).version("2024-08-13");
    let answer = api.ask("GET", "/event-types", Value::Null).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.body["error"]["message"],
        "Cannot GET /v2/event-types"
    );
    assert_eq!(answer.header("x-ratelimit-limit-default"), None);
    assert!(answer.header("x-request-id").is_some());
    assert_eq!(api.version("2024-09-04").get("/bookings").await.0, 404);
    assert_eq!(api.version("2024-09-04").get(SLOTS).await.0, 200);
}

#[tokio::test]
async fn a_community_server_has_no_teams_and_no_request_for_another_time() {
    let emulator = start_as(CalComServer::classic()).await;
    let api = Api::calcom(&emulator);
    assert_eq!(api.get("/teams").await.0, 404);
    assert_eq!(api.get("/organizations/1/teams").await.0, 404);
    let (_, made) = api
        .post("/bookings", calcom_api::booking(1, "2026-11-24T09:00:00Z"))
        .await;
    let path = format!(
        "/bookings/{}/request-reschedule",
        made["data"]["uid"].as_str().unwrap()
    );
    assert_eq!(api.post(&path, json!({})).await.0, 404);
    emulator.set_calcom_server(CalComServer::default());
    let (status, asked) = api.post(&path, json!({"rescheduleReason": "Ill"})).await;
    assert_eq!((status, asked), (200, json!({"status": "success"})));
}

#[tokio::test]
async fn the_first_version_of_the_api_is_gone_from_the_hosted_service() {
    let emulator = start().await;
    let api = Api::new(format!("http://{}/v1", emulator.address()), "");
    assert_eq!(api.get("/bookings?apiKey=cal_1").await.0, 410);
    emulator.set_calcom_server(CalComServer::classic());
    assert_eq!(api.get("/bookings?apiKey=cal_1").await.0, 404);
}
