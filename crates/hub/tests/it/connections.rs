//! Connections at the API: how their providers are reached, and that no secret comes out.

use calbridge::connections;
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use crate::hub::{Answer, Place, TestHub};

async fn patch(hub: &TestHub, place: &Place, change: &Json) -> Answer {
    let request = axum::http::Request::patch(format!("/api/v1/connections/{}", place.calcom.id))
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(change.to_string().into())
        .unwrap();
    hub.send(request).await
}

each_engine! {
    async fn how_a_provider_is_reached_can_be_changed_and_goes_back_to_the_settings(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let change = json!({
            "api_url": "https://cal.example.org/api/v1/", "organization_id": 7, "team_slug": "desk",
            "default_event_type_id": "55", "requests_per_minute": 60,
        });
        let changed = patch(&hub, &place, &change).await.json();
        // API v1 is switched off: what names it goes to v2.
        assert_eq!(changed["api_url"], "https://cal.example.org/api/v2");
        assert_eq!(changed["organization_id"], 7);
        assert_eq!(changed["requests_per_minute"], 60);
        assert_eq!(changed["requests_at_once"], Json::Null);

        let changed = patch(&hub, &place, &json!({ "api_url": null, "team_id": 3 })).await.json();
        assert_eq!(changed["api_url"], Json::Null);
        assert_eq!((&changed["organization_id"], &changed["team_id"]), (&json!(7), &json!(3)));
        let path = format!("/api/v1/connections/{}", place.calcom.id);
        assert_eq!(hub.get(&path).await.json(), changed);
    }

    async fn what_cannot_be_used_is_refused_by_name(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        for (change, field) in [
            (json!({ "api_url": "http://cal.example.org" }), "api_url"),
            (json!({ "api_url": "cal.example.org" }), "api_url"),
            (json!({ "requests_per_minute": 0 }), "requests_per_minute"),
            (json!({ "requests_at_once": -1 }), "requests_at_once"),
            (json!({ "webhook_secret": "x" }), "webhook_secret"),
        ] {
            let answer = patch(&hub, &place, &change).await;
            assert_eq!((answer.status.as_u16(), answer.json()["field"].as_str()), (422, Some(field)), "{change}");
        }
        let other = hub.new_place().await;
        let path = format!("/api/v1/connections/{}", other.calcom.id);
        let request = axum::http::Request::get(path).header("host", "localhost").header("x-tenant-id", "1");
        assert_eq!(hub.send(request.body(axum::body::Body::empty()).unwrap()).await.status, 404);
    }

    async fn a_key_goes_in_and_does_not_come_out(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let shown = hub.get("/api/v1/connections").await.json();
        assert_eq!(shown["data"][0]["has_api_key"], false);
        assert_eq!(shown["data"][0]["webhook_secrets"], 1);
        let key = "cal_live_hush".into();
        connections::set_api_key(&hub.app, &place.scope, place.calcom.id, &key).await.unwrap();
        let shown = hub.get("/api/v1/connections").await;
        assert_eq!(shown.json()["data"][0]["has_api_key"], true);
        let audit = hub.get("/api/v1/audit-log").await;
        assert_eq!(audit.json()["data"][0]["action"], "connection.set_api_key");
        for answer in [shown, audit] {
            let text = String::from_utf8(answer.body).unwrap();
            assert!(!text.contains("hush") && !text.contains("test-secret"), "{text}");
        }
    }

    async fn what_providers_said_is_forgotten_when_somebody_wishes(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let calcom = [place.calcom.provider];
        let count = connections::forget_answers(&hub.app, &place.scope, &calcom).await.unwrap();
        assert_eq!(count, 1);
        let rows: Vec<(i64, String)> = hub
            .rows("SELECT connection_id, kind FROM invalidations ORDER BY kind", vec![])
            .await;
        let kinds: Vec<&str> = rows.iter().map(|(_, kind)| kind.as_str()).collect();
        assert_eq!(kinds, ["account", "event_types", "slots"]);
        assert!(rows.iter().all(|(connection, _)| *connection == place.calcom.id.0));
        assert_eq!(connections::forget_answers(&hub.app, &place.scope, &[]).await.unwrap(), 2);
    }
}
