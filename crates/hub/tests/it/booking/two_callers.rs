//! Two callers and three slots that touch each other: whatever they do, each slot is one of theirs at most, and every answer is
//! true.

use axum::http::Method;
use calbridge_store::{Store, each_engine};
use jiff::{SignedDuration, Timestamp};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value as Json, json};

use super::{
    BOOKINGS, Desk, code,
    holds::{HOLDS, path},
    text,
};
use crate::hub::Answer;

each_engine! {
    async fn whatever_two_callers_do_every_slot_is_one_of_theirs_at_most(store: Store) {
        let desk = Desk::open(store).await;
        let keys = [desk.key().await, desk.key().await];
        let mut runner = TestRunner::new_with_rng(
            Config::default(),
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        );
        let stories = proptest::collection::vec((0..4_u8, 0..2_usize, 0..3_usize), 14);
        for day in ["12", "13", "14", "15"] {
            let steps = stories.new_tree(&mut runner).unwrap().current();
            let mut tale = Tale::new(&desk, &keys, day);
            for (what, who, which) in steps {
                tale.step(what, who, which).await;
            }
            let booked = tale.slots.iter().filter(|slot| **slot == Slot::Booked).count();
            let at_provider = desk.standing().iter().filter(|booking| booking.start.to_string().starts_with(&format!("2026-01-{day}"))).count();
            assert_eq!(at_provider, booked);
        }
    }
}

/// What a slot should be.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Slot {
    Free,
    /// By the hold of that place in the list.
    Held(usize),
    Booked,
}

/// What two callers do with three slots that touch each other, and what should come of it.
struct Tale<'a> {
    desk: &'a Desk,
    keys: &'a [String; 2],
    starts: [String; 3],
    slots: [Slot; 3],
    /// Every hold, whose it is, of which slot, and until when.
    holds: Vec<(Json, usize, usize, Timestamp)>,
}

impl<'a> Tale<'a> {
    fn new(desk: &'a Desk, keys: &'a [String; 2], day: &str) -> Self {
        let at = |time: &str| format!("2026-01-{day}T{time}:00Z");
        Self {
            desk,
            keys,
            starts: [at("09:00"), at("09:30"), at("10:00")],
            slots: [Slot::Free; 3],
            holds: Vec::new(),
        }
    }

    async fn step(&mut self, what: u8, who: usize, which: usize) {
        match what {
            0 => self.hold(who, which).await,
            1 => self.book(who, which).await,
            2 => self.end(who, which).await,
            _ => self.wait().await,
        }
    }

    async fn call(&self, who: usize, method: Method, path: &str, body: &Json) -> Answer {
        let key = [("authorization", self.keys[who].as_str())];
        self.desk.call_with(method, path, &key, body).await
    }

    async fn hold(&mut self, who: usize, which: usize) {
        let wish = json!({"start_time": self.starts[which]});
        let answer = self.call(who, Method::POST, HOLDS, &wish).await;
        let free = self.slots[which] == Slot::Free;
        assert_eq!(answer.status == 201, free, "{}", text(&answer));
        if free {
            self.slots[which] = Slot::Held(self.holds.len());
            let until = self.desk.with.hub.app.clock.now() + SignedDuration::from_secs(300);
            self.holds.push((answer.json(), who, which, until));
        }
    }

    /// With the last hold of that slot, if there was one.
    async fn book(&mut self, who: usize, which: usize) {
        let last = self.holds.iter().rposition(|hold| hold.2 == which);
        let mut wish = json!({"lead_id": self.desk.lead, "start_time": self.starts[which]});
        if let Some(last) = last {
            wish["hold_id"] = self.holds[last].0["id"].clone();
        }
        let answer = self.call(who, Method::POST, BOOKINGS, &wish).await;
        let is_theirs = last.is_none_or(|last| self.holds[last].1 == who);
        let can = match self.slots[which] {
            Slot::Free => true,
            Slot::Held(hold) => last == Some(hold),
            Slot::Booked => false,
        };
        let expected = match (is_theirs, can) {
            (false, _) => (409, "hold_not_yours".to_owned()),
            (true, false) => (409, "slot_taken".to_owned()),
            (true, true) => (201, String::new()),
        };
        assert_eq!(code(&answer), expected, "{}", text(&answer));
        if is_theirs && can {
            self.slots[which] = Slot::Booked;
        }
    }

    /// Give back what keeps the slot.
    async fn end(&mut self, who: usize, which: usize) {
        let Slot::Held(hold) = self.slots[which] else {
            return;
        };
        let (body, owner, ..) = self.holds[hold].clone();
        let answer = self
            .call(who, Method::DELETE, &path(&body), &json!({}))
            .await;
        assert_eq!(answer.status == 200, owner == who, "{}", text(&answer));
        if owner == who {
            self.slots[which] = Slot::Free;
        }
        self.desk.with.hub.run_jobs().await;
    }

    async fn wait(&mut self) {
        let clock = &self.desk.with.hub.app.clock;
        let now = clock.now() + SignedDuration::from_secs(200);
        clock.set(now);
        for slot in &mut self.slots {
            if let Slot::Held(hold) = slot
                && self.holds[*hold].3 <= now
            {
                *slot = Slot::Free;
            }
        }
        self.desk.with.hub.run_jobs().await;
    }
}
