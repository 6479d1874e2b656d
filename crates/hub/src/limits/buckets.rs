//! Token buckets of many callers in bounded memory.
//!
//! Not a crate: what `governor` keeps for each caller grows until somebody tells it to shrink, and it has a clock of its
//! own. A bucket is one number here, the time at which it will be full again (GCRA), so a caller whose bucket is full
//! needs no entry at all.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

/// Stands for a caller: a keyed hash, so that nobody can aim at the bucket of another.
pub(super) type Mark = u64;

/// Locks, so that processors seldom wait for each other.
const SHARDS: usize = 16;

/// Callers of one shard, at most: about two megabytes in all.
const MOST_CALLERS: usize = 4096;

/// This part of what a minute allows may come at once.
const AT_ONCE: i64 = 4;

const MINUTE: i64 = 60_000_000;

/// Buckets of one size. Times are microseconds.
pub(super) struct Buckets {
    /// From one token to the next; 0 where there is no limit.
    every: i64,
    /// How far ahead of now a bucket may be used up.
    most: i64,
    /// When each bucket will be full again.
    shards: [Mutex<HashMap<Mark, i64>>; SHARDS],
}

impl Buckets {
    /// Of so many tokens in a minute, a quarter of them at once; 0 is no limit.
    pub(super) fn of(per_minute: u32) -> Self {
        let per_minute = i64::from(per_minute);
        let every = if per_minute == 0 {
            0
        } else {
            (MINUTE / per_minute).max(1)
        };
        Self {
            every,
            most: every * (per_minute / AT_ONCE).max(1),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Take a token, or say when there will be one.
    pub(super) fn take(&self, of: Mark, now: Timestamp) -> Result<(), Duration> {
        let now = now.as_microsecond();
        let mut shard = self.shard(of);
        let next = self.after_one_more(shard.get(&of), now)?;
        put(&mut shard, of, next, now);
        Ok(())
    }

    /// The same for those who are known; `None` for others.
    pub(super) fn take_known(&self, of: Mark, now: Timestamp) -> Option<Result<(), Duration>> {
        let mut shard = self.shard(of);
        let full_at = shard.get_mut(&of)?;
        Some(
            self.after_one_more(Some(full_at), now.as_microsecond())
                .map(|next| *full_at = next),
        )
    }

    /// Whether there is a token, or when there will be one.
    pub(super) fn look(&self, of: Mark, now: Timestamp) -> Result<(), Duration> {
        self.after_one_more(self.shard(of).get(&of), now.as_microsecond())
            .map(|_| ())
    }

    /// Know somebody, with a full bucket if they are new.
    pub(super) fn know(&self, of: Mark, now: Timestamp) {
        let mut shard = self.shard(of);
        if !shard.contains_key(&of) {
            put(&mut shard, of, now.as_microsecond(), now.as_microsecond());
        }
    }

    /// Do not know somebody any more.
    pub(super) fn forget(&self, of: Mark) {
        self.shard(of).remove(&of);
    }

    fn after_one_more(&self, full_at: Option<&i64>, now: i64) -> Result<i64, Duration> {
        if self.every == 0 {
            // Whoever asked the clock earlier may come later.
            return Ok(now);
        }
        let next = full_at.map_or(now, |at| now.max(*at)) + self.every;
        let too_far = next - now - self.most;
        if too_far > 0 {
            return Err(Duration::from_micros(too_far.unsigned_abs()));
        }
        Ok(next)
    }

    fn shard(&self, of: Mark) -> MutexGuard<'_, HashMap<Mark, i64>> {
        let index = usize::try_from(of % SHARDS as u64).unwrap_or_default();
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn put(shard: &mut HashMap<Mark, i64>, of: Mark, full_at: i64, now: i64) {
    if shard.len() >= MOST_CALLERS && !shard.contains_key(&of) {
        shard.retain(|_, full_at| *full_at > now);
        if shard.len() >= MOST_CALLERS {
            // As many callers as that at once: better to forgive them all than to turn away the next one.
            shard.clear();
        }
    }
    shard.insert(of, full_at);
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(micros).unwrap()
    }

    #[test]
    fn without_a_limit_the_order_of_clock_readings_does_not_matter() {
        let buckets = Buckets::of(0);
        buckets.take(1, at(10)).unwrap();
        buckets.take(1, at(9)).unwrap();
    }

    #[test]
    fn a_bucket_fills_up_again_at_its_rate() {
        let buckets = Buckets::of(60);
        let now = at(0);
        for _ in 0..15 {
            assert_eq!(buckets.take(1, now), Ok(()));
        }
        assert_eq!(buckets.take(1, now), Err(Duration::from_secs(1)));
        let later = now + SignedDuration::from_secs(1);
        assert_eq!(buckets.take(1, later), Ok(()));
        assert_eq!(buckets.take(1, later), Err(Duration::from_secs(1)));
        assert_eq!(buckets.take(2, later), Ok(()));
    }

    #[test]
    fn however_many_callers_come_memory_stays_bounded() {
        let buckets = Buckets::of(60);
        for caller in 0..200_000 {
            assert_eq!(buckets.take(caller, at(0)), Ok(()));
        }
        let kept: usize = buckets
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum();
        assert!(kept <= SHARDS * MOST_CALLERS, "{kept}");
    }

    #[test]
    fn those_whose_bucket_is_full_make_room_first() {
        let buckets = Buckets::of(60);
        let same_shard = |index: u64| index * SHARDS as u64;
        let busy = same_shard(0);
        for _ in 0..15 {
            buckets.take(busy, at(5_000_000)).unwrap();
        }
        for caller in 1..MOST_CALLERS as u64 {
            buckets.take(same_shard(caller), at(0)).unwrap();
        }
        buckets
            .take(same_shard(MOST_CALLERS as u64), at(5_000_000))
            .unwrap();
        assert!(buckets.take(busy, at(5_000_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_sees_more_than_its_share(
            per_minute in 1_u32..2000,
            pauses in prop::collection::vec(0_i64..2_000_000, 1..200),
        ) {
            let buckets = Buckets::of(per_minute);
            let (mut now, mut taken) = (0, 0);
            for pause in pauses {
                now += pause;
                taken += i64::from(buckets.take(7, at(now)).is_ok());
            }
            let at_once = (i64::from(per_minute) / AT_ONCE).max(1);
            prop_assert!(taken <= at_once + now / buckets.every + 1);
        }
    }
}
