//! From what is wanted to what is known: for whoever waits, and as a job for what nobody waited for.

use std::time::Duration;

use calbridge_core::{
    ids::IntentId,
    intent::{Doubt, Event, GIVE_UP_AFTER, IntentState},
    lane::Lane,
    scope::Scope,
};
use calbridge_store::{
    intents::{Intent, NewIntent},
    jobs::NewJob,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Order, SettleError,
    look::look,
    record::{News, get, record},
    send::{GRACE, send},
};
use crate::{
    app::App,
    jobs::{JobError, Kind},
};

/// What the provider has not been asked within this time is not wanted any more.
const STILL_WANTED: SignedDuration = SignedDuration::from_hours(1);

/// The key of the job of an intent.
pub(super) fn job_key(id: IntentId) -> String {
    Kind::SettleIntent.key(id)
}

/// The job that sees to an intent at a time.
pub(super) fn job_at(scope: &Scope, intent: &Intent, run_at: Timestamp) -> NewJob {
    NewJob {
        tenant_id: scope.tenant_id(),
        kind: Kind::SettleIntent.as_str(),
        unique_key: job_key(intent.id),
        payload: json!({ "intent_id": intent.id }),
        run_at,
        lane: Kind::SettleIntent.lane(),
    }
}

/// When the job first looks after an intent whose caller sees to it now.
pub(in crate::booking) fn first_look(now: Timestamp) -> Timestamp {
    now.checked_add(GRACE).unwrap_or(now)
}

/// The job of an intent that was just written down.
pub(in crate::booking) fn settle_job(scope: &Scope, intent: &Intent, new: &NewIntent) -> NewJob {
    job_at(scope, intent, new.next_look_at)
}

/// Do what is wanted while somebody waits: ask, and look if the answer cannot be believed. It may still be unknown
/// afterwards; then the job goes on.
pub(in crate::booking) async fn see_through(
    app: &App,
    scope: &Scope,
    intent: Intent,
    lane: Lane,
) -> Result<Intent, SettleError> {
    let id = intent.id;
    let intent = or_leave(
        app,
        scope,
        id,
        Box::pin(send(app, scope, intent, lane)).await,
    )
    .await?;
    let IntentState::Unknown(doubt) = intent.standing.state else {
        return Ok(intent);
    };
    let looked = Box::pin(look(app, scope, intent, Duration::ZERO, lane)).await;
    let intent = or_leave(app, scope, id, looked).await?;
    // A provider that did not answer may still be at it, for longer than anybody waits.
    let waits = intent.standing.state.doubt().is_some() && doubt != Doubt::Unanswered;
    if !waits {
        return Ok(intent);
    }
    let wait = doubt.patience().wait;
    tokio::time::sleep(wait).await;
    let intent = get(app, scope, id).await?;
    let looked = Box::pin(look(app, scope, intent, wait, lane)).await;
    or_leave(app, scope, id, looked).await
}

/// What could not be done now is left to the job.
async fn or_leave(
    app: &App,
    scope: &Scope,
    id: IntentId,
    outcome: Result<Intent, SettleError>,
) -> Result<Intent, SettleError> {
    match outcome {
        Err(error @ (SettleError::Ask(_) | SettleError::Target(_))) => {
            tracing::info!(intent.id = %id, "What is wanted is left to its job: {error}");
            get(app, scope, id).await
        }
        other => other,
    }
}

/// The job: one step of an intent that nobody waits for any more.
pub async fn run_job(app: &App, scope: &Scope, id: IntentId) -> Result<(), JobError> {
    match step(app, scope, id).await {
        Ok(()) | Err(SettleError::Unknown(_)) => Ok(()),
        Err(error @ SettleError::Unreadable(_)) => Err(JobError::fail(error.to_string())),
        Err(SettleError::Store(error)) => Err(error.into()),
        Err(error) => Err(JobError::Retry {
            at: error.retry_at(app.clock.now()),
            why: error.to_string(),
        }),
    }
}

async fn step(app: &App, scope: &Scope, id: IntentId) -> Result<(), SettleError> {
    let now = app.clock.now();
    let intent = get(app, scope, id).await?;
    let give_up = |intent| async move {
        let news = News::of(Event::GivenUp);
        record(app, scope, intent, &news).await.map(drop)
    };
    match intent.standing.state {
        IntentState::Pending if is_late(&intent, now)? => give_up(intent).await,
        IntentState::Pending => send(app, scope, intent, Lane::FollowUp).await.map(drop),
        IntentState::Sent => {
            let until = intent.sent_at.and_then(|at| at.checked_add(GRACE).ok());
            if let Some(until) = until.filter(|until| *until > now) {
                return Err(SettleError::UnderWay { until });
            }
            let news = News::of(Event::Interrupted);
            let intent = record(app, scope, intent, &news).await?;
            look(app, scope, intent, Duration::ZERO, Lane::FollowUp)
                .await
                .map(drop)
        }
        IntentState::Unknown(_) if is_hopeless(&intent, now) => give_up(intent).await,
        IntentState::Unknown(_) => look(app, scope, intent, Duration::ZERO, Lane::FollowUp)
            .await
            .map(drop),
        IntentState::Done
        | IntentState::Taken
        | IntentState::Refused
        | IntentState::Lost
        | IntentState::Wrong
        | IntentState::Stuck => Ok(()),
    }
}

/// Whether it is too late to ask for it: nobody expects it any more, or its time has come. What must be called off must be,
/// whenever.
fn is_late(intent: &Intent, now: Timestamp) -> Result<bool, SettleError> {
    let is_old = now.duration_since(intent.created_at) > STILL_WANTED;
    Ok(match Order::of(intent)? {
        Order::Book(book) => is_old || book.start <= now,
        Order::Reschedule(to) => is_old || to.start <= now,
        Order::Host(_) => is_old,
        Order::Cancel(_) => now.duration_since(intent.created_at).unsigned_abs() > GIVE_UP_AFTER,
    })
}

fn is_hopeless(intent: &Intent, now: Timestamp) -> bool {
    let since = intent.doubted_at.unwrap_or(intent.created_at);
    now.duration_since(since).unsigned_abs() > GIVE_UP_AFTER
}
