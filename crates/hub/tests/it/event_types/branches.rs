//! Branches, what each one offers, and that another tenant knows nothing of it.

use calbridge_core::ids::TenantId;
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use super::{event_type, send, sync};
use crate::provider::WithProvider;

async fn synced(store: Store) -> WithProvider {
    let with = WithProvider::start(store).await;
    with.connect(TenantId(1), "cal").await;
    sync(&with).await;
    with
}

async fn add(with: &WithProvider, name: &str) -> Json {
    let body = json!({ "name": name, "time_zone": "europe/berlin" });
    let answer = send(&with.hub, "POST", "/api/v1/branches", body).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()
}

each_engine! {
    async fn a_branch_offers_an_event_type_in_its_own_way(store: Store) {
        let with = synced(store).await;
        let branch = add(&with, "Center").await;
        assert_eq!(branch["time_zone"], "Europe/Berlin");
        let offers = format!("/api/v1/branches/{}/event-types", branch["id"]);
        // As the documents have it.
        let body = json!({
            "calcom_event_type_id": 1, "title": "30 Min Consultation", "slug": "30min", "length": 30, "price": 50.00,
            "currency": "EUR", "is_active": true,
        });
        let mapped = send(&with.hub, "POST", &offers, body.clone()).await;
        assert_eq!(mapped.status, 201, "{}", mapped.json());
        let location = mapped.headers["location"].to_str().unwrap().to_owned();
        let mapped = mapped.json();
        assert_eq!((&mapped["calcom_event_type_id"], &mapped["title"]), (&json!(1), &json!("30 Min Consultation")));
        assert_eq!((&mapped["price"], &mapped["price_minor"], &mapped["currency"]), (&json!("50.00"), &json!(5000), &json!("EUR")));
        assert_eq!(send(&with.hub, "POST", &offers, body).await.status, 409);

        let changed = send(&with.hub, "PATCH", &location, json!({ "title": null, "price": "60", "is_active": false })).await.json();
        assert_eq!((&changed["title"], &changed["price"], &changed["is_active"]), (&json!("Intro"), &json!("60.00"), &json!(false)));
        assert_eq!(changed["overrides"], json!(["slug", "length", "price", "currency"]));
        let of_branch = format!("/api/v1/event-types?branch={}", branch["public_id"].as_str().unwrap());
        assert_eq!(with.hub.get(&of_branch).await.json()["data"], json!([]));
        send(&with.hub, "PATCH", &location, json!({ "is_active": true })).await;
        assert_eq!(with.hub.get(&of_branch).await.json()["data"][0]["external_id"], "1");
        assert_eq!(event_type(&with, "1").await["price"], "0.00", "the event type itself stays");

        let by_provider = format!("{offers}/1");
        assert_eq!(send(&with.hub, "DELETE", &by_provider, Json::Null).await.status, 204);
        assert_eq!(send(&with.hub, "DELETE", &by_provider, Json::Null).await.status, 404);
        assert_eq!(with.hub.get(&offers).await.json()["data"], json!([]));
    }

    async fn branches_are_added_changed_and_deleted(store: Store) {
        let with = synced(store).await;
        let branch = add(&with, "Center").await;
        let taken = send(&with.hub, "POST", "/api/v1/branches", json!({ "name": "Center" })).await;
        assert_eq!((taken.status.as_u16(), &taken.json()["field"]), (409, &json!("name")));
        let path = format!("/api/v1/branches/{}", branch["public_id"].as_str().unwrap());
        let changed = send(&with.hub, "PATCH", &path, json!({ "name": "North", "time_zone": null, "address": "Lindenweg 4" })).await.json();
        assert_eq!((&changed["name"], &changed["time_zone"], &changed["address"]), (&json!("North"), &Json::Null, &json!("Lindenweg 4")));
        assert_eq!(with.hub.get(&path).await.json(), changed);
        let offers = format!("{path}/event-types");
        send(&with.hub, "POST", &offers, json!({ "calcom_event_type_id": "1" })).await;
        assert_eq!(send(&with.hub, "DELETE", &path, Json::Null).await.status, 204);
        assert_eq!(with.hub.get(&path).await.status, 404);
        assert_eq!(with.hub.get("/api/v1/branches").await.json()["data"], json!([]));
        let audit = with.hub.get("/api/v1/audit-log?limit=200").await.json().to_string();
        for action in ["branch.create", "branch.change", "branch.map", "branch.delete"] {
            assert!(audit.contains(action), "{action}");
        }
    }

    async fn a_mapping_of_nothing_is_told_so(store: Store) {
        let with = synced(store).await;
        let branch = add(&with, "Center").await;
        let offers = format!("/api/v1/branches/{}/event-types", branch["id"]);
        for (body, code) in [
            (json!({}), "missing_field"),
            (json!({ "calcom_event_type_id": 999 }), "invalid_field"),
            (json!({ "calcom_event_type_id": [1] }), "invalid_field"),
        ] {
            let answer = send(&with.hub, "POST", &offers, body.clone()).await;
            assert_eq!(answer.status, 422, "{body}");
            assert_eq!((&answer.json()["code"], &answer.json()["field"]), (&json!(code), &json!("calcom_event_type_id")), "{body}");
        }
        assert_eq!(with.hub.get("/api/v1/branches/99/event-types").await.status, 404);
        assert_eq!(with.hub.get("/api/v1/event-types?branch=99").await.status, 404);
    }
}
