//! What a webhook or a sweep tells before the answer comes, and what is told elsewhere of our bookings.

use axum::http::Method;
use calbridge_emulator::{
    ApiFailure, ApiFault, ApiPlan,
    calcom::{BookingUid, By, NewBooking},
};
use calbridge_store::{Store, each_engine};
use futures::future::join_all;
use serde_json::{Value as Json, json};

use super::{Desk, TEN, location, text};
use crate::hub::at;

const CREATE: &str = "POST /bookings";
const LATER: &str = "2026-01-13T10:00:00Z";

impl Desk {
    /// The provider books, and nobody hears its answer: the process is gone.
    async fn crash_while_booking(&self) {
        // The versions it speaks are found out before.
        let day = "/api/v1/bookings/availability?date_from=2026-01-12&date_to=2026-01-12";
        self.with.hub.get(day).await;
        let plan = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::NoAnswer)]);
        self.with.provider.set_api_faults(plan);
        let wish = self.wish(TEN);
        tokio::select! {
            _ = self.book(&wish) => panic!("the provider never answers"),
            () = async {
                while self.theirs().is_empty() {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
    }

    /// Where the only intent to book stands.
    async fn intent(&self) -> (String, Option<String>) {
        let sql = "SELECT state, made FROM booking_intents WHERE kind = 'book'";
        self.with.hub.one(sql, vec![]).await
    }

    async fn settle_jobs(&self) -> i64 {
        let sql = "SELECT COUNT(*) FROM jobs WHERE kind = 'settle_intent'";
        let (count,): (i64,) = self.with.hub.one(sql, vec![]).await;
        count
    }

    async fn counts(&self) -> (i64, i64) {
        let hub = &self.with.hub;
        (hub.count("bookings").await, hub.count("claims").await)
    }
}

each_engine! {
    async fn a_webhook_answers_a_caller_whom_the_provider_leaves_waiting(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let plan = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::NoAnswer)]);
        desk.with.provider.set_api_faults(plan);
        let booked = desk.booked(&desk.wish(TEN)).await;
        assert_eq!(booked["booking_uid"], desk.theirs()[0].uid.as_str());
        assert_eq!(desk.counts().await, (1, 1));
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (1, 1));
        assert_eq!(desk.lead_status().await, "booked");
        assert_eq!(desk.settle_jobs().await, 0);
    }

    async fn a_webhook_settles_what_a_crash_interrupted(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        desk.crash_while_booking().await;
        desk.with.provider.settle().await;
        let uid = desk.theirs()[0].uid.as_str().to_owned();
        assert_eq!(desk.intent().await, ("done".to_owned(), Some(uid)));
        assert_eq!((desk.counts().await, desk.settle_jobs().await), ((1, 1), 0));
        // The claim is the booking's: when that is called off, its time is free.
        let (claimed,): (Option<i64>,) = desk.with.hub.one("SELECT booking_id FROM claims", vec![]).await;
        assert!(claimed.is_some());
        let path = format!("{}/{}", super::BOOKINGS, desk.theirs()[0].uid.as_str());
        let off = desk.call(Method::DELETE, &path, &json!({"cancellation_reason": "ill"})).await;
        assert_eq!(off.status, 200, "{}", text(&off));
        assert_eq!(desk.with.hub.count("claims").await, 0);
    }

    async fn a_sweep_settles_it_too(store: Store) {
        let desk = Desk::open(store).await;
        desk.crash_while_booking().await;
        let accepted = desk.call(Method::POST, "/api/v1/bookings/sync", &json!({})).await;
        assert_eq!(accepted.status, 202, "{}", text(&accepted));
        desk.with.hub.run_jobs().await;
        assert_eq!(desk.intent().await.0, "done");
        assert_eq!((desk.counts().await, desk.settle_jobs().await), ((1, 1), 0));
        desk.settle(&["2026-01-05T08:02:00Z"]).await;
        assert_eq!(desk.standing().len(), 1);
    }

    async fn answers_and_webhooks_at_once_are_one_booking_each(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let starts: Vec<String> = (8..15).map(|hour| format!("2026-01-12T{hour:02}:00:00Z")).collect();
        let wishes: Vec<Json> = starts.iter().map(|start| desk.wish(start)).collect();
        let answers = join_all(wishes.iter().map(|wish| desk.book(wish))).await;
        for answer in &answers {
            assert_eq!(answer.status, 201, "{}", text(answer));
        }
        desk.with.provider.settle().await;
        let many = i64::try_from(starts.len()).unwrap();
        assert_eq!(desk.counts().await, (many, many));
        assert_eq!(desk.standing().len(), starts.len());
        assert_eq!(desk.settle_jobs().await, 0);
    }

    async fn a_booking_that_comes_after_we_said_no_is_called_off(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let plan = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::Status(500))]);
        desk.with.provider.set_api_faults(plan);
        let answer = desk.book(&desk.wish(TEN)).await;
        let place = location(&answer);
        desk.settle(&["2026-01-05T08:00:05Z", "2026-01-05T08:00:30Z", "2026-01-05T08:03:00Z", "2026-01-05T08:06:00Z"]).await;
        assert_eq!(desk.became(&place).await["status"], "not_done");
        let (key,): (String,) = desk.with.hub.one("SELECT intent_key FROM booking_intents", vec![]).await;
        let mut late = NewBooking::new("intro", at(TEN), "Ann Example", "ann@example.org");
        late.metadata.insert("calbridge_key".to_owned(), key);
        desk.with.provider.at_calcom(|calcom, now| calcom.book(late, now)).unwrap();
        desk.with.provider.settle().await;
        desk.with.hub.run_jobs().await;
        desk.with.provider.settle().await;
        assert_eq!((desk.theirs().len(), desk.standing().len()), (1, 0));
        assert_eq!(desk.became(&place).await["status"], "not_done");
        assert_eq!(desk.with.hub.count("claims").await, 0);
    }

    async fn a_booking_of_ours_that_is_moved_elsewhere_gives_back_its_time(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        desk.booked(&desk.wish(TEN)).await;
        let hold = desk.call(Method::POST, "/api/v1/bookings/holds", &json!({"start_time": LATER})).await;
        assert_eq!(hold.status, 201, "{}", text(&hold));
        let uid: BookingUid = desk.theirs()[0].uid.clone();
        desk.with.provider.at_calcom(|calcom, now| calcom.reschedule(&uid, at(LATER), By::Booker, now)).unwrap();
        desk.with.provider.settle().await;
        // It carries the key of its first time; that is no second booking.
        desk.with.hub.run_jobs().await;
        desk.with.provider.settle().await;
        assert_eq!(desk.standing().len(), 1);
        assert_eq!(desk.counts().await, (1, 0));
        let path = location(&hold);
        assert_eq!(desk.became(&path).await["status"], "displaced");
        desk.booked(&desk.wish(TEN)).await;
    }

    async fn what_is_due_and_has_no_job_gets_one(store: Store) {
        let desk = Desk::open(store).await;
        desk.crash_while_booking().await;
        desk.with.hub.execute("DELETE FROM jobs", vec![]).await;
        desk.settle(&["2026-01-05T08:02:00Z"]).await;
        assert_eq!(desk.intent().await.0, "sent");
        desk.with.hub.set_clock("2026-01-05T08:03:01Z");
        desk.run_schedule("see_to_intents").await;
        desk.with.hub.run_jobs().await;
        assert_eq!((desk.intent().await.0.as_str(), desk.counts().await), ("done", (1, 1)));
    }
}
