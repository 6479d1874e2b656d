//! What becomes of bookings, leads and timelines.

use calbridge_emulator::{
    CalCom, Calendly,
    calcom::{By, CancelledBy, NewBooking},
    calendly::{Canceler, NewInvitee},
};
use calbridge_store::{Store, each_engine};

use crate::hub::{TestHub, at};

each_engine! {
    async fn a_booking_makes_a_lead_and_says_so_on_its_timeline(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking {
            phone: Some("+31612345678".to_owned()),
            notes: Some("I want to improve my English".to_owned()),
            ..NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Mary Jane Smith", "Mary@Example.org")
        };
        let (uid, deliveries) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &deliveries).await;

        let lead: (String, String, String, String, String) = hub
            .one("SELECT first_name, last_name, email, status, phone FROM leads", vec![])
            .await;
        assert_eq!(
            lead,
            ("Mary".into(), "Jane Smith".into(), "mary@example.org".into(), "booked".into(), "+31612345678".into())
        );
        let booking: (String, String, String) = hub
            .one("SELECT external_booking_id, status, booking_provider FROM bookings", vec![])
            .await;
        assert_eq!(booking, (uid.as_str().into(), "scheduled".into(), "cal.com".into()));
        let activity: (String, String, String) = hub.one("SELECT type, subject, body FROM activities", vec![]).await;
        assert_eq!(
            activity,
            (
                "level_check".into(),
                "Level Check Booked".into(),
                "Scheduled for 2026-03-02 10:00\nNotes: I want to improve my English".into()
            )
        );
    }

    async fn a_rescheduled_booking_is_one_booking_whatever_its_uid(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (first, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let (second, moved) = cal
            .reschedule(&first, at("2026-03-03T10:00:00Z"), By::Booker, at("2026-01-06T08:00:00Z"))
            .unwrap();
        // The move arrives first.
        hub.deliver_all(&place, &moved).await;
        hub.deliver_all(&place, &created).await;

        let booking: (String, i64) = hub
            .one("SELECT external_booking_id, CAST(rescheduled_count AS BIGINT) FROM bookings", vec![])
            .await;
        assert_eq!(booking, (second.as_str().to_owned(), 1));
        for uid in [first, second] {
            let answer = hub.get(&format!("/api/v1/bookings/{}", uid.as_str())).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.json()["start_time"], "2026-03-03T10:00:00Z");
        }
        assert_eq!(hub.count("activities").await, 2);
    }

    async fn chains_that_are_heard_of_apart_become_one_booking_when_they_meet(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (u1, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let (u2, first) = cal.reschedule(&u1, at("2026-03-03T10:00:00Z"), By::Booker, at("2026-01-06T08:00:00Z")).unwrap();
        let (u3, second) = cal.reschedule(&u2, at("2026-03-04T10:00:00Z"), By::Booker, at("2026-01-07T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &created).await;
        hub.deliver_all(&place, &second).await;
        assert_eq!(hub.count("bookings").await, 2);
        let ids: Vec<(i64,)> = hub.rows("SELECT id FROM bookings ORDER BY id", vec![]).await;
        hub.deliver_all(&place, &first).await;

        assert_eq!(hub.count("bookings").await, 1);
        assert_eq!(hub.count("leads").await, 1);
        let subjects: Vec<(String,)> = hub.rows("SELECT subject FROM activities ORDER BY occurred_at", vec![]).await;
        assert_eq!(subjects.len(), 3, "{subjects:?}");
        // Our own id of the booking that was joined goes on naming it.
        for id in ids.iter().map(|(id,)| id.to_string()).chain([u1, u2, u3].map(|uid| uid.as_str().to_owned())) {
            assert_eq!(hub.get(&format!("/api/v1/bookings/{id}")).await.status, 200, "{id}");
        }
    }

    async fn a_cancelled_booking_returns_its_lead_to_qualified_and_keeps_its_ids(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (uid, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let cancelled = cal.cancel(&uid, CancelledBy::Booker, Some("ill"), at("2026-01-06T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &created).await;
        let before: (String, Option<String>) = hub.one("SELECT status, booking_id FROM leads", vec![]).await;
        hub.deliver_all(&place, &cancelled).await;
        let after: (String, Option<String>) = hub.one("SELECT status, booking_id FROM leads", vec![]).await;
        assert_eq!((before.0.as_str(), after.0.as_str()), ("booked", "qualified"));
        assert!(after.1.is_some());
        assert_eq!(before.1, after.1);
        let booking: (String, Option<String>) = hub.one("SELECT status, cancellation_reason FROM bookings", vec![]).await;
        assert_eq!(booking, ("cancelled".to_owned(), Some("ill".to_owned())));
    }

    async fn cancelling_an_older_booking_leaves_the_lead_alone(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let book = |start: &str| NewBooking::new("intro", at(start), "Ann", "ann@example.org");
        let (old, first) = cal.book(book("2026-03-02T10:00:00Z"), at("2026-01-05T08:00:00Z")).unwrap();
        let (_, second) = cal.book(book("2026-03-03T10:00:00Z"), at("2026-01-05T09:00:00Z")).unwrap();
        let cancelled = cal.cancel(&old, CancelledBy::Booker, None, at("2026-01-06T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &first).await;
        hub.deliver_all(&place, &second).await;
        hub.deliver_all(&place, &cancelled).await;
        let lead: (String,) = hub.one("SELECT status FROM leads", vec![]).await;
        assert_eq!(lead.0, "booked");
        assert_eq!(hub.count("bookings").await, 2);
    }

    async fn a_calendly_pair_is_one_booking_that_moved_and_no_cancellation(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut calendly = Calendly::new(1);
        let new = NewInvitee::new("first-assessment", at("2026-03-02T10:00:00Z"), "Ann Lee", "ann@example.org");
        let (invitee, created) = calendly.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let (_, mut pair) = calendly
            .reschedule(&invitee, at("2026-03-03T10:00:00Z"), Canceler::Invitee, Some("work"), at("2026-01-06T08:00:00Z"))
            .unwrap();
        pair.reverse();
        hub.deliver_all(&place, &pair).await;
        hub.deliver_all(&place, &created).await;

        let booking: (String, i64, String) = hub
            .one("SELECT status, CAST(rescheduled_count AS BIGINT), booking_provider FROM bookings", vec![])
            .await;
        assert_eq!(booking, ("scheduled".into(), 1, "calendly".into()));
        let subjects: Vec<(String,)> = hub.rows("SELECT subject FROM activities ORDER BY occurred_at", vec![]).await;
        assert_eq!(subjects, [("Level Check Booked".to_owned(),), ("Level Check Rescheduled".to_owned(),)]);
        // Calendly has no integer: the lead shows ours.
        let (shown, ours): (String, i64) = hub
            .one("SELECT l.booking_id, b.id FROM leads l JOIN bookings b ON b.lead_id = l.id", vec![])
            .await;
        assert_eq!(shown, ours.to_string());
        assert!(ours >= 10_000_000_000);
    }

    async fn every_invitee_of_a_group_has_a_lead_and_an_end_of_their_own(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut calendly = Calendly::new(1);
        let mut invitees = Vec::new();
        for (n, name) in ["Ann", "Bob", "Cid"].into_iter().enumerate() {
            let email = format!("{}@example.org", name.to_lowercase());
            let new = NewInvitee::new("back-care-class", at("2026-03-02T10:00:00Z"), name, email);
            let now = at(&format!("2026-01-05T08:0{n}:00Z"));
            let (invitee, created) = calendly.book_group_place(new, now).unwrap();
            invitees.push(invitee);
            hub.deliver_all(&place, &created).await;
        }
        let left = calendly.cancel(&invitees[1], Canceler::Invitee, None, at("2026-01-06T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &left).await;
        hub.set_clock("2026-03-02T12:00:00Z");
        let absent = calendly.mark_no_show(&invitees[2], at("2026-03-02T12:00:00Z")).unwrap();
        hub.deliver_all(&place, &absent).await;

        assert_eq!(hub.count("bookings").await, 1);
        let attendees: Vec<(String, String, Option<bool>, String)> = hub
            .rows(
                "SELECT a.name, a.status, a.no_show, l.status FROM attendees a JOIN leads l ON l.id = a.lead_id ORDER BY a.name",
                vec![],
            )
            .await;
        assert_eq!(
            attendees,
            [
                ("Ann".into(), "active".into(), None, "booked".into()),
                ("Bob".into(), "cancelled".into(), None, "qualified".into()),
                ("Cid".into(), "active".into(), Some(true), "qualified".into()),
            ]
        );
        let first: (String,) = hub.one("SELECT l.name FROM bookings b JOIN leads l ON l.id = b.lead_id", vec![]).await;
        assert_eq!(first.0, "Ann");
    }

    async fn a_booking_is_completed_when_its_end_has_come(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut calendly = Calendly::new(1);
        let new = NewInvitee::new("first-assessment", at("2026-03-02T10:00:00Z"), "Ann Lee", "ann@example.org");
        let (_, created) = calendly.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &created).await;
        hub.run_jobs().await;
        hub.set_clock("2026-03-02T10:01:00Z");
        hub.run_jobs().await;
        let (before,): (String,) = hub.one("SELECT status FROM bookings", vec![]).await;
        hub.set_clock("2026-03-02T13:00:00Z");
        hub.run_jobs().await;
        let (after,): (String,) = hub.one("SELECT status FROM bookings", vec![]).await;
        let (lead,): (String,) = hub.one("SELECT status FROM leads", vec![]).await;
        assert_eq!((before.as_str(), after.as_str(), lead.as_str()), ("scheduled", "completed", "completed"));
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn a_cancelled_booking_takes_its_timer_with_it(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
        let (uid, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &created).await;
        assert_eq!(hub.count("jobs").await, 1);
        let cancelled = cal.cancel(&uid, CancelledBy::Booker, None, at("2026-01-06T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &cancelled).await;
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn what_one_invitee_writes_is_on_no_other_timeline(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let mut cal = CalCom::new(1);
        for (n, name) in (0_u8..).zip(["ann", "bob"]) {
            let new = NewBooking {
                notes: Some(format!("{name}'s secret")),
                ..NewBooking::new("group-class", at("2026-03-02T10:00:00Z"), name, format!("{name}@example.org"))
            };
            let now = at(&format!("2026-01-05T08:0{n}:00Z"));
            hub.deliver_all(&place, &cal.book(new, now).unwrap().1).await;
        }
        let shown: Vec<(String, String)> = hub
            .rows("SELECT l.name, a.body FROM activities a JOIN leads l ON l.id = a.lead_id ORDER BY l.name", vec![])
            .await;
        assert_eq!(shown.len(), 2);
        assert!(!shown[0].1.contains("bob's") && !shown[1].1.contains("ann's"), "{shown:?}");
    }

    async fn who_gives_up_one_of_two_places_still_comes(store: Store) {
        let hub = TestHub::over(store).await;
        let (place, other) = (hub.place().await, hub.new_place().await);
        let mut calendly = Calendly::new(1);
        let book = |calendly: &mut Calendly, minute: u8| {
            let new = NewInvitee::new("back-care-class", at("2026-03-02T10:00:00Z"), "Ann", "ann@example.org");
            calendly.book_group_place(new, at(&format!("2026-01-05T08:0{minute}:00Z"))).unwrap()
        };
        let (first, mut sent) = book(&mut calendly, 1);
        sent.extend(calendly.cancel(&first, Canceler::Invitee, None, at("2026-01-05T08:02:00Z")).unwrap());
        sent.extend(book(&mut calendly, 3).1);
        hub.deliver_all(&place, &sent).await;
        sent.reverse();
        hub.deliver_all(&other, &sent).await;
        let statuses: Vec<(String,)> = hub.rows("SELECT status FROM leads", vec![]).await;
        assert_eq!(statuses, [("booked".to_owned(),), ("booked".to_owned(),)]);
    }
}
