//! `book`: bookings over real HTTP with an API key, each of a slot of its own, beside the same at the emulated provider
//! itself. The difference is our own part.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use calbridge_core::{
    ids::FIRST_TENANT,
    person::EmailAddress,
    scope::{Permission, Scope},
};
use calbridge_emulator::{
    Emulator,
    calcom::{Day, Hours, Schedule},
};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp, civil::Time};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Plan,
    hub::Server,
    load::Measured,
    meter::Meter,
    provider::{self, EVENT_TYPE},
    report::{BookReport, Latency, Usage, engine_word, rounded},
    scratch::Scratch,
    wire::Wire,
};
use crate::{
    app::App,
    http,
    leads::{self, Created, LeadEdit, NewLead},
};

/// Both are measured in turns, so that they see the same machine.
const ROUNDS: u32 = 3;

const WARM_UP: Duration = Duration::from_millis(500);

/// Slots of 30 minutes on one day, all of them within the opening hours.
const SLOTS_A_DAY: i64 = 40;

/// How callers go about it.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two bookings of a caller, on average.
    pub pause: Duration,
    /// Bookings that are counted, at most.
    pub most: usize,
}

/// Measure both.
pub async fn book(
    plan: &Plan,
    pace: Pace,
    stop: &CancellationToken,
    bar: &ProgressBar,
) -> anyhow::Result<BookReport> {
    let scratch = Scratch::make(plan).await?;
    let result = tokio::select! {
        result = measure(plan, pace, &scratch, bar) => result,
        () = stop.cancelled() => Err(anyhow::anyhow!("stopped before the end")),
    };
    let removed = scratch.remove().await;
    let report = result?;
    removed?;
    Ok(report)
}

async fn measure(
    plan: &Plan,
    pace: Pace,
    scratch: &Scratch,
    bar: &ProgressBar,
) -> anyhow::Result<BookReport> {
    bar.set_message("an emulated provider, and a hub that books there");
    let provider = provider::start().await?;
    provider.edit_calcom(|calcom| calcom.set_schedule(always_open()));
    let app = provider::hub(plan, scratch, &provider).await?;
    let key = provider::furnish(&app, &provider, Permission::Write).await?;
    let leads = leads(&app, plan.connections).await?;
    let server = Server::with(&app, http::router(app.clone())).await?;
    let report = in_rounds(plan, pace, &app, &provider, (&server, &key, &leads), bar).await;
    server.stop().await?;
    provider.stop().await;
    Ok(report)
}

/// The emulator's first host is there day and night.
fn always_open() -> Schedule {
    let days = vec![
        Day::Monday,
        Day::Tuesday,
        Day::Wednesday,
        Day::Thursday,
        Day::Friday,
        Day::Saturday,
        Day::Sunday,
    ];
    Schedule {
        availability: vec![Hours {
            days,
            start_time: Time::midnight(),
            end_time: Time::constant(23, 0, 0, 0),
        }],
        ..Schedule::working_hours(1, 1, "UTC")
    }
}

/// A lead for each caller.
async fn leads(app: &App, count: usize) -> anyhow::Result<Vec<i64>> {
    let scope = Scope::system(FIRST_TENANT);
    let mut ids = Vec::with_capacity(count);
    for n in 0..count {
        let new = NewLead {
            email: Some(EmailAddress::parse(&format!("caller{n}@example.org"))?),
            told: LeadEdit {
                name: Some(format!("Caller {n}")),
                ..LeadEdit::default()
            },
        };
        let (Created::New(lead) | Created::Known(lead)) = leads::create(app, &scope, new).await?;
        ids.push(lead.id.0);
    }
    Ok(ids)
}

async fn in_rounds(
    plan: &Plan,
    pace: Pace,
    app: &App,
    provider: &Emulator,
    (server, key, leads): (&Server, &SecretString, &[i64]),
    bar: &ProgressBar,
) -> BookReport {
    let starts = Arc::new(Starts::after(app.clock.now()));
    let here = Door {
        address: server.address,
        path: "/api/v1/bookings",
        key: key.clone(),
        bodies: leads
            .iter()
            .map(|lead| json!({"lead_id": lead, "event_type": EVENT_TYPE}))
            .collect(),
        start: "start_time",
    };
    let there = Door {
        address: provider.address(),
        path: "/v2/bookings",
        key: provider.calcom_api_key().to_owned().into(),
        bodies: leads.iter().copied().map(at_provider).collect(),
        start: "start",
    };
    let (here, there) = (Arc::new(here), Arc::new(there));
    let time = plan.time / (2 * ROUNDS);
    let most = pace.most.div_ceil(usize::try_from(ROUNDS).unwrap_or(1));
    let (mut ours, mut theirs, mut usage) = (Measured::default(), Measured::default(), Vec::new());
    for round in 1..=ROUNDS {
        bar.set_message(format!("round {round} of {ROUNDS}: bookings by the hub"));
        let meter = Meter::start();
        let calls = |door: &Arc<Door>| Round::new(door, &starts, pace.pause, time, most);
        ours.add(calls(&here).run().await);
        usage.push(meter.read());
        bar.set_message(format!(
            "round {round} of {ROUNDS}: bookings at the provider"
        ));
        theirs.add(calls(&there).run().await);
    }
    let (latency, provider) = (Latency::of(&ours), Latency::of(&theirs));
    BookReport {
        engine: engine_word(app.store.db().engine()),
        callers: plan.connections,
        pause_ms: pace.pause.as_millis(),
        books: ours.micros.len(),
        latency,
        provider_p50_ms: provider.p50_ms,
        provider_p99_ms: provider.p99_ms,
        own_p50_ms: rounded(latency.p50_ms - provider.p50_ms, 3),
        own_p99_ms: rounded(latency.p99_ms - provider.p99_ms, 3),
        usage: Usage::mean(&usage),
        errors: ours.errors + theirs.errors,
        error: ours.error.or(theirs.error),
    }
}

