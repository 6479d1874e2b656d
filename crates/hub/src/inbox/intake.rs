//! Deliveries wait here for their commit: many share a transaction, a lone one commits at once.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use calbridge_core::change::Meaning;
use calbridge_store::{
    StoreError,
    sql::{Engine, RawJson},
};
use futures::FutureExt;
use jiff::Timestamp;
use tokio::{
    runtime::{Builder, Handle},
    sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};
use tokio_util::task::TaskTracker;
use tracing::Span;

use super::{
    Door, News, Receipt,
    commit::{commit, commit_unapplied},
    log,
};
use crate::{
    app::{App, WeakApp},
    connections::KnownConnection,
    logging::WEBHOOKS,
};

/// Deliveries in one transaction, at most. A PostgreSQL server holds a limited number of locks for all transactions, and a
/// delivery takes some five.
fn most_together(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 64,
        Engine::Postgres => 32,
    }
}

/// How long a delivery waits for its commit before it is answered with 503. It may still be stored after that; the
/// provider's next try is then a repetition.
const PATIENCE: Duration = Duration::from_secs(8);

/// A verified delivery that was read.
pub(super) struct Delivery {
    pub connection: Arc<KnownConnection>,
    pub door: Door,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub late: bool,
    pub received_at: Timestamp,
    pub meaning: Meaning,
    pub payload: Option<RawJson>,
    /// Of the request that it came with.
    pub span: Span,
}

/// Why a delivery was not stored.
pub(super) enum IntakeError {
    Full,
    NotStored,
}

type Answer = oneshot::Sender<Result<Receipt, ()>>;

/// Bytes of bodies that may wait, at most.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The way to the writers.
pub struct Intake {
    /// Gone once no more are taken.
    sender: RwLock<Option<mpsc::Sender<Waiting>>>,
    writers: TaskTracker,
    /// A permit per byte.
    room: Arc<Semaphore>,
    /// Batches that were stored.
    stored: AtomicU64,
}

/// A delivery and whoever waits for its receipt.
pub struct Waiting {
    delivery: Delivery,
    answer: Answer,
    /// Given back when it is stored.
    room: OwnedSemaphorePermit,
}

/// What the writers take from.
pub struct Queue(mpsc::Receiver<Waiting>);

impl Intake {
    /// With room for this many deliveries that wait, of which none is longer than `longest` bytes.
    pub fn new(deliveries: usize, longest: usize) -> (Self, Queue) {
        let (sender, receiver) = mpsc::channel(deliveries.max(1));
        let intake = Self {
            sender: RwLock::new(Some(sender)),
            writers: TaskTracker::new(),
            stored: AtomicU64::new(0),
            room: Arc::new(Semaphore::new(MOST_BYTES.max(longest))),
        };
        (intake, Queue(receiver))
    }

    pub(super) async fn store(&self, delivery: Delivery) -> Result<Receipt, IntakeError> {
        let (answer, receipt) = oneshot::channel();
        {
            let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
            let sender = sender.as_ref().ok_or(IntakeError::Full)?;
            let bytes = u32::try_from(delivery.body.len()).map_err(|_| IntakeError::Full)?;
            let room = Arc::clone(&self.room)
                .try_acquire_many_owned(bytes)
                .map_err(|_| IntakeError::Full)?;
            let waiting = Waiting {
                delivery,
                answer,
                room,
            };
            sender.try_send(waiting).map_err(|_| IntakeError::Full)?;
        }
        match tokio::time::timeout(PATIENCE, receipt).await {
            Ok(Ok(Ok(receipt))) => Ok(receipt),
            _ => Err(IntakeError::NotStored),
        }
    }

    /// How many deliveries wait, and how many may.
    pub fn depth(&self) -> (usize, usize) {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().map_or((0, 0), |sender| {
            let most = sender.max_capacity();
            (most - sender.capacity(), most)
        })
    }

