//! Drawing people, times and things from the story's randomness.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use super::Story;
use crate::people::{Person, people, someone};

impl Story {
    pub(super) fn person(&mut self) -> Person {
        someone(&mut self.rng)
    }

    /// Nobody, mostly; sometimes one or two others.
    pub(super) fn guests(&mut self, of: &Person) -> Vec<String> {
        if !self.chance(0.2) {
            return Vec::new();
        }
        let others: Vec<_> = people().filter(|other| other.email != of.email).collect();
        let first = self.rng.random_range(0..others.len());
        let count = self.rng.random_range(1..=2);
        others
            .into_iter()
            .skip(first)
            .take(count)
            .map(|other| other.email)
            .collect()
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.rng.random::<f64>() < probability
    }

    /// One of several things.
    pub(super) fn pick<T>(&mut self, mut things: Vec<T>) -> Option<T> {
        if things.is_empty() {
            return None;
        }
        let position = self.rng.random_range(0..things.len());
        Some(things.swap_remove(position))
    }

    /// A start on the half hour in the next three weeks; now and then in a few minutes, so that a short
    /// story sees meetings begin and end.
    pub(super) fn start(&mut self, now: Timestamp) -> Timestamp {
        let minute = now.as_second() - now.as_second().rem_euclid(60);
        let second = if self.chance(0.15) {
            minute + 60 * self.rng.random_range(2..12)
        } else {
            let midnight = now.as_second() - now.as_second().rem_euclid(86_400);
            let day = self.rng.random_range(1..22);
            let half_hour = self.rng.random_range(14..36);
            midnight + 86_400 * day + 1800 * half_hour
        };
        Timestamp::from_second(second).unwrap_or(now)
    }

    pub(super) fn reason(&mut self) -> Option<String> {
        let reasons = [
            "Train strike",
            "Заболел ребёнок",
            "急用が入りました",
            "Feeling better, thank you",
            "",
        ];
        let drawn = self.rng.random_range(0..reasons.len());
        reasons
            .get(drawn)
            .filter(|reason| !reason.is_empty())
            .map(|reason| (*reason).to_owned())
    }

    /// Whether something that started then is still fresh enough to be talked about.
    pub(super) fn just_happened(start: Timestamp, now: Timestamp) -> bool {
        start <= now && now.duration_since(start) < SignedDuration::from_hours(48)
    }
}
