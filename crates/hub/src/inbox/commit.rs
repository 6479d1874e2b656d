//! One transaction for many deliveries: store each one raw, apply what there is to apply, say what became of it.

use std::{collections::BTreeMap, time::Duration};

use calbridge_core::{
    change::{Change, Verdict},
    ids::{TenantId, WebhookEventId},
    retry::RetryPlan,
    scope::{Actor, Scope},
};
use calbridge_store::{
    StoreError,
    jobs::{self, NewJob},
    sql::Tx,
    webhook_events::{self, EventStatus, Finished, NewWebhookEvent, Recorded},
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    Outcome, Receipt,
    apply::{self, Applied, Item, Rules},
    intake::Delivery,
    tries::MORE_TRIES,
};
use crate::{app::App, connections::Snapshot, jobs::Kind};

/// How long a transaction waits for what another one holds. With all tries, less than a delivery waits for its answer.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_millis(1500);

/// Store and apply deliveries in one transaction; the receipts are in their order.
pub(super) async fn commit(app: &App, deliveries: &[Delivery]) -> Result<Vec<Receipt>, StoreError> {
    for _ in 0..MORE_TRIES {
        match try_commit(app, deliveries, Attempt::Together).await {
            Err(TryError::Store(StoreError::Busy | StoreError::Conflict)) => {}
            Err(TryError::Store(error)) => return Err(error),
            Err(TryError::OneCannotBeApplied) => break,
            Ok(receipts) => return Ok(receipts),
        }
    }
    match try_commit(app, deliveries, Attempt::TakeOut).await {
        Err(TryError::Store(error)) => Err(error),
        Err(TryError::OneCannotBeApplied) => Err(StoreError::Busy),
        Ok(receipts) => Ok(receipts),
    }
}

/// Why a transaction came to nothing.
enum TryError {
    /// The database did not do it.
    Store(StoreError),
    /// With more care, those that can be applied are.
    OneCannotBeApplied,
}

impl From<StoreError> for TryError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Store a delivery without applying it: it was tried, and we are to blame.
pub(super) async fn commit_unapplied(
    app: &App,
    delivery: &Delivery,
    why: &str,
) -> Result<Receipt, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let recorded = webhook_events::record(&mut tx, &[new_event(delivery)], now).await?;
    let recorded = *recorded.first().ok_or(StoreError::Busy)?;
    if let Recorded::New(id) = recorded {
        let failed = Finished {
            id,
            status: EventStatus::Failed,
            reason: None,
            error_message: Some(why.to_owned()),
            attempts: 1,
            next_attempt_at: None,
        };
        webhook_events::finish(&mut tx, &[failed], now).await?;
    }
    tx.commit().await?;
    Ok(receipt(delivery, recorded, Some(Err(why.to_owned()))))
}

/// What to do about an event that cannot be applied, or that meets somebody who holds what it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// Give up the transaction: nearly always there is none, and it costs nothing to be ready for one.
    Together,
    /// Take the event out; a job will apply it.
    TakeOut,
}

async fn try_commit(
    app: &App,
    deliveries: &[Delivery],
    attempt: Attempt,
) -> Result<Vec<Receipt>, TryError> {
    let now = app.clock.now();
    // Before the transaction: it needs a connection of its own.
    let registry = app.registry.current(&app.store, now).await;
    let mut tx = app.store.write().await?;
    tx.wait_at_most(LONGEST_WAIT).await?;
    // Nearly every event can be applied, so it is stored as applied; nobody sees it before the commit.
    let events: Vec<NewWebhookEvent<'_>> = deliveries.iter().map(new_event).collect();
    let recorded = webhook_events::record(&mut tx, &events, now).await?;
    let around = Around {
        registry: &registry,
        attempt,
    };
    let mut applied = apply_new(around, &mut tx, deliveries, &recorded, now).await?;

    let mut failed = Vec::new();
    let mut retries = Vec::new();
    let mut receipts = Vec::with_capacity(deliveries.len());
    for (index, (delivery, recorded)) in deliveries.iter().zip(recorded).enumerate() {
        let applied = applied.remove(&index);
        if let (Recorded::New(id), Some(Err(why))) = (recorded, &applied) {
            let next_attempt_at = next_attempt(1, now);
            retries.extend(next_attempt_at.map(|at| retry_job(delivery, id, at)));
            failed.push(Finished {
                id,
                status: EventStatus::Failed,
                reason: None,
                error_message: Some(why.clone()),
                attempts: 1,
                next_attempt_at,
            });
        }
        receipts.push(receipt(delivery, recorded, applied));
    }
    webhook_events::finish(&mut tx, &failed, now).await?;
    jobs::enqueue(&mut tx, retries, now).await?;
    tx.commit().await?;
    Ok(receipts)
}

