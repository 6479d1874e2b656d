//! Slots that are kept for somebody.

use axum::http::Method;
use calbridge::{jobs::schedule, keys};
use calbridge_core::scope::Permission;
use calbridge_emulator::{
    ApiFailure, ApiFault, ApiPlan,
    calcom::{CancelledBy, NewBooking},
};
use calbridge_store::{Store, each_engine};
use futures::future::join_all;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::{BOOKINGS, Desk, TEN, code, text};
use crate::{
    hub::{Answer, at},
    provider::{name_team, sync},
};

pub(super) const HOLDS: &str = "/api/v1/bookings/holds";
const HALF_PAST_TEN: &str = "2026-01-12T09:30:00Z";
const RESERVE: &str = "POST /slots/reservations";

impl Desk {
    async fn try_hold(&self, body: &Json) -> Answer {
        self.call(Method::POST, HOLDS, body).await
    }

    /// Hold a time, which works.
    async fn holds(&self, start: &str) -> Json {
        let answer = self.try_hold(&json!({"start_time": start})).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        answer.json()
    }

    async fn hold(&self, hold: &Json) -> Json {
        let answer = self.with.hub.get(&path(hold)).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        answer.json()
    }

    async fn release(&self, hold: &Json) -> Json {
        let answer = self.call(Method::DELETE, &path(hold), &json!({})).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        answer.json()
    }

    async fn book_held(&self, hold: &Json) -> Answer {
        let wish = json!({"lead_id": self.lead, "hold_id": hold["id"]});
        self.book(&wish).await
    }

    /// Whether the time is offered.
    async fn offers(&self, start: &str) -> bool {
        let day = "/api/v1/bookings/availability?date_from=2026-01-12&date_to=2026-01-12";
        let page = self.with.hub.get(day).await.json();
        let times = page.as_array().unwrap();
        times.iter().any(|time| time["time"] == start)
    }

    /// What the provider keeps for somebody.
    fn reserved(&self) -> usize {
        let now = self.with.hub.app.clock.now();
        let with = &self.with.provider;
        with.look(|calcom, _| calcom.reservations(now).count())
    }

    pub(super) async fn run_schedule(&self, name: &str) {
        let all = schedule::all().iter();
        let one = all.into_iter().find(|one| one.name == name).unwrap();
        (one.run)(&self.with.hub.app).await.unwrap();
    }

    /// A key that may write.
    pub(super) async fn key(&self) -> String {
        let (app, scope) = (&self.with.hub.app, &self.place.scope);
        let permissions = [Permission::Read, Permission::Write].into();
        let (_, key) = keys::create(app, scope, "desk", permissions, None)
            .await
            .unwrap();
        format!("Bearer {}", key.expose_secret())
    }
}

pub(super) fn path(hold: &Json) -> String {
    format!("{HOLDS}/{}", hold["id"].as_str().unwrap())
}

