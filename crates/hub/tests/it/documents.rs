//! What the documents of the five replaced systems print: payloads, SQL, and what they promise to find.

use calbridge::connections::{NewConnectionRequest, add};
use calbridge_core::{
    ids::{LeadId, TenantId},
    provider::Provider,
    scope::Scope,
};
use calbridge_emulator::{CalCom, calcom::NewBooking};
use calbridge_store::{
    Store, each_engine,
    leads::{self, Lead},
    sql::{Engine, FromRow, Json},
};

use crate::hub::{TestHub, at};

const FAST_LEAD: &str = r#"{
  "triggerEvent": "BOOKING_CREATED",
  "payload": {
    "id": 456,
    "uid": "test123",
    "startTime": "2024-01-20T15:00:00Z",
    "endTime": "2024-01-20T15:30:00Z",
    "meetingUrl": "https://cal.com/meet/test123",
    "metadata": {"lead_id": 123}
  }
}"#;

const MIXTREE: &str = r#"{
  "triggerEvent": "BOOKING_CREATED",
  "createdAt": "2025-11-21T14:00:00.000Z",
  "payload": {
    "type": "BOOKING_CREATED",
    "title": "Level Check - 30 Min",
    "description": "English level assessment",
    "startTime": "2025-11-25T10:00:00.000Z",
    "endTime": "2025-11-25T10:30:00.000Z",
    "organizer": {"id": 123, "name": "Your School", "email": "info@mixtreelangdb.nl", "timeZone": "Europe/Amsterdam"},
    "responses": {
      "name": "John Doe",
      "email": "john@example.com",
      "phone": "+31612345678",
      "notes": "I want to improve my English for work"
    },
    "location": "Google Meet",
    "status": "ACCEPTED",
    "smsReminderNumber": null
  },
  "uid": "abc123xyz456",
  "id": "abc123xyz456"
}"#;

const MIXTREE_DEPLOYMENT: &str = r#"{"uid":"test-123","payload":{"responses":{"name":"Test User","email":"test@test.com"},"startTime":"2025-12-01T10:00:00Z","status":"ACCEPTED"}}"#;

const ZHENGROWTH: &str = r#"{
  "triggerEvent": "BOOKING_CREATED",
  "payload": {
    "id": 123,
    "uid": "abc123",
    "title": "30 min meeting",
    "startTime": "2025-10-16T10:00:00Z",
    "endTime": "2025-10-16T10:30:00Z",
    "attendees": [{"name": "John Doe", "email": "john@example.com", "timeZone": "America/New_York"}]
  }
}"#;

