//! Which jobs a node takes next: a bound for all, a reserve for each half of the lanes, and a turn for those behind.

use calbridge_core::lane::Lane;

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
}

impl Busy {
    /// One more.
    pub fn add(&mut self, lane: Lane, count: usize) {
        if lane.is_urgent() {
            self.urgent += count;
        } else {
            self.other += count;
        }
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
            urgent: 0,
            other: 3,
        };
        assert_eq!(slots.room(Lane::Sync, flood), 0);
        assert_eq!(slots.room(Lane::FollowUp, flood), 0);
        assert_eq!(slots.room(Lane::Voice, flood), 1);
        let calls = Busy {
            urgent: 3,
            other: 0,
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
                busy.add(lane, slots.room(lane, busy));
            }
            assert_eq!(busy.urgent + busy.other, size);
            for lane in Lane::ALL {
                assert_eq!(slots.room(lane, busy), 0);
            }
        }
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