each_engine! {
    async fn a_kept_slot_is_offered_to_nobody_and_booked_with_its_hold(store: Store) {
        let desk = Desk::open(store).await;
        assert!(desk.offers(TEN).await);
        let hold = desk.holds(TEN).await;
        assert_eq!((&hold["status"], &hold["reservation"]), (&json!("held"), &json!("kept")));
        assert_eq!(hold["end_time"], HALF_PAST_TEN);
        assert_eq!(hold["expires_at"], "2026-01-05T08:05:00Z");
        assert!(!desk.offers(TEN).await);
        let answer = desk.book(&desk.wish(TEN)).await;
        assert_eq!(code(&answer), (409, "slot_taken".to_owned()));
        assert_eq!(answer.json()["alternatives"][0]["start_time"], HALF_PAST_TEN);
        assert_eq!(desk.theirs().len(), 0);

        let answer = desk.book_held(&hold).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        assert_eq!(answer.json()["start_time"], TEN);
        assert_eq!((desk.theirs().len(), desk.with.hub.count("claims").await), (1, 1));
        let used = desk.hold(&hold).await;
        assert_eq!((&used["status"], &used["reservation"]), (&json!("used"), &json!("released")));
        // The provider keeps it from others until the booking is settled, and no longer.
        desk.settle(&["2026-01-05T08:01:00Z"]).await;
        assert_eq!(desk.reserved(), 0);
        // Once more it is worth nothing.
        assert_eq!(code(&desk.book_held(&hold).await), (409, "slot_taken".to_owned()));
        assert_eq!(desk.release(&hold).await["status"], "used");
        assert_eq!(desk.standing().len(), 1);
    }

    async fn a_slot_that_is_given_back_is_free_on_both_sides(store: Store) {
        let desk = Desk::open(store).await;
        let hold = desk.holds(TEN).await;
        assert_eq!(desk.reserved(), 1);
        let told = desk.with.hub.count("invalidations").await;
        assert!(told > 0, "the other nodes forget what they offered");
        assert_eq!(desk.release(&hold).await["status"], "released");
        assert!(desk.with.hub.count("invalidations").await > told);
        desk.with.hub.run_jobs().await;
        assert_eq!(desk.reserved(), 0);
        assert!(desk.offers(TEN).await);
        assert_eq!(desk.release(&hold).await["status"], "released");
        desk.booked(&desk.wish(TEN)).await;
    }

    async fn a_hold_ends_by_the_clock_and_its_time_may_be_taken_anew(store: Store) {
        let desk = Desk::open(store).await;
        let hold = desk.holds(TEN).await;
        let other = desk.holds(HALF_PAST_TEN).await;
        desk.with.hub.set_clock("2026-01-05T08:04:59Z");
        assert_eq!(desk.hold(&hold).await["status"], "held");
        desk.with.hub.set_clock("2026-01-05T08:05:00Z");
        assert_eq!(desk.hold(&hold).await["status"], "expired");
        desk.run_schedule("look_after_holds").await;
        assert_eq!(desk.with.hub.count("claims").await, 0);
        assert!(desk.offers(TEN).await);
        assert_eq!(desk.reserved(), 0);
        // Nobody took it meanwhile.
        let answer = desk.book_held(&hold).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        // Somebody took the other one.
        desk.booked(&desk.wish(HALF_PAST_TEN)).await;
        let answer = desk.book_held(&other).await;
        assert_eq!(code(&answer), (409, "slot_taken".to_owned()));
        assert_eq!(answer.json()["alternatives"].as_array().unwrap().len(), 3);
        assert_eq!(desk.standing().len(), 2);
    }

    async fn a_hold_is_its_owners(store: Store) {
        let desk = Desk::open(store).await;
        let (ours, theirs) = (desk.key().await, desk.key().await);
        let ours = [("authorization", ours.as_str())];
        let theirs = [("authorization", theirs.as_str())];
        let wish = json!({"start_time": TEN});
        let hold = desk.call_with(Method::POST, HOLDS, &ours, &wish).await;
        assert_eq!(hold.status, 201, "{}", text(&hold));
        let hold = hold.json();
        let booking = json!({"lead_id": desk.lead, "hold_id": hold["id"]});
        let refused = (409, "hold_not_yours".to_owned());
        let answer = desk.call_with(Method::POST, BOOKINGS, &theirs, &booking).await;
        assert_eq!(code(&answer), refused);
        let answer = desk.call_with(Method::DELETE, &path(&hold), &theirs, &json!({})).await;
        assert_eq!(code(&answer), refused);
        assert_eq!(desk.hold(&hold).await["status"], "held");
        // Not even an administrator books with it, but one may release it.
        assert_eq!(code(&desk.book_held(&hold).await), refused);
        let second = desk.call_with(Method::POST, HOLDS, &ours, &json!({"start_time": HALF_PAST_TEN})).await.json();
        let answer = desk.call_with(Method::DELETE, &path(&second), &ours, &json!({})).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        assert_eq!(desk.release(&hold).await["status"], "released");
        assert_eq!(desk.theirs().len(), 0);
    }

    async fn of_many_who_want_to_keep_one_slot_one_does(store: Store) {
        let desk = Desk::open(store).await;
        let wish = json!({"start_time": TEN});
        let answers = join_all((0..12).map(|_| desk.try_hold(&wish))).await;
        let held = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(held, 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(code(answer), (409, "slot_taken".to_owned()), "{}", text(answer));
        }
        assert_eq!(desk.with.hub.count("claims").await, 1);
        // What only touches it is free.
        desk.holds(HALF_PAST_TEN).await;
        assert_eq!(desk.with.hub.count("claims").await, 2);
    }

    async fn a_group_is_full_when_its_places_are_kept_or_booked(store: Store) {
        let desk = Desk::open(store).await;
        sync(&desk.with).await;
        let wish = json!({"event_type": "3", "start_time": TEN});
        let slots = "/api/v1/event-types/3/slots?from=2026-01-12&to=2026-01-12";
        let is_offered = async || {
            let page = desk.with.hub.get(slots).await.json();
            page["days"][0]["slots"].as_array().unwrap().iter().any(|slot| slot["start"] == TEN)
        };
        let stranger = NewBooking::new("group-class", at(TEN), "Bob", "bob@example.org");
        desk.with.provider.at_calcom(|calcom, now| calcom.book(stranger, now)).unwrap();
        assert!(is_offered().await);
        let first = desk.try_hold(&wish).await;
        assert_eq!(first.status, 201, "{}", text(&first));
        assert_eq!(first.json()["reservation"], "none");
        let second = desk.try_hold(&wish).await;
        assert_eq!(second.status, 201, "{}", text(&second));
        assert_eq!(desk.try_hold(&wish).await.status, 201);
        // The provider has one of three places, we keep three: the guard knows ours, the provider all.
        assert_eq!(code(&desk.try_hold(&wish).await), (409, "slot_taken".to_owned()));
        assert!(!is_offered().await);
        for hold in [&first, &second] {
            let answer = desk.book_held(&hold.json()).await;
            assert_eq!(answer.status, 201, "{}", text(&answer));
        }
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert!(!is_offered().await);
    }

    async fn of_hosts_who_take_turns_each_is_kept_once(store: Store) {
        let desk = Desk::open(store).await;
        name_team(&desk.with, desk.place.calcom.id.0).await;
        sync(&desk.with).await;
        let (hosts,): (i64,) = desk.with.hub.one(
            "SELECT COUNT(*) FROM event_type_hosts h JOIN event_types t ON t.id = h.event_type_id WHERE t.external_id = '5'",
            vec![],
        ).await;
        assert!(hosts > 1);
        let day = "/api/v1/event-types/5/slots?from=2026-01-12&to=2026-01-12";
        let page = desk.with.hub.get(day).await.json();
        // Somewhere in the middle, where all of them work.
        let slots = page["days"][0]["slots"].as_array().unwrap();
        let start = &slots[slots.len() / 2]["start"];
        let wish = json!({"event_type": "5", "start_time": start});
        for _ in 0..hosts {
            let answer = desk.try_hold(&wish).await;
            assert_eq!(answer.status, 201, "{}", text(&answer));
        }
        assert_eq!(code(&desk.try_hold(&wish).await), (409, "slot_taken".to_owned()));
        let page = desk.with.hub.get(day).await.json();
        let left = page["days"][0]["slots"].as_array().unwrap();
        assert!(left.iter().all(|slot| slot["start"] != *start));
        // The team's hosts are not whoever has an event type of one's own.
        assert!(desk.offers(TEN).await);
    }

    async fn a_reservation_that_the_provider_loses_is_noticed_and_the_booking_goes_on(store: Store) {
        let desk = Desk::open(store).await;
        let hold = desk.holds(TEN).await;
        desk.run_schedule("look_after_holds").await;
        assert_eq!(desk.hold(&hold).await["reservation"], "kept");
        let (name,): (String,) = desk.with.hub.one("SELECT reservation_id FROM claims", vec![]).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/slots/reservations/{name}", desk.with.provider.calcom_base_url());
        let gone = http.delete(url).header("cal-api-version", "2024-09-04").send().await.unwrap();
        assert_eq!(gone.status(), 200);
        desk.run_schedule("look_after_holds").await;
        let lost = desk.hold(&hold).await;
        assert_eq!((&lost["status"], &lost["reservation"]), (&json!("held"), &json!("lost")));
        assert_eq!(desk.book_held(&hold).await.status, 201);
    }

    async fn a_hold_does_not_depend_on_the_providers_reservation(store: Store) {
        let desk = Desk::open(store).await;
        for (failure, start, reservation) in [
            (ApiFailure::Status(500), TEN, "none"),
            (ApiFailure::Status(422), HALF_PAST_TEN, "refused"),
        ] {
            desk.with.provider.set_api_faults(ApiPlan::of([ApiFault::once(RESERVE, failure)]));
            let hold = desk.holds(start).await;
            assert_eq!(hold["reservation"], reservation, "{hold}");
            assert_eq!(desk.book_held(&hold).await.status, 201);
        }
    }

    async fn a_booking_made_elsewhere_displaces_a_hold_and_its_owner_is_told(store: Store) {
        let desk = Desk::open(store).await;
        desk.subscribe().await;
        let hold = desk.holds(TEN).await;
        let beside = desk.holds(HALF_PAST_TEN).await;
        let stranger = NewBooking::new("intro", at(TEN), "Bob", "bob@example.org");
        let uid = desk.with.provider.at_calcom(|calcom, now| calcom.book(stranger, now)).unwrap();
        desk.with.provider.settle().await;
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        let displaced = desk.hold(&hold).await;
        assert_eq!(displaced["status"], "displaced");
        assert!(displaced["displaced_by"].is_number(), "{displaced}");
        assert_eq!(desk.hold(&beside).await["status"], "held");
        desk.with.hub.run_jobs().await;
        assert_eq!(desk.reserved(), 1);
        let answer = desk.book_held(&hold).await;
        assert_eq!(code(&answer), (409, "slot_taken".to_owned()));
        assert!(answer.json()["detail"].as_str().unwrap().contains("gave way"), "{}", text(&answer));
        assert_eq!(answer.json()["alternatives"].as_array().unwrap().len(), 3);
        // The provider was not even asked.
        assert_eq!(desk.with.asked("POST /bookings").requests, 0);
        desk.with.provider.at_calcom(|calcom, now| {
            calcom.cancel(&uid, CancelledBy::Host, None, now).map(|sent| ((), sent))
        }).unwrap();
        desk.with.provider.settle().await;
        let answer = desk.book_held(&hold).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
    }

    async fn what_cannot_be_kept_is_said(store: Store) {
        let desk = Desk::open(store).await;
        for (body, expected, field) in [
            (json!({"start_time": TEN, "seconds": 9}), (422, "invalid_field"), Some("seconds")),
            (json!({"start_time": TEN, "seconds": 3601}), (422, "invalid_field"), Some("seconds")),
            (json!({"start_time": "2026-01-01T10:00:00Z"}), (422, "invalid_field"), Some("start_time")),
            (json!({"start_time": "2026-01-11T09:00:00Z"}), (409, "slot_taken"), None),
            (json!({"start_time": TEN, "event_type": 4711}), (404, "not_found"), None),
        ] {
            let answer = desk.try_hold(&body).await;
            let (status, code) = code(&answer);
            assert_eq!((status, code.as_str()), expected, "{body} {}", text(&answer));
            assert_eq!(answer.json()["field"].as_str(), field, "{body}");
        }
        let unknown = json!({"id": "5b1f6c1e-0000-4000-8000-000000000000"});
        assert_eq!(code(&desk.book_held(&unknown).await), (404, "not_found".to_owned()));
        let hold = desk.holds(TEN).await;
        let other_time = json!({"lead_id": desk.lead, "hold_id": hold["id"], "start_time": HALF_PAST_TEN});
        assert_eq!(code(&desk.book(&other_time).await), (422, "invalid_field".to_owned()));
        let elsewhere = super::stranger(&desk).await.to_string();
        let theirs = [("x-tenant-id", elsewhere.as_str())];
        let answer = desk.call_with(Method::GET, &path(&hold), &theirs, &json!({})).await;
        assert_eq!(code(&answer), (404, "not_found".to_owned()));
    }

    async fn what_took_time_of_the_past_is_forgotten(store: Store) {
        let desk = Desk::open(store).await;
        desk.holds(HALF_PAST_TEN).await;
        desk.booked(&desk.wish(TEN)).await;
        desk.with.hub.set_clock("2026-01-14T08:00:00Z");
        desk.run_schedule("prune_claims").await;
        assert_eq!(desk.with.hub.count("claims").await, 0);
        assert_eq!(desk.with.hub.count("holds").await, 0);
        assert_eq!(desk.with.hub.count("booking_intents").await, 1);
        desk.with.hub.set_clock("2026-04-14T08:00:00Z");
        desk.run_schedule("prune_claims").await;
        assert_eq!(desk.with.hub.count("booking_intents").await, 0);
    }
}
