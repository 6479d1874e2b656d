//! Which jobs a node takes next: a bound for all, a reserve for each half of the lanes, and a turn for those behind.

use std::ops::AddAssign;

use calbridge_core::lane::Lane;
use calbridge_store::jobs::Job;

/// One worker in so many is kept for the urgent lanes, and as many for the others.
const KEPT: usize = 4;

/// Every so many rounds, the second lane of each half comes first.
const TURN: u32 = 4;

/// The places where jobs are done.
#[derive(Clone, Debug)]
pub struct Slots {
    size: usize,
    round: u32,
}

/// How many places are taken, by the half that the lane of the job belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Busy {
    /// Jobs that somebody waits for.
    pub urgent: usize,
    /// The others.
    pub other: usize,
    /// Of both, those whose worker before fell silent.
    pub taken_over: usize,
}

impl Busy {
    /// With one job.
    pub fn with(job: &Job) -> Self {
        Self {
            taken_over: usize::from(job.takeovers > 0),
            ..Self::in_lane(job.lane)
        }
    }

    fn in_lane(lane: Lane) -> Self {
        let urgent = usize::from(lane.is_urgent());
        Self {
            urgent,
            other: 1 - urgent,
            taken_over: 0,
        }
    }
}

impl AddAssign for Busy {
    fn add_assign(&mut self, more: Self) {
        self.urgent += more.urgent;
        self.other += more.other;
        self.taken_over += more.taken_over;
    }
}

impl Slots {
    /// For so many jobs at the same time, two at least.
    pub fn new(size: usize) -> Self {
        Self {
            size: size.max(2),
            round: 0,
        }
    }

    /// The lanes to look into, in this order, each with the most that may be taken from it if nobody interferes.
    /// [`Slots::room`] says how much is left after what was taken from the lanes before.
    pub fn next_round(&mut self) -> Vec<(Lane, usize)> {
        self.round = self.round.wrapping_add(1);
        let behind: &[Lane] = if self.round.is_multiple_of(TURN) {
            &[Lane::Interactive, Lane::Sync]
        } else {
            &[]
        };
        let usual = Lane::ALL.into_iter().map(|lane| (lane, self.size));
        behind.iter().map(|lane| (*lane, 1)).chain(usual).collect()
    }

    /// The lanes of which a job may be taken over whose worker fell silent. It may end this process too, and with it
    /// whatever else is under way; one at a time, so that those which only were there beside one are soon told from it.
    pub fn lanes_to_take_over(&self, busy: Busy) -> Vec<Lane> {
        let has_room = |lane: &Lane| busy.taken_over == 0 && self.room(*lane, busy) > 0;
        Lane::ALL.into_iter().filter(has_room).collect()
    }

    /// How many more jobs of this lane there is room for.
    pub fn room(&self, lane: Lane, busy: Busy) -> usize {
        let kept = (self.size / KEPT).max(1);
        let of_half = if lane.is_urgent() {
            busy.urgent
        } else {
            busy.other
        };
        let free = self.size.saturating_sub(busy.urgent + busy.other);
        free.min((self.size - kept).saturating_sub(of_half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_half_can_take_the_last_worker_of_the_other() {
        let slots = Slots::new(4);
        let flood = Busy {
            other: 3,
            ..Busy::default()
        };
        assert_eq!(slots.room(Lane::Sync, flood), 0);
        assert_eq!(slots.room(Lane::FollowUp, flood), 0);
        assert_eq!(slots.room(Lane::Voice, flood), 1);
        let calls = Busy {
            urgent: 3,
            ..Busy::default()
        };
        assert_eq!(slots.room(Lane::Interactive, calls), 0);
        assert_eq!(slots.room(Lane::Sync, calls), 1);
    }

    #[test]
    fn all_workers_are_used_and_no_more() {
        for size in 2..40 {
            let slots = Slots::new(size);
            let mut busy = Busy::default();
            for lane in Lane::ALL {
                for _ in 0..slots.room(lane, busy) {
                    busy += Busy::in_lane(lane);
                }
            }
            assert_eq!(busy.urgent + busy.other, size);
            for lane in Lane::ALL {
                assert_eq!(slots.room(lane, busy), 0);
            }
        }
    }

    #[test]
    fn what_may_end_the_process_is_done_one_at_a_time_and_leaves_the_last_worker_of_the_others() {
        let slots = Slots::new(4);
        assert_eq!(slots.lanes_to_take_over(Busy::default()), Lane::ALL);
        let one = Busy {
            taken_over: 1,
            ..Busy::in_lane(Lane::Sync)
        };
        assert_eq!(slots.lanes_to_take_over(one), []);
        let flood = Busy {
            other: 3,
            ..Busy::default()
        };
        assert_eq!(
            slots.lanes_to_take_over(flood),
            [Lane::Voice, Lane::Interactive]
        );
    }

    #[test]
    fn the_lanes_behind_come_first_now_and_then() {
        let mut slots = Slots::new(4);
        let firsts: Vec<Lane> = (0..8).map(|_| slots.next_round()[0].0).collect();
        let behind = firsts.iter().filter(|lane| **lane == Lane::Interactive);
        assert_eq!(behind.count(), 2);
        assert_eq!(firsts[0], Lane::Voice);
    }
}
