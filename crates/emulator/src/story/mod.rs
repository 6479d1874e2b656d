//! Traffic that looks like life, from a seed: people book, move, cancel, come or stay away, at both providers.

mod at_calcom;
mod at_calendly;
mod draw;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{CalCom, Calendly, Delivery};

/// What is forgotten: bookings that ended longer ago than this.
const MEMORY: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Both accounts and what happens in them.
#[derive(Debug)]
pub struct Story {
    /// The Cal.com account.
    pub calcom: CalCom,
    /// The Calendly organization.
    pub calendly: Calendly,
    rng: StdRng,
}

/// Something that can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Book,
    Request,
    Answer,
    TakeSeat,
    LeaveSeat,
    BookSeries,
    BookTour,
    BuyAndPay,
    Move,
    Cancel,
    StayAway,
    SendForm,
    Invite,
    JoinGroup,
    MoveInvitee,
    CancelInvitee,
    InviteeStaysAway,
    SendRoutingForm,
}

/// What happens how often.
const STEPS: [(Step, u32); 18] = [
    (Step::Book, 24),
    (Step::Request, 10),
    (Step::Answer, 10),
    (Step::TakeSeat, 8),
    (Step::LeaveSeat, 3),
    (Step::BookSeries, 2),
    (Step::BookTour, 6),
    (Step::BuyAndPay, 4),
    (Step::Move, 9),
    (Step::Cancel, 6),
    (Step::StayAway, 5),
    (Step::SendForm, 2),
    (Step::Invite, 22),
    (Step::JoinGroup, 6),
    (Step::MoveInvitee, 8),
    (Step::CancelInvitee, 6),
    (Step::InviteeStaysAway, 4),
    (Step::SendRoutingForm, 3),
];

impl Story {
    /// A story that repeats exactly from its seed.
    pub fn new(seed: u64) -> Self {
        Self::of(CalCom::new(seed), Calendly::new(seed), seed)
    }

    /// A story in accounts of one's own.
    pub fn of(calcom: CalCom, calendly: Calendly, seed: u64) -> Self {
        Self {
            calcom,
            calendly,
            rng: StdRng::seed_from_u64(seed ^ 0x5107),
        }
    }

    /// What happens next: first whatever the clock has reached, then one change by somebody.
    pub fn next_step(&mut self, now: Timestamp) -> Vec<Delivery> {
        if let Ok(horizon) = now.checked_sub(MEMORY) {
            self.calcom.forget_ended_before(horizon);
            self.calendly.forget_ended_before(horizon);
        }
        let mut deliveries = self.calcom.tick(now);
        // Some steps find nothing to change; then something else happens. Booking nearly always can.
        for _ in 0..12 {
            let step = self.draw_step();
            if let Some(told) = self.take(step, now)
                && !told.is_empty()
            {
                deliveries.extend(told);
                break;
            }
        }
        deliveries
    }

    fn draw_step(&mut self) -> Step {
        let total: u32 = STEPS.iter().map(|(_, weight)| weight).sum();
        let mut drawn = self.rng.random_range(0..total);
        for (step, weight) in STEPS {
            if drawn < weight {
                return step;
            }
            drawn -= weight;
        }
        Step::Book
    }

    fn take(&mut self, step: Step, now: Timestamp) -> Option<Vec<Delivery>> {
        match step {
            Step::Book => self.book("intro", now),
            Step::Request => self.book("consultation", now),
            Step::Answer => self.answer(now),
            Step::TakeSeat => self.take_seat(now),
            Step::LeaveSeat => self.leave_seat(now),
            Step::BookSeries => self.book_series(now),
            Step::BookTour => self.book("product-tour", now),
            Step::BuyAndPay => self.buy_and_pay(now),
            Step::Move => self.move_booking(now),
            Step::Cancel => self.cancel_booking(now),
            Step::StayAway => self.stay_away(now),
            Step::SendForm => Some(self.send_form(now)),
            Step::Invite => self.invite(now),
            Step::JoinGroup => self.join_group(now),
            Step::MoveInvitee => self.move_invitee(now),
            Step::CancelInvitee => self.cancel_invitee(now),
            Step::InviteeStaysAway => self.invitee_stays_away(now),
            Step::SendRoutingForm => self.send_routing_form(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn play(seed: u64, steps: i64) -> Vec<Delivery> {
        let mut story = Story::new(seed);
        let start: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        (0..steps)
            .flat_map(|step| story.next_step(start + SignedDuration::from_mins(10 * step)))
            .collect()
    }

    #[test]
    fn a_story_repeats_from_its_seed() {
        assert_eq!(play(1, 60), play(1, 60));
        assert_ne!(play(1, 60), play(2, 60));
    }

    #[test]
    fn a_long_story_has_everything_in_it() {
        let seen: BTreeSet<String> = play(3, 1500)
            .into_iter()
            .map(|delivery| delivery.event)
            .collect();
        for event in [
            "BOOKING_CREATED",
            "BOOKING_REQUESTED",
            "BOOKING_RESCHEDULED",
            "BOOKING_CANCELLED",
            "BOOKING_REJECTED",
            "BOOKING_PAID",
            "BOOKING_NO_SHOW_UPDATED",
            "MEETING_STARTED",
            "MEETING_ENDED",
            "FORM_SUBMITTED",
            "invitee.created",
            "invitee.canceled",
            "invitee_no_show.created",
            "routing_form_submission.created",
        ] {
            assert!(seen.contains(event), "no {event} in {seen:?}");
        }
    }
}