/// Apply the new ones among the deliveries, tenant by tenant; the answers are by index.
async fn apply_new(
    around: Around<'_>,
    tx: &mut Tx,
    deliveries: &[Delivery],
    recorded: &[Recorded],
    now: Timestamp,
) -> Result<BTreeMap<usize, Result<Applied, String>>, TryError> {
    let mut by_tenant: BTreeMap<TenantId, (Vec<usize>, Vec<Item>)> = BTreeMap::new();
    for (index, (delivery, recorded)) in deliveries.iter().zip(recorded).enumerate() {
        if let (Recorded::New(id), Some(changes)) = (recorded, delivery.to_apply()) {
            let tenant = delivery.connection.connection.tenant_id;
            let (indices, items) = by_tenant.entry(tenant).or_default();
            indices.push(index);
            items.push(item(delivery, *id, changes));
        }
    }
    let by_scope: Vec<_> = by_tenant
        .into_iter()
        .map(|(tenant, (indices, items))| (Scope::system(tenant), indices, items))
        .collect();
    // All at once and in one order: batches must not wait for each other in a circle.
    let all: Vec<(&Scope, &[Item])> = by_scope
        .iter()
        .map(|(scope, _, items)| (scope, items.as_slice()))
        .collect();
    apply::lock(tx, &all).await?;
    let mut applied = BTreeMap::new();
    for (scope, indices, items) in &by_scope {
        let results = apply_or_take_out(around, tx, scope, items, now).await?;
        applied.extend(indices.iter().copied().zip(results));
    }
    Ok(applied)
}

/// What applying needs besides the transaction.
#[derive(Clone, Copy)]
struct Around<'a> {
    registry: &'a Snapshot,
    attempt: Attempt,
}

/// Apply the items together; when that fails, one by one, so that one that cannot be applied takes no other with it.
async fn apply_or_take_out(
    around: Around<'_>,
    tx: &mut Tx,
    scope: &Scope,
    items: &[Item],
    now: Timestamp,
) -> Result<Vec<Result<Applied, String>>, TryError> {
    let settings = around.registry.settings(scope.tenant_id());
    let rules = Rules {
        tenant: &settings,
        connections: around.registry,
    };
    if around.attempt == Attempt::Together {
        let applied = apply::apply(tx, scope, rules, items, None, now).await;
        let applied = applied.map_err(|error| {
            if is_about_the_database(&error) {
                return TryError::Store(error);
            }
            tracing::warn!(tenant.id = scope.tenant_id().0, %error, "Applying a batch failed; applying its events one by one");
            TryError::OneCannotBeApplied
        })?;
        return Ok(applied.into_iter().map(Ok).collect());
    }
    // Whoever is stuck is taken out.
    let fatal =
        |error: &StoreError| is_about_the_database(error) && !matches!(error, StoreError::Busy);
    tx.savepoint().await?;
    match apply::apply(tx, scope, rules, items, None, now).await {
        Ok(applied) => {
            tx.release_savepoint().await?;
            return Ok(applied.into_iter().map(Ok).collect());
        }
        Err(error) if fatal(&error) => return Err(error.into()),
        Err(_) => tx.rollback_to_savepoint().await?,
    }
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        match apply::apply(tx, scope, rules, std::slice::from_ref(item), None, now).await {
            Ok(mut applied) => results.push(Ok(applied.pop().unwrap_or_default())),
            Err(error) if fatal(&error) => return Err(error.into()),
            Err(error) => {
                tx.rollback_to_savepoint().await?;
                results.push(Err(error.to_string()));
            }
        }
        // What was done for this item stays.
        tx.release_savepoint().await?;
        tx.savepoint().await?;
    }
    tx.release_savepoint().await?;
    Ok(results)
}

/// Whether the error says nothing about what was to be applied.
pub(super) fn is_about_the_database(error: &StoreError) -> bool {
    match error {
        StoreError::Busy
        | StoreError::Unavailable(_)
        | StoreError::TooOld { .. }
        | StoreError::Full
        | StoreError::ReadOnly => true,
        StoreError::Conflict
        | StoreError::Refused(_)
        | StoreError::Decode { .. }
        | StoreError::Bug(_) => false,
    }
}

