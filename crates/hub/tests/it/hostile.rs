//! Whatever is in a body: an answer that is a 2xx or a problem, and never a 500. The real binary is pestered in `long`.

use calbridge_emulator::{CalCom, Calendly, Delivery};
use calbridge_store::{Store, each_engine};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value as Json, json};

use crate::hub::{BEGINNING, TestHub, at};

fn odd_value(rng: &mut StdRng) -> Json {
    match rng.random_range(0..14) {
        0 => Json::Null,
        1 => json!(-1),
        2 => json!(i64::MAX),
        3 => json!(1e300),
        4 => json!(""),
        5 => json!("\u{0}\u{202e}\u{fffd}"),
        6 => json!("x".repeat(20_000)),
        7 => json!([]),
        8 => json!({}),
        9 => json!([null, {"value": [{"value": {}}]}]),
        10 => json!("9999-12-31T23:59:59.999999999Z"),
        11 => json!("-009999-01-01T00:00:00Z"),
        12 => json!(true),
        _ => json!({"firstName": 7, "lastName": ["a"], "value": null}),
    }
}

/// Replace some values anywhere in the body by odd ones.
fn mutate(rng: &mut StdRng, json: &mut Json, chance: f64) {
    if rng.random_bool(chance) {
        *json = odd_value(rng);
        return;
    }
    match json {
        Json::Array(items) => items.iter_mut().for_each(|item| mutate(rng, item, chance)),
        Json::Object(fields) => fields
            .values_mut()
            .for_each(|field| mutate(rng, field, chance)),
        _ => {}
    }
}

each_engine! {
    async fn odd_values_anywhere_do_no_harm(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut rng = StdRng::seed_from_u64(5);
        let mut seeds: Vec<Delivery> = Vec::new();
        for name in calbridge_emulator::calcom::TRIGGERS {
            seeds.push(CalCom::new(1).trigger(name, at(BEGINNING)).unwrap());
        }
        for name in calbridge_emulator::calendly::EVENTS {
            seeds.push(Calendly::new(1).trigger(name, at(BEGINNING)).unwrap());
        }
        for n in 0..400 {
            let seed = &seeds[rng.random_range(0..seeds.len())];
            let mut body: Json = serde_json::from_slice(&seed.body).unwrap();
            for field in body.as_object_mut().unwrap().values_mut() {
                mutate(&mut rng, field, 0.03);
            }
            let delivery = Delivery { body: body.to_string().into_bytes(), ..seed.clone() };
            let answer = hub.deliver(&place, &delivery).await;
            assert_eq!(answer.status, 200, "{n}: {body}");
            let event = answer.json()["event_id"].as_i64().unwrap();
            let (error,): (Option<String>,) = hub
                .one("SELECT error_message FROM webhook_events WHERE id = $1", vec![event.into()])
                .await;
            // Nothing that the database has to refuse comes that far.
            let refused = error.as_deref().is_some_and(|error| error.contains("database"));
            assert!(!refused, "{error:?} for {body}");
        }
        hub.run_jobs().await;
        for list in ["bookings", "leads", "webhook-events"] {
            assert_eq!(hub.get(&format!("/api/v1/{list}?limit=200")).await.status, 200, "{list}");
        }
    }

    async fn numbers_that_overflow_stop_nobody(store: Store) {
        let hub = TestHub::over(store).await;
        hub.open_calcom().await;
        for length in [json!(i64::MAX), json!("9223372036854775807"), json!(i64::MIN), json!(525_600_000)] {
            let body = json!({
                "triggerEvent": "BOOKING_CREATED",
                "createdAt": "2026-01-01T00:00:00Z",
                "payload": {"uid": format!("x{length}"), "startTime": "2026-02-01T10:00:00Z", "length": length, "price": i64::MAX},
            });
            assert_eq!(hub.post("/webhooks/calcom", &[], body.to_string()).await.outcome(), "processed");
        }
        let fine = json!({"triggerEvent": "PING"});
        assert_eq!(hub.post("/webhooks/calcom", &[], fine.to_string()).await.outcome(), "ignored");
    }
}
