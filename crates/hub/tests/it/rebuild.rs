//! The tables are compared with the events, and mended.

use calbridge::rebuild::{self, Difference, Mode, Summary};
use calbridge_emulator::{
    CalCom, Calendly,
    calcom::{By, CancelledBy, NewBooking},
};
use calbridge_store::{Store, each_engine, sql::Value};

use crate::hub::{Place, TestHub, at, dump};

/// Compare everything of a place.
pub async fn rebuilt(hub: &TestHub, place: &Place, mode: Mode) -> (Summary, Vec<Difference>) {
    let mut found = Vec::new();
    let tell = |difference| found.push(difference);
    let summary = rebuild::rebuild(&hub.app, &place.scope, mode, None, tell, || {})
        .await
        .unwrap();
    (summary, found)
}

/// A booking that was moved, one that was cancelled, one that was closed by SQL, and all kinds of other events.
async fn furnished(hub: &TestHub) -> Place {
    let place = hub.place().await;
    let mut cal = CalCom::new(1);
    let now = at("2026-01-05T08:00:00Z");
    let mut uids = Vec::new();
    for (day, name) in [("02", "Ann"), ("03", "Bob"), ("04", "Cid")] {
        let start = at(&format!("2026-03-{day}T10:00:00Z"));
        let email = format!("{}@example.org", name.to_lowercase());
        let (uid, sent) = cal
            .book(NewBooking::new("intro", start, name, email), now)
            .unwrap();
        hub.deliver_all(&place, &sent).await;
        uids.push(uid);
    }
    let later = at("2026-01-06T08:00:00Z");
    let to = at("2026-03-05T10:00:00Z");
    let (_, moved) = cal.reschedule(&uids[0], to, By::Booker, later).unwrap();
    hub.deliver_all(&place, &moved).await;
    let cancelled = cal
        .cancel(&uids[1], CancelledBy::Booker, None, later)
        .unwrap();
    hub.deliver_all(&place, &cancelled).await;
    for name in calbridge_emulator::calendly::EVENTS {
        let delivery = Calendly::new(2).trigger(name, now).unwrap();
        hub.deliver_all(&place, &[delivery]).await;
    }
    let closed =
        "UPDATE bookings SET status = 'completed' WHERE title IS NOT NULL AND status = 'scheduled'
                  AND id = (SELECT booking_id FROM attendees WHERE email = 'cid@example.org')";
    assert_eq!(hub.execute(closed, vec![]).await, 1);
    // The trigger has the clock of the machine.
    hub.set_clock("2100-01-01T00:00:00Z");
    hub.run_jobs().await;
    place
}

fn tables(summary: &Summary) -> Vec<&'static str> {
    summary.tables.keys().copied().collect()
}

