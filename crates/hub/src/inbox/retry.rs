//! Apply an event that failed, from the queue.

use calbridge_core::{
    ids::{TenantId, WebhookEventId},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    sql::Tx,
    webhook_events::{self, EventStatus, Finished, WebhookEvent},
};
use jiff::Timestamp;

use super::{ReplayError, commit, interpret::interpret, log, replay, tries::Tries};
use crate::{app::App, jobs::JobError, metrics::Retried};

/// Try a failed event again. After its last try it stays failed until somebody looks.
pub async fn retry(app: &App, tenant: TenantId, id: WebhookEventId) -> Result<(), JobError> {
    let now = app.clock.now();
    let scope = Scope::system(tenant);
    let mut tries = Tries::new();
    let (mut tx, interpreted) = loop {
        let mut tx = app.store.write().await?;
        match interpret(app, &mut tx, &scope, id, None, now).await {
            Err(ReplayError::Store(error)) if tries.again(&error) => {}
            outcome => break (tx, outcome.map_err(|error| error.for_good(id))),
        }
    };
    match interpreted {
        Ok((event, replayed)) => {
            if event.status == EventStatus::Failed || event.status == EventStatus::Received {
                replay::note(&mut tx, &event, &replayed, now).await?;
                tx.commit().await?;
                let outcome = match replayed.status {
                    EventStatus::Failed => Retried::Parked,
                    _ => Retried::Applied,
                };
                app.metrics.inbox.retried(outcome);
                log::applied_again(&event, replayed.status.as_str());
            }
            Ok(())
        }
        Err(ReplayError::Store(error)) => Err(error.into()),
        Err(ReplayError::NotFound(_)) => Ok(()),
        Err(error @ (ReplayError::BodyGone(_) | ReplayError::StillFails { .. })) => {
            drop(tx);
            let mut tx = app.store.write().await?;
            let Some(event) = find_unapplied(&mut tx, &scope, id).await? else {
                return Ok(());
            };
            let attempts = event.attempts + 1;
            let next_attempt_at =
                commit::next_attempt(u32::try_from(attempts).unwrap_or(u32::MAX), now);
            let finished = Finished {
                id,
                status: EventStatus::Failed,
                reason: None,
                error_message: Some(error.to_string()),
                attempts,
                next_attempt_at,
            };
            webhook_events::finish(&mut tx, &[finished], now).await?;
            tx.commit().await?;
            app.metrics.inbox.retried(match next_attempt_at {
                Some(_) => Retried::Failed,
                None => Retried::Parked,
            });
            log::still_fails(
                &event,
                match next_attempt_at {
                    Some(_) => "it will be tried again",
                    None => "it waits for somebody to look",
                },
            );
            match next_attempt_at {
                Some(at) => Err(JobError::retry_at(at, &error)),
                // The event itself shows that it failed; there is nothing left for the queue.
                None => Ok(()),
            }
        }
    }
}

/// Nobody tries a failed event again by himself; whether there was such an event.
pub async fn park(
    tx: &mut Tx,
    scope: &Scope,
    id: WebhookEventId,
    why: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(event) = find_unapplied(tx, scope, id).await? else {
        return Ok(false);
    };
    let finished = Finished {
        id,
        status: EventStatus::Failed,
        reason: None,
        error_message: Some(why.to_owned()),
        attempts: event.attempts,
        next_attempt_at: None,
    };
    webhook_events::finish(tx, &[finished], now).await?;
    Ok(true)
}

/// Hold an event, unless somebody has replayed it meanwhile.
async fn find_unapplied(
    tx: &mut Tx,
    scope: &Scope,
    id: WebhookEventId,
) -> Result<Option<WebhookEvent>, StoreError> {
    let event = webhook_events::find_for_update(tx, scope, id).await?;
    let unapplied =
        |event: &WebhookEvent| matches!(event.status, EventStatus::Failed | EventStatus::Received);
    Ok(event.filter(unapplied))
}
