//! What is asked of Cal.com in the shapes of documents, and how Cal.com is.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use calbridge_core::{ids::TenantId, scope::Scope};
use calbridge_emulator::ApiFailure;
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use crate::{
    event_types::{send, sync},
    hub::{Answer, TestHub},
    provider::WithProvider,
};

const DAY: &str = "/cal-availability?eventTypeId=1&dateFrom=2026-01-13&dateTo=2026-01-13";

async fn synced(store: Store) -> WithProvider {
    let with = WithProvider::start(store).await;
    with.place().await;
    sync(&with).await;
    with
}

fn keys(body: &Json) -> BTreeSet<&str> {
    let fields = body.as_object().unwrap();
    fields.keys().map(String::as_str).collect()
}

async fn health(hub: &TestHub) -> Json {
    let answer: Answer = hub.get("/api/health/calcom").await;
    assert_eq!(answer.status, 200);
    answer.json()
}

each_engine! {
    async fn opening_hours_are_those_of_the_schedule_in_utc(store: Store) {
        let with = synced(store).await;
        let answer = with.hub.get(DAY).await;
        // The host's hours are 9 to 17 in Berlin; nothing is taken.
        assert_eq!(answer.json(), json!({
            "busy": [], "dateRanges": [{ "start": "2026-01-13T08:00:00Z", "end": "2026-01-13T16:00:00Z" }],
        }));
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
    }

    async fn opening_hours_follow_the_clocks_of_the_host(store: Store) {
        let with = synced(store).await;
        let path = "/cal-availability?eventTypeId=1&dateFrom=2026-03-27&dateTo=2026-03-30&timeZone=Europe/Berlin";
        assert_eq!(with.hub.get(path).await.json()["dateRanges"], json!([
            { "start": "2026-03-27T08:00:00Z", "end": "2026-03-27T16:00:00Z" },
            { "start": "2026-03-30T07:00:00Z", "end": "2026-03-30T15:00:00Z" },
        ]));
    }

    async fn the_question_of_the_documents_works_in_a_query_and_in_a_body(store: Store) {
        let with = synced(store).await;
        let expected = with.hub.get(DAY).await.json();
        for path in [
            "/cal-availability", "/cal-availability/", "/functions/v1/cal-availability", "/functions/v1/cal-availability/",
        ] {
            for id in [json!("1"), json!(1), json!("greta-falk/intro")] {
                let body = json!({ "eventTypeId": id, "dateFrom": "2026-01-13", "dateTo": "2026-01-13" });
                let answer = send(&with.hub, "POST", path, body).await;
                assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()), "{path}");
            }
            let asked = send(&with.hub, "OPTIONS", path, Json::Null).await;
            assert_eq!(asked.status, 204, "{path}");
        }
        for (path, field) in [
            ("/cal-availability?dateFrom=2025-10-16&dateTo=2025-10-23", "eventTypeId"),
            ("/cal-availability?eventTypeId=1&dateTo=2025-10-23", "dateFrom"),
            ("/cal-availability?eventTypeId=1&dateFrom=2025-10-16&dateTo=soon", "dateTo"),
        ] {
            let answer = with.hub.get(path).await;
            assert_eq!((answer.status.as_u16(), answer.json()["field"].clone()), (422, json!(field)));
        }
        let unknown = with.hub.get("/cal-availability?eventTypeId=123&dateFrom=2025-10-16&dateTo=2025-10-23").await;
        assert_eq!(unknown.status, 404);
    }

    async fn the_provider_is_asked_each_time(store: Store) {
        let with = synced(store).await;
        let before = with.asked("GET /calendars").requests;
        with.hub.get(DAY).await;
        with.hub.get(DAY).await;
        assert_eq!(with.asked("GET /calendars").requests, before + 2);
    }

    async fn what_is_taken_is_told_beside_the_opening_hours(store: Store) {
        let with = synced(store).await;
        let busy = |start: &str, end: &str| calbridge_emulator::calcom::BusyBlock {
            host: 1, start: crate::hub::at(start), end: crate::hub::at(end),
        };
        with.provider.edit_calcom(|calcom| {
            calcom.add_busy(busy("2026-01-13T12:00:00Z", "2026-01-13T13:00:00Z")).unwrap();
            calcom.add_busy(busy("2026-01-13T10:00:00Z", "2026-01-13T10:30:00Z")).unwrap();
            calcom.add_busy(busy("2026-01-13T10:15:00Z", "2026-01-13T11:00:00Z")).unwrap();
        });
        let body = with.hub.get(DAY).await.json();
        assert_eq!(body["busy"], json!([
            { "start": "2026-01-13T10:00:00Z", "end": "2026-01-13T11:00:00Z" },
            { "start": "2026-01-13T12:00:00Z", "end": "2026-01-13T13:00:00Z" },
        ]));
        assert_eq!(body["dateRanges"][0]["end"], "2026-01-13T16:00:00Z");
    }

    async fn an_account_whose_calendars_cannot_be_read_is_no_error(store: Store) {
        let with = synced(store).await;
        with.fail("GET /calendars", ApiFailure::Status(403));
        let answer = with.hub.get(DAY).await;
        assert_eq!((answer.status.as_u16(), answer.json()["busy"].clone()), (200, json!([])));
    }

    async fn the_id_of_a_request_goes_along_to_the_provider(store: Store) {
        let with = synced(store).await;
        with.provider.forget_calls();
        let request = Request::get(DAY).header("host", "localhost").header("x-request-id", "desk-17.a");
        let answer = with.hub.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.headers["x-request-id"], "desk-17.a");
        let calls = with.provider.calls();
        assert!(!calls.is_empty());
        for call in calls {
            assert_eq!(call.headers["x-request-id"], "desk-17.a", "{}", call.operation);
        }
    }

    async fn health_has_the_documented_keys_and_asks_nobody(store: Store) {
        let with = synced(store).await;
        let body = health(&with.hub).await;
        assert_eq!(body, json!({
            "service": "cal.com", "status": "healthy", "api_version": "v2", "circuit_breaker": "closed", "cache_enabled": true,
        }));
        with.fail("GET /slots", ApiFailure::Status(503));
        for day in 12..15 {
            let path = format!("/api/v1/bookings/availability?date_from=2026-01-{day}&date_to=2026-01-{day}");
            with.hub.get(&path).await;
        }
        let asked = with.asked("GET /slots").requests;
        let body = health(&with.hub).await;
        assert_eq!((&body["status"], &body["circuit_breaker"]), (&json!("down"), &json!("open")));
        assert_eq!(with.asked("GET /slots").requests, asked);
    }

    async fn the_sync_status_has_the_documented_keys(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        let read = async || with.hub.get("/api/calcom/sync-status").await.json();
        assert_eq!(read().await, json!({
            "last_sync": null, "event_types_count": 0, "pending_webhooks": 0, "sync_errors": [],
            "last_comparison": null, "open_findings": 0,
            "today": { "received": 0, "found": 0, "repaired": 0, "conflicting": 0 },
        }));
        sync(&with).await;
        with.hub.set_clock("2026-01-05T08:00:05Z");
        let body = read().await;
        assert_eq!(keys(&body), BTreeSet::from([
            "event_types_count", "last_sync", "pending_webhooks", "sync_errors", "last_comparison", "open_findings", "today",
        ]));
        assert!(body["event_types_count"].as_i64().unwrap() >= 6, "{body}");
        assert_eq!(body["last_sync"], "2026-01-05T08:00:00Z");
    }

    async fn what_was_warmed_up_is_not_asked_again(store: Store) {
        let with = synced(store).await;
        let warmed = calbridge::slots::warm_up(&with.hub.app, &Scope::cli(TenantId(1))).await.unwrap();
        assert!(warmed.remembered > 0 && warmed.failures.is_empty(), "{warmed:?}");
        let asked = with.asked("GET /slots").requests;
        let path = "/api/v1/event-types/1/slots?from=2026-01-05&to=2026-01-11";
        assert_eq!(with.hub.get(path).await.status, 200);
        assert_eq!(with.asked("GET /slots").requests, asked);
    }

    async fn an_offer_that_is_gone_at_the_next_look_is_counted(store: Store) {
        let with = synced(store).await;
        let path = "/api/v1/event-types/1/slots?from=2026-01-13&to=2026-01-13";
        with.hub.get(path).await;
        with.provider.edit_calcom(|calcom| calcom.add_busy(calbridge_emulator::calcom::BusyBlock {
            host: 1, start: crate::hub::at("2026-01-13T10:00:00Z"), end: crate::hub::at("2026-01-13T11:00:00Z"),
        }).unwrap());
        with.hub.set_clock("2026-01-05T08:02:00Z");
        with.hub.get(path).await;
        let text = calbridge::metrics::render(&with.hub.app).await;
        assert!(text.contains("calbridge_offered_slots_total 16"), "{text}");
        assert!(text.contains("calbridge_stale_offers_total 2"), "{text}");
    }

    async fn a_day_is_explained_slot_by_slot(store: Store) {
        let with = synced(store).await;
        let scope = Scope::cli(TenantId(1));
        let date = Some("2026-01-13".parse().unwrap());
        let zones = calbridge::slots::Zones::default();
        let day = calbridge::slots::explain(&with.hub.app, &scope, "1", date, zones).await.unwrap();
        assert_eq!((day.offered.len(), day.free, day.reason), (16, 16, None));
        let sunday = Some("2026-01-18".parse().unwrap());
        let zones = calbridge::slots::Zones::default();
        let day = calbridge::slots::explain(&with.hub.app, &scope, "1", sunday, zones).await.unwrap();
        assert_eq!((day.free, day.reason.as_deref()), (0, Some("nothing_offered")));
        assert!(day.advice.is_some());
    }

    async fn a_connection_that_is_tried_says_whose_key_it_is_or_what_to_do(store: Store) {
        let with = synced(store).await;
        with.connect_with_key(TenantId(1), "worn-out", "cal_live_wrong").await;
        let probed = calbridge::connections::probe(&with.hub.app, &Scope::cli(TenantId(1))).await.unwrap();
        let found = probed[0].found.as_ref().unwrap();
        assert_eq!((found.username.as_deref(), found.versions.as_str()), (Some("greta-falk"), "hosted-2026"));
        assert!(found.event_types >= 6 && found.requests_left > 0 && found.clock_ahead_seconds.is_some());
        assert!(probed[1].remedy.as_deref().unwrap().contains("settings/developer/api-keys"), "{:?}", probed[1]);
    }

    async fn a_circuit_that_is_reset_lets_the_next_call_out(store: Store) {
        let with = synced(store).await;
        with.fail("GET /slots", ApiFailure::Status(503));
        for day in 12..15 {
            let path = format!("/api/v1/bookings/availability?date_from=2026-01-{day}&date_to=2026-01-{day}");
            with.hub.get(&path).await;
        }
        with.heal();
        assert_eq!(health(&with.hub).await["circuit_breaker"], "open");
        let scope = Scope::cli(TenantId(1));
        calbridge::connections::reset_circuits(&with.hub.app, &scope, None).await.unwrap();
        assert_eq!(health(&with.hub).await["circuit_breaker"], "closed");
        assert_eq!(with.hub.get(DAY).await.status, 200);
    }
}
