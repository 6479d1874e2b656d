//! The requests that a provider's key has left: a bucket that fills steadily, with a reserve for those who wait, and never
//! more than the provider's own answers allow. A state machine: whoever keeps the state keeps it for all nodes.
//!
//! Clocks may differ by half a minute. One that is set back by less stops the bucket until it has caught
//! up; one that is set back by more starts it again from there, so that nothing stands still for longer than promised.

#[cfg(test)]
mod tests;
mod told;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::told::{Span, Told};
use crate::lane::Lane;

/// By how much the clocks of nodes may differ.
const TOLERATED: SignedDuration = SignedDuration::from_secs(30);

/// One request, in the units of the bucket: it gains `per_minute` of them in a microsecond, so nothing is ever rounded.
const REQUEST: i64 = 60_000_000;

/// What a provider's key may ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BudgetRule {
    /// Requests in a minute, for as long as one likes; at least one.
    pub per_minute: u32,
    /// Requests at once after a rest; at least one.
    pub burst: u32,
}

impl Default for BudgetRule {
    fn default() -> Self {
        Self {
            per_minute: 100,
            burst: 150,
        }
    }
}

impl BudgetRule {
    /// What a lane leaves for those before it, of `size` requests: a quarter is for people who wait, a part of it for those
    /// on the phone. Synchronization leaves a little for what follows from webhooks too.
    fn kept(size: u32, lane: Lane) -> u32 {
        let reserve = size / 4;
        let least = u32::from(reserve > 1);
        let smaller = (reserve / 4).max(least);
        match lane {
            Lane::Voice => 0,
            Lane::Interactive => smaller,
            Lane::FollowUp => reserve,
            Lane::Sync => reserve + smaller,
        }
    }

    fn size(self) -> u32 {
        self.burst.max(1)
    }

    fn full(self) -> i64 {
        i64::from(self.size()) * REQUEST
    }

    fn units_per_micro(self) -> i64 {
        i64::from(self.per_minute.max(1))
    }
}

/// The answer to whoever wants to ask the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Take {
    /// Ask; it is counted.
    Granted,
    /// Not now.
    Wait {
        /// When it would be granted if nobody else asked meanwhile.
        until: Timestamp,
    },
}

/// What is left of a key's requests. The default is a key that has not been used.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BudgetState {
    /// `None`: full.
    bucket: Option<Bucket>,
    /// The provider refused.
    blocked: Option<Span>,
    /// What the provider said it allows, by its limit: some have several.
    told: Vec<Told>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Bucket {
    /// In units.
    level: i64,
    /// Up to when what it gained is in the level; whole microseconds.
    at: Timestamp,
}

impl BudgetState {
    /// Take one request for a lane, or learn when to come back.
    pub fn take(&mut self, rule: BudgetRule, lane: Lane, now: Timestamp) -> Take {
        let now = whole_micros(now);
        let bucket = self.settle(rule, now);
        let kept = BudgetRule::kept(rule.size(), lane);
        let mut until = bucket.when(rule, i64::from(kept) * REQUEST + REQUEST, now);
        if let Some(blocked) = &self.blocked {
            until = until.max(blocked.until);
        }
        for told in &self.told {
            // The reserve is a part of what there is: of a smaller limit, a smaller one.
            if told.left <= BudgetRule::kept(rule.size().min(told.limit), lane) {
                until = until.max(told.span.until);
            }
        }
        if until > now {
            return Take::Wait { until };
        }
        let level = bucket.level - REQUEST;
        self.bucket = Some(Bucket { level, ..bucket });
        for told in &mut self.told {
            told.left = told.left.saturating_sub(1);
        }
        Take::Granted
    }

    /// How many requests the first lane could make at this moment.
    pub fn left(&self, rule: BudgetRule, now: Timestamp) -> u32 {
        let mut state = self.clone();
        let bucket = state.settle(rule, whole_micros(now));
        if state.blocked.is_some() {
            return 0;
        }
        let level = u32::try_from(bucket.level / REQUEST).unwrap_or(0);
        let told = state.told.iter().map(|told| told.left);
        told.fold(level, u32::min)
    }

    /// The provider's answer said how much it allows: `remaining` of `limit`, until `resets_in` from now.
    pub fn told(&mut self, limit: u32, remaining: u32, resets_in: Duration, now: Timestamp) {
        let now = whole_micros(now);
        self.forget(now);
        told::note(&mut self.told, limit, remaining, Span::new(now, resets_in));
    }

    /// The provider refused for this long: nothing more is asked until then.
    pub fn refused(&mut self, retry_after: Duration, now: Timestamp) {
        let now = whole_micros(now);
        self.forget(now);
        let span = Span::new(now, retry_after);
        self.blocked = match self.blocked {
            Some(blocked) if blocked.until > span.until => Some(blocked),
            _ => Some(span),
        };
    }

    /// Bring everything up to now; the bucket as it is then.
    fn settle(&mut self, rule: BudgetRule, now: Timestamp) -> Bucket {
        self.forget(now);
        let bucket = match self.bucket {
            Some(bucket) => bucket.filled(rule, now),
            None => Bucket {
                level: rule.full(),
                at: now,
            },
        };
        self.bucket = Some(bucket);
        bucket
    }

    /// What counted until now counts no more.
    fn forget(&mut self, now: Timestamp) {
        let of_now = |span: Span| span.as_of(now);
        self.blocked = self.blocked.and_then(of_now);
        self.told.retain_mut(|told| {
            let span = told.span.as_of(now);
            told.span = span.unwrap_or(told.span);
            span.is_some()
        });
    }
}

impl Bucket {
    fn filled(self, rule: BudgetRule, now: Timestamp) -> Self {
        // Nothing below zero is ever written, nor above what was full under another rule.
        let level = self.level.clamp(0, rule.full());
        if now <= self.at {
            let is_far_back = self.at.duration_since(now) > TOLERATED;
            let at = if is_far_back { now } else { self.at };
            return Self { level, at };
        }
        let elapsed = now
            .as_microsecond()
            .saturating_sub(self.at.as_microsecond());
        let gained = elapsed.saturating_mul(rule.units_per_micro());
        Self {
            level: level.saturating_add(gained).min(rule.full()),
            at: now,
        }
    }

    /// When it holds this much, if nobody takes any; now if it does already.
    fn when(self, rule: BudgetRule, wanted: i64, now: Timestamp) -> Timestamp {
        let missing = wanted - self.level;
        if missing <= 0 {
            return now;
        }
        let gain = rule.units_per_micro();
        later(
            self.at,
            SignedDuration::from_micros((missing + gain - 1) / gain),
        )
    }
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Cut towards the past, as the database does.
fn whole_micros(time: Timestamp) -> Timestamp {
    let micros = time.as_nanosecond().div_euclid(1000);
    let whole = i64::try_from(micros).map(Timestamp::from_microsecond);
    whole.ok().and_then(Result::ok).unwrap_or(time)
}
