//! The load: connections that send one request after the other for a while, and what came of it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::wire::Wire;

/// How long to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Before anything is counted.
    pub warm_up: Duration,
    /// What is counted.
    pub time: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// How long it was counted.
    pub time: Duration,
    /// How long each request took that was answered as it should, in microseconds.
    pub micros: Vec<u32>,
    /// Requests that were not, also those that were not counted otherwise.
    pub errors: u64,
    /// What was wrong with one of them.
    pub error: Option<String>,
}

impl Measured {
    /// Answers per second.
    pub fn per_second(&self) -> f64 {
        super::report::per_second(self.micros.len(), self.time)
    }

    /// Count another one in.
    pub fn add(&mut self, other: Self) {
        self.time += other.time;
        self.micros.extend(other.micros);
        self.errors += other.errors;
        self.error = self.error.take().or(other.error);
    }

    /// Note a request that was not answered as it should.
    pub fn fail(&mut self, why: impl FnOnce() -> String) {
        self.errors += 1;
        self.error.get_or_insert_with(why);
    }
}

/// Writes the next request of a connection, and answers what must stand in the body of its 2xx.
pub(super) type Source = Box<dyn FnMut(&mut Vec<u8>) -> &'static str + Send>;

/// Send from one connection per source, to these addresses in turn, and call `begin` when the counting begins. The
/// sources are given back, to go on with.
pub(super) async fn run(
    addresses: &[SocketAddr],
    load: Load,
    sources: Vec<Source>,
    begin: impl FnOnce(),
) -> (Measured, Vec<Source>) {
    let from = Instant::now() + load.warm_up;
    let until = from + load.time;
    let mut senders = JoinSet::new();
    for (mut source, address) in sources.into_iter().zip(addresses.iter().copied().cycle()) {
        senders.spawn(async move {
            let measured = send(address, &mut source, from, until).await;
            (measured, source)
        });
    }
    tokio::time::sleep_until(from.into()).await;
    begin();
    let mut all = Measured::default();
    let mut sources = Vec::new();
    while let Some(ended) = senders.join_next().await {
        match ended {
            Ok((measured, source)) => {
                all.add(measured);
                sources.push(source);
            }
            Err(error) => all.fail(|| error.to_string()),
        }
    }
    all.time = load.time;
    (all, sources)
}

async fn send(address: SocketAddr, source: &mut Source, from: Instant, until: Instant) -> Measured {
    let mut measured = Measured::default();
    let mut wire = match Wire::connect(address).await {
        Ok(wire) => wire,
        Err(error) => {
            measured.fail(|| error.to_string());
            return measured;
        }
    };
    let mut request = Vec::new();
    while Instant::now() < until {
        request.clear();
        let wanted = source(&mut request);
        let began = Instant::now();
        let answer = match wire.ask(&request).await {
            Ok(answer) => answer,
            Err(error) => {
                measured.fail(|| error.to_string());
                return measured;
            }
        };
        let ended = Instant::now();
        if !(200..300).contains(&answer.status) || !contains(answer.body, wanted.as_bytes()) {
            let (status, body) = (answer.status, String::from_utf8_lossy(answer.body));
            measured.fail(|| format!("{status} {body}"));
        } else if began >= from && ended <= until {
            let micros = ended.duration_since(began).as_micros();
            measured
                .micros
                .push(u32::try_from(micros).unwrap_or(u32::MAX));
        }
    }
    measured
}

fn contains(body: &[u8], wanted: &[u8]) -> bool {
    body.windows(wanted.len()).any(|part| part == wanted)
}