/// What the hub asks for such a booking, and little more.
fn at_provider(lead: i64) -> Value {
    json!({
        "eventTypeId": EVENT_TYPE,
        "attendee": {"name": "A caller", "email": format!("direct{lead}@example.org"), "timeZone": "UTC"},
        "metadata": {"lead_id": lead.to_string()},
    })
}

/// Slots that nobody took yet.
struct Starts {
    midnight: i64,
    next: AtomicI64,
}

impl Starts {
    fn after(now: Timestamp) -> Self {
        const DAY: i64 = 24 * 60 * 60;
        Self {
            midnight: (now.as_second() / DAY + 2) * DAY,
            next: AtomicI64::new(0),
        }
    }

    fn take(&self) -> Timestamp {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let into_the_day = SignedDuration::from_mins(30 * (n % SLOTS_A_DAY));
        let day = SignedDuration::from_hours(24 * (n / SLOTS_A_DAY));
        let midnight = Timestamp::from_second(self.midnight).unwrap_or_default();
        midnight.checked_add(day + into_the_day).unwrap_or(midnight)
    }
}

/// Where bookings are asked for, and how.
struct Door {
    address: SocketAddr,
    path: &'static str,
    key: SecretString,
    /// Of each caller, without the start.
    bodies: Vec<Value>,
    /// The field of the start.
    start: &'static str,
}

impl Door {
    /// The version is Cal.com's; the hub does not look at it.
    fn request(&self, caller: usize, start: Timestamp) -> Vec<u8> {
        let mut body = self.bodies.get(caller).cloned().unwrap_or_default();
        if let Some(fields) = body.as_object_mut() {
            fields.insert(self.start.to_owned(), json!(start));
        }
        let body = body.to_string();
        let (path, key, length) = (self.path, self.key.expose_secret(), body.len());
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\ncal-api-version: 2026-02-25\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// All callers for a while at one door.
#[derive(Clone)]
struct Round {
    door: Arc<Door>,
    starts: Arc<Starts>,
    pause: Duration,
    /// What came before is not counted.
    from: Instant,
    until: Instant,
    left: Arc<AtomicUsize>,
}

impl Round {
    fn new(
        door: &Arc<Door>,
        starts: &Arc<Starts>,
        pause: Duration,
        time: Duration,
        most: usize,
    ) -> Self {
        let from = Instant::now() + WARM_UP;
        Self {
            door: Arc::clone(door),
            starts: Arc::clone(starts),
            pause,
            from,
            until: from + time,
            left: Arc::new(AtomicUsize::new(most)),
        }
    }

    async fn run(self) -> Measured {
        let mut callers = JoinSet::new();
        for caller in 0..self.door.bodies.len() {
            callers.spawn(self.clone().call(caller));
        }
        let mut all = Measured::default();
        while let Some(ended) = callers.join_next().await {
            match ended {
                Ok(measured) => all.add(measured),
                Err(error) => all.fail(|| error.to_string()),
            }
        }
        all
    }

    async fn call(self, caller: usize) -> Measured {
        let mut measured = Measured::default();
        if let Err(error) = self.book_again_and_again(caller, &mut measured).await {
            measured.fail(|| error.to_string());
        }
        measured
    }

    async fn book_again_and_again(
        &self,
        caller: usize,
        measured: &mut Measured,
    ) -> std::io::Result<()> {
        let mut wire = Wire::connect(self.door.address).await?;
        loop {
            // Callers do not call in step.
            tokio::time::sleep(self.pause.mul_f64(rand::random_range(0.0..2.0))).await;
            if Instant::now() >= self.until {
                return Ok(());
            }
            let request = self.door.request(caller, self.starts.take());
            let began = Instant::now();
            let answer = wire.ask(&request).await?;
            let took = began.elapsed();
            if answer.status != 201 {
                let (status, body) = (answer.status, String::from_utf8_lossy(answer.body));
                measured.fail(|| format!("{status} {body}"));
            } else if began >= self.from {
                if !self.counts_one() {
                    return Ok(());
                }
                measured
                    .micros
                    .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
            }
        }
    }

    /// Whether one more is to be counted.
    fn counts_one(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        let (order, left) = (Ordering::Relaxed, &self.left);
        left.fetch_update(order, order, one_less).is_ok()
    }
}
