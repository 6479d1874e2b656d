//! Bookings that are stored here and made at the provider later.

use axum::http::Method;
use calbridge::rebuild::Mode;
use calbridge_emulator::{ApiFailure, ApiFault, ApiPlan, calcom::NewBooking};
use calbridge_store::{Store, each_engine};
use futures::future::join_all;
use serde_json::{Value as Json, json};

use super::{BOOKINGS, Desk, TEN, code, location, text};
use crate::{
    hub::{Answer, at},
    rebuild::rebuilt,
};

const CREATE: &str = "POST /bookings";

impl Desk {
    async fn store(&self, body: &Json) -> Answer {
        let path = format!("{BOOKINGS}/stored");
        self.call(Method::POST, &path, body).await
    }

    /// Store, which works.
    async fn stored(&self) -> Json {
        let answer = self.store(&self.wish(TEN)).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        answer.json()
    }

    async fn push(&self, id: &Json) -> Answer {
        let path = format!("{BOOKINGS}/{id}/push");
        self.call(Method::POST, &path, &json!({})).await
    }

    async fn get(&self, id: &Json) -> Json {
        self.with.hub.get(&format!("{BOOKINGS}/{id}")).await.json()
    }
}

each_engine! {
    async fn a_stored_booking_takes_its_time_and_asks_nobody(store: Store) {
        let desk = Desk::open(store).await;
        let body = json!({"lead_id": desk.lead, "start_time": TEN, "metadata": {"source": "desk"}, "notes": "by phone"});
        let answer = desk.store(&body).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        let stored = answer.json();
        assert_eq!((stored["status"].as_str(), stored["confirmation"].as_str()), (Some("scheduled"), Some("pending")));
        assert_eq!((stored["start_time"].as_str(), stored["booking_uid"].as_str()), (Some(TEN), None));
        assert_eq!(stored["lead_id"], desk.lead);
        assert_eq!(desk.theirs().len(), 0);
        assert_eq!(desk.with.hub.count("claims").await, 1);
        let second = desk.store(&desk.wish(TEN)).await;
        assert_eq!(code(&second), (409, "slot_taken".to_owned()));
        assert_eq!(code(&desk.book(&desk.wish(TEN)).await), (409, "slot_taken".to_owned()));
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        let found = desk.with.hub.get(&location(&answer)).await.json();
        assert_eq!(found["id"], stored["id"]);
    }

    async fn a_pushed_booking_stays_the_same_one_and_is_pushed_once(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let stored = desk.stored().await;
        let pushed = desk.push(&stored["id"]).await;
        assert_eq!(pushed.status, 200, "{}", text(&pushed));
        let pushed = pushed.json();
        let theirs = desk.theirs();
        let [booking] = theirs.as_slice() else { panic!("{theirs:?}") };
        assert_eq!((&pushed["id"], pushed["booking_uid"].as_str()), (&stored["id"], Some(booking.uid.as_str())));
        assert_eq!((pushed["status"].as_str(), pushed["confirmation"].as_str()), (Some("scheduled"), Some("confirmed")));
        desk.with.provider.settle().await;
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert_eq!(desk.with.hub.count("claims").await, 1);
        assert_eq!(desk.lead_status().await, "booked");
        let again = desk.push(&stored["id"]).await;
        assert_eq!(again.status, 200);
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (1, 1));
        assert_eq!(desk.get(&pushed["booking_id"]).await["id"], stored["id"]);
        // What was stored here is told from the facts as well.
        let (_, differences) = rebuilt(&desk.with.hub, &desk.place, Mode::Look).await;
        assert_eq!(differences, []);
    }

    async fn a_webhook_that_is_faster_than_the_answer_tells_of_the_stored_booking(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let stored = desk.stored().await;
        let plan = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::NoAnswer)]);
        desk.with.provider.set_api_faults(plan);
        let pushed = desk.push(&stored["id"]).await;
        assert_eq!(pushed.status, 200, "{}", text(&pushed));
        assert_eq!(pushed.json()["id"], stored["id"]);
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert_eq!(desk.with.hub.count("claims").await, 1);
    }

    async fn pushed_by_many_at_once_it_is_made_once(store: Store) {
        let desk = Desk::open(store).await;
        let stored = desk.stored().await;
        let answers = join_all((0..8).map(|_| desk.push(&stored["id"]))).await;
        for answer in &answers {
            assert!([200, 202, 503].contains(&answer.status.as_u16()), "{}", text(answer));
        }
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (1, 1));
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert_eq!(desk.push(&stored["id"]).await.status, 200);
    }

    async fn a_push_whose_answer_is_lost_is_found(store: Store) {
        let desk = Desk::open(store).await;
        let stored = desk.stored().await;
        let plan = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::CutMidway)]);
        desk.with.provider.set_api_faults(plan);
        let pushed = desk.push(&stored["id"]).await;
        assert_eq!(pushed.status, 200, "{}", text(&pushed));
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (1, 1));
    }

    async fn a_push_of_which_nobody_knows_is_not_repeated(store: Store) {
        let desk = Desk::open(store).await;
        let stored = desk.stored().await;
        let plan = ApiPlan::of([ApiFault::once(CREATE, ApiFailure::Status(500))]);
        desk.with.provider.set_api_faults(plan);
        assert_eq!(desk.push(&stored["id"]).await.status, 202);
        // After days without an answer.
        let stuck = "UPDATE booking_intents SET state = 'stuck', doubt = NULL, settled_at = created_at";
        assert_eq!(desk.with.hub.execute(stuck, vec![]).await, 1);
        assert_eq!(desk.push(&stored["id"]).await.status, 202);
        let path = format!("{BOOKINGS}/{}", stored["id"]);
        let called_off = desk.call(Method::DELETE, &path, &json!({})).await;
        assert_eq!(code(&called_off), (503, "try_again".to_owned()));
        assert_eq!((desk.theirs().len(), desk.with.asked(CREATE).requests), (0, 1));
    }

    async fn what_the_provider_refuses_stays_stored_and_can_be_pushed_again(store: Store) {
        let desk = Desk::open(store).await;
        let stored = desk.stored().await;
        let stranger = NewBooking::new("intro", at(TEN), "Bob", "bob@example.org");
        let theirs = desk.with.provider.at_calcom(|calcom, now| calcom.book(stranger, now)).unwrap();
        let refused = desk.push(&stored["id"]).await;
        assert_eq!(code(&refused), (409, "slot_taken".to_owned()), "{}", text(&refused));
        assert!(!refused.json()["alternatives"].as_array().unwrap().is_empty());
        assert_eq!(desk.get(&stored["id"]).await["status"], "scheduled");
        assert_eq!(desk.with.hub.count("claims").await, 1);
        let by = calbridge_emulator::calcom::CancelledBy::Host;
        desk.with.provider.at_calcom(|calcom, now| calcom.cancel(&theirs, by, None, now).map(|sent| ((), sent))).unwrap();
        let pushed = desk.push(&stored["id"]).await;
        assert_eq!(pushed.status, 200, "{}", text(&pushed));
        assert_eq!(desk.with.hub.count("claims").await, 1);
    }

    async fn a_stored_booking_is_called_off_without_the_provider(store: Store) {
        let desk = Desk::open(store).await;
        let stored = desk.stored().await;
        let path = format!("{BOOKINGS}/{}", stored["id"]);
        let moved = desk.call(Method::PATCH, &path, &json!({"new_start_time": "2026-01-13T10:00:00Z"})).await;
        assert_eq!(code(&moved), (409, "by_hand".to_owned()));
        let answer = desk.call(Method::DELETE, &path, &json!({"cancellation_reason": "ill"})).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        assert_eq!((answer.json()["status"].as_str(), answer.json()["cancellation_reason"].as_str()), (Some("cancelled"), Some("ill")));
        assert_eq!(desk.with.hub.count("claims").await, 0);
        assert_eq!(desk.lead_status().await, "qualified");
        assert_eq!(code(&desk.push(&stored["id"]).await), (409, "not_ahead".to_owned()));
        assert_eq!(desk.theirs().len(), 0);
    }

    async fn only_what_was_stored_is_pushed(store: Store) {
        let desk = Desk::open(store).await;
        let missing = desk.store(&json!({"lead_id": desk.lead})).await;
        assert_eq!(code(&missing), (422, "missing_field".to_owned()));
        assert_eq!(missing.json()["field"], "start_time");
        let past = desk.store(&desk.wish("2026-01-01T10:00:00Z")).await;
        assert_eq!(code(&past), (422, "invalid_field".to_owned()));
        let booked = desk.booked(&desk.wish(TEN)).await;
        assert_eq!(desk.push(&booked["booking_id"]).await.status, 200);
        assert_eq!(code(&desk.push(&json!(424_242)).await), (404, "not_found".to_owned()));
        assert_eq!(desk.theirs().len(), 1);
    }
}