each_engine! {
    async fn a_healthy_database_shows_no_differences(store: Store) {
        let hub = TestHub::over(store).await;
        let place = furnished(&hub).await;
        let before = dump(&hub, &place).await;
        for mode in [Mode::Look, Mode::Apply] {
            let (summary, found) = rebuilt(&hub, &place, mode).await;
            assert_eq!(found, [], "{summary:?}");
            assert!(summary.bookings >= 4, "{summary:?}");
        }
        assert_eq!(dump(&hub, &place).await, before);
        let (deeds,): (i64,) = hub.one("SELECT COUNT(*) FROM audit_log WHERE action = 'booking.rebuild'", vec![]).await;
        assert_eq!(deeds, 0);
    }

    async fn damage_is_shown_not_touched_and_mended_when_asked(store: Store) {
        let hub = TestHub::over(store).await;
        let place = furnished(&hub).await;
        let before = dump(&hub, &place).await;
        for damage in [
            // Raising the revision is what hides a write from the trigger.
            "UPDATE bookings SET title = 'Nonsense', status = 'no_show', revision = revision + 7
             WHERE id = (SELECT booking_id FROM attendees WHERE email = 'ann@example.org')",
            "UPDATE attendees SET name = 'Nobody' WHERE email = 'bob@example.org'",
            "DELETE FROM activities WHERE id = (SELECT MIN(id) FROM activities WHERE booking_id IS NOT NULL)",
            "UPDATE activities SET subject = 'Nonsense' WHERE id = (SELECT MAX(id) FROM activities WHERE booking_id IS NOT NULL)",
            "UPDATE booking_changes SET effective = FALSE, note = 'nonsense' WHERE kind = 'rescheduled'",
            "DELETE FROM booking_references WHERE kind = 'number'",
            "UPDATE leads SET booking_url = 'https://nonsense.example', booked_at = NULL WHERE email = 'ann@example.org'",
            "UPDATE leads SET current_booking_id = NULL, booking_id = NULL WHERE email = 'bob@example.org'",
            "DELETE FROM booking_changes WHERE kind = 'cancelled' AND webhook_event_id IS NOT NULL",
        ] {
            assert!(hub.execute(damage, vec![]).await > 0, "{damage}");
        }
        let damaged = dump(&hub, &place).await;
        let (summary, found) = rebuilt(&hub, &place, Mode::Look).await;
        let expected = ["activities", "attendees", "booking_changes", "booking_references", "bookings", "leads"];
        assert_eq!(tables(&summary), expected, "{found:#?}");
        let shown = serde_json::to_string(&found).unwrap();
        for word in ["Nonsense", "Nobody", "https://nonsense.example"] {
            assert!(shown.contains(word), "{word} in {shown}");
        }
        assert_eq!(dump(&hub, &place).await, damaged);

        let (mended, _) = rebuilt(&hub, &place, Mode::Apply).await;
        assert_eq!(mended.tables, summary.tables);
        let (summary, found) = rebuilt(&hub, &place, Mode::Look).await;
        assert_eq!(summary.differences, 0, "{found:#?}");
        assert_eq!(dump(&hub, &place).await, before);
    }

    async fn facts_whose_body_is_gone_and_those_of_people_are_kept(store: Store) {
        let hub = TestHub::over(store).await;
        let place = furnished(&hub).await;
        let before = dump(&hub, &place).await;
        assert!(hub.execute("DELETE FROM webhook_bodies", vec![]).await > 0);
        let (summary, found) = rebuilt(&hub, &place, Mode::Apply).await;
        assert_eq!(found, []);
        assert!(summary.without_body > 0, "{summary:?}");
        assert_eq!(dump(&hub, &place).await, before);
        let (closed,): (i64,) = hub.one("SELECT COUNT(*) FROM booking_changes WHERE actor = 'sql'", vec![]).await;
        assert_eq!(closed, 1);
    }

    async fn a_deleted_booking_comes_back_from_its_events(store: Store) {
        let hub = TestHub::over(store).await;
        let place = furnished(&hub).await;
        let before = hub.count("bookings").await;
        let deleted = "DELETE FROM bookings WHERE id = (SELECT booking_id FROM attendees WHERE email = 'bob@example.org')";
        assert_eq!(hub.execute(deleted, vec![]).await, 1);
        let (summary, _) = rebuilt(&hub, &place, Mode::Look).await;
        assert!(summary.differences > 0);
        assert_eq!(hub.count("bookings").await, before - 1);
        rebuilt(&hub, &place, Mode::Apply).await;
        assert_eq!(hub.count("bookings").await, before);
        let (status,): (String,) = hub
            .one("SELECT b.status FROM bookings b JOIN attendees a ON a.booking_id = b.id WHERE a.email = 'bob@example.org'", vec![])
            .await;
        assert_eq!(status, "cancelled");
        let (summary, found) = rebuilt(&hub, &place, Mode::Look).await;
        assert_eq!(summary.differences, 0, "{found:#?}");
    }

    async fn another_tenants_bookings_are_left_alone(store: Store) {
        let hub = TestHub::over(store).await;
        let place = furnished(&hub).await;
        let other = hub.new_place().await;
        hub.execute("UPDATE bookings SET title = 'Nonsense'", vec![]).await;
        let (summary, _) = rebuilt(&hub, &other, Mode::Apply).await;
        assert_eq!(summary.bookings, 0);
        let (summary, _) = rebuilt(&hub, &place, Mode::Look).await;
        assert!(summary.differences > 0);
    }

    async fn an_event_that_turns_out_to_be_another_bookings_leaves_the_first(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let now = at("2026-01-05T08:00:00Z");
        let book = |cal: &mut CalCom, day: &str, email: &str| {
            let start = at(&format!("2026-03-{day}T10:00:00Z"));
            cal.book(NewBooking::new("intro", start, "Ann", email), now).unwrap()
        };
        let (one, sent_one) = book(&mut cal, "02", "one@example.org");
        let (_, sent_two) = book(&mut cal, "03", "two@example.org");
        hub.deliver_all(&place, &sent_one).await;
        hub.deliver_all(&place, &sent_two).await;
        let alone = dump(&hub, &place).await;
        let cancelled = cal.cancel(&one, CancelledBy::Booker, None, at("2026-01-06T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &cancelled).await;
        // As if the code that read it first had taken the one booking for the other.
        let (id, body): (i64, Vec<u8>) = hub
            .one("SELECT webhook_event_id, body FROM webhook_bodies ORDER BY webhook_event_id DESC LIMIT 1", vec![])
            .await;
        let bodies: Vec<(Vec<u8>,)> = hub.rows("SELECT body FROM webhook_bodies ORDER BY webhook_event_id LIMIT 2", vec![]).await;
        let names = |body: &[u8]| {
            let json: serde_json::Value = serde_json::from_slice(body).unwrap();
            (json["payload"]["uid"].as_str().unwrap().to_owned(), json["payload"]["bookingId"].to_string())
        };
        let (from, to) = (names(&bodies[0].0), names(&bodies[1].0));
        let other = String::from_utf8(body).unwrap().replace(&from.0, &to.0).replace(&from.1, &to.1).replace("one@", "two@");
        hub.execute(
            "UPDATE webhook_bodies SET body = $2 WHERE webhook_event_id = $1",
            vec![id.into(), Value::from(other.as_bytes())],
        )
        .await;
        let status = async |email: &str| -> String {
            let (status,): (String,) = hub
                .one("SELECT b.status FROM bookings b JOIN attendees a ON a.booking_id = b.id WHERE a.email = $1 AND a.role = 'booker'", vec![email.into()])
                .await;
            status
        };
        assert_eq!(status("one@example.org").await, "cancelled");
        let (summary, _) = rebuilt(&hub, &place, Mode::Look).await;
        assert!(summary.differences > 0);

        let replayed = hub.post(&format!("/api/v1/webhook-events/{id}/replay"), &[], "").await;
        assert_eq!(replayed.status, 200, "{}", String::from_utf8_lossy(&replayed.body));
        assert_eq!(status("one@example.org").await, "scheduled");
        assert_eq!(status("two@example.org").await, "cancelled");
        let told: Vec<(i64,)> = hub.rows("SELECT booking_id FROM booking_changes WHERE webhook_event_id = $1", vec![id.into()]).await;
        assert_eq!(told.len(), 1);
        let after = dump(&hub, &place).await;
        let of_one = |tables: &std::collections::BTreeMap<&str, Vec<String>>| -> Vec<String> {
            tables["bookings"].iter().filter(|row| row.contains("one@example.org")).cloned().collect()
        };
        assert_eq!(of_one(&after), of_one(&alone));
        let (summary, found) = rebuilt(&hub, &place, Mode::Look).await;
        assert_eq!(summary.differences, 0, "{found:#?}");
    }
}
