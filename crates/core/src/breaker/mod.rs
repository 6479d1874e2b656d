//! Whether it makes sense to ask a provider: after failures in a row nobody asks for a while, then a few requests try. A
//! state machine: whoever keeps the state keeps it for all nodes. Only what the provider is to blame for is a failure.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// When a breaker opens and closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreakerRule {
    /// Failures in a row that open it; at least one.
    pub failures: u32,
    /// How long nobody asks.
    pub pause: Duration,
    /// Requests that try afterwards and must all succeed; at least one.
    pub trials: u32,
    /// A trial of which nothing was heard for so long is given up: its node may have died.
    pub trial_patience: Duration,
}

impl Default for BreakerRule {
    fn default() -> Self {
        Self {
            failures: 5,
            pause: Duration::from_mins(1),
            trials: 2,
            trial_patience: Duration::from_mins(1),
        }
    }
}

/// What a breaker is in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum BreakerState {
    /// Everybody asks.
    Closed {
        /// The failures in a row so far.
        failures: u32,
    },
    /// Nobody asks.
    Open {
        /// When the first trial may begin.
        until: Timestamp,
    },
    /// Some try.
    HalfOpen {
        /// The trials under way.
        in_flight: Vec<Trial>,
        /// The trials that succeeded.
        succeeded: u32,
    },
}

impl BreakerState {
    /// Its word: `closed`, `open` or `half_open`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half_open",
        }
    }
}

/// A trial under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// No other trial of the breaker has it.
    pub number: u64,
    /// When it began.
    pub since: Timestamp,
}

/// The answer to whoever wants to ask the provider. What became of the request is reported with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Ask.
    Pass,
    /// Ask; much depends on it.
    Trial {
        /// Which trial it is.
        number: u64,
    },
    /// Do not ask.
    Refused {
        /// When it makes sense to come back.
        until: Timestamp,
    },
}

/// A breaker. The default is closed. Where an operation leaves it equal to what it was, nothing need be written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Breaker {
    state: BreakerState,
    /// Since when it is in that state; `None`: ever since.
    since: Option<Timestamp>,
    /// Trials so far.
    trials: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            state: BreakerState::Closed { failures: 0 },
            since: None,
            trials: 0,
        }
    }
}

impl Breaker {
    /// What it is in.
    pub fn state(&self) -> &BreakerState {
        &self.state
    }

    /// Since when; `None`: it was never in another state.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// May one ask now?
    pub fn admit(&mut self, rule: BreakerRule, now: Timestamp) -> Admission {
        if let BreakerState::Open { until } = &mut self.state {
            // The clock may have been set back, or the rule changed: never longer than a pause.
            *until = (*until).min(later(now, rule.pause));
            if now < *until {
                return Admission::Refused { until: *until };
            }
            let half_open = BreakerState::HalfOpen {
                in_flight: Vec::new(),
                succeeded: 0,
            };
            self.enter(half_open, now);
        }
        let BreakerState::HalfOpen {
            in_flight,
            succeeded,
        } = &mut self.state
        else {
            return Admission::Pass;
        };
        for trial in in_flight.iter_mut() {
            trial.since = trial.since.min(now);
        }
        in_flight.retain(|trial| now < later(trial.since, rule.trial_patience));
        let busy = u32::try_from(in_flight.len()).unwrap_or(u32::MAX);
        let oldest = in_flight.iter().map(|trial| trial.since).min();
        if let Some(oldest) = oldest
            && succeeded.saturating_add(busy) >= rule.trials
        {
            return Admission::Refused {
                until: later(oldest, rule.trial_patience),
            };
        }
        self.trials += 1;
        let number = self.trials;
        in_flight.push(Trial { number, since: now });
        Admission::Trial { number }
    }

    /// The provider answered, whatever it said.
    pub fn succeeded(&mut self, rule: BreakerRule, admission: Admission, now: Timestamp) {
        if !self.counts(admission) {
            return;
        }
        match &mut self.state {
            BreakerState::Closed { failures } => *failures = 0,
            BreakerState::HalfOpen { succeeded, .. } => {
                *succeeded += 1;
                if *succeeded >= rule.trials {
                    self.enter(BreakerState::Closed { failures: 0 }, now);
                }
            }
            BreakerState::Open { .. } => {}
        }
    }

    /// The provider did not answer, or only that it cannot.
    pub fn failed(&mut self, rule: BreakerRule, admission: Admission, now: Timestamp) {
        if !self.counts(admission) {
            return;
        }
        if let BreakerState::Closed { failures } = &mut self.state {
            *failures = failures.saturating_add(1);
            if *failures < rule.failures {
                return;
            }
        }
        let until = later(now, rule.pause);
        self.enter(BreakerState::Open { until }, now);
    }

    /// The request was not made after all, or ended without telling anything about the provider.
    pub fn withdrawn(&mut self, admission: Admission) {
        self.counts(admission);
    }

    /// Somebody decided that the provider is well.
    pub fn reset(&mut self, now: Timestamp) {
        match &mut self.state {
            BreakerState::Closed { failures } => *failures = 0,
            _ => self.enter(BreakerState::Closed { failures: 0 }, now),
        }
    }

    /// Whether what became of a request tells about the state that the breaker is in; a trial ends with it. What was
    /// admitted before the breaker opened says nothing new, nor does a trial that was given up.
    fn counts(&mut self, admission: Admission) -> bool {
        match (admission, &mut self.state) {
            (Admission::Pass, BreakerState::Closed { .. }) => true,
            (Admission::Trial { number }, BreakerState::HalfOpen { in_flight, .. }) => {
                let before = in_flight.len();
                in_flight.retain(|trial| trial.number != number);
                in_flight.len() < before
            }
            _ => false,
        }
    }

    fn enter(&mut self, state: BreakerState, now: Timestamp) {
        self.state = state;
        self.since = Some(now);
    }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}
