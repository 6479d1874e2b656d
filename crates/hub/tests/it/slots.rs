//! Free slots, as callers see them.

use calbridge_core::ids::TenantId;
use calbridge_emulator::{ApiFailure, server::CalComServer};
use calbridge_store::{Store, each_engine};
use futures::future::join_all;
use serde_json::Value as Json;

use crate::provider::WithProvider;

const WEEK: &str = "/api/v1/bookings/availability?date_from=2026-01-12&date_to=2026-01-16";
const SLOTS: &str = "GET /slots";

async fn times(with: &WithProvider, path: &str) -> Vec<String> {
    let answer = with.hub.get(path).await;
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    let Json::Array(times) = answer.json() else {
        panic!("not a list");
    };
    times
        .iter()
        .map(|time| {
            assert_eq!(time["available"], true);
            time["time"].as_str().unwrap().to_owned()
        })
        .collect()
}

async fn code(with: &WithProvider, path: &str) -> (u16, String) {
    let answer = with.hub.get(path).await;
    let code = answer.json()["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status.as_u16(), code)
}

/// What Cal.com would send about a booking that somebody made elsewhere.
fn booked(uid: &str, start: &str, end: &str) -> String {
    format!(
        r#"{{"triggerEvent":"BOOKING_CREATED","createdAt":"2026-01-05T08:00:00.000Z","payload":{{
            "uid":"{uid}","bookingId":991,"eventTypeId":1,"type":"intro","title":"Intro","status":"ACCEPTED",
            "startTime":"{start}","endTime":"{end}",
            "organizer":{{"id":1,"name":"Host","email":"host@example.org","timeZone":"Europe/Berlin"}},
            "attendees":[{{"name":"Ann","email":"ann@example.org","timeZone":"UTC"}}]}}}}"#
    )
}

async fn tell(with: &WithProvider, path: &str, body: &str) {
    let headers = calbridge_providers::sign(
        calbridge_core::provider::Provider::CalCom,
        &format!("{}-1", crate::hub::CALCOM_SECRET).into(),
        body.as_bytes(),
        with.hub.app.clock.now(),
    );
    let answer = with.hub.post(path, &headers, body.to_owned()).await;
    assert_eq!(answer.outcome(), "processed");
}

