//! What is counted where jobs are run.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use crate::jobs::Kind;

/// The job runner.
pub struct Jobs {
    outcomes: Family<Ran, Counter>,
    seconds: Histogram,
    leases_lost: Counter,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Ran {
    kind: &'static str,
    outcome: &'static str,
}

/// What running a job came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Done.
    Done,
    /// It failed and will be tried again.
    Retried,
    /// It failed for good.
    Failed,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Done, Self::Retried, Self::Failed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}

impl Jobs {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let jobs = Self {
            outcomes: Family::default(),
            seconds: Histogram::new(super::seconds()),
            leases_lost: Counter::default(),
        };
        for kind in Kind::ALL.map(Kind::as_str) {
            for outcome in Outcome::ALL.map(Outcome::as_str) {
                drop(jobs.outcomes.get_or_create(&Ran { kind, outcome }));
            }
        }
        registry.register(
            "jobs_run",
            "Jobs that were run, by what came of it",
            jobs.outcomes.clone(),
        );
        registry.register("job_seconds", "How long jobs took", jobs.seconds.clone());
        registry.register(
            "job_leases_lost",
            "Jobs whose lease another worker had taken over when they were finished",
            jobs.leases_lost.clone(),
        );
        jobs
    }

    /// A job was run. `kind` is its stored word; those this release does not know are counted together.
    pub fn ran(&self, kind: &str, outcome: Outcome, took: Duration) {
        let kind = Kind::from_word(kind).map_or("unknown", Kind::as_str);
        let outcome = outcome.as_str();
        self.outcomes.get_or_create(&Ran { kind, outcome }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// How often another worker had taken over a job that was still worked on here.
    pub fn leases_lost(&self) -> u64 {
        self.leases_lost.get()
    }

    /// A job was finished after its lease had been taken over.
    pub fn lease_lost(&self) {
        self.leases_lost.inc();
    }
}
