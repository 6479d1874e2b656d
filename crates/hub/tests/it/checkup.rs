//! What `calbridge doctor` finds at providers, and the daily questions to them.

use std::{net::SocketAddr, sync::Arc};

use calbridge::{
    canary,
    checkup::{self, Finding, Fix, Level},
    config::Config,
    connections::KnownConnection,
    http, serve,
};
use calbridge_core::ids::TenantId;
use calbridge_emulator::{ApiFailure, server::CalComServer};
use calbridge_store::{Store, connections::Connection, each_engine};

use crate::{
    provider::{WithProvider, sync},
    provider_webhooks::{incidents, start},
};

async fn known(with: &WithProvider, connection: &Connection) -> Arc<KnownConnection> {
    let app = &with.hub.app;
    let snapshot = app.registry.current(&app.store, app.clock.now()).await;
    Arc::clone(snapshot.find(connection.tenant_id, connection.id).unwrap())
}

/// What is found, but for the clock: the emulator's answers carry the machine's date.
async fn findings(
    with: &WithProvider,
    connection: &Connection,
    server: Option<SocketAddr>,
    fix: Fix,
) -> Vec<Finding> {
    let known = known(with, connection).await;
    let all = checkup::connection(&with.hub.app, &known, server, fix)
        .await
        .unwrap();
    all.into_iter()
        .filter(|finding| finding.check != "clock")
        .collect()
}

fn levels(findings: &[Finding]) -> Vec<(&'static str, Level)> {
    findings
        .iter()
        .map(|finding| (finding.check, finding.level))
        .collect()
}

/// The hub, listening.
async fn listening(with: &WithProvider) -> SocketAddr {
    let (listener, address) = serve::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let router = http::router(with.hub.app.clone());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn set(with: &WithProvider, sql: &'static str) {
    with.hub.execute(sql, vec![]).await;
    with.hub
        .execute("UPDATE registry_version SET version = version + 1", vec![])
        .await;
    let app = &with.hub.app;
    app.registry
        .refresh(&app.store, app.clock.now())
        .await
        .unwrap();
}

each_engine! {
    async fn what_can_be_mended_is_mended_and_then_all_is_well(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let server = listening(&with).await;
        let before = findings(&with, &connection, Some(server), Fix::Nothing).await;
        assert_eq!(levels(&before), [
            ("key", Level::Ok),
            ("profile", Level::Ok),
            ("event types", Level::Warn),
            ("webhook", Level::Fail),
            ("test event", Level::Ok),
        ], "{before:?}");
        assert!(before.iter().all(|finding| (finding.level == Level::Ok) == finding.remedy.is_none()), "{before:?}");
        assert_eq!(with.asked("POST /webhooks").requests, 0);

        let mended = findings(&with, &connection, Some(server), Fix::WhatCanBe).await;
        assert_eq!(levels(&mended), [
            ("key", Level::Ok),
            ("profile", Level::Ok),
            ("event types", Level::Fixed),
            ("event types", Level::Ok),
            ("webhook", Level::Fixed),
            ("webhook", Level::Ok),
            ("test event", Level::Ok),
        ], "{mended:?}");
        let after = findings(&with, &connection, Some(server), Fix::Nothing).await;
        assert!(after.iter().all(|finding| finding.level == Level::Ok), "{after:?}");
    }

    async fn a_key_that_is_refused_says_where_to_renew_it_and_nothing_more_is_asked(store: Store) {
        let with = start(store).await;
        let connection = with.connect_with_key(TenantId(1), "cal", "wrong").await;
        let found = findings(&with, &connection, None, Fix::WhatCanBe).await;
        assert_eq!(levels(&found), [("key", Level::Warn), ("key", Level::Fail)], "{found:?}");
        assert!(found[1].remedy.as_ref().unwrap().contains("API keys"), "{found:?}");
        assert!(!format!("{found:?}").contains("wrong"));
        assert_eq!(with.asked("GET /webhooks").requests, 0);
    }

    async fn rights_that_the_key_has_not_are_named(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        known(&with, &connection).await;
        sync(&with).await;
        with.fail("GET /bookings", ApiFailure::Status(403));
        let found = findings(&with, &connection, None, Fix::Nothing).await;
        let rights = found.iter().find(|finding| finding.check == "rights").unwrap();
        assert!(rights.says.contains("bookings.list"), "{found:?}");
    }

    async fn a_default_event_type_that_is_not_there_is_told(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        sync(&with).await;
        set(&with, "UPDATE connections SET default_event_type_id = '4711'").await;
        let found = findings(&with, &connection, None, Fix::Nothing).await;
        let told = found.iter().find(|finding| finding.says.contains("default event type 4711"));
        assert_eq!(told.unwrap().level, Level::Fail, "{found:?}");
    }

    async fn a_clock_that_goes_otherwise_is_told(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let known = known(&with, &connection).await;
        let found = checkup::connection(&with.hub.app, &known, None, Fix::Nothing).await.unwrap();
        assert!(found.iter().any(|finding| finding.check == "clock" && finding.level == Level::Warn), "{found:?}");
    }

    async fn a_server_that_does_not_take_the_test_event_is_told(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let (listener, nobody) = serve::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        drop(listener);
        let found = findings(&with, &connection, Some(nobody), Fix::Nothing).await;
        assert_eq!(found.last().map(|last| (last.check, last.level)), Some(("test event", Level::Fail)), "{found:?}");
    }

    async fn the_canary_asks_one_question_of_each_kind_and_finds_nothing(store: Store) {
        let with = start(store).await;
        with.connect(TenantId(1), "cal").await;
        with.hub.new_place().await;
        canary::look_at_all(&with.hub.app).await.unwrap();
        for operation in ["GET /me", "GET /slots", "GET /bookings", "GET /webhooks"] {
            assert_eq!(with.asked(operation).requests, 1, "{operation}");
        }
        assert_eq!(incidents(&with, "drift").await, []);
    }

    async fn an_answer_that_cannot_be_read_is_an_incident_and_no_failure(store: Store) {
        let with = start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        canary::look_at_all(&with.hub.app).await.unwrap();
        // Another server stands there now; it answers in the shape of other versions.
        with.provider.set_calcom_server(CalComServer::classic().generous());
        canary::look_at_all(&with.hub.app).await.unwrap();
        let drifts = incidents(&with, "drift").await;
        let subject = format!("event_types.list unreadable {}", connection.id);
        assert!(drifts.iter().any(|(one, _)| *one == subject), "{drifts:?}");
        let found = findings(&with, &connection, None, Fix::WhatCanBe).await;
        assert!(levels(&found).contains(&("profile", Level::Fixed)), "{found:?}");
        canary::look_at_all(&with.hub.app).await.unwrap();
        let drifts = incidents(&with, "drift").await;
        assert!(drifts.iter().all(|(one, _)| *one != subject), "{drifts:?}");
    }

    async fn a_canary_that_is_switched_off_asks_nothing(store: Store) {
        let off = |config: &mut Config| config.sync.canary = false;
        let with = WithProvider::with(store, CalComServer::default().generous(), off).await;
        with.connect(TenantId(1), "cal").await;
        canary::look_at_all(&with.hub.app).await.unwrap();
        assert_eq!(with.asked("GET /me").requests, 0);
    }
}
