//! The doors of the way in: who may pass, what is answered, what is kept.

use calbridge::config::Config;
use calbridge::connections::{NewConnectionRequest, add, rotate_secret, set_wanted_events};
use calbridge_core::{change::Canonical, ids::TenantId, provider::Provider, scope::Scope};
use calbridge_emulator::{CalCom, Calendly, Delivery, calcom::NewBooking, calendly::NewInvitee};
use calbridge_store::{Store, each_engine, sql::StoreError};
use jiff::SignedDuration;

use crate::hub::{TestHub, at};

const SHARED_DOORS: [&str; 4] = [
    "/webhooks/calcom",
    "/api/webhooks/calcom",
    "/functions/v1/cal-webhook",
    "/cal-webhook",
];

fn created(seed: u64) -> Delivery {
    let mut cal = CalCom::new(seed);
    let new = NewBooking::new(
        "intro",
        at("2026-03-02T10:00:00Z"),
        "Ann",
        "ann@example.org",
    );
    cal.book(new, at("2026-01-05T08:00:00Z"))
        .unwrap()
        .1
        .remove(0)
}

each_engine! {
    async fn every_door_takes_a_signed_delivery_with_and_without_a_slash(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let secret = place.secret_of(&place.calcom);
        let mut seed = 0;
        for door in SHARED_DOORS.iter().map(|door| (*door).to_owned()).chain([place.calcom.webhook_path()]) {
            for slash in ["", "/"] {
                seed += 1;
                let delivery = created(seed);
                let headers = delivery.signed_headers(Some(&secret), hub.app.clock.now());
                let answer = hub.post(&format!("{door}{slash}"), &headers, delivery.body).await;
                assert_eq!(answer.status, 200, "{door}{slash}");
                assert_eq!(answer.outcome(), "processed");
                let body = answer.json();
                assert_eq!((&body["success"], &body["received"]), (&true.into(), &true.into()));
                assert_eq!(body["event_type"], "BOOKING_CREATED");
                assert!(body["event_id"].is_i64());
            }
        }
        assert_eq!(u64::try_from(hub.count("webhook_events").await), Ok(seed));
    }

    async fn what_nothing_verifies_is_refused_and_kept_in_quarantine(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let delivery = created(1);
        let now = hub.app.clock.now();
        let good = delivery.signed_headers(Some(&place.secret_of(&place.calcom)), now);
        let with = |value: Option<&str>| -> Vec<(String, String)> {
            let mut headers: Vec<_> = good
                .iter()
                .filter(|(name, _)| !name.eq_ignore_ascii_case("x-cal-signature-256"))
                .cloned()
                .collect();
            headers.extend(value.map(|value| ("X-Cal-Signature-256".to_owned(), value.to_owned())));
            headers
        };
        let right = good.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-cal-signature-256")).unwrap().1.clone();
        let mut both = with(Some(&right));
        both.push(("X-Cal-Signature".to_owned(), "0".repeat(64)));
        let wrong = [
            with(None),
            with(Some("")),
            with(Some("no-secret-provided")),
            with(Some("test-signature")),
            with(Some(&right[..40])),
            delivery.signed_headers(Some("another secret"), now),
            both,
        ];
        for door in ["/webhooks/calcom".to_owned(), place.calcom.webhook_path()] {
            for headers in &wrong {
                let answer = hub.post(&door, headers, delivery.body.clone()).await;
                assert_eq!(answer.status, 401, "{headers:?}");
                assert_eq!(answer.json()["code"], "signature_invalid");
            }
        }
        // Re-encoded: the same JSON, other bytes.
        let json: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
        let pretty = serde_json::to_vec_pretty(&json).unwrap();
        assert_eq!(hub.post("/webhooks/calcom", &good, pretty).await.status, 401);

        assert_eq!(hub.count("webhook_events").await, 0);
        assert_eq!(hub.count("quarantined_deliveries").await, 15);
    }

    async fn rubbish_at_a_shared_url_does_not_push_out_what_came_to_a_connections_own(store: Store) {
        let mut config = Config::default();
        config.access.trusted_network = true;
        config.webhooks.quarantine_rows = 4;
        let hub = TestHub::with(store, config).await;
        let place = hub.place().await;
        let unsigned = [("content-type".to_owned(), "application/json".to_owned())];
        for path in [place.calcom.webhook_path(), "/webhooks/calcom".to_owned()] {
            for n in 0..6 {
                assert_eq!(hub.post(&path, &unsigned, format!("{{\"n\":{n}}}")).await.status, 401);
            }
        }
        let kept: Vec<(bool, i64)> = hub
            .rows("SELECT connection_id IS NULL, COUNT(*) FROM quarantined_deliveries GROUP BY 1 ORDER BY 1", vec![])
            .await;
        assert_eq!(kept, [(false, 2), (true, 2)]);
    }

    async fn a_long_body_at_a_shared_url_finds_its_connection_among_many(store: Store) {
        let hub = TestHub::over(store).await;
        let places = hub.new_places(4).await;
        let mut delivery = created(1);
        // Still JSON, and as long as may be.
        delivery.body.extend(vec![b' '; 1024 * 1024 - delivery.body.len()]);
        let headers = delivery.signed_headers(Some(&places[2].secret_of(&places[2].calcom)), hub.app.clock.now());
        assert_eq!(hub.post("/webhooks/calcom", &headers, delivery.body).await.outcome(), "processed");
        let (connection,): (i64,) = hub.one("SELECT connection_id FROM webhook_events", vec![]).await;
        assert_eq!(connection, places[2].calcom.id.0);
    }

    async fn an_unknown_hook_is_not_found(store: Store) {
        let hub = TestHub::over(store).await;
        hub.place().await;
        let answer = hub.post("/hooks/nobody-knows-this", &[], "{}").await;
        assert_eq!(answer.status, 404);
        assert_eq!(hub.count("quarantined_deliveries").await, 0);
    }

    async fn without_a_secret_only_the_own_url_takes_deliveries(store: Store) {
        let hub = TestHub::over(store).await;
        let scope = Scope::cli(TenantId(1));
        let bare = add(&hub.app, &scope, NewConnectionRequest::new(Provider::CalCom, "bare")).await.unwrap();
        let delivery = created(1);
        let headers = delivery.signed_headers(None, hub.app.clock.now());
        assert_eq!(hub.post("/webhooks/calcom", &headers, delivery.body.clone()).await.status, 401);
        assert_eq!(hub.post(&bare.webhook_path(), &headers, delivery.body).await.status, 200);
    }

    async fn unsigned_deliveries_pass_a_shared_door_only_to_the_single_connection_that_allows_it(store: Store) {
        let hub = TestHub::over(store).await;
        hub.place().await;
        hub.open_calcom().await;
        let delivery = created(1);
        let dummy = [("X-Cal-Signature".to_owned(), "test-signature".to_owned())];
        assert_eq!(hub.post("/webhooks/calcom", &dummy, delivery.body.clone()).await.status, 200);

        let other = hub.new_place().await;
        let second = NewConnectionRequest {
            signature_policy: calbridge_store::connections::SignaturePolicy::Off,
            ..NewConnectionRequest::new(Provider::CalCom, "open too")
        };
        add(&hub.app, &other.scope, second).await.unwrap();
        assert_eq!(hub.post("/webhooks/calcom", &dummy, created(2).body).await.status, 401);
    }

    async fn a_delivery_goes_to_the_tenant_whose_secret_verifies_it(store: Store) {
        let hub = TestHub::over(store).await;
        hub.place().await;
        let other = hub.new_place().await;
        let delivery = created(1);
        let headers = delivery.signed_headers(Some(&other.secret_of(&other.calcom)), hub.app.clock.now());
        assert_eq!(hub.post("/webhooks/calcom", &headers, delivery.body).await.status, 200);
        let (tenant,): (i64,) = hub.one("SELECT tenant_id FROM bookings", vec![]).await;
        assert_eq!(tenant, other.scope.tenant_id().0);
    }

    async fn two_secrets_count_during_a_rotation_and_one_after_it(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let id = place.calcom.id;
        let new = "brand new".into();
        rotate_secret(&hub.app, &place.scope, id, &new, SignedDuration::from_hours(24)).await.unwrap();
        let sign = |delivery: &Delivery, secret: &str| delivery.signed_headers(Some(secret), at("2026-01-05T08:00:00Z"));
        let old = place.secret_of(&place.calcom);
        let path = place.calcom.webhook_path();
        assert_eq!(hub.post(&path, &sign(&created(1), &old), created(1).body).await.status, 200);
        assert_eq!(hub.post(&path, &sign(&created(2), "brand new"), created(2).body).await.status, 200);
        hub.set_clock("2026-01-06T09:00:00Z");
        assert_eq!(hub.post(&path, &sign(&created(3), &old), created(3).body).await.status, 401);
        assert_eq!(hub.post(&path, &sign(&created(4), "brand new"), created(4).body).await.status, 200);
    }

    async fn a_repeated_delivery_is_counted_and_changes_nothing(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let delivery = created(1);
        let outcomes = [
            hub.deliver(&place, &delivery).await.outcome(),
            hub.deliver(&place, &delivery).await.outcome(),
            hub.deliver(&place, &delivery).await.outcome(),
        ];
        assert_eq!(outcomes, ["processed", "duplicate", "duplicate"]);
        let (repeats,): (i32,) = hub.one("SELECT repeats FROM webhook_events", vec![]).await;
        assert_eq!(repeats, 2);
        assert_eq!(hub.count("activities").await, 1);
    }

    async fn a_calendly_delivery_signed_long_ago_is_accepted_once_and_marked(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut calendly = Calendly::new(1);
        let new = NewInvitee::new("first-assessment", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (_, sent) = calendly.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let headers = sent[0].signed_headers(Some(&place.secret_of(&place.calendly)), at("2026-01-05T06:00:00Z"));
        let path = place.calendly.webhook_path();
        assert_eq!(hub.post(&path, &headers, sent[0].body.clone()).await.outcome(), "processed");
        assert_eq!(hub.post(&path, &headers, sent[0].body.clone()).await.outcome(), "duplicate");
        let (late,): (bool,) = hub.one("SELECT late FROM webhook_events", vec![]).await;
        assert!(late);
    }

    async fn unwanted_events_are_stored_and_not_applied(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        set_wanted_events(&hub.app, &place.scope, place.calcom.id, Some(vec![Canonical::Cancelled])).await.unwrap();
        assert_eq!(hub.deliver(&place, &created(1)).await.outcome(), "ignored");
        let event: (String, Option<String>) = hub.one("SELECT status, reason FROM webhook_events", vec![]).await;
        assert_eq!(event, ("ignored".to_owned(), Some("filtered".to_owned())));
        assert_eq!(hub.count("bookings").await, 0);
    }

    async fn bodies_that_cannot_be_read_are_stored_and_shown(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let bodies: [&[u8]; 9] = [
            b"false",
            b"",
            b"event=BOOKING_CREATED&uid=udi2uSD8TngiRjgSdnVHno",
            b"{\"triggerEvent\":",
            b"[]",
            b"{}",
            b"{\"hello\":\"world\"}",
            b"\xff\xfe\x00",
            b"null",
        ];
        for body in bodies {
            let delivery = Delivery { body: body.to_vec(), ..created(1) };
            let answer = hub.deliver(&place, &delivery).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.outcome(), "accepted", "{}", String::from_utf8_lossy(body));
        }
        let (failed,): (i64,) = hub
            .one("SELECT COUNT(*) FROM webhook_events WHERE status = 'failed' AND error_message <> '' AND next_attempt_at IS NULL", vec![])
            .await;
        assert_eq!(failed, 9);
        let kept: Vec<(Vec<u8>,)> = hub.rows("SELECT body FROM webhook_bodies ORDER BY webhook_event_id", vec![]).await;
        assert_eq!(kept.into_iter().map(|(body,)| body).collect::<Vec<_>>(), bodies.map(<[u8]>::to_vec));
    }

    async fn every_trigger_is_recognised_and_none_fails(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut sent = Vec::new();
        for (n, name) in (0_u64..).zip(calbridge_emulator::calcom::TRIGGERS) {
            sent.push(CalCom::new(100 + n).trigger(name, at("2026-01-05T08:00:00Z")).unwrap());
        }
        for (n, name) in (0_u64..).zip(calbridge_emulator::calendly::EVENTS) {
            sent.push(Calendly::new(100 + n).trigger(name, at("2026-01-05T08:00:00Z")).unwrap());
        }
        assert!(sent.len() > 30, "{}", sent.len());
        for delivery in &sent {
            let answer = hub.deliver(&place, delivery).await;
            let outcome = answer.outcome();
            assert!(["processed", "ignored"].contains(&outcome.as_str()), "{}: {outcome}", delivery.event);
            if outcome == "ignored" {
                assert!(answer.json()["reason"].as_str().is_some_and(|reason| !reason.contains("unknown")), "{}", delivery.event);
            }
        }
    }

    async fn a_delivery_that_comes_before_its_connection_is_taken_in_when_the_secret_comes(store: Store) {
        let hub = TestHub::over(store).await;
        let mut calendly = Calendly::new(1);
        let new = NewInvitee::new("first-assessment", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (_, sent) = calendly.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let headers = sent[0].signed_headers(Some("later"), hub.app.clock.now());
        assert_eq!(hub.post("/api/webhooks/calendly", &headers, sent[0].body.clone()).await.status, 401);
        assert_eq!(hub.count("bookings").await, 0);

        hub.set_clock("2026-01-05T09:00:00Z");
        let request = NewConnectionRequest {
            webhook_secret: Some("later".into()),
            ..NewConnectionRequest::new(Provider::Calendly, "late")
        };
        add(&hub.app, &Scope::cli(TenantId(1)), request).await.unwrap();
        assert_eq!(hub.count("bookings").await, 1);
        assert_eq!(hub.count("quarantined_deliveries").await, 0);
    }

    async fn an_event_that_cannot_be_applied_is_stored_retried_and_takes_no_other_with_it(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        break_leads(&hub, "poison@example.org").await;
        let mut cal = CalCom::new(1);
        let mut sent = Vec::new();
        for (n, who) in ["ann", "poison", "bob"].into_iter().enumerate() {
            let start = at(&format!("2026-03-0{}T10:00:00Z", n + 2));
            let new = NewBooking::new("intro", start, who, format!("{who}@example.org"));
            sent.extend(cal.book(new, at("2026-01-05T08:00:00Z")).unwrap().1);
        }
        let answers = futures::future::join_all(sent.iter().map(|delivery| hub.deliver(&place, delivery))).await;
        let outcomes: Vec<_> = answers.iter().map(super::hub::Answer::outcome).collect();
        assert_eq!(outcomes, ["processed", "accepted", "processed"]);
        assert_eq!(hub.count("bookings").await, 2);

        mend_leads(&hub).await;
        hub.set_clock("2026-01-05T08:01:00Z");
        hub.run_jobs().await;
        assert_eq!(hub.count("bookings").await, 3);
        let (failed,): (i64,) = hub.one("SELECT COUNT(*) FROM webhook_events WHERE status <> 'processed'", vec![]).await;
        assert_eq!(failed, 0);
    }

    async fn after_its_last_try_an_event_stays_failed_and_can_be_replayed(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        break_leads(&hub, "ann@example.org").await;
        assert_eq!(hub.deliver(&place, &created(1)).await.outcome(), "accepted");
        for hour in 1..=24 {
            hub.app.clock.set(at("2026-01-05T08:00:00Z") + SignedDuration::from_hours(hour));
            hub.run_jobs().await;
        }
        let event: (String, i32, Option<jiff::Timestamp>) = hub
            .one("SELECT status, attempts, next_attempt_at FROM webhook_events", vec![])
            .await;
        assert_eq!(event, ("failed".to_owned(), 8, None));
        assert_eq!(hub.count("jobs").await, 0);

        mend_leads(&hub).await;
        let (id,): (i64,) = hub.one("SELECT id FROM webhook_events", vec![]).await;
        let answer = hub.post(&format!("/api/v1/webhook-events/{id}/replay"), &[], "").await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let (status,): (String,) = hub.one("SELECT status FROM webhook_events", vec![]).await;
        assert_eq!(status, "processed");
        assert_eq!(hub.count("bookings").await, 1);
    }

    async fn passwords_stay_in_the_raw_bytes_only(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("consultation", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (_, sent) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&sent[0].body).unwrap();
        let password = body["payload"]["oneTimePassword"].as_str().unwrap().to_owned();
        hub.deliver_all(&place, &sent).await;
        let (payload,): (serde_json::Value,) = hub.one("SELECT webhook_payload FROM bookings", vec![]).await;
        assert_eq!(payload["triggerEvent"], "BOOKING_REQUESTED");
        for table in ["bookings", "booking_changes", "attendees", "leads", "activities", "audit_log", "jobs"] {
            let mut tx = hub.app.store.read().await.unwrap();
            let sql = match tx.engine() {
                calbridge_store::sql::Engine::Postgres => format!("SELECT to_jsonb(t)::text FROM {table} t"),
                calbridge_store::sql::Engine::Sqlite => {
                    let columns: Vec<(String,)> =
                        tx.query(format!("SELECT name FROM pragma_table_info('{table}')")).all().await.unwrap();
                    let columns: Vec<_> = columns.into_iter().map(|(name,)| format!("\"{name}\"")).collect();
                    format!("SELECT concat_ws('|', {}) FROM {table}", columns.join(", "))
                }
            };
            let rows: Vec<(String,)> = tx.query(sql).all().await.unwrap();
            assert!(rows.iter().all(|(row,)| !row.contains(&password)), "{table}");
        }
    }
}

/// Make the database refuse this lead: a fault of ours that a later release mends.
async fn break_leads(hub: &TestHub, email: &'static str) {
    let mut tx = hub.app.store.write().await.unwrap();
    let sql = match tx.engine() {
        calbridge_store::sql::Engine::Postgres => {
            format!("ALTER TABLE leads ADD CONSTRAINT broken CHECK (email_key <> '{email}')")
        }
        calbridge_store::sql::Engine::Sqlite => format!(
            "CREATE TRIGGER broken BEFORE INSERT ON leads WHEN NEW.email_key = '{email}' BEGIN SELECT RAISE(ABORT, 'broken'); END"
        ),
    };
    run(&mut tx, sql).await.unwrap();
    tx.commit().await.unwrap();
}

async fn mend_leads(hub: &TestHub) {
    let mut tx = hub.app.store.write().await.unwrap();
    let sql = match tx.engine() {
        calbridge_store::sql::Engine::Postgres => "ALTER TABLE leads DROP CONSTRAINT broken",
        calbridge_store::sql::Engine::Sqlite => "DROP TRIGGER broken",
    };
    run(&mut tx, sql.to_owned()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn run(tx: &mut calbridge_store::sql::Tx, sql: String) -> Result<u64, StoreError> {
    tx.query(sql).execute().await
}
