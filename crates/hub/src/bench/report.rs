//! What is reported: the same names in JSON and in tables.

use std::time::Duration;

use calbridge_store::sql::Engine;
use serde::Serialize;

use super::load::Measured;

/// How long requests took.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    /// Half of them took no longer.
    pub p50_ms: f64,
    /// 99 of 100 took no longer.
    pub p99_ms: f64,
    /// 999 of 1000 took no longer.
    pub p999_ms: f64,
}

/// What was used meanwhile; absent where the system does not tell.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Usage {
    /// Cores that this process kept busy: hub and load together, without a database server.
    pub cpu: Option<f64>,
    /// Cores of the machine that were busy, whoever used them.
    pub machine_cpu: Option<f64>,
    /// Resident memory of this process at the end.
    pub rss_bytes: Option<u64>,
}

/// Full work beside the limits.
#[derive(Clone, Debug, Serialize)]
pub struct IngestReport {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Connections that sent.
    pub connections: usize,
    /// What they sent.
    pub mix: String,
    /// How long it was counted.
    pub seconds: f64,
    /// Events that were answered as they should.
    pub events: usize,
    /// The same per second.
    pub events_per_second: f64,
    /// How long they took.
    #[serde(flatten)]
    pub latency: Latency,
    /// Of the smaller limit.
    pub ratio_to_limit: f64,
    /// What the engine commits when there is nothing else to do.
    pub limit_storage_per_second: f64,
    /// What the HTTP stack answers when there is nothing to do.
    pub limit_http_per_second: f64,
    /// Events that shared a commit, on average.
    pub events_per_commit: f64,
    /// What was used.
    #[serde(flatten)]
    pub usage: Usage,
    /// Answers that were not what they should be.
    pub errors: u64,
    /// One of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What the engine commits.
#[derive(Clone, Debug, Serialize)]
pub struct StorageReport {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Transactions at the same time.
    pub writers: usize,
    /// Events in each.
    pub events_per_commit: usize,
    /// Events whose rows were committed, per second.
    pub events_per_second: f64,
    /// Rows inserted, changed and deleted, per second.
    pub rows_per_second: f64,
    /// What was used.
    #[serde(flatten)]
    pub usage: Usage,
}

/// What the HTTP stack answers.
#[derive(Clone, Debug, Serialize)]
pub struct HttpReport {
    /// Connections that sent.
    pub connections: usize,
    /// Requests that were answered, per second.
    pub requests_per_second: f64,
    /// How long they took.
    #[serde(flatten)]
    pub latency: Latency,
    /// What was used.
    #[serde(flatten)]
    pub usage: Usage,
    /// Answers that were not what they should be.
    pub errors: u64,
    /// One of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The same work on tables of several sizes.
#[derive(Clone, Debug, Serialize)]
pub struct GrowReport {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Connections that sent.
    pub connections: usize,
    /// What they sent.
    pub mix: String,
    /// Smallest first.
    pub sizes: Vec<SizeReport>,
    /// Answers that were not what they should be, at all sizes.
    pub errors: u64,
    /// One of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The work at one size.
#[derive(Clone, Debug, Serialize)]
pub struct SizeReport {
    /// Bookings before the first event.
    pub bookings: i64,
    /// Bytes of the database then.
    pub database_bytes: i64,
    /// Events per second.
    pub events_per_second: f64,
    /// How long they took.
    #[serde(flatten)]
    pub latency: Latency,
    /// Of the throughput at the smallest size.
    pub ratio_to_smallest: f64,
}

/// The same work done by one process and by several.
#[derive(Clone, Debug, Serialize)]
pub struct NodesReport {
    /// `postgres`.
    pub engine: &'static str,
    /// Connections that sent, spread over the processes at work.
    pub connections: usize,
    /// What they sent.
    pub mix: String,
    /// One first.
    pub processes: Vec<ProcessesReport>,
    /// Answers that were not what they should be, of all processes.
    pub errors: u64,
    /// One of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The work by so many processes.
#[derive(Clone, Debug, Serialize)]
pub struct ProcessesReport {
    /// So many.
    pub processes: usize,
    /// Events per second, of all of them together.
    pub events_per_second: f64,
    /// Of the throughput of one.
    pub ratio_to_one: f64,
    /// How long they took.
    #[serde(flatten)]
    pub latency: Latency,
    /// Events that shared a commit, on average.
    pub events_per_commit: f64,
    /// Cores of the machine that were busy, with hubs, load and the server if it is here.
    pub machine_cpu: Option<f64>,
}

/// Free slots from memory beside a handler that does nothing, and what asking the provider costs.
#[derive(Clone, Debug, Serialize)]
pub struct SlotsReport {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Connections that sent.
    pub connections: usize,
    /// Bytes of an answer: a week of 30-minute slots.
    pub answer_bytes: usize,
    /// Answers from memory per second.
    pub requests_per_second: f64,
    /// How long they took.
    #[serde(flatten)]
    pub latency: Latency,
    /// Of what the handler that does nothing answers.
    pub ratio_to_limit: f64,
    /// What it answers, the same bytes.
    pub limit_http_per_second: f64,
    /// 99 of 100 of its answers took no longer.
    pub limit_p99_ms: f64,
    /// Half of the questions that nobody asked before took no longer, one at a time.
    pub cold_p50_ms: f64,
    /// The same for the provider, asked directly.
    pub cold_provider_p50_ms: f64,
    /// The difference: our own part.
    pub cold_own_p50_ms: f64,
    /// What was used.
    #[serde(flatten)]
    pub usage: Usage,
    /// Answers that were not what they should be.
    pub errors: u64,
    /// One of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Bookings by this hub beside bookings at the provider itself.
#[derive(Clone, Debug, Serialize)]
pub struct BookReport {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Callers, each of whom books one slot after the other.
    pub callers: usize,
    /// Between two bookings of a caller, on average.
    pub pause_ms: u128,
    /// Bookings that were counted.
    pub books: usize,
    /// How long they took.
    #[serde(flatten)]
    pub latency: Latency,
    /// Half of the bookings at the provider itself took no longer.
    pub provider_p50_ms: f64,
    /// 99 of 100 of them took no longer.
    pub provider_p99_ms: f64,
    /// The difference of the halves: our own part.
    pub own_p50_ms: f64,
    /// The difference of the slowest.
    pub own_p99_ms: f64,
    /// What was used.
    #[serde(flatten)]
    pub usage: Usage,
    /// Answers that were not what they should be.
    pub errors: u64,
    /// One of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The word for an engine.
pub(super) fn engine_word(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

/// A rate, to a tenth.
pub(super) fn per_second(count: usize, time: Duration) -> f64 {
    let seconds = time.as_secs_f64();
    if seconds > 0.0 {
        rounded(
            f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds,
            1,
        )
    } else {
        0.0
    }
}

/// Rounded to so many digits: more would be noise.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let shift = 10_f64.powi(digits);
    (value * shift).round() / shift
}

impl Latency {
    /// Of everything that was counted.
    pub(super) fn of(measured: &Measured) -> Self {
        let mut micros = measured.micros.clone();
        micros.sort_unstable();
        let at = |per_mille: usize| {
            let index = (micros.len() * per_mille).div_ceil(1000).saturating_sub(1);
            let micros = micros.get(index).copied().unwrap_or_default();
            rounded(f64::from(micros) / 1000.0, 3)
        };
        Self {
            p50_ms: at(500),
            p99_ms: at(990),
            p999_ms: at(999),
        }
    }
}

impl Usage {
    /// The mean of several times of equal length.
    pub(super) fn mean(of: &[Self]) -> Self {
        let mean = |pick: fn(&Self) -> Option<f64>| {
            let known: Vec<f64> = of.iter().filter_map(pick).collect();
            let count = u32::try_from(known.len()).unwrap_or(u32::MAX);
            (count > 0).then(|| rounded(known.iter().sum::<f64>() / f64::from(count), 2))
        };
        Self {
            cpu: mean(|usage| usage.cpu),
            machine_cpu: mean(|usage| usage.machine_cpu),
            rss_bytes: of.iter().filter_map(|usage| usage.rss_bytes).max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_counted() {
        let measured = Measured {
            micros: (1..=1000).rev().collect(),
            ..Measured::default()
        };
        let latency = Latency::of(&measured);
        assert!((latency.p50_ms - 0.5).abs() < 1e-9);
        assert!((latency.p99_ms - 0.99).abs() < 1e-9);
        assert!((latency.p999_ms - 0.999).abs() < 1e-9);
        assert!(Latency::of(&Measured::default()).p99_ms.abs() < 1e-9);
    }
}
