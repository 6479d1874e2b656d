//! Asking the provider to do it.

use calbridge_core::{intent::Event, lane::Lane, scope::Scope};
use calbridge_store::{
    intents::{self, Intent},
    jobs,
};
use jiff::SignedDuration;

use super::{
    Order, SettleError,
    answer::heard,
    record::{News, get, record},
    settle::job_at,
};
use crate::{
    app::App,
    crash::Point,
    upstream::{Wish, ask, target},
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
    app.crash_points.pass(Point::Sent).await;

    // From here on the provider may have done it, whatever becomes of us.
    let outcome = ask(app, &target, &call, Wish::of(lane)).await;
    app.crash_points.pass(Point::Answered).await;
    let outcome = outcome.map(|answered| answered.value);
    let heard = heard(&order, &sent, outcome, app.clock.now());
    let news = News {
        event: Event::Answered(heard.answer),
        booking: heard.booking,
        said: heard.said,
        again_at: heard.again_at,
    };
    record(app, scope, sent, &news).await
}
