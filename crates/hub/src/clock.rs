//! Where time comes from.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;

/// The time. Asked only through `app.clock`, so that tests can hold it still.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Set(Arc<Mutex<Timestamp>>),
    /// The system's, shifted by the seconds in a file: for tests with the real binary.
    #[cfg(debug_assertions)]
    Shifted(Arc<std::path::PathBuf>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The system's clock, shifted by as many seconds as the file says at that moment. No release has it.
    #[cfg(debug_assertions)]
    pub fn shifted(file: std::path::PathBuf) -> Self {
        Self(Source::Shifted(Arc::new(file)))
    }

    /// A clock that stands still until it is set.
    pub fn standing_at(now: Timestamp) -> Self {
        Self(Source::Set(Arc::new(Mutex::new(now))))
    }

    /// Now, cut to what the database keeps.
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that asks the system"
            )]
            Source::System => Timestamp::now(),
            #[cfg(debug_assertions)]
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that asks the system"
            )]
            Source::Shifted(file) => {
                let seconds = std::fs::read_to_string(file.as_path())
                    .ok()
                    .and_then(|text| text.trim().parse().ok())
                    .unwrap_or_default();
                Timestamp::now() + jiff::SignedDuration::from_secs(seconds)
            }
            Source::Set(now) => *now
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        };
        calbridge_store::sql::cut_to_micros(now)
    }

    /// Set a clock that stands still; the system's clock is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Source::Set(now) = &self.0 {
            *now.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner) = to;
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock(system)",
            #[cfg(debug_assertions)]
            Source::Shifted(_) => "Clock(shifted)",
            Source::Set(_) => "Clock(standing)",
        })
    }
}
