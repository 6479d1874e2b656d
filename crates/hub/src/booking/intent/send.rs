//! Asking the provider to do it.

use std::time::Duration;

use calbridge_core::{ids::IntentId, intent::Event, lane::Lane, scope::Scope};
use calbridge_providers::calcom_api::{
    Call,
    bookings::{self, ProviderBooking, Reassigned},
};
use calbridge_store::{
    intents::{self, Intent},
    jobs,
};
use jiff::SignedDuration;

use super::{
    Order, SettleError,
    answer::heard,
    host_order::OrderCall,
    record::{News, get, record},
    settle::job_at,
};
use crate::{
    app::App,
    crash::Point,
    upstream::{AskError, Target, Wish, ask, target},
};

/// Whoever waits for an answer looks so often whether it is needed still.
const LOOK_UP: Duration = Duration::from_millis(500);

/// Whoever asks has written down the answer by then, or is gone.
pub(super) const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// Ask the provider, unless it was asked before: how the intent stands after the answer.
pub(super) async fn send(
    app: &App,
    scope: &Scope,
    intent: Intent,
    lane: Lane,
) -> Result<Intent, SettleError> {
    let order = Order::of(&intent)?;
    let Some(standing) = intent.standing.begin() else {
        return Ok(intent);
    };
    let target = target(app, scope, intent.connection_id).await?;
    let call = order
        .call(target.profile)
        .map_err(|_| SettleError::Unreadable(intent.id))?;

    let now = app.clock.now();
    let overdue = now.checked_add(GRACE).unwrap_or(now);
    let sending = Intent {
        standing,
        sends: intent.sends + 1,
        sent_at: Some(now),
        next_look_at: Some(overdue),
        ..intent
    };
    let mut tx = app.store.write().await?;
    let Some(sent) = intents::write(&mut tx, scope, &sending, now).await? else {
        tx.rollback().await?;
        return get(app, scope, sending.id).await;
    };
    jobs::enqueue(&mut tx, vec![job_at(scope, &sent, overdue)], now).await?;
    tx.commit().await?;
    app.crash_points.pass(Point::Sent).await;

    // From here on the provider may have done it, whatever becomes of us.
    let outcome = tokio::select! {
        outcome = exchange(app, &target, &call, Wish::of(lane)) => outcome,
        settled = settled_meanwhile(app, scope, sent.id) => return Ok(settled),
    };
    app.crash_points.pass(Point::Answered).await;
    let heard = heard(&order, &sent, outcome, app.clock.now());
    let news = News {
        event: Event::Answered(heard.answer),
        booking: heard.booking,
        said: heard.said,
        again_at: heard.again_at,
    };
    record(app, scope, sent, &news).await
}

/// The booking in the answer, if there is one in it.
async fn exchange(
    app: &App,
    target: &Target,
    call: &OrderCall,
    wish: Wish,
) -> Result<Option<ProviderBooking>, AskError> {
    match call {
        OrderCall::Booking(call) => ask(app, target, call, wish)
            .await
            .map(|answered| Some(answered.value.first)),
        OrderCall::Host(call) => assign(app, target, call, wish).await,
    }
}

/// What the provider tells elsewhere may be faster than its answer: the intent, once it is settled without us.
async fn settled_meanwhile(app: &App, scope: &Scope, id: IntentId) -> Intent {
    loop {
        tokio::time::sleep(LOOK_UP).await;
        match get(app, scope, id).await {
            Ok(intent) if intent.standing.state.is_settled() => return intent,
            Ok(_) => {}
            Err(error) => tracing::debug!("Whether an intent is settled is not known: {error}"),
        }
    }
}

/// The answer names the new host alone: the booking is read after it. Where that fails, it is looked for later.
async fn assign(
    app: &App,
    target: &Target,
    call: &Call<Reassigned>,
    wish: Wish,
) -> Result<Option<ProviderBooking>, AskError> {
    let reassigned = ask(app, target, call, wish).await?.value;
    let get = bookings::get(target.profile, &reassigned.booking_uid);
    Ok(ask(app, target, &get, wish)
        .await
        .ok()
        .map(|answered| answered.value.first))
}