each_engine! {
    async fn free_times_are_a_bare_list_in_order(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        let times = times(&with, WEEK).await;
        assert!(times.len() > 20, "{times:?}");
        assert!(times.is_sorted());
        // The host's hours are 9 to 17 in Berlin.
        assert_eq!(times[0], "2026-01-12T08:00:00Z");
        assert!(times.last().unwrap().starts_with("2026-01-16T15:30"));
    }

    async fn of_many_who_ask_at_once_one_asks_the_provider(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        let answers = join_all((0..20).map(|_| with.hub.get(WEEK))).await;
        for answer in &answers {
            assert_eq!(answer.body, answers[0].body);
        }
        assert_eq!(with.asked(SLOTS).requests, 1);
        with.hub.get(WEEK).await;
        assert_eq!(with.asked(SLOTS).requests, 1);
    }

    async fn what_is_remembered_is_asked_again_after_a_minute(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        with.hub.get(WEEK).await;
        with.hub.set_clock("2026-01-05T08:00:59Z");
        with.hub.get(WEEK).await;
        assert_eq!(with.asked(SLOTS).requests, 1);
        with.hub.set_clock("2026-01-05T08:01:00Z");
        with.hub.get(WEEK).await;
        assert_eq!(with.asked(SLOTS).requests, 2);
    }

    async fn a_booking_takes_its_slot_at_once_and_leaves_other_weeks_alone(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let next = "/api/v1/bookings/availability?date_from=2026-01-19&date_to=2026-01-23";
        let before = times(&with, WEEK).await;
        times(&with, next).await;
        assert_eq!(with.asked(SLOTS).requests, 2);

        let body = booked("made-elsewhere", "2026-01-13T10:00:00Z", "2026-01-13T10:30:00Z");
        tell(&with, &place.calcom.webhook_path(), &body).await;
        let after = times(&with, WEEK).await;
        let gone: Vec<_> = before.iter().filter(|time| !after.contains(time)).collect();
        assert_eq!(gone, ["2026-01-13T10:00:00Z"]);
        assert_eq!(with.asked(SLOTS).requests, 3);
        times(&with, next).await;
        assert_eq!(with.asked(SLOTS).requests, 3);
    }

    async fn an_answer_that_was_on_its_way_when_a_booking_came_is_not_kept(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        // The versions it speaks are found out first.
        times(&with, "/api/v1/bookings/availability?date_from=2026-02-02&date_to=2026-02-02").await;
        with.fail("GET /slots", ApiFailure::Held);
        let asking = times(&with, WEEK);
        let meanwhile = async {
            with.provider.until(SLOTS, |count| count.under_way == 1).await;
            let body = booked("meanwhile", "2026-01-13T10:00:00Z", "2026-01-13T10:30:00Z");
            tell(&with, &place.calcom.webhook_path(), &body).await;
            with.heal();
        };
        let (_, ()) = tokio::join!(asking, meanwhile);
        let after = times(&with, WEEK).await;
        assert!(!after.contains(&"2026-01-13T10:00:00Z".to_owned()));
    }

    async fn slots_are_grouped_by_the_days_of_the_zone_asked_for(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        known_event_type(&with, &place).await;
        let path = "/api/v1/event-types/1/slots?from=2026-03-27&to=2026-03-30&time_zone=Pacific/Auckland";
        let body = with.hub.get(path).await.json();
        assert_eq!(body["time_zone"], "Pacific/Auckland");
        // Friday in Berlin ends on Saturday in Auckland; Monday's hours there begin on Monday evening.
        let days: Vec<_> = body["days"].as_array().unwrap().iter()
            .map(|day| (day["date"].as_str().unwrap(), day["slots"][0]["local_start"].as_str().unwrap()))
            .collect();
        assert_eq!(days, [
            ("2026-03-27", "2026-03-27T00:00:00+13:00"),
            ("2026-03-28", "2026-03-28T00:00:00+13:00"),
            // Berlin has summer time by then.
            ("2026-03-30", "2026-03-30T20:00:00+13:00"),
        ]);
        assert_eq!(body["next_from"], "2026-03-31");
    }

    async fn why_nothing_is_free_is_said(store: Store) {
        let with = WithProvider::start(store).await;
        let answer = with.hub.get(WEEK).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, b"[]".as_slice()));
        assert_eq!(answer.headers["calbridge-reason"], "not_configured");

        with.place().await;
        let weekend = "/api/v1/bookings/availability?date_from=2026-01-10&date_to=2026-01-11";
        let answer = with.hub.get(weekend).await;
        assert_eq!(answer.body, b"[]");
        assert_eq!(answer.headers["calbridge-reason"], "nothing_offered");
        let past = "/api/v1/bookings/availability?date_from=2026-01-01&date_to=2026-01-02";
        assert_eq!(with.hub.get(past).await.headers["calbridge-reason"], "too_soon");
    }

    async fn a_question_that_cannot_be_answered_says_which_part(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        for (query, expected, field) in [
            ("date_from=2026-01-12", "missing_field", "date_to"),
            ("date_from=12.01.2026&date_to=2026-01-16", "invalid_field", "date_from"),
            ("date_from=2026-01-16&date_to=2026-01-12", "invalid_field", "to"),
            ("date_from=2026-01-12&date_to=2027-01-12", "invalid_field", "to"),
            ("date_from=2026-01-12&date_to=2026-01-16&time_zone=Berlin", "invalid_field", "time_zone"),
            ("date_from=2026-01-12&date_to=2026-01-16&zone=UTC", "unknown_field", "zone"),
        ] {
            let answer = with.hub.get(&format!("/api/v1/bookings/availability?{query}")).await;
            let body = answer.json();
            assert_eq!(answer.status, 422, "{query}: {body}");
            assert_eq!((body["code"].as_str(), body["field"].as_str()), (Some(expected), Some(field)), "{query}");
        }
        let unknown = code(&with, "/api/v1/event-types/4711/slots").await;
        assert_eq!(unknown, (404, "not_found".to_owned()));
    }

    async fn a_key_that_is_refused_is_called_a_problem_of_the_key(store: Store) {
        let with = WithProvider::start(store).await;
        with.connect_with_key(TenantId(1), "cal", "cal_live_wrong").await;
        let path = format!("{WEEK}&event_type=1");
        // Nothing is known of the event type yet: the default one is asked for.
        assert_eq!(code(&with, &path).await.0, 404);
        with.hub.execute("UPDATE connections SET default_event_type_id = '1'", vec![]).await;
        with.hub.execute("UPDATE registry_version SET version = version + 1", vec![]).await;
        let now = with.hub.app.clock.now();
        with.hub.app.registry.refresh(&with.hub.app.store, now).await.unwrap();
        assert_eq!(code(&with, WEEK).await, (502, "provider_key_refused".to_owned()));
    }

    async fn after_five_failures_the_provider_is_left_alone_for_a_minute(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        times(&with, WEEK).await;
        with.fail("GET /slots", ApiFailure::Status(503));
        let other = "/api/v1/bookings/availability?date_from=2026-02-02&date_to=2026-02-06";
        // A question is asked three times; the second one meets a breaker that opened.
        for _ in 0..2 {
            assert_eq!(code(&with, other).await, (503, "provider_unavailable".to_owned()));
        }
        let asked = with.asked(SLOTS).requests;
        assert_eq!(asked, 1 + 5);
        let answer = with.hub.get(other).await;
        assert_eq!(answer.headers["retry-after"], "60");
        assert_eq!(with.asked(SLOTS).requests, asked);

        with.heal();
        with.hub.set_clock("2026-01-05T08:01:00Z");
        assert!(!times(&with, other).await.is_empty());
    }

    async fn a_refusal_is_no_failure_of_the_provider(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        times(&with, WEEK).await;
        with.fail("GET /slots", ApiFailure::Status(404));
        let other = "/api/v1/bookings/availability?date_from=2026-02-02&date_to=2026-02-06";
        for _ in 0..8 {
            assert_eq!(code(&with, other).await, (502, "provider_has_none".to_owned()));
        }
        with.heal();
        assert!(!times(&with, other).await.is_empty());
    }

    async fn more_than_the_budget_is_refused_with_a_time(store: Store) {
        let with = WithProvider::with(store, CalComServer::default().generous(), |config| {
            config.calcom.cache_enabled = false;
        }).await;
        let place = with.place().await;
        with.hub.execute(
            "UPDATE connections SET requests_per_minute = 1, requests_at_once = 8 WHERE id = $1",
            vec![place.calcom.id.into()],
        ).await;
        with.hub.execute("UPDATE registry_version SET version = version + 1", vec![]).await;
        let now = with.hub.app.clock.now();
        with.hub.app.registry.refresh(&with.hub.app.store, now).await.unwrap();
        let mut answers = Vec::new();
        for _ in 0..9 {
            answers.push(code(&with, WEEK).await);
        }
        let refused = (503, "provider_budget_exhausted".to_owned());
        assert_eq!(answers.last(), Some(&refused));
        assert_eq!(answers[0].0, 200);
        let total: u64 = with.provider.operations().values().map(|count| count.requests).sum();
        assert!(total <= 8, "{total}");
        let answer = with.hub.get(WEEK).await;
        assert!(answer.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() <= 60);
    }

    async fn a_community_server_is_asked_in_its_own_versions(store: Store) {
        let with = WithProvider::with(store, CalComServer::classic().generous(), |_| {}).await;
        with.place().await;
        assert!(!times(&with, WEEK).await.is_empty());
        let profile: (Option<String>,) = with.hub.one("SELECT api_profile FROM connections", vec![]).await;
        assert_eq!(profile.0.as_deref(), Some("classic"));
    }

    async fn another_tenant_sees_nothing_of_it(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        known_event_type(&with, &place).await;
        with.hub.new_place().await;
        let request = axum::http::Request::get("/api/v1/event-types/1/slots")
            .header("host", "localhost")
            .header("x-tenant-id", "2")
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(with.hub.send(request).await.status, 404);
        let mine = axum::http::Request::get("/api/v1/event-types/1/slots")
            .header("host", "localhost")
            .header("x-tenant-id", "1")
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(with.hub.send(mine).await.status, 200);
    }
}

/// The emulator's `intro`, as a sync would have written it.
async fn known_event_type(with: &WithProvider, place: &crate::hub::Place) {
    with.hub
        .execute(
            "INSERT INTO event_types (public_id, tenant_id, connection_id, external_id, slug, title, length, active, metadata, created_at)
             SELECT public_id, tenant_id, id, '1', 'intro', 'Intro', 30, $2, '{}', created_at FROM connections WHERE id = $1",
            vec![place.calcom.id.into(), true.into()],
        )
        .await;
}
