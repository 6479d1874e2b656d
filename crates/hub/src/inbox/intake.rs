//! Deliveries wait here for their commit: many share a transaction, a lone one commits at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use calbridge_core::{
    change::{Meaning, Verdict},
    ids::{TenantId, WebhookEventId},
    provider::Provider,
    retry::RetryPlan,
    scope::{Actor, Scope},
};
use calbridge_store::{
    StoreError,
    jobs::{self, NewJob},
    sql::{Engine, RawJson, Tx},
    webhook_events::{self, EventStatus, Finished, NewWebhookEvent, Recorded},
};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{
    Door, News, Outcome, Receipt,
    apply::{self, Applied, Item, Rules},
};
use crate::{app::App, connections::KnownConnection, jobs::Kind};

/// Deliveries in one transaction, at most.
const MOST_TOGETHER: usize = 64;

/// How long a delivery waits for its commit before it is answered with 503. It may still be stored after that; the
/// provider's next try is then a repetition.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often a transaction that met another one is tried.
const TRIES: u32 = 4;

/// A verified delivery that was read.
pub(super) struct Delivery {
    pub connection: Arc<KnownConnection>,
    pub door: Door,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub late: bool,
    pub meaning: Meaning,
    pub payload: Option<RawJson>,
}

/// Why a delivery was not stored.
pub(super) enum IntakeError {
    Full,
    NotStored,
}

type Answer = oneshot::Sender<Result<Receipt, ()>>;

/// The way to the writers.
pub struct Intake {
    /// Gone once no more are taken.
    sender: RwLock<Option<mpsc::Sender<Waiting>>>,
    writers: TaskTracker,
}

/// A delivery and whoever waits for its receipt.
pub struct Waiting {
    delivery: Delivery,
    answer: Answer,
}

/// What the writers take from.
pub struct Queue(mpsc::Receiver<Waiting>);

impl Intake {
    /// With room for `room` deliveries that wait.
    pub fn new(room: usize) -> (Self, Queue) {
        let (sender, receiver) = mpsc::channel(room.max(1));
        let intake = Self {
            sender: RwLock::new(Some(sender)),
            writers: TaskTracker::new(),
        };
        (intake, Queue(receiver))
    }

    pub(super) async fn store(&self, delivery: Delivery) -> Result<Receipt, IntakeError> {
        let (answer, receipt) = oneshot::channel();
        {
            let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
            let sender = sender.as_ref().ok_or(IntakeError::Full)?;
            sender
                .try_send(Waiting { delivery, answer })
                .map_err(|_| IntakeError::Full)?;
        }
        match tokio::time::timeout(PATIENCE, receipt).await {
            Ok(Ok(Ok(receipt))) => Ok(receipt),
            _ => Err(IntakeError::NotStored),
        }
    }

    /// Take no more, and wait until those that wait are stored.
    pub async fn close(&self) {
        self.sender
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.writers.close();
        self.writers.wait().await;
    }
}

/// Start the tasks that store deliveries: one on SQLite, which has one writer, a few on PostgreSQL.
pub fn start_writers(app: &App, queue: Queue) {
    let writers = match app.store.db().engine() {
        Engine::Sqlite => 1,
        Engine::Postgres => app.config.webhooks.writers,
    };
    let queue = Arc::new(Mutex::new(queue.0));
    for _ in 0..writers.max(1) {
        let app = app.clone();
        let queue = Arc::clone(&queue);
        let tracker = app.intake.writers.clone();
        tracker.spawn(async move {
            while let Some(batch) = next_batch(&queue).await {
                store_batch(&app, batch).await;
            }
        });
    }
}

async fn next_batch(queue: &Mutex<mpsc::Receiver<Waiting>>) -> Option<Vec<Waiting>> {
    let mut queue = queue.lock().await;
    let mut batch = vec![queue.recv().await?];
    while batch.len() < MOST_TOGETHER {
        let Ok(waiting) = queue.try_recv() else { break };
        batch.push(waiting);
    }
    Some(batch)
}

async fn store_batch(app: &App, batch: Vec<Waiting>) {
    let (deliveries, answers): (Vec<Delivery>, Vec<Answer>) = batch
        .into_iter()
        .map(|waiting| (waiting.delivery, waiting.answer))
        .unzip();
    match store(app, &deliveries).await {
        Ok(receipts) => {
            for ((delivery, answer), receipt) in deliveries.iter().zip(answers).zip(receipts) {
                let _nobody_watches = app.news.send(News {
                    tenant_id: delivery.connection.connection.tenant_id,
                    provider: delivery.connection.connection.provider,
                    door: delivery.door.as_str(),
                    receipt: receipt.clone(),
                });
                log(delivery, &receipt);
                let _gone = answer.send(Ok(receipt));
            }
            app.job_bell.notify_one();
        }
        Err(error) => {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "Could not store {} deliveries", answers.len());
            for answer in answers {
                let _gone = answer.send(Err(()));
            }
        }
    }
}

