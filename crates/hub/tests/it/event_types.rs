//! What can be booked: read from the provider, changed here, shown to whoever asks.

mod branches;
mod functions;
mod staff;

use calbridge_core::ids::TenantId;
use calbridge_emulator::{
    ApiFailure,
    calcom::{EventType, Kind, Team},
};
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use crate::provider::WithProvider;
pub use crate::provider::{send, sync};

const LISTS: &str = "GET /event-types";

/// The event type that the provider numbers so.
pub async fn event_type(with: &WithProvider, id: &str) -> Json {
    let answer = with.hub.get(&format!("/api/v1/event-types/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

async fn change(with: &WithProvider, id: &str, body: Json) -> Json {
    let answer = send(
        &with.hub,
        "PATCH",
        &format!("/api/v1/event-types/{id}"),
        body,
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

/// How many are on a list of a report.
fn count(run: &Json, list: &str) -> usize {
    run["result"][list].as_array().map_or(0, Vec::len)
}

each_engine! {
    async fn a_sync_brings_what_the_account_offers(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        let run = sync(&with).await;
        assert_eq!(run["state"], "done", "{run}");
        assert_eq!(run["result"]["complete"], true);
        assert_eq!(count(&run, "added"), 6, "the team's is not the account's");
        let intro = event_type(&with, "1").await;
        assert_eq!(intro["calcom_event_type_id"], 1);
        assert_eq!(intro["full_slug"], "greta-falk/intro");
        assert_eq!((&intro["length"], &intro["price_minor"]), (&json!(30), &json!(0)));
        assert_eq!((&intro["active"], &intro["is_active"]), (&json!(true), &json!(true)));
        assert_eq!(intro["custom_fields"][0]["slug"], "referral-source");
        assert_eq!(intro["hosts"][0]["provider_user_id"], "1");
        assert_eq!(intro["last_synced_at"], "2026-01-05T08:00:00Z");
        assert_eq!(event_type(&with, "6").await["price"], "45.00");
        assert_eq!(event_type(&with, "3").await["seats"], 3);
        assert_eq!(event_type(&with, "2").await["needs_confirmation"], true);
        for id in ["id", "public_id", "full_slug", "slug"] {
            let id = intro[id].to_string().replace('"', "").replace('/', "%2F");
            assert_eq!(event_type(&with, &id).await, intro, "{id}");
        }
        let audit = with.hub.get("/api/v1/audit-log?limit=200").await.json().to_string();
        assert!(audit.contains("event_type.add"), "{audit}");
    }

    async fn a_second_sync_finds_nothing_new(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        sync(&with).await;
        let before = event_type(&with, "1").await;
        with.hub.set_clock("2026-01-05T09:00:00Z");
        let run = sync(&with).await;
        assert_eq!((count(&run, "added"), count(&run, "changed"), count(&run, "deactivated")), (0, 0, 0), "{run}");
        assert_eq!(run["result"]["unchanged"], 6);
        let after = event_type(&with, "1").await;
        assert_eq!(after["updated_at"], before["updated_at"]);
        assert_eq!(after["last_synced_at"], "2026-01-05T09:00:00Z");
    }

    async fn what_changes_at_the_provider_changes_here_and_is_told(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        sync(&with).await;
        with.provider.edit_calcom(|calcom| {
            calcom.change_event_type(1, |one| one.title = "First talk".to_owned()).unwrap();
            calcom.remove_event_type(7).unwrap();
        });
        let run = sync(&with).await;
        let changed = &run["result"]["changed"][0];
        assert_eq!(changed["external_id"], "1", "{run}");
        let title = changed["fields"].as_array().unwrap().iter().find(|one| one["field"] == "title").unwrap();
        assert_eq!(title, &json!({ "field": "title", "before": "Intro", "after": "First talk" }));
        assert_eq!(run["result"]["deactivated"][0]["external_id"], "7");
        assert_eq!(event_type(&with, "1").await["title"], "First talk");
        let gone = event_type(&with, "7").await;
        assert_eq!((&gone["active"], &gone["inactive_because"]), (&json!(false), &json!("removed")));
        let revived = send(&with.hub, "PATCH", "/api/v1/event-types/7", json!({ "active": true })).await;
        assert_eq!((revived.status.as_u16(), &revived.json()["code"]), (409, &json!("conflict")));
        let active = with.hub.get("/api/v1/event-types?active=true").await.json();
        assert_eq!(active["data"].as_array().unwrap().len(), 5);
    }

    async fn a_list_that_cannot_be_read_deactivates_nothing(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        sync(&with).await;
        with.provider.edit_calcom(|calcom| calcom.remove_event_type(7).unwrap());
        with.fail(LISTS, ApiFailure::Status(500));
        let run = sync(&with).await;
        assert_eq!((&run["state"], &run["result"]["complete"]), (&json!("failed"), &json!(false)), "{run}");
        assert!(run["error"].as_str().unwrap().starts_with("event types of the account: "), "{run}");
        assert_eq!(event_type(&with, "7").await["active"], true);
    }

    async fn what_a_person_changed_stays_until_it_is_taken_back(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        sync(&with).await;
        let edited = change(&with, "1", json!({ "title": "Our intro", "price": "12.50", "length": 45, "active": false })).await;
        assert_eq!((&edited["price_minor"], &edited["inactive_because"]), (&json!(1250), &json!("person")));
        assert_eq!(edited["edited"], json!({ "title": "Intro", "price": 0, "length": 30, "active": true }));
        with.provider.edit_calcom(|calcom| {
            calcom.change_event_type(1, |one| one.title = "Theirs".to_owned()).unwrap();
        });
        let run = sync(&with).await;
        assert_eq!(count(&run, "kept_edits"), 4, "{run}");
        let kept = event_type(&with, "1").await;
        assert_eq!((&kept["title"], &kept["edited"]["title"]), (&json!("Our intro"), &json!("Theirs")));
        assert_eq!(kept["active"], false);
        let back = change(&with, "1", json!({ "title": null, "price": null, "length": null, "active": null })).await;
        assert_eq!((&back["title"], &back["price_minor"], &back["active"]), (&json!("Theirs"), &json!(0), &json!(true)));
        assert_eq!(back["edited"], json!({}));
        assert_eq!(back["inactive_because"], Json::Null);
    }

    async fn a_value_that_makes_no_sense_is_told_where(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        sync(&with).await;
        for (body, field) in [
            (json!({ "price": "1.005", "currency": "EUR" }), "price"),
            (json!({ "price": "100.5", "currency": "JPY" }), "price"),
            (json!({ "price_minor": -1 }), "price"),
            (json!({ "price": "1.00", "price_minor": 100 }), "price_minor"),
            (json!({ "currency": "EURO" }), "currency"),
            (json!({ "title": " " }), "title"),
            (json!({ "length": 0 }), "length"),
            (json!({ "time_zone": "Mars" }), "time_zone"),
            (json!({ "active": true, "is_active": false }), "is_active"),
        ] {
            let answer = send(&with.hub, "PATCH", "/api/v1/event-types/1", body.clone()).await;
            assert_eq!(answer.status, 422, "{body}");
            assert_eq!(answer.json()["field"], field, "{body}");
        }
        let yen = change(&with, "1", json!({ "price": 500, "currency": "jpy" })).await;
        assert_eq!((&yen["price"], &yen["price_minor"], &yen["currency"]), (&json!("500"), &json!(500), &json!("JPY")));
    }

    async fn a_managed_parent_is_not_offered_and_its_copies_are(store: Store) {
        let with = WithProvider::start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let (parent, children) = with.provider.edit_calcom(|calcom| {
            calcom.set_team(Team {
                id: 10,
                name: "Studio Falk".to_owned(),
                slug: "studio-falk".to_owned(),
                members: vec![1],
            });
            calcom.add_managed(10, &EventType { kind: Kind::Plain, ..EventType::new("visit", "Visit", 30) })
        });
        name_team(&with, connection.id.0).await;
        let run = sync(&with).await;
        assert_eq!(run["state"], "done", "{run}");
        let parent = event_type(&with, &parent.to_string()).await;
        assert_eq!((&parent["active"], &parent["inactive_because"]), (&json!(false), &json!("managed")), "{parent}");
        let child = event_type(&with, &children[0].to_string()).await;
        assert_eq!(child["active"], true);
        let path = format!("/api/v1/event-types/{}", parent["id"]);
        assert_eq!(send(&with.hub, "PATCH", &path, json!({ "active": true })).await.status, 409);
        let public = with.hub.get("/cal-event-types").await.json();
        assert!(!public.to_string().contains(parent["public_id"].as_str().unwrap()));
        let tour = event_type(&with, "5").await;
        assert_eq!((&tour["full_slug"], &tour["scheduling_type"]), (&json!("studio-falk/product-tour"), &json!("round_robin")));
        assert_eq!(tour["hosts"].as_array().unwrap().len(), 3);
    }

    async fn a_package_without_a_length_and_an_owner_in_the_slug_stay_as_they_are(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        with.provider.edit_calcom(|calcom| {
            calcom.add_event_type(EventType { id: 77, ..EventType::new("zhengrowth/monthly-package", "Package", 60) })
        });
        sync(&with).await;
        let package = event_type(&with, "zhengrowth%2Fmonthly-package").await;
        assert_eq!((&package["slug"], &package["full_slug"]), (&json!("zhengrowth/monthly-package"), &json!("zhengrowth/monthly-package")));
        assert_eq!(package["price_minor"], 0);
    }

    async fn one_sync_is_under_way_at_a_time(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect(TenantId(1), "cal").await;
        // The first time, the server is also asked which versions it speaks.
        sync(&with).await;
        with.provider.forget_calls();
        let first = send(&with.hub, "POST", "/api/v1/event-types/sync", Json::Null).await.json();
        let second = send(&with.hub, "POST", "/api/v1/event-types/sync", json!({})).await.json();
        assert_eq!(first["id"], second["id"]);
        assert_eq!(first["runs"][0]["state"], "waiting");
        with.hub.run_jobs().await;
        assert_eq!(with.asked(LISTS).requests, 1);
        let third = send(&with.hub, "POST", "/api/v1/event-types/sync", Json::Null).await.json();
        assert_ne!(first["id"], third["id"]);
    }

    async fn the_hour_brings_a_sync_and_a_connection_without_a_key_none(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.hub.place().await;
        let nothing = send(&with.hub, "POST", "/api/v1/event-types/sync", Json::Null).await;
        assert_eq!((nothing.status.as_u16(), &nothing.json()["code"]), (409, &json!("not_connected")));
        let unknown = send(&with.hub, "POST", "/api/v1/event-types/sync", json!({ "connection_id": 99 })).await;
        assert_eq!(unknown.status, 404);
        with.connect(TenantId(1), "with a key").await;
        for (clock, runs) in [("2026-01-05T08:00:00Z", 1), ("2026-01-05T08:30:00Z", 1), ("2026-01-05T09:00:00Z", 2)] {
            with.hub.set_clock(clock);
            calbridge::event_types::sync::due(&with.hub.app).await.unwrap();
            with.hub.run_jobs().await;
            let all = with.hub.get("/api/v1/sync-runs?state=done").await.json();
            assert_eq!(all["data"].as_array().unwrap().len(), runs, "{clock}");
            assert_eq!(all["data"][0]["cause"], "schedule");
        }
        let of_another = format!("/api/v1/sync-runs?connection_id={}", place.calcom.id);
        assert_eq!(with.hub.get(&of_another).await.json()["data"], json!([]));
    }

    async fn a_wrong_key_is_said_to_be_one(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect_with_key(TenantId(1), "cal", "cal_live_wrong").await;
        let run = sync(&with).await;
        assert_eq!(run["state"], "failed", "{run}");
        assert!(run["error"].as_str().unwrap().to_lowercase().contains("key"), "{run}");
    }
}

/// Let a connection name its team.
pub async fn name_team(with: &WithProvider, connection: i64) {
    let hub = &with.hub;
    hub.execute(
        "UPDATE connections SET team_id = 10 WHERE id = $1",
        vec![connection.into()],
    )
    .await;
    hub.execute("UPDATE registry_version SET version = version + 1", vec![])
        .await;
    let now = hub.app.clock.now();
    hub.app.registry.refresh(&hub.app.store, now).await.unwrap();
}