async fn seed_lead_123(hub: &TestHub) {
    let now = hub.app.clock.now();
    let lead = Lead {
        id: LeadId(123),
        public_id: uuid::Uuid::now_v7(),
        tenant_id: TenantId(1),
        name: "Тест Букинг".into(),
        first_name: "Тест".into(),
        last_name: "Букинг".into(),
        email: Some("test@example.com".into()),
        email_key: Some("test@example.com".into()),
        phone: None,
        phone_key: None,
        status: "new".into(),
        status_at: now,
        channel: Some("web".into()),
        reference: None,
        source_detail: None,
        activity_notes: None,
        booking_id: None,
        booking_url: None,
        booked_at: None,
        current_booking_id: None,
        current_booking_rank: None,
        time_zone: None,
        language: None,
        consent_gdpr: None,
        consent_marketing: None,
        consent_at: None,
        first_utm: None,
        first_utm_at: None,
        last_utm: None,
        last_utm_at: None,
        told_at: Json(std::collections::BTreeMap::new()),
        assigned_user_id: None,
        created_at: now,
        updated_at: now,
    };
    let mut tx = hub.app.store.write().await.unwrap();
    leads::insert(&mut tx, &[lead]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn post_open(hub: &TestHub, path: &str, body: &str) -> crate::hub::Answer {
    let headers = [
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("X-Cal-Signature".to_owned(), "test-signature".to_owned()),
    ];
    hub.post(path, &headers, body).await
}

each_engine! {
    async fn the_reduced_payload_books_the_lead_its_metadata_names(store: Store) {
        let hub = TestHub::over(store).await;
        hub.open_calcom().await;
        seed_lead_123(&hub).await;
        let answer = post_open(&hub, "/webhooks/calcom", FAST_LEAD).await;
        assert_eq!(answer.outcome(), "processed");
        // FL-35, as printed.
        let lead: (i64, String, String, String, String, jiff::Timestamp) = hub
            .one("SELECT id, name, status, booking_id, booking_url, booked_at FROM leads WHERE id = 123", vec![])
            .await;
        assert_eq!(
            lead,
            (
                123,
                "Тест Букинг".into(),
                "booked".into(),
                "456".into(),
                "https://cal.com/meet/test123".into(),
                at("2024-01-20T15:00:00Z")
            )
        );
        for id in ["456", "test123"] {
            let booking = hub.get(&format!("/api/v1/bookings/{id}")).await.json();
            assert_eq!((&booking["booking_id"], &booking["lead_id"]), (&456.into(), &123.into()));
        }
    }

    async fn a_level_check_makes_the_documented_rows(store: Store) {
        let hub = TestHub::over(store).await;
        hub.open_calcom().await;
        let answer = post_open(&hub, "/webhooks/calcom", MIXTREE).await;
        assert_eq!(answer.json()["status"], "processed");
        let lead: (String, String, String, String, String, String, String) = hub
            .one(
                "SELECT first_name, last_name, email, phone, reference, source_detail, activity_notes FROM leads",
                vec![],
            )
            .await;
        assert_eq!(
            lead,
            (
                "John".into(),
                "Doe".into(),
                "john@example.com".into(),
                "+31612345678".into(),
                "level_check".into(),
                "website_direct".into(),
                "Booking notes: I want to improve my English for work".into()
            )
        );
        let booking: (String, String, String, jiff::Timestamp, String, serde_json::Value) = hub
            .one(
                "SELECT booking_provider, external_booking_id, booking_type, scheduled_at, status, webhook_payload FROM bookings",
                vec![],
            )
            .await;
        assert_eq!(
            (booking.0.as_str(), booking.1.as_str(), booking.2.as_str(), booking.3, booking.4.as_str()),
            ("cal.com", "abc123xyz456", "level_check", at("2025-11-25T10:00:00Z"), "scheduled")
        );
        assert_eq!(booking.5, serde_json::from_str::<serde_json::Value>(MIXTREE).unwrap());
        let activity: (String, String, String) = hub.one("SELECT type, subject, body FROM activities", vec![]).await;
        assert_eq!(
            activity,
            (
                "level_check".into(),
                "Level Check Booked".into(),
                "Scheduled for 2025-11-25 10:00\nNotes: I want to improve my English for work".into()
            )
        );
        // The same address again: the lead is brought up to date, and there is another booking.
        let again = MIXTREE.replace("abc123xyz456", "other").replace("John Doe", "John F. Doe").replace("14:00:00.000Z", "15:00:00.000Z");
        post_open(&hub, "/webhooks/calcom", &again).await;
        assert_eq!((hub.count("leads").await, hub.count("bookings").await), (1, 2));
        let (name,): (String,) = hub.one("SELECT name FROM leads", vec![]).await;
        assert_eq!(name, "John F. Doe");
    }

    async fn a_request_without_a_trigger_is_a_creation(store: Store) {
        let hub = TestHub::over(store).await;
        hub.open_calcom().await;
        let answer = post_open(&hub, "/webhooks/calcom", MIXTREE_DEPLOYMENT).await;
        assert_eq!(answer.json()["status"], "processed");
        let booking: (String, Option<jiff::Timestamp>, String) = hub
            .one("SELECT external_booking_id, ends_at, status FROM bookings", vec![])
            .await;
        assert_eq!(booking, ("test-123".into(), None, "scheduled".into()));
    }

    async fn cal_bookings_reads_as_documented(store: Store) {
        let hub = TestHub::over(store).await;
        hub.open_calcom().await;
        let answer = post_open(&hub, "/functions/v1/cal-webhook", ZHENGROWTH).await;
        assert_eq!(answer.outcome(), "processed");
        let booking: (String, String, String, jiff::Timestamp, String, String, String, serde_json::Value) = hub
            .one(
                "SELECT cal_booking_id, cal_uid, title, start_time, attendee_name, attendee_timezone, status, metadata FROM cal_bookings",
                vec![],
            )
            .await;
        assert_eq!((booking.0.as_str(), booking.1.as_str(), booking.2.as_str()), ("123", "abc123", "30 min meeting"));
        assert_eq!((booking.4.as_str(), booking.5.as_str(), booking.6.as_str()), ("John Doe", "America/New_York", "scheduled"));
        assert_eq!(booking.7["uid"], "abc123");
        let documented = "SELECT id, event_type_id, event_type_slug, end_time, meeting_url, location, created_at, updated_at FROM cal_bookings";
        assert_eq!(rows(&hub, documented).await, 1);
        assert_eq!(hub.count("cal_event_types").await, 0);
    }

    async fn the_printed_queries_return_the_right_rows(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        // These queries ask the database for the time.
        let new = NewBooking {
            phone: Some("+31612345678".into()),
            ..NewBooking::new("intro", at("2090-03-02T10:00:00Z"), "Mary Jane Smith", "mary@example.org")
        };
        hub.deliver_all(&place, &cal.book(new, at("2026-01-05T08:00:00Z")).unwrap().1).await;
        let broken = calbridge_emulator::Delivery { body: b"false".to_vec(), ..cal.ping(at("2026-01-05T08:00:00Z")).remove_first() };
        hub.deliver(&place, &broken).await;

        assert_eq!(rows(&hub, "SELECT * FROM leads WHERE reference = 'level_check' ORDER BY created_at DESC LIMIT 5;").await, 1);
        assert_eq!(rows(&hub, "SELECT * FROM bookings ORDER BY created_at DESC LIMIT 5;").await, 1);
        assert_eq!(rows(&hub, "SELECT * FROM webhook_events \nWHERE provider = 'cal.com' \nORDER BY created_at DESC \nLIMIT 10;").await, 2);
        let failed: (Option<String>, String, String, String) = hub
            .one(
                "SELECT external_id, event_type, status, error_message, created_at \nFROM webhook_events \nWHERE provider = 'cal.com' AND status = 'failed'\nORDER BY created_at DESC;",
                vec![],
            )
            .await;
        assert_eq!(failed.2, "failed");
        assert!(!failed.3.is_empty());
        assert_eq!(rows(&hub, "SELECT \n  b.id,\n  b.scheduled_at,\n  b.status,\n  l.first_name,\n  l.last_name,\n  l.email,\n  l.phone\nFROM bookings b\nJOIN leads l ON b.lead_id = l.id\nWHERE b.booking_type = 'level_check'\nORDER BY b.created_at DESC\nLIMIT 10;").await, 1);
        if hub.app.store.db().engine() == Engine::Postgres {
            assert_eq!(rows(&hub, "SELECT \n  b.scheduled_at,\n  l.first_name,\n  l.last_name,\n  l.email,\n  l.phone\nFROM bookings b\nJOIN leads l ON b.lead_id = l.id\nWHERE b.booking_type = 'level_check'\n  AND b.status = 'scheduled'\n  AND b.scheduled_at >= NOW()\nORDER BY b.scheduled_at ASC;").await, 1);
            assert_eq!(rows(&hub, "SELECT \n  b.id,\n  b.scheduled_at,\n  b.status,\n  l.first_name || ' ' || l.last_name as attendee_name,\n  l.email,\n  l.phone,\n  b.created_at as booked_at\nFROM bookings b\nJOIN leads l ON b.lead_id = l.id\nWHERE b.booking_type = 'level_check'\n  AND b.status = 'scheduled'\n  AND b.scheduled_at >= CURDATE()\nORDER BY b.scheduled_at ASC;").await, 1);
            let (days,): (i64,) = hub.one("SELECT CAST(DATEDIFF(TIMESTAMPTZ '2026-01-03 00:10Z', TIMESTAMPTZ '2026-01-01 23:50Z') AS BIGINT)", vec![]).await;
            assert_eq!(days, 2);
        }
        let upcoming: (i64, String, String, Option<i64>, Option<String>) = hub
            .one("SELECT booking_id, attendee_name, status, assigned_teacher_id, assigned_teacher FROM upcoming_level_checks", vec![])
            .await;
        assert_eq!((upcoming.1.as_str(), upcoming.2.as_str(), upcoming.3), ("Mary Jane Smith", "scheduled", None));
        let (days,): (i64,) = hub.one("SELECT CAST(days_until AS BIGINT) FROM upcoming_level_checks", vec![]).await;
        assert!(days > 20_000);
        assert_eq!(rows(&hub, "SELECT * FROM upcoming_level_checks;").await, 1);
    }

    async fn assigning_a_teacher_by_sql_is_recorded_as_a_move(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        hub.deliver_all(&place, &cal.book(new, at("2026-01-05T08:00:00Z")).unwrap().1).await;
        let (id,): (i64,) = hub.one("SELECT id FROM bookings", vec![]).await;
        let mut tx = hub.app.store.write().await.unwrap();
        tx.query("INSERT INTO users (name) VALUES ('A teacher')").execute().await.unwrap();
        tx.query("UPDATE bookings \nSET assigned_teacher_id = $1,\n    status = 'completed'\nWHERE id = $2;")
            .bind(1_i64)
            .bind(id)
            .execute()
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // The trigger asks the database for the time.
        hub.set_clock("2090-01-01T00:00:00Z");
        hub.run_jobs().await;

        let history: Vec<(String, String, bool)> = hub
            .rows("SELECT kind, actor, effective FROM booking_changes WHERE cause = 'sql' ORDER BY position", vec![])
            .await;
        assert_eq!(history.len(), 2, "{history:?}");
        assert!(history.iter().all(|(_, actor, effective)| actor == "sql" && *effective));
        let booking: (String, String, i64) = hub
            .one("SELECT status, confirmation, assigned_teacher_id FROM bookings", vec![])
            .await;
        assert_eq!(booking, ("completed".into(), "confirmed".into(), 1));
        let (lead,): (String,) = hub.one("SELECT status FROM leads", vec![]).await;
        assert_eq!(lead, "completed");
        let completed: (i64,) = hub.one("SELECT COUNT(*) FROM activities WHERE subject = 'Level Check Completed'", vec![]).await;
        assert_eq!(completed.0, 1);
        let audited: (i64,) = hub.one("SELECT COUNT(*) FROM audit_log WHERE actor = 'sql'", vec![]).await;
        assert_eq!(audited.0, 1);
        // A word that is no status is refused.
        let mut tx = hub.app.store.write().await.unwrap();
        assert!(tx.query("UPDATE bookings SET status = 'done'").execute().await.is_err());
    }

    async fn a_secret_from_the_environment_seeds_connection_default(store: Store) {
        let hub = TestHub::over(store).await;
        let request = NewConnectionRequest {
            webhook_secret: Some("your-webhook-secret".into()),
            ..NewConnectionRequest::new(Provider::CalCom, "default")
        };
        add(&hub.app, &Scope::cli(TenantId(1)), request).await.unwrap();
        let headers = calbridge_providers::sign(
            Provider::CalCom,
            &"your-webhook-secret".into(),
            MIXTREE.as_bytes(),
            hub.app.clock.now(),
        );
        assert_eq!(hub.post("/api/webhooks/calcom", &headers, MIXTREE).await.outcome(), "processed");
    }
}

each_engine! {
    async fn the_statements_of_the_sql_page_work(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        hub.deliver_all(&place, &cal.book(new, at("2026-01-05T08:00:00Z")).unwrap().1).await;
        let page = include_str!("../../../../docs/sql.md");
        let mut tx = hub.app.store.write().await.unwrap();
        let mut ran = 0;
        for block in page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            // Roles and row security are PostgreSQL's; everything is undone at the end.
            if block.contains("CREATE ROLE") && tx.engine() == Engine::Sqlite {
                continue;
            }
            for statement in block.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
                let done = tx.query(statement.to_owned()).execute().await;
                assert!(done.is_ok(), "{statement}: {done:?}");
                ran += 1;
            }
        }
        tx.rollback().await.unwrap();
        assert!(ran >= 5, "{ran}");
    }
}

struct Any;

impl FromRow for Any {
    fn from_row(_: &calbridge_store::sql::Row) -> Result<Self, calbridge_store::StoreError> {
        Ok(Self)
    }
}

async fn rows(hub: &TestHub, sql: &'static str) -> usize {
    hub.rows::<Any>(sql, vec![]).await.len()
}

trait RemoveFirst {
    fn remove_first(self) -> calbridge_emulator::Delivery;
}

impl RemoveFirst for Vec<calbridge_emulator::Delivery> {
    fn remove_first(mut self) -> calbridge_emulator::Delivery {
        self.remove(0)
    }
}
