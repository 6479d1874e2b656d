//! What a lead comes to, whatever the order in which its bookings are heard of.

use calbridge::{
    leads::{self, Created, LeadEdit, NewLead},
    tenants,
};
use calbridge_core::{ids::LeadId, lead::LeadRules, person::EmailAddress};
use calbridge_emulator::{Delivery, Provider};
use calbridge_store::{Store, each_engine, tenants::TenantSettings};
use serde_json::{Value, json};

use crate::{
    hub::{Place, TestHub, at, dump},
    permutations::permutations,
};

/// A message about a booking of Ann's.
fn body(event: &str, uid: &str, created_at: &str, more: &Value) -> Vec<u8> {
    let mut payload = json!({
        "uid": uid, "startTime": "2026-03-02T10:00:00Z", "endTime": "2026-03-02T10:30:00Z",
        "attendees": [{ "name": "Ann Lee", "email": "ann@example.org", "timeZone": "Europe/Berlin" }],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        payload[key] = value.clone();
    }
    json!({ "triggerEvent": event, "createdAt": created_at, "payload": payload })
        .to_string()
        .into_bytes()
}

async fn deliver(hub: &TestHub, place: &Place, body: Vec<u8>) {
    let delivery = Delivery {
        provider: Provider::CalCom,
        event: String::new(),
        content_type: "application/json".to_owned(),
        body,
        created_at: at("2026-01-05T08:00:00Z"),
    };
    let answer = hub.deliver(place, &delivery).await;
    assert_eq!(answer.outcome(), "processed", "{}", answer.json());
}

async fn lead(hub: &TestHub, place: &Place, email: &str) -> LeadId {
    let new = NewLead {
        email: Some(EmailAddress::parse(email).unwrap()),
        told: LeadEdit::default(),
    };
    match leads::create(&hub.app, &place.scope, new).await.unwrap() {
        Created::New(lead) | Created::Known(lead) => lead.id,
    }
}

/// Deliver messages in every order, each to a tenant of its own with these rules; the leads they all end with.
async fn leads_of_every_order(
    hub: &TestHub,
    rules: &LeadRules,
    bodies: impl AsyncFn(&Place) -> Vec<Vec<u8>>,
) -> Vec<(String, String, Option<String>)> {
    let count = bodies(&hub.new_place().await).await.len();
    let indices: Vec<usize> = (0..count).collect();
    let mut first = None;
    for order in permutations(&indices) {
        let place = hub.new_place().await;
        let settings = TenantSettings {
            lead_statuses: rules.clone(),
            ..TenantSettings::default()
        };
        tenants::set_settings(&hub.app, &place.scope, settings)
            .await
            .unwrap();
        let bodies = bodies(&place).await;
        for index in &order {
            deliver(hub, &place, bodies[*index].clone()).await;
        }
        let rows = dump(hub, &place).await;
        let first = first.get_or_insert_with(|| (place, rows.clone()));
        for table in ["leads", "attendees"] {
            assert_eq!(rows[table], first.1[table], "{table} in order {order:?}");
        }
    }
    let (place, _) = first.unwrap();
    hub.rows(
        "SELECT l.email, l.status, b.external_booking_id FROM leads l LEFT JOIN bookings b ON b.id = l.current_booking_id
         WHERE l.tenant_id = $1 ORDER BY l.email",
        vec![place.scope.tenant_id().into()],
    )
    .await
}

each_engine! {
    async fn a_lead_named_late_leaves_no_other_one_behind(store: Store) {
        let hub = TestHub::over(store).await;
        let leads = leads_of_every_order(&hub, &LeadRules::default(), async |place| {
            let id = lead(&hub, place, "ann.lee@example.com").await;
            vec![
                body("BOOKING_CREATED", "u1", "2026-01-02T08:00:00Z", &json!({ "metadata": { "lead_id": id } })),
                body("BOOKING_CANCELLED", "u1", "2026-01-03T08:00:00Z", &json!({})),
            ]
        })
        .await;
        assert_eq!(leads, [("ann.lee@example.com".into(), "qualified".into(), Some("u1".into()))]);
    }

    async fn a_lead_with_a_life_of_its_own_is_kept_when_its_booking_turns_out_to_be_anothers(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let id = lead(&hub, &place, "ann.lee@example.com").await;
        deliver(&hub, &place, body("BOOKING_CANCELLED", "u1", "2026-01-03T08:00:00Z", &json!({}))).await;
        let (made,): (i64,) = hub.one("SELECT id FROM leads WHERE email = 'ann@example.org'", vec![]).await;
        let edit = LeadEdit { channel: Some("fair".to_owned()), ..LeadEdit::default() };
        leads::change(&hub.app, &place.scope, &made.to_string(), edit).await.unwrap();
        let created = body("BOOKING_CREATED", "u1", "2026-01-02T08:00:00Z", &json!({ "metadata": { "lead_id": id } }));
        deliver(&hub, &place, created).await;

        let rows: Vec<(String, Option<i64>)> = hub
            .rows("SELECT l.email, l.current_booking_id - b.id FROM leads l, bookings b ORDER BY l.id", vec![])
            .await;
        assert_eq!(rows, [("ann.lee@example.com".into(), Some(0)), ("ann@example.org".into(), None)]);
    }

    async fn the_current_booking_is_the_one_made_last_also_when_that_is_learned_late(store: Store) {
        let hub = TestHub::over(store).await;
        let leads = leads_of_every_order(&hub, &LeadRules::default(), async |_| {
            vec![
                body("BOOKING_CREATED", "u1", "2026-01-02T08:03:00Z", &json!({})),
                body("BOOKING_CREATED", "u2", "2026-01-02T08:02:00Z", &json!({ "location": "https://example.org/2" })),
                body("BOOKING_CANCELLED", "u2", "2026-01-02T08:05:00Z", &json!({})),
                body("BOOKING_CREATED", "u1", "2026-01-02T08:01:00Z", &json!({})),
            ]
        })
        .await;
        assert_eq!(leads, [("ann@example.org".into(), "qualified".into(), Some("u2".into()))]);
    }

    async fn a_rule_that_leaves_the_status_alone_leaves_it_as_the_booking_made_it(store: Store) {
        let hub = TestHub::over(store).await;
        let rules = LeadRules { cancelled: None, no_show: None, ..LeadRules::default() };
        let created = || body("BOOKING_CREATED", "u1", "2026-01-02T08:00:00Z", &json!({}));
        let cancelled = || body("BOOKING_CANCELLED", "u1", "2026-01-02T09:00:00Z", &json!({}));
        let ended = || {
            json!({
                "triggerEvent": "MEETING_ENDED", "createdAt": "2026-01-02T08:00:00Z", "uid": "u1",
                "startTime": "2026-03-02T10:00:00Z", "endTime": "2026-03-02T10:30:00Z",
                "attendees": [{ "name": "Ann Lee", "email": "ann@example.org", "timeZone": "Europe/Berlin" }],
            })
            .to_string()
            .into_bytes()
        };
        let absent = || {
            json!({
                "triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2026-03-02T11:00:00Z",
                "payload": { "bookingUid": "u1", "attendees": [{ "email": "ann@example.org", "noShow": true }] },
            })
            .to_string()
            .into_bytes()
        };
        for (messages, status) in [
            (vec![created(), cancelled()], "booked"),
            (vec![created(), ended(), absent()], "completed"),
            (vec![created(), absent()], "booked"),
        ] {
            let leads = leads_of_every_order(&hub, &rules, async |_| messages.clone()).await;
            assert_eq!(leads, [("ann@example.org".into(), status.into(), Some("u1".into()))]);
        }
    }
}