fn log(delivery: &Delivery, receipt: &Receipt) {
    let connection = &delivery.connection.connection;
    let (id, outcome) = (receipt.event_id.0, receipt.outcome.as_str());
    tracing::event!(
        target: "calbridge::webhooks",
        tracing::Level::INFO,
        tenant.id = connection.tenant_id.0,
        connection.id = connection.id.0,
        webhook_event.id = id,
        door = delivery.door.as_str(),
        provider = connection.provider.as_str(),
        "Webhook event {id} of {}: {outcome}",
        log_name(connection.provider)
    );
}

/// The provider as people search for it in logs.
fn log_name(provider: Provider) -> &'static str {
    match provider {
        Provider::CalCom => "Cal.com",
        Provider::Calendly => "Calendly",
    }
}

/// Store and apply deliveries in one transaction, again when it met another one.
async fn store(app: &App, deliveries: &[Delivery]) -> Result<Vec<Receipt>, StoreError> {
    let mut tries = 0;
    loop {
        match try_store(app, deliveries).await {
            Err(StoreError::Busy | StoreError::Conflict) if tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

async fn try_store(app: &App, deliveries: &[Delivery]) -> Result<Vec<Receipt>, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let events: Vec<NewWebhookEvent> = deliveries.iter().map(new_event).collect();
    let recorded = webhook_events::record(&mut tx, &events, now).await?;

    // What each new event asks for, by tenant.
    let mut by_tenant: BTreeMap<TenantId, (Vec<usize>, Vec<Item>)> = BTreeMap::new();
    for (index, (delivery, recorded)) in deliveries.iter().zip(&recorded).enumerate() {
        if let (Recorded::New(id), Verdict::Apply(changes)) = (recorded, &delivery.meaning.verdict)
            && delivery
                .connection
                .connection
                .wants(delivery.meaning.canonical)
        {
            let (indices, items) = by_tenant
                .entry(delivery.connection.connection.tenant_id)
                .or_default();
            indices.push(index);
            items.push(item(delivery, *id, changes));
        }
    }
    let mut applied: BTreeMap<usize, Result<Applied, String>> = BTreeMap::new();
    let scopes: Vec<(Scope, &Vec<usize>, &Vec<Item>)> = by_tenant
        .iter()
        .map(|(tenant, (indices, items))| (Scope::system(*tenant), indices, items))
        .collect();
    let all: Vec<(&Scope, &[Item])> = scopes
        .iter()
        .map(|(scope, _, items)| (scope, items.as_slice()))
        .collect();
    apply::lock(&mut tx, &all).await?;
    for (scope, indices, items) in &scopes {
        let results = apply_or_take_out(app, &mut tx, scope, items, now).await?;
        applied.extend(indices.iter().copied().zip(results));
    }

    let mut finished = Vec::new();
    let mut retries = Vec::new();
    let mut receipts = Vec::new();
    for (index, (delivery, recorded)) in deliveries.iter().zip(recorded).enumerate() {
        let (receipt, done) = conclude(delivery, recorded, applied.remove(&index), now);
        if let Some(done) = done {
            retries.extend(
                done.next_attempt_at
                    .map(|at| retry_job(delivery, done.id, at)),
            );
            finished.push(done);
        }
        receipts.push(receipt);
    }
    webhook_events::finish(&mut tx, &finished, now).await?;
    jobs::enqueue(&mut tx, retries, now).await?;
    tx.commit().await?;
    Ok(receipts)
}

/// Apply the items together; when that fails, one by one, so that one that cannot be applied takes no other with it.
async fn apply_or_take_out(
    app: &App,
    tx: &mut Tx,
    scope: &Scope,
    items: &[Item],
    now: Timestamp,
) -> Result<Vec<Result<Applied, String>>, StoreError> {
    let settings = app
        .registry
        .current(&app.store, now)
        .await
        .settings(scope.tenant_id());
    let rules = Rules {
        tenant: &settings,
        complete_after_end: app.config.bookings.complete_after_end,
    };
    tx.savepoint().await?;
    match apply::apply(tx, scope, rules, items, None, now).await {
        Ok(applied) => {
            tx.release_savepoint().await?;
            return Ok(applied.into_iter().map(Ok).collect());
        }
        Err(error) if is_about_the_database(&error) => return Err(error),
        Err(error) => {
            tracing::warn!(tenant.id = scope.tenant_id().0, %error, "Applying a batch failed; applying its events one by one");
            tx.rollback_to_savepoint().await?;
        }
    }
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        match apply::apply(tx, scope, rules, std::slice::from_ref(item), None, now).await {
            Ok(mut applied) => {
                tx.release_savepoint().await?;
                results.push(Ok(applied.pop().unwrap_or_default()));
            }
            Err(error) if is_about_the_database(&error) => return Err(error),
            Err(error) => {
                tx.rollback_to_savepoint().await?;
                tx.release_savepoint().await?;
                results.push(Err(error.to_string()));
            }
        }
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

fn new_event(delivery: &Delivery) -> NewWebhookEvent {
    let connection = &delivery.connection.connection;
    NewWebhookEvent {
        public_id: Uuid::now_v7(),
        tenant_id: connection.tenant_id,
        connection_id: connection.id,
        provider: connection.provider,
        event_type: delivery.meaning.event_type.clone(),
        canonical: delivery.meaning.canonical,
        external_id: delivery.meaning.external_id.clone(),
        occurred_at: delivery.meaning.occurred_at,
        late: delivery.late,
        door: delivery.door.as_str(),
        delivery_key: delivery.meaning.delivery_key.clone(),
        headers: delivery.headers.clone(),
        body: delivery.body.clone(),
    }
}

fn item(
    delivery: &Delivery,
    id: WebhookEventId,
    changes: &[calbridge_core::change::Change],
) -> Item {
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

/// The receipt of a delivery, and what to note about its event if it is a new one.
fn conclude(
    delivery: &Delivery,
    recorded: Recorded,
    applied: Option<Result<Applied, String>>,
    now: Timestamp,
) -> (Receipt, Option<Finished>) {
    let mut receipt = Receipt {
        outcome: Outcome::Duplicate,
        event_id: recorded.id(),
        event_type: delivery.meaning.event_type.clone(),
        reason: None,
        moves: Vec::new(),
        bookings: Vec::new(),
    };
    let Recorded::New(id) = recorded else {
        return (receipt, None);
    };
    let mut done = Finished {
        id,
        status: EventStatus::Processed,
        reason: None,
        error_message: None,
        attempts: 0,
        next_attempt_at: None,
    };
    match (&delivery.meaning.verdict, applied) {
        (Verdict::Ignore(why), _) => {
            receipt.outcome = Outcome::Ignored;
            done.status = EventStatus::Ignored;
            done.reason = Some(why.clone());
        }
        (Verdict::Unreadable(why), _) => {
            receipt.outcome = Outcome::Accepted;
            done.status = EventStatus::Failed;
            done.error_message = Some(why.clone());
            done.attempts = 1;
        }
        (Verdict::Apply(_), None) => {
            receipt.outcome = Outcome::Ignored;
            done.status = EventStatus::Ignored;
            done.reason = Some("filtered".to_owned());
        }
        (Verdict::Apply(_), Some(Ok(applied))) => {
            receipt.outcome = Outcome::Processed;
            receipt.moves = applied.moves;
            receipt.bookings = applied.bookings;
            done.attempts = 1;
        }
        (Verdict::Apply(_), Some(Err(why))) => {
            receipt.outcome = Outcome::Accepted;
            done.status = EventStatus::Failed;
            done.error_message = Some(why);
            done.attempts = 1;
            done.next_attempt_at = next_attempt(1, now);
        }
    }
    receipt.reason = done.reason.clone().or_else(|| done.error_message.clone());
    (receipt, Some(done))
}

/// When to try again after the `failed`-th failure.
pub(super) fn next_attempt(failed: u32, now: Timestamp) -> Option<Timestamp> {
    let wait = RetryPlan::APPLY.after(failed)?;
    now.checked_add(wait).ok()
}

fn retry_job(delivery: &Delivery, id: WebhookEventId, run_at: Timestamp) -> NewJob {
    NewJob {
        tenant_id: delivery.connection.connection.tenant_id,
        kind: Kind::ApplyEvent.as_str(),
        unique_key: Kind::ApplyEvent.key(id),
        payload: json!({ "webhook_event_id": id }),
        run_at,
    }
}
