//! Webhooks on their levels.

use super::*;
use crate::calcom::{NewBooking, Organization};

fn hook(url: &str) -> Value {
    json!({"active": true, "subscriberUrl": url, "triggers": ["BOOKING_CREATED"], "secret": "s"})
}

#[tokio::test]
async fn each_level_hears_of_its_own_bookings() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    emulator.edit_calcom(|calcom| {
        calcom.set_organization(Some(Organization {
            id: 100,
            name: "Falk & Friends".to_owned(),
            slug: "falk".to_owned(),
        }));
    });
    let levels = [
        "/webhooks",
        "/event-types/1/webhooks",
        "/teams/10/event-types/5/webhooks",
        "/organizations/100/webhooks",
    ];
    let mut receivers = Vec::new();
    for level in levels {
        let receiver = Receiver::start().await;
        let (status, made) = api.post(level, hook(&receiver.url())).await;
        assert_eq!(status, 201, "{level}: {made}");
        assert_eq!(made["data"]["secret"], "s");
        receivers.push(receiver);
    }
    let start = "2026-11-24T09:00:00Z".parse::<Timestamp>().unwrap();
    for (slug, hours) in [("intro", 0), ("video-call", 1), ("product-tour", 2)] {
        let start = start + Duration::from_hours(hours);
        let new = NewBooking::new(slug, start, "Bo Lund", "bo@mailbox.example");
        emulator
            .at_calcom(|calcom, now| calcom.book(new, now))
            .unwrap();
    }
    emulator.settle().await;
    let heard: Vec<Vec<_>> = receivers
        .iter()
        .map(|receiver| {
            let bodies = receiver.bodies();
            let slugs = bodies.iter().map(|body| body["payload"]["type"].clone());
            slugs.collect()
        })
        .collect();
    assert_eq!(heard[0], ["intro", "video-call"]);
    assert_eq!(heard[1], ["intro"]);
    assert_eq!(heard[2], ["product-tour"]);
    assert_eq!(heard[3], ["intro", "video-call", "product-tour"]);
}

#[tokio::test]
async fn a_url_is_taken_once_per_level_and_the_server_decides_where_it_may_lead() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let url = "http://127.0.0.1:9/hook";
    assert_eq!(api.post("/webhooks", hook(url)).await.0, 201);
    assert_eq!(api.post("/webhooks", hook(url)).await.0, 409);
    assert_eq!(api.post("/event-types/1/webhooks", hook(url)).await.0, 201);
    assert_eq!(api.post("/event-types/5/webhooks", hook(url)).await.0, 403);
    let (_, gone) = api
        .call("DELETE", "/event-types/1/webhooks", Value::Null)
        .await;
    assert_eq!(gone["data"], "1 webhooks deleted");
    let (_, left) = api.get("/webhooks?take=5").await;
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
    assert!(left.get("pagination").is_none());
    let metadata = hook("http://169.254.169.254/latest");
    assert_eq!(api.post("/webhooks", metadata).await.0, 400);
    emulator.set_calcom_server(CalComServer {
        subscribers: Subscribers::PublicOnly,
        ..CalComServer::default()
    });
    for refused in [
        "http://example.org/a",
        "https://127.0.0.1/a",
        "https://192.168.1.4/a",
        "https://localhost/a",
    ] {
        assert_eq!(
            api.post("/webhooks", hook(refused)).await.0,
            400,
            "{refused}"
        );
    }
    assert_eq!(
        api.post("/webhooks", hook("https://example.org/a")).await.0,
        201
    );
}

#[tokio::test]
async fn a_community_server_knows_one_version_and_shows_it_on_its_own_page_only() {
    let emulator = start_as(CalComServer::classic()).await;
    let api = Api::calcom(&emulator);
    let (_, made) = api.post("/webhooks", hook("http://127.0.0.1:9/hook")).await;
    assert!(made["data"].get("version").is_none());
    let path = format!("/webhooks/{}", made["data"]["id"].as_str().unwrap());
    let (_, shown) = api.get(&path).await;
    assert_eq!(shown["data"]["version"], "2021-10-20");
    assert_eq!(shown["data"]["userId"], 1);
    let newer = json!({"version": "2026-07-27"});
    assert_eq!(api.call("PATCH", &path, newer.clone()).await.0, 400);
    emulator.set_calcom_server(CalComServer::default());
    let (status, changed) = api.call("PATCH", &path, newer).await;
    assert_eq!(
        (status, &changed["data"]["version"]),
        (200, &json!("2026-07-27"))
    );
}
