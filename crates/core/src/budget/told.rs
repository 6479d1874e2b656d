//! What the provider says about its limits, and for how long that counts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{TOLERATED, later};

/// Nothing that a provider says is believed for longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Providers tell times in whole seconds: two of them that differ by less are the same.
const ROUNDING: SignedDuration = SignedDuration::from_secs(2);

/// More limits than this at a time no provider has.
const MOST_LIMITS: usize = 8;

/// From one instant until before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Span {
    since: Timestamp,
    pub until: Timestamp,
}

impl Span {
    pub fn new(now: Timestamp, length: Duration) -> Self {
        let length = SignedDuration::try_from(length).map_or(LONGEST, |length| length.min(LONGEST));
        Self {
            since: now,
            until: later(now, length),
        }
    }

    /// The same as it counts now, or `None` when it is over. Where the clock was set back, its length counts from now.
    pub fn as_of(self, now: Timestamp) -> Option<Self> {
        if self.since.duration_since(now) > TOLERATED {
            let length = self.until.duration_since(self.since);
            let length = length.clamp(SignedDuration::ZERO, LONGEST);
            return Some(Self {
                since: now,
                until: later(now, length),
            });
        }
        (now < self.until).then_some(self)
    }
}

/// One limit, as the provider told it last, less what was asked since.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub limit: u32,
    pub left: u32,
    #[serde(flatten)]
    pub span: Span,
}

/// Note a limit. Answers overtake each other, and what was asked since does not show in them: within one period the
/// lowest count is right.
pub(super) fn note(known: &mut Vec<Told>, limit: u32, remaining: u32, span: Span) {
    if let Some(told) = known.iter_mut().find(|told| told.limit == limit) {
        let begins_anew =
            remaining > told.left && span.until.duration_since(told.span.until) > ROUNDING;
        if begins_anew {
            told.left = remaining;
            told.span = span;
        } else {
            told.left = told.left.min(remaining);
            told.span.until = told.span.until.max(span.until);
        }
        return;
    }
    if known.len() < MOST_LIMITS {
        known.push(Told {
            limit,
            left: remaining,
            span,
        });
    }
}
