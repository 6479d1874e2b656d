//! Whether the parts of this process that work on their own still live.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The parts that were started.
#[derive(Debug, Default)]
pub struct Liveness(Mutex<Vec<Arc<Part>>>);

#[derive(Debug)]
struct Part {
    name: &'static str,
    /// A part that is longer silent than this is stuck; `None` for those that only wait for work.
    longest_silence: Option<Duration>,
    /// When it was heard last; `None` once it has ended.
    heard: Mutex<Option<Instant>>,
}

/// Held by a part as long as it lives.
#[derive(Debug)]
pub struct Alive(Arc<Part>);

impl Liveness {
    /// A part that lives as long as it holds what this returns.
    pub fn join(&self, name: &'static str) -> Alive {
        self.add(name, None)
    }

    /// A part that also says [`Alive::beat`] at least this often.
    pub fn join_beating(&self, name: &'static str, longest_silence: Duration) -> Alive {
        self.add(name, Some(longest_silence))
    }

    fn add(&self, name: &'static str, longest_silence: Option<Duration>) -> Alive {
        let part = Arc::new(Part {
            name,
            longest_silence,
            heard: Mutex::new(Some(Instant::now())),
        });
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push(Arc::clone(&part));
        Alive(part)
    }

    /// The first part that ended or is stuck, in words.
    pub fn trouble(&self) -> Option<String> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().find_map(|part| part.trouble(Instant::now()))
    }
}

impl Part {
    fn trouble(&self, now: Instant) -> Option<String> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match (heard, self.longest_silence) {
            (None, _) => Some(format!("{} has ended", self.name)),
            (Some(heard), Some(longest)) if now.duration_since(heard) > longest => {
                Some(format!("{} is stuck", self.name))
            }
            (Some(_), _) => None,
        }
    }
}

impl Alive {
    /// Still here.
    pub fn beat(&self) {
        let mut heard = self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = Some(Instant::now());
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut heard = self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_ended_is_named() {
        let liveness = Liveness::default();
        let writer = liveness.join("a writer");
        assert_eq!(liveness.trouble(), None);
        drop(writer);
        assert_eq!(liveness.trouble().as_deref(), Some("a writer has ended"));
    }

    #[test]
    fn a_part_that_is_silent_for_too_long_is_stuck_until_it_beats() {
        let liveness = Liveness::default();
        let runner = liveness.join_beating("the runner", Duration::ZERO);
        let later = Instant::now() + Duration::from_secs(1);
        assert_eq!(
            runner.0.trouble(later).as_deref(),
            Some("the runner is stuck")
        );
        let patient = liveness.join_beating("the other", Duration::from_mins(1));
        patient.beat();
        assert_eq!(patient.0.trouble(later), None);
    }
}