    fn is_closed(&self) -> bool {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner);
        sender.is_none()
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

/// Start what stores deliveries: on PostgreSQL a few tasks; on SQLite, which has one writer, a thread of its own, where
/// no other task stands between the database's answer and the next statement.
pub fn start_writers(app: &App, queue: Queue) -> std::io::Result<()> {
    let queue = Arc::new(Mutex::new(queue.0));
    let tracker = &app.intake.writers;
    match app.store.db().engine() {
        Engine::Postgres => {
            for _ in 0..app.config.webhooks.writers.max(1) {
                tracker.spawn(write(app, Arc::clone(&queue)));
            }
        }
        Engine::Sqlite => {
            let writing = tracker.track_future(write(app, queue));
            let runtime = Builder::new_current_thread().enable_all().build()?;
            std::thread::Builder::new()
                .name("writer".to_owned())
                .spawn(move || runtime.block_on(writing))?;
            tokio::spawn(write_back(app.downgrade()));
        }
    }
    Ok(())
}

/// How often to look whether there is something to write back.
const WRITE_BACK: Duration = Duration::from_millis(100);

/// Write what was stored from SQLite's log into its file, beside the writer.
async fn write_back(app: WeakApp) {
    let mut written = 0;
    loop {
        tokio::time::sleep(WRITE_BACK).await;
        let Some(app) = app.upgrade() else { return };
        if app.intake.is_closed() {
            return;
        }
        let stored = app.intake.stored.load(Ordering::Relaxed);
        if stored == written {
            continue;
        }
        match app.store.db().checkpoint().await {
            Ok(()) => written = stored,
            Err(error) => tracing::debug!(%error, "Could not write back what is in the log"),
        }
    }
}

/// Store what comes, until no more can come.
fn write(
    app: &App,
    queue: Arc<Mutex<mpsc::Receiver<Waiting>>>,
) -> impl Future<Output = ()> + Send + 'static {
    let alive = app.liveness.join("a task that stores deliveries");
    let most = most_together(app.store.db().engine());
    // The application holds the other end of the queue: whoever forgets to close it ends us too.
    let app = app.downgrade();
    // Where answers are given, beside the next batch.
    let elsewhere = Handle::current();
    async move {
        let _alive = alive;
        while let Some(batch) = next_batch(&queue, most).await {
            let Some(app) = app.upgrade() else { return };
            store_batch(&app, batch, &elsewhere).await;
        }
    }
}

async fn next_batch(queue: &Mutex<mpsc::Receiver<Waiting>>, most: usize) -> Option<Vec<Waiting>> {
    let mut queue = queue.lock().await;
    let mut batch = vec![queue.recv().await?];
    while batch.len() < most {
        let Ok(waiting) = queue.try_recv() else { break };
        batch.push(waiting);
    }
    Some(batch)
}

async fn store_batch(app: &App, batch: Vec<Waiting>, elsewhere: &Handle) {
    let (mut deliveries, mut answers) = (Vec::new(), Vec::new());
    let mut rooms = Vec::new();
    for waiting in batch {
        deliveries.push(waiting.delivery);
        answers.push(waiting.answer);
        rooms.push(waiting.room);
    }
    let tracker = app.intake.writers.clone();
    let _measured = app.metrics.inbox.batch(
        deliveries.len(),
        deliveries.first().map(|first: &Delivery| first.received_at),
    );
    let Ok(stored) = AssertUnwindSafe(commit(app, &deliveries))
        .catch_unwind()
        .await
    else {
        // One of them is more than we can take. The writer must live: find out which, and store the others.
        for (delivery, answer) in deliveries.iter().zip(answers) {
            let stored = store_alone(app, delivery).await;
            tell(app, delivery, answer, stored);
        }
        return;
    };
    match stored {
        Ok(receipts) => {
            app.intake.stored.fetch_add(1, Ordering::Relaxed);
            let app = app.clone();
            let telling = async move {
                for ((delivery, answer), receipt) in deliveries.iter().zip(answers).zip(receipts) {
                    tell(&app, delivery, answer, Ok(receipt));
                }
                drop(rooms);
            };
            let _detached = tracker.spawn_on(telling, elsewhere);
        }
        Err(error) => {
            tracing::error!(target: WEBHOOKS, %error, source = ?std::error::Error::source(&error), "Could not store {} deliveries", answers.len());
            for answer in answers {
                let _gone = answer.send(Err(()));
            }
        }
    }
}

async fn store_alone(app: &App, delivery: &Delivery) -> Result<Receipt, StoreError> {
    let alone = std::slice::from_ref(delivery);
    if let Ok(stored) = AssertUnwindSafe(commit(app, alone)).catch_unwind().await {
        return stored.and_then(|mut receipts| receipts.pop().ok_or(StoreError::Busy));
    }
    tracing::error!(
        target: WEBHOOKS,
        door = delivery.door.as_str(),
        connection.id = delivery.connection.connection.id.0,
        provider = delivery.connection.connection.provider.as_str(),
        "A delivery made us panic; it is stored and not applied"
    );
    commit_unapplied(
        app,
        delivery,
        "applying it failed in a way that must not happen; please report it",
    )
    .await
}

fn tell(app: &App, delivery: &Delivery, answer: Answer, stored: Result<Receipt, StoreError>) {
    let Ok(receipt) = stored else {
        let _gone = answer.send(Err(()));
        return;
    };
    let _nobody_watches = app.news.send(News {
        tenant_id: delivery.connection.connection.tenant_id,
        provider: delivery.connection.connection.provider,
        door: delivery.door.as_str(),
        receipt: receipt.clone(),
    });
    app.metrics.inbox.delivered(
        delivery.door,
        delivery.connection.connection.provider,
        receipt.outcome,
    );
    log::stored(delivery, &receipt);
    let _gone = answer.send(Ok(receipt));
}
