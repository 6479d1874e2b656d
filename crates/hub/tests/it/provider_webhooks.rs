//! Our webhooks at the provider: looked at, made, mended, and given another secret.

use axum::http::Method;
use calbridge::provider_webhooks;
use calbridge_core::ids::TenantId;
use calbridge_emulator::{
    ApiFailure, ApiFault, ApiPlan, calcom::Organization, server::CalComServer,
};
use calbridge_store::{
    Store, connection_secrets,
    connections::{Connection, SecretKind},
    each_engine,
};
use serde_json::{Value as Json, json};

use crate::provider::{WithProvider, name_team, send, sync};

const PUBLIC: &str = "https://hub.example.org";
const PATCH: &str = "PATCH /webhooks/{hook}";

/// A hub that knows its public URL.
pub async fn start(store: Store) -> WithProvider {
    WithProvider::with(store, CalComServer::default().generous(), |config| {
        config.server.public_url = Some(format!("{PUBLIC}/"));
    })
    .await
}

fn path(connection: &Connection) -> String {
    format!("/api/v1/connections/{}/provider-webhooks", connection.id)
}

async fn check(with: &WithProvider, connection: &Connection) -> Json {
    let answer = with.hub.get(&path(connection)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

async fn post(with: &WithProvider, connection: &Connection, verb: &str) -> Json {
    let path = format!("{}/{verb}", path(connection));
    let answer = send(&with.hub, "POST", &path, Json::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

fn codes(report: &Json) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

/// Ask the provider itself, with its key.
pub async fn at_provider(with: &WithProvider, method: Method, path: &str, body: &Json) -> Json {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{path}", with.provider.calcom_base_url());
    let mut request = http
        .request(method, url)
        .bearer_auth(with.provider.calcom_api_key());
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json::<Json>().await.unwrap()["data"].clone()
}

async fn webhooks(with: &WithProvider) -> Vec<Json> {
    let all = at_provider(with, Method::GET, "/webhooks", &Json::Null).await;
    all.as_array().unwrap().clone()
}

fn webhook(connection: &Connection, secret: &str) -> Json {
    json!({
        "active": true,
        "subscriberUrl": format!("{PUBLIC}{}", connection.webhook_path()),
        "triggers": calbridge_providers::calcom_api::webhooks::wanted(
            calbridge_providers::calcom_api::Profile::Hosted2026,
        ),
        "secret": secret,
    })
}

/// The secret that a connection of tenant 1 begins with.
fn first_secret() -> String {
    format!("{}-1", crate::hub::CALCOM_SECRET)
}

/// What becomes of a delivery that is signed so.
async fn signed_with(
    with: &WithProvider,
    connection: &Connection,
    secret: &str,
    nonce: &str,
) -> u16 {
    let body = format!(r#"{{"triggerEvent":"PING","payload":{{"nonce":"{nonce}"}}}}"#);
    let headers = calbridge_providers::sign(
        calbridge_core::provider::Provider::CalCom,
        &secret.to_owned().into(),
        body.as_bytes(),
        with.hub.app.clock.now(),
    );
    let answer = with
        .hub
        .post(&connection.webhook_path(), &headers, body)
        .await;
    answer.status.as_u16()
}

/// The incidents that last.
pub async fn incidents(with: &WithProvider, kind: &str) -> Vec<(String, String)> {
    with.hub
        .rows(
            "SELECT subject, detail FROM incidents WHERE kind = $1 AND resolved_at IS NULL ORDER BY id",
            vec![kind.into()],
        )
        .await
}

each_engine! {
    async fn what_is_missing_is_registered(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let before = check(&with, &connection).await;
        assert_eq!((codes(&before), &before["ok"]), (vec!["missing"], &json!(false)));
        assert_eq!(before["url"], format!("{PUBLIC}{}", connection.webhook_path()));

        let repaired = post(&with, &connection, "repair").await;
        let step = &repaired["steps"][0];
        assert_eq!((&step["action"], &step["level"], &step["outcome"]), (&json!("create"), &json!("user"), &json!("done")));
        assert_eq!((&repaired["now"]["ok"], codes(&repaired["now"])), (&json!(true), vec![]));
        assert_eq!(repaired["now"]["webhooks"][0]["secret"], "same");
        let there = webhooks(&with).await;
        assert_eq!((there.len(), &there[0]["secret"]), (1, &json!(first_secret())));

        let again = post(&with, &connection, "repair").await;
        assert_eq!(again["steps"], json!([]));
        let audit = with.hub.get("/api/v1/audit-log?limit=200").await.json().to_string();
        assert!(audit.contains("provider_webhook.create"), "{audit}");
        for told in [before.to_string(), repaired.to_string(), audit] {
            assert!(!told.contains(&first_secret()), "{told}");
        }
    }

    async fn a_server_that_does_not_know_a_trigger_gets_those_that_every_server_knows(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        with.provider.set_api_faults(ApiPlan::of([ApiFault::once("POST /webhooks", ApiFailure::Status(400))]));
        let repaired = post(&with, &connection, "repair").await;
        assert_eq!(repaired["steps"][0]["outcome"], "done", "{repaired}");
        let there = webhooks(&with).await;
        let triggers = there[0]["triggers"].as_array().unwrap();
        assert!(triggers.contains(&json!("BOOKING_CREATED")), "{there:?}");
        assert!(!triggers.contains(&json!("BOOKING_REASSIGNED")), "{there:?}");
        assert_eq!(codes(&repaired["now"]), ["missing_triggers"]);

        with.provider.set_api_faults(ApiPlan::of([ApiFault::once(PATCH, ApiFailure::Status(400))]));
        let again = post(&with, &connection, "repair").await;
        assert_eq!(again["steps"][0]["outcome"], "done", "{again}");
        with.fail(PATCH, ApiFailure::Status(400));
        assert_eq!(post(&with, &connection, "repair").await["steps"][0]["outcome"], "failed");
    }

    async fn what_is_wrong_is_mended_and_others_are_left_alone(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let wrong = json!({
            "active": false,
            "subscriberUrl": format!("http://old.example.org{}", connection.webhook_path()),
            "triggers": ["BOOKING_CREATED", "FORM_SUBMITTED"],
            "secret": "somebody-elses",
        });
        at_provider(&with, Method::POST, "/webhooks", &wrong).await;
        let stranger = json!({ "active": true, "subscriberUrl": "https://crm.example.org/in", "triggers": ["BOOKING_PAID"] });
        at_provider(&with, Method::POST, "/webhooks", &stranger).await;
        let before = check(&with, &connection).await;
        assert_eq!(codes(&before), ["inactive", "other_address", "missing_triggers", "secret_different"]);
        assert!(!before.to_string().contains("somebody-elses"), "{before}");

        let planned = post(&with, &connection, "repair?dry_run=true").await;
        assert_eq!(planned["steps"][0]["changes"], json!(["active", "url", "triggers", "secret"]));
        assert_eq!(planned["steps"][0]["outcome"], "planned");
        assert_eq!(with.asked(PATCH).requests, 0);

        let repaired = post(&with, &connection, "repair").await;
        assert_eq!(codes(&repaired["now"]), Vec::<&str>::new(), "{repaired}");
        let there = webhooks(&with).await;
        let ours = there.iter().find(|one| one["secret"] == first_secret()).unwrap();
        assert!(ours["triggers"].as_array().unwrap().contains(&json!("FORM_SUBMITTED")), "{ours}");
        let theirs = there.iter().find(|one| one["subscriberUrl"] == "https://crm.example.org/in").unwrap();
        assert_eq!(theirs["triggers"], json!(["BOOKING_PAID"]));
    }

    async fn a_users_webhook_misses_team_bookings(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        name_team(&with, connection.id.0).await;
        sync(&with).await;
        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, &first_secret())).await;
        let before = check(&with, &connection).await;
        assert_eq!(codes(&before), ["misses_team_bookings"], "{before}");
        let repaired = post(&with, &connection, "repair").await;
        assert_eq!(repaired["steps"][0]["level"], "event type 5 of team 10", "{repaired}");
        assert_eq!((codes(&repaired["now"]), repaired["steps"].as_array().unwrap().len()), (vec![], 1));
        assert_eq!(repaired["now"]["webhooks"].as_array().unwrap().len(), 2);
    }

    async fn an_organizations_webhook_hears_everything_and_others_beside_it_are_too_many(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        with.provider.edit_calcom(|calcom| calcom.set_organization(Some(Organization {
            id: 20,
            name: "Falk Group".to_owned(),
            slug: "falk".to_owned(),
        })));
        with.hub.execute("UPDATE connections SET organization_id = 20", vec![]).await;
        name_team(&with, connection.id.0).await;
        sync(&with).await;
        let repaired = post(&with, &connection, "repair").await;
        assert_eq!(repaired["steps"].as_array().unwrap().len(), 1, "{repaired}");
        assert_eq!((&repaired["steps"][0]["level"], codes(&repaired["now"])), (&json!("organization 20"), vec![]));

        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, &first_secret())).await;
        let report = check(&with, &connection).await;
        assert_eq!((codes(&report), &report["ok"]), (vec!["duplicate"], &json!(true)));
    }

    async fn a_level_that_the_key_may_not_see_is_named(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        with.hub.execute("UPDATE connections SET organization_id = 99", vec![]).await;
        name_team(&with, connection.id.0).await;
        let repaired = post(&with, &connection, "repair").await;
        assert_eq!((&repaired["steps"][0]["level"], codes(&repaired["now"])), (&json!("user"), vec!["level_unreadable"]));
    }

    async fn both_secrets_count_while_one_follows_the_other(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, &first_secret())).await;
        let rotated = post(&with, &connection, "rotate").await;
        assert_eq!(rotated["steps"][0]["outcome"], "done", "{rotated}");
        assert_eq!(rotated["old_secret_until"], "2026-01-06T08:00:00Z");
        let new = webhooks(&with).await[0]["secret"].as_str().unwrap().to_owned();
        assert_ne!(new, first_secret());
        assert!(!rotated.to_string().contains(&new));
        assert_eq!(codes(&check(&with, &connection).await), Vec::<&str>::new());
        assert_eq!(signed_with(&with, &connection, &first_secret(), "a").await, 200);
        assert_eq!(signed_with(&with, &connection, &new, "b").await, 200);

        with.hub.set_clock("2026-01-06T08:00:00Z");
        assert_eq!(signed_with(&with, &connection, &first_secret(), "c").await, 401);
        assert_eq!(signed_with(&with, &connection, &new, "d").await, 200);
    }

    async fn a_rotation_whose_answer_is_lost_is_read_back(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, &first_secret())).await;
        check(&with, &connection).await;
        with.fail(PATCH, ApiFailure::CutMidway);
        let rotated = post(&with, &connection, "rotate").await;
        assert_eq!((&rotated["steps"][0]["outcome"], with.asked(PATCH).requests), (&json!("done"), 1), "{rotated}");
        assert!(rotated["old_secret_until"].is_string());
        assert_eq!(codes(&check(&with, &connection).await), Vec::<&str>::new());
    }

    async fn a_rotation_that_the_provider_did_not_take_leaves_everything_as_it_was(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, &first_secret())).await;
        check(&with, &connection).await;
        with.fail(PATCH, ApiFailure::Status(500));
        let rotated = post(&with, &connection, "rotate").await;
        assert_eq!(rotated["steps"][0]["outcome"], "failed", "{rotated}");
        assert_eq!(rotated["old_secret_until"], Json::Null);
        assert_eq!(with.hub.count("connection_secrets").await, 2, "its key and the old secret");
        assert_eq!(codes(&check(&with, &connection).await), Vec::<&str>::new());
        assert_eq!(signed_with(&with, &connection, &first_secret(), "a").await, 200);
    }

    async fn a_rotation_that_was_interrupted_is_finished_by_a_repair(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, &first_secret())).await;
        let app = &with.hub.app;
        let now = app.clock.now();
        let mut tx = app.store.write().await.unwrap();
        let new = "the-next-one".into();
        connection_secrets::add(&mut tx, app.store.keys(), &connection, SecretKind::Webhook, &new, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(codes(&check(&with, &connection).await), ["secret_older"]);
        with.hub.set_clock("2026-01-07T08:00:00Z");
        assert_eq!(signed_with(&with, &connection, &first_secret(), "a").await, 200);

        let repaired = post(&with, &connection, "repair").await;
        assert_eq!(codes(&repaired["now"]), Vec::<&str>::new(), "{repaired}");
        with.hub.set_clock("2026-01-08T08:00:00Z");
        assert_eq!(signed_with(&with, &connection, &first_secret(), "b").await, 401);
        assert_eq!(signed_with(&with, &connection, "the-next-one", "c").await, 200);
    }

    async fn a_secret_that_only_the_provider_has_is_taken_over(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        with.hub.execute("DELETE FROM connection_secrets WHERE kind = 'webhook_secret'", vec![]).await;
        let refused = send(&with.hub, "POST", &format!("{}/rotate", path(&connection)), Json::Null).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (409, &json!("not_connected")));
        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, "chosen-there")).await;
        assert_eq!(codes(&check(&with, &connection).await), ["secret_not_here"]);
        let repaired = post(&with, &connection, "repair").await;
        assert_eq!((codes(&repaired["now"]), with.asked(PATCH).requests), (vec![], 0), "{repaired}");
        assert_eq!(signed_with(&with, &connection, "chosen-there", "a").await, 200);
        assert_eq!(signed_with(&with, &connection, "guessed", "b").await, 401);
    }

    async fn where_nobody_said_how_the_hub_is_reached_nothing_is_registered(store: Store) {
        let with = WithProvider::start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        assert_eq!(codes(&check(&with, &connection).await), ["no_public_url", "missing"]);
        let refused = send(&with.hub, "POST", &format!("{}/repair", path(&connection)), Json::Null).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (409, &json!("not_connected")));
        assert!(refused.json()["detail"].as_str().unwrap().contains("CALBRIDGE_PUBLIC_URL"));
        assert_eq!(with.asked("POST /webhooks").requests, 0);
    }

    async fn the_connection_of_another_tenant_does_not_exist(store: Store) {
        let with = start(store).await;
        let ours = with.connect(TenantId(1), "cal").await;
        let other = with.hub.new_place().await;
        let theirs = with.connect(other.scope.tenant_id(), "theirs").await;
        for (method, verb) in [("GET", ""), ("POST", "/repair"), ("POST", "/rotate")] {
            for id in [theirs.id.to_string(), "4711".to_owned(), "x".to_owned()] {
                let path = format!("/api/v1/connections/{id}/provider-webhooks{verb}");
                let request = axum::http::Request::builder()
                    .method(method)
                    .uri(&path)
                    .header("host", "localhost")
                    .header("x-tenant-id", ours.tenant_id.to_string());
                let answer = with.hub.send(request.body(axum::body::Body::empty()).unwrap()).await;
                assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &json!("not_found")), "{path}");
            }
        }
        assert_eq!(with.asked("GET /webhooks").requests, 0);
    }

    async fn what_is_missed_is_an_incident_until_it_is_mended(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let app = &with.hub.app;
        provider_webhooks::check_all(app).await.unwrap();
        let open = incidents(&with, provider_webhooks::MISSING).await;
        assert_eq!((open.len(), open[0].0.as_str()), (1, connection.id.to_string().as_str()));
        assert!(open[0].1.contains("calbridge connections webhook repair"), "{open:?}");
        at_provider(&with, Method::POST, "/webhooks", &webhook(&connection, &first_secret())).await;
        provider_webhooks::check_all(app).await.unwrap();
        assert_eq!(incidents(&with, provider_webhooks::MISSING).await, []);
        // A provider that does not answer says nothing about its webhooks.
        with.fail("GET /webhooks", ApiFailure::Status(404));
        provider_webhooks::check_all(app).await.unwrap();
        assert_eq!(incidents(&with, provider_webhooks::MISSING).await, []);
    }
}
