//! The time the emulator lives in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// Says what time it is, and how much faster than real time waiting goes.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    speed: u32,
}

impl Clock {
    /// A clock that asks somebody else.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::new(now),
            speed: 1,
        }
    }

    /// A clock that stands still.
    pub fn frozen_at(instant: Timestamp) -> Self {
        Self::new(move || instant)
    }

    /// The same clock, with waits so many times shorter: a day of retries in minutes or in milliseconds.
    #[must_use]
    pub fn faster(mut self, factor: u32) -> Self {
        self.speed = factor.max(1);
        self
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// How long to really wait for a wait of that length.
    pub(super) fn really(&self, wait: Duration) -> Duration {
        wait / self.speed
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Clock")
            .field("now", &self.now())
            .field("speed", &self.speed)
            .finish()
    }
}