/// When to try again after the `failed`-th failure.
pub(super) fn next_attempt(failed: u32, now: Timestamp) -> Option<Timestamp> {
    let wait = RetryPlan::APPLY.after(failed)?;
    now.checked_add(wait).ok()
}

impl Delivery {
    /// The facts to apply, if the event has any and is wanted.
    fn to_apply(&self) -> Option<&[Change]> {
        match &self.meaning.verdict {
            Verdict::Apply(changes) => self
                .connection
                .connection
                .wants(self.meaning.canonical)
                .then_some(changes),
            Verdict::Ignore(_) | Verdict::Unreadable(_) => None,
        }
    }

    /// What will have become of the event, if nothing goes wrong.
    fn foreseen(&self) -> (EventStatus, Option<&str>) {
        match &self.meaning.verdict {
            Verdict::Ignore(why) => (EventStatus::Ignored, Some(why)),
            Verdict::Unreadable(why) => (EventStatus::Failed, Some(why)),
            Verdict::Apply(_) if self.to_apply().is_none() => {
                (EventStatus::Ignored, Some("filtered"))
            }
            Verdict::Apply(_) => (EventStatus::Processed, None),
        }
    }
}

fn new_event(delivery: &Delivery) -> NewWebhookEvent<'_> {
    let connection = &delivery.connection.connection;
    let (status, why) = delivery.foreseen();
    let failed = status == EventStatus::Failed;
    NewWebhookEvent {
        public_id: Uuid::now_v7(),
        tenant_id: connection.tenant_id,
        connection_id: connection.id,
        provider: connection.provider,
        event_type: &delivery.meaning.event_type,
        canonical: delivery.meaning.canonical,
        external_id: delivery.meaning.external_id.as_deref(),
        status,
        reason: why.filter(|_| !failed),
        error_message: why.filter(|_| failed),
        attempts: i32::from(status != EventStatus::Ignored),
        received_at: delivery.received_at,
        occurred_at: delivery.meaning.occurred_at,
        late: delivery.late,
        door: delivery.door.as_str(),
        delivery_key: &delivery.meaning.delivery_key,
        headers: &delivery.headers,
        body: &delivery.body,
    }
}

fn item(delivery: &Delivery, id: WebhookEventId, changes: &[Change]) -> Item {
    let connection = &delivery.connection.connection;
    Item {
        connection_id: connection.id,
        provider: connection.provider,
        creates_leads: connection.creates_leads,
        webhook_event_id: Some(id),
        actor: Actor::Webhook { id },
        booking_id: None,
        changes: changes.to_vec(),
        payload: delivery.payload.clone(),
    }
}

fn receipt(
    delivery: &Delivery,
    recorded: Recorded,
    applied: Option<Result<Applied, String>>,
) -> Receipt {
    let mut receipt = Receipt {
        outcome: Outcome::Duplicate,
        event_id: recorded.id(),
        event_type: delivery.meaning.event_type.clone(),
        reason: None,
        moves: Vec::new(),
        bookings: Vec::new(),
    };
    if let Recorded::New(_) = recorded {
        let (status, why) = delivery.foreseen();
        receipt.reason = why.map(str::to_owned);
        receipt.outcome = match status {
            EventStatus::Processed | EventStatus::Received => Outcome::Processed,
            EventStatus::Ignored => Outcome::Ignored,
            EventStatus::Failed => Outcome::Accepted,
        };
    }
    match applied {
        Some(Ok(applied)) => {
            receipt.moves = applied.moves;
            receipt.bookings = applied.bookings;
        }
        // Why is for the operator: it stands on the event.
        Some(Err(_)) => {
            receipt.outcome = Outcome::Accepted;
            receipt.reason = Some("it could not be applied yet and will be tried again".to_owned());
        }
        None => {}
    }
    receipt
}

fn retry_job(delivery: &Delivery, id: WebhookEventId, run_at: Timestamp) -> NewJob {
    NewJob {
        tenant_id: delivery.connection.connection.tenant_id,
        kind: Kind::ApplyEvent.as_str(),
        unique_key: Kind::ApplyEvent.key(id),
        payload: json!({ "webhook_event_id": id }),
        run_at,
        lane: Kind::ApplyEvent.lane(),
    }
}
