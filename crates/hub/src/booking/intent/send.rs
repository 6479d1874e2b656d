//! Asking the provider to do it.

use calbridge_core::{intent::Event, lane::Lane, scope::Scope};
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
    upstream::{AskError, Target, Wish, ask, target},
};

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

    // From here on the provider may have done it, whatever becomes of us.
    let outcome = match &call {
        OrderCall::Booking(call) => ask(app, &target, call, Wish::of(lane))
            .await
            .map(|answered| Some(answered.value.first)),
        OrderCall::Host(call) => assign(app, &target, call, Wish::of(lane)).await,
    };
    let heard = heard(&order, &sent, outcome, app.clock.now());
    let news = News {
        event: Event::Answered(heard.answer),
        booking: heard.booking,
        said: heard.said,
        again_at: heard.again_at,
    };
    record(app, scope, sent, &news).await
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
