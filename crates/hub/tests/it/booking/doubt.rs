//! Booking when the provider's answer is lost or wrong: it is found out what became of it.

use calbridge::crash::Point;
use calbridge_emulator::{
    ApiFailure, ApiFault, ApiPlan,
    calcom::{CalComError, CancelledBy},
};
use calbridge_store::{Store, each_engine};

use super::{Desk, TEN, code, location, text};

const CREATE: &str = "POST /bookings";

impl Desk {
    /// The next time only, a booking goes wrong so.
    fn once(&self, failure: ApiFailure) {
        let plan = ApiPlan::of([ApiFault::once(CREATE, failure)]);
        self.with.provider.set_api_faults(plan);
    }

    fn asked(&self) -> u64 {
        self.with.asked(CREATE).requests
    }
}

each_engine! {
    async fn a_booking_whose_answer_is_lost_is_found(store: Store) {
        let desk = Desk::open(store).await;
        desk.once(ApiFailure::CutMidway);
        let booked = desk.booked(&desk.wish(TEN)).await;
        assert_eq!(booked["booking_uid"], desk.theirs()[0].uid.as_str());
        assert_eq!((desk.theirs().len(), desk.asked()), (1, 1));
        assert_eq!(desk.lead_status().await, "booked");
    }

    async fn a_booking_that_is_made_although_the_answer_refuses_it_is_found(store: Store) {
        let desk = Desk::open(store).await;
        desk.once(ApiFailure::DoneButRefused(400));
        desk.booked(&desk.wish(TEN)).await;
        assert_eq!((desk.theirs().len(), desk.asked()), (1, 1));
    }

    async fn a_refusal_is_told_when_nothing_is_there(store: Store) {
        let desk = Desk::open(store).await;
        desk.once(ApiFailure::Status(400));
        let answer = desk.book(&desk.wish(TEN)).await;
        assert_eq!(code(&answer), (422, "provider_refused".to_owned()));
        assert_eq!(desk.with.hub.count("claims").await, 0);
        desk.booked(&desk.wish(TEN)).await;
    }

    async fn a_strangers_booking_is_not_taken_for_ours(store: Store) {
        let desk = Desk::open(store).await;
        desk.once(ApiFailure::StrangersBooking);
        let answer = desk.book(&desk.wish(TEN)).await;
        assert_eq!(code(&answer), (409, "slot_taken".to_owned()), "{}", text(&answer));
        assert_eq!((desk.theirs().len(), desk.asked()), (1, 1));
        assert_eq!(desk.with.hub.count("claims").await, 0);
        assert_ne!(desk.lead_status().await, "booked");
    }

    async fn what_a_crash_interrupted_is_settled_by_the_job(store: Store) {
        let desk = Desk::open(store).await;
        // The versions it speaks are found out before.
        desk.with.hub.get("/api/v1/bookings/availability?date_from=2026-01-12&date_to=2026-01-12").await;
        desk.once(ApiFailure::NoAnswer);
        let wish = desk.wish(TEN);
        let provider = &desk.with.provider;
        tokio::select! {
            _ = desk.book(&wish) => panic!("the provider never answers"),
            () = async {
                provider.until(CREATE, |count| count.under_way == 1).await;
                while desk.theirs().is_empty() {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        assert_eq!(desk.with.hub.count("bookings").await, 0);
        let second = desk.book(&wish).await;
        assert_eq!(code(&second), (409, "slot_taken".to_owned()));

        desk.settle(&["2026-01-05T08:00:30Z"]).await;
        assert_eq!(desk.with.hub.count("bookings").await, 0);
        desk.settle(&["2026-01-05T08:01:00Z"]).await;
        assert_eq!(desk.with.hub.count("bookings").await, 1);
        assert_eq!((desk.theirs().len(), desk.asked()), (1, 1));
        assert_eq!(desk.lead_status().await, "booked");
        desk.settle(&["2026-01-05T09:00:00Z"]).await;
        assert_eq!(desk.theirs().len(), 1);
    }

    async fn what_was_called_off_before_it_was_known_to_be_booked_takes_no_time(store: Store) {
        let mut desk = Desk::open(store).await;
        desk.subscribe().await;
        let (app, wish) = (desk.with.hub.app.clone(), desk.wish(TEN));
        app.crash_points.plan(Point::Answered, 0);
        tokio::select! {
            _ = desk.book(&wish) => panic!("the process ends before it answers"),
            () = app.crash_points.ended() => {}
        }
        desk.with.hub.restart().await;
        let uid = desk.theirs()[0].uid.clone();
        let sent = desk.with.provider.at_calcom(|calcom, now| {
            let sent = calcom.cancel(&uid, CancelledBy::Booker, None, now)?;
            Ok::<_, CalComError>(((), sent))
        });
        assert!(sent.is_ok());
        desk.with.provider.settle().await;
        desk.settle(&["2026-01-05T08:01:30Z", "2026-01-05T08:05:00Z"]).await;
        let (state,): (String,) = desk.with.hub.one("SELECT state FROM booking_intents", vec![]).await;
        assert_eq!(state, "done");
        assert_eq!(desk.with.hub.count("claims").await, 0);
        desk.booked(&desk.wish(TEN)).await;
    }

    async fn a_server_error_is_looked_into_before_anybody_is_told(store: Store) {
        let desk = Desk::open(store).await;
        desk.once(ApiFailure::Status(500));
        let answer = desk.book(&desk.wish(TEN)).await;
        assert_eq!(answer.status, 202, "{}", text(&answer));
        let place = location(&answer);
        assert_eq!(desk.became(&place).await["status"], "settling");
        assert_eq!(code(&desk.book(&desk.wish(TEN)).await), (409, "slot_taken".to_owned()));
        desk.settle(&["2026-01-05T08:00:05Z", "2026-01-05T08:00:30Z"]).await;
        assert_eq!(desk.became(&place).await["status"], "settling");
        desk.settle(&["2026-01-05T08:03:00Z", "2026-01-05T08:06:00Z"]).await;
        assert_eq!(desk.became(&place).await["status"], "not_done");
        assert_eq!((desk.theirs().len(), desk.asked()), (0, 1));
        assert_eq!(desk.with.hub.count("claims").await, 0);
        desk.booked(&desk.wish(TEN)).await;
    }

    async fn what_the_provider_did_not_look_at_is_asked_again(store: Store) {
        let desk = Desk::open(store).await;
        desk.once(ApiFailure::TooMany { reset_seconds: 20 });
        let answer = desk.book(&desk.wish(TEN)).await;
        assert_eq!(answer.status, 202, "{}", text(&answer));
        let place = location(&answer);
        desk.settle(&["2026-01-05T08:00:10Z"]).await;
        assert_eq!(desk.became(&place).await["status"], "settling");
        desk.settle(&["2026-01-05T08:01:00Z", "2026-01-05T08:03:00Z"]).await;
        let became = desk.became(&place).await;
        assert_eq!(became["status"], "done", "{became}");
        assert_eq!(became["booking"]["start_time"], TEN);
        assert_eq!((desk.theirs().len(), desk.asked()), (1, 2));
        assert_eq!(desk.lead_status().await, "booked");
    }

    async fn what_nobody_expects_any_more_is_not_booked_late(store: Store) {
        let desk = Desk::open(store).await;
        desk.once(ApiFailure::TooMany { reset_seconds: 20 });
        let answer = desk.book(&desk.wish(TEN)).await;
        desk.settle(&["2026-01-05T10:00:00Z"]).await;
        assert_eq!(desk.became(&location(&answer)).await["status"], "not_done");
        assert_eq!((desk.theirs().len(), desk.asked()), (0, 1));
        assert_eq!(desk.with.hub.count("claims").await, 0);
    }
}
