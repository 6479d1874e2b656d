//! Which of the slots that are offered are really free.

use jiff::Timestamp;

use super::{Free, Horizon, NoSlots, Offer, Range, Rules, Slot, Taken, busy::Busy, moved};

/// The slots that are really free: those offered that start in the window, as the rules want them, and that nothing taken
/// is in the way of. What touches is not in the way.
pub fn free(
    offer: Offer<'_>,
    taken: &[Taken],
    rules: &Rules,
    window: Range,
    now: Timestamp,
) -> Free {
    let asked = offer.slots.iter().map(|slot| Slot {
        end: rules
            .length
            .map_or(slot.end, |length| moved(slot.start, length)),
        ..*slot
    });
    let mut offered: Vec<Slot> = asked
        .filter(|slot| slot.start < slot.end && window.contains(slot.start))
        .collect();
    offered.sort_unstable();
    offered.dedup();

    let bounds = Bounds::of(rules, now);
    let mut busy = Busy::new(taken, rules);
    let mut why = bounds.why_none_in(window);
    let mut slots = offered;
    slots.retain(|slot| {
        let obstacle = match bounds.why_not(slot.start) {
            None if busy.takes(*slot) => Some(NoSlots::AllTaken),
            obstacle => obstacle,
        };
        why = why.min(obstacle.unwrap_or(why));
        obstacle.is_none()
    });
    let reason = slots.is_empty().then_some(why);
    Free { slots, reason }
}

/// Between when and when one may book.
struct Bounds {
    earliest: Timestamp,
    horizon: Option<Horizon>,
    now: Timestamp,
}

impl Bounds {
    fn of(rules: &Rules, now: Timestamp) -> Self {
        Self {
            // What has begun is over, whatever the rules say.
            earliest: moved(now, rules.minimum_notice).max(now),
            horizon: rules.horizon,
            now,
        }
    }

    fn why_not(&self, start: Timestamp) -> Option<NoSlots> {
        if start < self.earliest {
            return Some(NoSlots::TooSoon);
        }
        let is_too_far = match self.horizon {
            Some(Horizon::Within(length)) => start > moved(self.now, length),
            Some(Horizon::Before(end)) => start >= end,
            None => false,
        };
        is_too_far.then_some(NoSlots::TooFar)
    }

    /// Providers know these rules too and offer nothing where they forbid it: why there is nothing in a window.
    fn why_none_in(&self, window: Range) -> NoSlots {
        if window.is_empty() {
            NoSlots::NothingOffered
        } else if window.end <= self.earliest {
            NoSlots::TooSoon
        } else if self.why_not(window.start) == Some(NoSlots::TooFar) {
            NoSlots::TooFar
        } else {
            NoSlots::NothingOffered
        }
    }
}
