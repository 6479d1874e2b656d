//! Follows what other processes wrote down: what is no longer true, and which breakers changed.

use std::time::Duration;

use calbridge_store::{
    StoreError,
    invalidations::{self, Reader},
    provider_breakers, provider_budgets,
    sql::{Bell, Engine},
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{app::App, jobs::JobError};

/// Without a bell it is looked this often.
const LOOK: Duration = Duration::from_secs(1);

/// What was said so long ago is remembered by nobody.
const KEEP: SignedDuration = SignedDuration::from_hours(1);

/// Rows that are dropped at once.
const PART: i64 = 5000;

/// Follow until stopped.
pub async fn follow_until_stopped(app: App, stop: CancellationToken) {
    let mut reader = Reader::new(app.clock.now());
    let mut last = app.clock.now();
    while !stop.is_cancelled() {
        if let Err(error) = look(&app, &mut reader, &mut last).await {
            tracing::debug!(%error, "Could not read what other nodes invalidated");
            // What was said meanwhile is heard at the next look; until then nothing is trusted.
            app.upstream.freshness.touch_everything();
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = app.store.db().bells().heard(Bell::Invalidations) => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// One look. `last` is when the breakers were written last, as far as is known.
async fn look(app: &App, reader: &mut Reader, last: &mut Timestamp) -> Result<(), StoreError> {
    let now = app.clock.now();
    reader.know(&app.upstream.take_own());
    let mut tx = app.store.read().await?;
    let news = reader.news(&mut tx).await?;
    let breakers = provider_breakers::list_of_all_tenants(&mut tx).await?;
    tx.rollback().await?;
    app.upstream.freshness.touch(&news);
    reader.know(&news);
    reader.forget(now);
    let changed = breakers.iter().filter(|row| row.updated_at > *last);
    app.upstream
        .guards
        .learn(changed.map(|row| (row.connection_id, row.breaker())));
    *last = breakers
        .iter()
        .map(|row| row.updated_at)
        .fold(*last, Timestamp::max);
    Ok(())
}

/// What breakers were when this process starts. On PostgreSQL each decision reads its own.
pub async fn learn_breakers(app: &App) -> Result<(), StoreError> {
    if app.store.db().engine() == Engine::Postgres {
        return Ok(());
    }
    let mut tx = app.store.read().await?;
    let rows = provider_breakers::list_of_all_tenants(&mut tx).await?;
    tx.rollback().await?;
    let known = rows.iter().map(|row| (row.connection_id, row.breaker()));
    app.upstream.guards.learn(known);
    Ok(())
}

/// Drop what nobody needs to hear any more.
pub async fn prune(app: &App) -> Result<(), JobError> {
    let before = app.clock.now() - KEEP;
    loop {
        let mut tx = app.store.write().await?;
        let dropped = invalidations::prune_in_all(&mut tx, before, PART).await?;
        tx.commit().await?;
        if dropped < PART.unsigned_abs() {
            break;
        }
    }
    // A budget that nobody spent for so long is full again.
    let mut tx = app.store.write().await?;
    provider_budgets::prune_in_all(&mut tx, before).await?;
    tx.commit().await?;
    Ok(())
}
