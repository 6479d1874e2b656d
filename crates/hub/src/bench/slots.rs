//! `slots`: free slots from warm memory over real HTTP, beside a handler that answers the same bytes and does nothing; and
//! what our own part costs where the provider has to be asked.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use calbridge_core::scope::Permission;
use calbridge_emulator::Emulator;
use indicatif::ProgressBar;
use jiff::{ToSpan, civil::Date};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use super::{
    Plan,
    hub::Server,
    load::{self, Load, Measured, Source},
    meter::Meter,
    provider::{self, EVENT_TYPE},
    report::{Latency, SlotsReport, Usage, engine_word, rounded},
    scratch::Scratch,
    wire::Wire,
};
use crate::{app::App, http};

/// Both are measured in turns, so that they see the same machine.
const ROUNDS: u32 = 3;

const WARM_UP: Duration = Duration::from_millis(500);

/// Questions that nobody asked before.
const COLD: usize = 150;

/// Where nothing is done.
const IDLE: &str = "/idle-slots";

/// Measure both.
pub async fn slots(
    plan: &Plan,
    stop: &CancellationToken,
    bar: &ProgressBar,
) -> anyhow::Result<SlotsReport> {
    let scratch = Scratch::make(plan).await?;
    let result = tokio::select! {
        result = measure(plan, &scratch, bar) => result,
        () = stop.cancelled() => Err(anyhow::anyhow!("stopped before the end")),
    };
    let removed = scratch.remove().await;
    let report = result?;
    removed?;
    Ok(report)
}

async fn measure(plan: &Plan, scratch: &Scratch, bar: &ProgressBar) -> anyhow::Result<SlotsReport> {
    bar.set_message("an emulated provider, and a hub that knows its event types");
    let provider = provider::start().await?;
    let app = provider::hub(plan, scratch, &provider).await?;
    let key = provider::furnish(&app, &provider, Permission::Read).await?;
    let body: Arc<OnceLock<Bytes>> = Arc::default();
    let server = Server::with(&app, router(app.clone(), Arc::clone(&body))).await?;
    let report = in_rounds(plan, &app, &provider, &server, &key, &body, bar).await;
    server.stop().await?;
    provider.stop().await;
    report
}

/// The hub's router with a path beside the others that answers the bytes it was given.
fn router(app: App, body: Arc<OnceLock<Bytes>>) -> Router {
    let answer = move || {
        let body = body.get().cloned().unwrap_or_default();
        async move { idle(body) }
    };
    http::router_with(app, Router::new().route(IDLE, get(answer)))
}

fn idle(body: Bytes) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, Body::from(body)).into_response()
}

async fn in_rounds(
    plan: &Plan,
    app: &App,
    provider: &Emulator,
    server: &Server,
    key: &SecretString,
    body: &OnceLock<Bytes>,
    bar: &ProgressBar,
) -> anyhow::Result<SlotsReport> {
    let today = app.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let week = week(today.checked_add(7.days())?);
    let mut wire = Wire::connect(server.address).await?;
    let first = wire.ask(&get_request(&week, key)).await?;
    anyhow::ensure!(
        first.status == 200,
        "{}",
        String::from_utf8_lossy(first.body)
    );
    let bytes = Bytes::copy_from_slice(first.body);
    let answer_bytes = bytes.len();
    let _ = body.set(bytes);

    let time = plan.time / (2 * ROUNDS);
    let load = Load {
        warm_up: WARM_UP,
        time,
    };
    let (mut warm, mut limit, mut usage) = (Measured::default(), Measured::default(), Vec::new());
    let mut asking = sources(plan, &get_request(&week, key));
    let mut idling = sources(plan, &get_request(IDLE, key));
    for round in 1..=ROUNDS {
        bar.set_message(format!("round {round} of {ROUNDS}: slots from memory"));
        let mut meter = None;
        let begin = || meter = Some(Meter::start());
        let (measured, rest) = load::run(&[server.address], load, asking, begin).await;
        asking = rest;
        usage.push(meter.map(|meter| meter.read()).unwrap_or_default());
        warm.add(measured);
        bar.set_message(format!("round {round} of {ROUNDS}: HTTP alone"));
        let (measured, rest) = load::run(&[server.address], load, idling, || {}).await;
        idling = rest;
        limit.add(measured);
    }
    bar.set_message("questions that nobody asked before");
    let cold = cold(today, provider, server, key).await?;
    let (per_second, limit_per_second) = (warm.per_second(), limit.per_second());
    Ok(SlotsReport {
        engine: engine_word(app.store.db().engine()),
        connections: plan.connections,
        answer_bytes,
        requests_per_second: per_second,
        latency: Latency::of(&warm),
        ratio_to_limit: rounded(per_second / limit_per_second.max(1.0), 3),
        limit_http_per_second: limit_per_second,
        limit_p99_ms: Latency::of(&limit).p99_ms,
        cold_p50_ms: cold.ours,
        cold_provider_p50_ms: cold.provider,
        cold_own_p50_ms: rounded(cold.ours - cold.provider, 3),
        usage: Usage::mean(&usage),
        errors: warm.errors + limit.errors,
        error: warm.error.or(limit.error),
    })
}

/// Milliseconds that half of the questions took at most.
struct Cold {
    ours: f64,
    provider: f64,
}

/// Ask about weeks that nobody asked about, one after the other: us, and in turns the provider itself.
async fn cold(
    today: Date,
    provider: &Emulator,
    server: &Server,
    key: &SecretString,
) -> anyhow::Result<Cold> {
    let mut to_us = Wire::connect(server.address).await?;
    let mut to_provider = Wire::connect(provider.address()).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for day in 0..COLD {
        let from = today.checked_add(i64::try_from(14 + day)?.days())?;
        let began = Instant::now();
        let answer = to_us.ask(&get_request(&week(from), key)).await?;
        anyhow::ensure!(
            answer.status == 200,
            "{}",
            String::from_utf8_lossy(answer.body)
        );
        ours.push(began.elapsed());
        let end = from.checked_add(6.days())?;
        let path = format!(
            "/v2/slots?eventTypeId={EVENT_TYPE}&start={from}T00:00:00Z&end={end}T23:59:59Z&timeZone=UTC&format=range"
        );
        let provider_key = SecretString::from(provider.calcom_api_key().to_owned());
        let began = Instant::now();
        let answer = to_provider.ask(&get_request(&path, &provider_key)).await?;
        anyhow::ensure!(
            answer.status == 200,
            "{}",
            String::from_utf8_lossy(answer.body)
        );
        theirs.push(began.elapsed());
    }
    Ok(Cold {
        ours: median(ours),
        provider: median(theirs),
    })
}

fn median(mut of: Vec<Duration>) -> f64 {
    of.sort_unstable();
    let middle = of.get(of.len() / 2).copied().unwrap_or_default();
    rounded(middle.as_secs_f64() * 1000.0, 3)
}

fn week(from: Date) -> String {
    format!("/api/v1/event-types/{EVENT_TYPE}/slots?from={from}&days=7&time_zone=Europe/Berlin")
}

/// The version is Cal.com's; the hub does not look at it.
fn get_request(path: &str, key: &SecretString) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncal-api-version: 2024-09-04\r\n\r\n",
        key.expose_secret()
    )
    .into_bytes()
}

fn sources(plan: &Plan, request: &[u8]) -> Vec<Source> {
    let one = |_| -> Source {
        let request = request.to_vec();
        Box::new(move |next| {
            next.extend_from_slice(&request);
            "\"days\":[{"
        })
    };
    (0..plan.connections).map(one).collect()
}
