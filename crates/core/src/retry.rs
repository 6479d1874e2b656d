//! When to try again.

use std::time::Duration;

/// How often and how far apart something is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryPlan {
    /// Tries in all; after the last one it stays failed until somebody looks.
    pub attempts: u32,
    /// Wait after the first failure; four times as long with each further one.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
}

impl RetryPlan {
    /// For applying a stored webhook event: about half a day in all.
    pub const APPLY: Self = Self {
        attempts: 8,
        first: Duration::from_secs(10),
        longest: Duration::from_hours(4),
    };

    /// How long to wait after the `failed`-th failure (1 is the first), or `None` when it was the last try.
    pub fn after(&self, failed: u32) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let factor = 4_u32.saturating_pow(failed.saturating_sub(1));
        Some(self.first.saturating_mul(factor).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_until_the_tries_are_used_up() {
        let waits: Vec<_> = (1..=8).map(|n| RetryPlan::APPLY.after(n)).collect();
        assert_eq!(waits[0], Some(Duration::from_secs(10)));
        assert_eq!(waits[1], Some(Duration::from_secs(40)));
        assert_eq!(waits[6], Some(Duration::from_hours(4)));
        assert_eq!(waits[7], None);
    }
}
