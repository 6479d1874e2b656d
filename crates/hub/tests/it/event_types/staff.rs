//! Users who host, and which of a provider's people they are.

use calbridge_core::ids::TenantId;
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use super::{event_type, name_team, send, sync};
use crate::provider::WithProvider;

/// With the team's event type, hosted by three people.
async fn with_team(store: Store) -> WithProvider {
    let with = WithProvider::start(store).await;
    let connection = with.connect(TenantId(1), "cal").await;
    name_team(&with, connection.id.0).await;
    with
}

async fn add(with: &WithProvider, body: Json) -> Json {
    let answer = send(&with.hub, "POST", "/api/v1/users", body).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()
}

async fn matches(with: &WithProvider, state: &str) -> Vec<Json> {
    let path = format!("/api/v1/host-matches?state={state}");
    let body = with.hub.get(&path).await.json();
    body["data"].as_array().unwrap().clone()
}

/// Our users among the hosts of the team's event type, by the provider's ids.
async fn hosting(with: &WithProvider) -> Vec<(String, Json)> {
    let body = event_type(with, "5").await;
    let hosts = body["hosts"].as_array().unwrap();
    let one = |host: &Json| {
        (
            host["provider_user_id"].as_str().unwrap().to_owned(),
            host["user_id"].clone(),
        )
    };
    hosts.iter().map(one).collect()
}

each_engine! {
    async fn a_host_with_a_users_address_is_that_user(store: Store) {
        let with = with_team(store).await;
        let anton = add(&with, json!({ "name": "A. Weiss", "email": "Anton@studio-falk.example" })).await;
        let mio = add(&with, json!({ "name": "Mio Sato" })).await;
        let run = sync(&with).await;
        assert_eq!((&run["state"], &run["result"]["hosts_to_review"]), (&json!("done"), &json!(2)), "{run}");
        assert_eq!(hosting(&with).await, [
            ("1".to_owned(), Json::Null),
            ("2".to_owned(), anton["id"].clone()),
            ("3".to_owned(), Json::Null),
        ]);
        let known = with.hub.get(&format!("/api/v1/users/{}", anton["id"])).await.json();
        assert_eq!((&known["calcom_user_id"], &known["calcom_username"]), (&json!(2), &json!("anton-weiss")));
        let confirmed = matches(&with, "confirmed").await;
        assert_eq!((confirmed.len(), &confirmed[0]["confidence"], &confirmed[0]["why"]), (1, &json!(100), &json!("same_email")));
        let suggested = matches(&with, "suggested").await;
        let of = |id: &str| suggested.iter().find(|one| one["provider_user_id"] == id).unwrap();
        assert_eq!((&of("3")["user_id"], &of("3")["why"]), (&mio["id"], &json!("same_name")));
        assert_eq!((&of("1")["user_id"], &of("1")["confidence"]), (&Json::Null, &json!(0)));
    }

    async fn what_a_person_decides_about_a_host_stays(store: Store) {
        let with = with_team(store).await;
        let mio = add(&with, json!({ "name": "Mio Sato" })).await;
        let bo = add(&with, json!({ "name": "Bo" })).await;
        sync(&with).await;
        let suggested = matches(&with, "suggested").await;
        let of = |id: &str| suggested.iter().find(|one| one["provider_user_id"] == id).unwrap()["id"].clone();
        let path = |id: &str, verb: &str| format!("/api/v1/host-matches/{}/{verb}", of(id));
        let nobody = send(&with.hub, "POST", &path("1", "confirm"), Json::Null).await;
        assert_eq!((nobody.status.as_u16(), &nobody.json()["field"]), (422, &json!("user_id")));
        let stranger = send(&with.hub, "POST", &path("1", "confirm"), json!({ "user_id": 999 })).await;
        assert_eq!(stranger.status, 422);
        let chosen = send(&with.hub, "POST", &path("1", "confirm"), json!({ "user_id": bo["id"] })).await.json();
        assert_eq!((&chosen["state"], &chosen["why"]), (&json!("confirmed"), &json!("chosen")));
        let rejected = send(&with.hub, "POST", &path("3", "reject"), Json::Null).await.json();
        assert_eq!((&rejected["state"], &rejected["user_id"]), (&json!("rejected"), &mio["id"]));
        sync(&with).await;
        assert_eq!(hosting(&with).await[0].1, bo["id"]);
        assert_eq!(matches(&with, "rejected").await.len(), 1);
        let audit = with.hub.get("/api/v1/audit-log?limit=200").await.json().to_string();
        assert!(audit.contains("host_match.confirm") && audit.contains("host_match.reject"));
    }

    async fn a_user_told_of_later_is_recognized_at_once(store: Store) {
        let with = with_team(store).await;
        sync(&with).await;
        assert_eq!(matches(&with, "suggested").await.len(), 3);
        let user = add(&with, json!({ "name": "Somebody" })).await;
        let path = format!("/api/v1/users/{}", user["public_id"].as_str().unwrap());
        let told = json!({ "calcom_user_id": 3, "calcom_username": "mio-sato", "time_zone": "asia/tokyo" });
        let changed = send(&with.hub, "PATCH", &path, told).await.json();
        assert_eq!((&changed["calcom_user_id"], &changed["time_zone"]), (&json!(3), &json!("Asia/Tokyo")));
        assert_eq!(hosting(&with).await[2].1, user["id"]);
        assert_eq!(matches(&with, "suggested").await.len(), 2);
        let twice = send(&with.hub, "POST", "/api/v1/users", json!({ "name": "Other", "calcom_user_id": 3 })).await;
        assert_eq!((twice.status.as_u16(), &twice.json()["field"]), (409, &json!("calcom_user_id")));
        let nameless = send(&with.hub, "POST", "/api/v1/users", json!({})).await;
        assert_eq!((nameless.status.as_u16(), &nameless.json()["code"]), (422, &json!("missing_field")));
    }
}
