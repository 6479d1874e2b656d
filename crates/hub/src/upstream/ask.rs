//! One call, from the wish to the answer.

use std::time::Duration;

use axum::http::header;
use calbridge_core::lane::Lane;
use calbridge_providers::calcom_api::{Answer, Call, Effect, Response};
use jiff::{Timestamp, fmt::rfc2822};
use tokio::time::Instant;
use tracing::Instrument;

use super::{
    AskError, Target, guard, notes,
    send::{self, Incoming, Outgoing},
};
use crate::{
    app::App,
    logging::{PROVIDERS, name_of},
};

/// A question is asked at most so often.
const MOST_TRIES: u32 = 3;

/// Between two tries, at first; then twice as long, and each time up to half of it more.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What a caller wants of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish {
    /// What goes first when requests are scarce.
    pub lane: Lane,
    /// Everything together takes at most this long.
    pub within: Duration,
    /// Waiting for the budget takes at most this long.
    pub patience: Duration,
}

impl Wish {
    /// As long as whoever stands behind a lane usually waits.
    pub fn of(lane: Lane) -> Self {
        let (within, patience) = match lane {
            Lane::Voice => (6, 1),
            Lane::Interactive => (15, 3),
            Lane::FollowUp => (30, 15),
            Lane::Sync => (60, 30),
        };
        Self {
            lane,
            within: Duration::from_secs(within),
            patience: Duration::from_secs(patience),
        }
    }
}

/// What the provider answered.
#[derive(Clone, Debug)]
pub struct Answered<T> {
    /// What was asked for.
    pub value: T,
    /// The provider's id of the request, for its support.
    pub request_id: Option<String>,
    /// What time it was at the provider.
    pub told_at: Option<Timestamp>,
}

/// Ask. Only what reads is tried again after a failure; it never takes longer than the wish says.
pub async fn ask<T>(
    app: &App,
    target: &Target,
    call: &Call<T>,
    wish: Wish,
) -> Result<Answered<T>, AskError> {
    let begun = Instant::now();
    let deadline = begun + wish.within;
    let mut pause = FIRST_PAUSE;
    for tried in 1.. {
        let patience = (Instant::now() + wish.patience).min(deadline);
        let error = match try_once(app, target, call, wish.lane, patience, deadline).await {
            Ok(answered) => return Ok(answered),
            Err(error) => error,
        };
        let longer = pause + pause.mul_f64(rand::random_range(0.0..0.5));
        let again = call.effect == Effect::Reads
            && tried < MOST_TRIES
            && error.may_pass()
            && Instant::now() + longer < deadline;
        if !again {
            return Err(error);
        }
        tokio::time::sleep(longer).await;
        pause *= 2;
    }
    Err(AskError::NoAnswer("it took too long".to_owned()))
}

async fn try_once<T>(
    app: &App,
    target: &Target,
    call: &Call<T>,
    lane: Lane,
    patience: Instant,
    deadline: Instant,
) -> Result<Answered<T>, AskError> {
    let provider = target.known.connection.provider.as_str();
    let name = name_of(target.known.connection.provider);
    let operation = call.operation.as_str();
    let admitted = match guard::admit(app, target, lane, patience).await {
        Ok(admitted) => admitted,
        Err(error) => {
            app.metrics
                .upstream
                .held_back(provider, operation, error.word());
            return Err(error);
        }
    };
    let begun = Instant::now();
    let outgoing = Outgoing {
        method: &call.method,
        path: call.path_and_query(),
        version: call.version,
        body: call.body.as_ref(),
    };
    let span = tracing::info_span!("provider_call", provider, operation);
    let incoming = send::exchange(&app.upstream.http, target, &outgoing, deadline)
        .instrument(span)
        .await;
    let told_at = incoming.as_ref().ok().and_then(told_at);
    let outcome = incoming.and_then(|incoming| read(call, &incoming));
    let took = begun.elapsed();
    guard::settle(app, target, admitted, &outcome).await;
    let word = outcome.as_ref().map_or_else(AskError::word, |_| "ok");
    app.metrics.upstream.called(provider, operation, word, took);
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(answer) => {
            tracing::info!(
                target: PROVIDERS,
                provider,
                operation,
                tenant.id = %target.tenant_id,
                connection.id = %target.connection_id,
                provider.request_id = answer.request_id.as_deref(),
                duration_ms,
                "{name} answered {operation}"
            );
            notes::success(app, target, &answer.drifts).await;
            Ok(Answered {
                value: answer.value,
                request_id: answer.request_id,
                told_at,
            })
        }
        Err(error) => {
            tracing::warn!(
                target: PROVIDERS,
                provider,
                operation,
                tenant.id = %target.tenant_id,
                connection.id = %target.connection_id,
                provider.request_id = error.request_id(),
                outcome = word,
                duration_ms,
                "{name} did not do {operation}: {error}"
            );
            notes::failure(app, target, &error).await;
            Err(error)
        }
    }
}

/// What the header `Date` says.
fn told_at(incoming: &Incoming) -> Option<Timestamp> {
    let text = incoming.headers.get(header::DATE)?.to_str().ok()?;
    rfc2822::parse(text).ok().map(|at| at.timestamp())
}

fn read<T>(call: &Call<T>, incoming: &Incoming) -> Result<Answer<T>, AskError> {
    let response = Response {
        status: incoming.status,
        headers: &incoming.headers,
        body: &incoming.body,
    };
    Ok(call.read(&response)?)
}
