//! What is counted on the way in.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use calbridge_core::provider::Provider;
use jiff::Timestamp;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{
    app::App,
    inbox::{Door, Outcome},
};

/// The way in.
pub struct Inbox {
    deliveries: Family<Delivered, Counter>,
    not_taken: Family<Refused, Counter>,
    not_kept: Counter,
    batch_size: Histogram,
    batch_seconds: Histogram,
    retries: Family<Tried, Counter>,
    queue: Gauge,
    capacity: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    /// When the first delivery of each batch under way came. Whatever waits in the queue came later.
    under_way: Mutex<BTreeMap<u64, Timestamp>>,
    next_batch: AtomicU64,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Delivered {
    door: &'static str,
    provider: &'static str,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Refused {
    reason: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Tried {
    outcome: &'static str,
}

/// Why a delivery was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotTaken {
    /// No connection has the URL: 404.
    UnknownHook,
    /// The signature is missing: 401.
    SignatureMissing,
    /// The provider signed with no secret, but one is set here: 401.
    Unsigned,
    /// No secret verifies the signature: 401.
    SignatureWrong,
    /// The signature cannot be read: 401.
    SignatureMalformed,
    /// The secret is that of connections of two tenants: 401.
    Ambiguous,
    /// Too many deliveries wait: 503.
    Full,
    /// It could not be stored in time: 503.
    NotStored,
}

impl NotTaken {
    const ALL: [Self; 8] = [
        Self::UnknownHook,
        Self::SignatureMissing,
        Self::Unsigned,
        Self::SignatureWrong,
        Self::SignatureMalformed,
        Self::Ambiguous,
        Self::Full,
        Self::NotStored,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::UnknownHook => "unknown_hook",
            Self::SignatureMissing => "signature_missing",
            Self::Unsigned => "unsigned",
            Self::SignatureWrong => "signature_wrong",
            Self::SignatureMalformed => "signature_malformed",
            Self::Ambiguous => "ambiguous",
            Self::Full => "full",
            Self::NotStored => "not_stored",
        }
    }
}

/// What trying a failed event again came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retried {
    /// It could be applied.
    Applied,
    /// It failed again and will be tried again.
    Failed,
    /// It failed for the last time and waits for somebody to look.
    Parked,
}

impl Retried {
    const ALL: [Self; 3] = [Self::Applied, Self::Failed, Self::Parked];

    fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Parked => "parked",
        }
    }
}

const OUTCOMES: [Outcome; 4] = [
    Outcome::Processed,
    Outcome::Duplicate,
    Outcome::Ignored,
    Outcome::Accepted,
];

impl Inbox {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let inbox = Self {
            deliveries: Family::default(),
            not_taken: Family::default(),
            not_kept: Counter::default(),
            batch_size: Histogram::new([1., 2., 4., 8., 16., 32., 64., 128., 256.]),
            batch_seconds: Histogram::new(super::seconds()),
            retries: Family::default(),
            queue: Gauge::default(),
            capacity: Gauge::default(),
            oldest: Gauge::default(),
            under_way: Mutex::default(),
            next_batch: AtomicU64::new(0),
        };
        inbox.begin_at_zero();
        registry.register(
            "deliveries",
            "Deliveries that were stored, by what became of them",
            inbox.deliveries.clone(),
        );
        registry.register(
            "deliveries_not_taken",
            "Deliveries that were not stored, by reason",
            inbox.not_taken.clone(),
        );
        registry.register(
            "refused_not_kept",
            "Refused deliveries that were not kept in quarantine, because too many came",
            inbox.not_kept.clone(),
        );
        registry.register(
            "commit_batch_size",
            "Deliveries that shared a commit",
            inbox.batch_size.clone(),
        );
        registry.register(
            "commit_seconds",
            "From taking a batch to its commit",
            inbox.batch_seconds.clone(),
        );
        registry.register(
            "event_retries",
            "Failed events that were tried again, by what came of it",
            inbox.retries.clone(),
        );
        registry.register(
            "intake_queue",
            "Deliveries that wait for a commit",
            inbox.queue.clone(),
        );
        registry.register(
            "intake_queue_capacity",
            "Deliveries that may wait; the next one is answered with 503",
            inbox.capacity.clone(),
        );
        registry.register(
            "intake_oldest_seconds",
            "Age of the oldest delivery that is not stored yet",
            inbox.oldest.clone(),
        );
        inbox
    }

    /// Rates of what never happened yet are 0, not absent.
    fn begin_at_zero(&self) {
        for door in Door::ALL {
            let providers = door.provider().map_or_else(
                || vec![Provider::CalCom, Provider::Calendly],
                |one| vec![one],
            );
            for provider in providers {
                for outcome in OUTCOMES {
                    drop(
                        self.deliveries
                            .get_or_create(&labels(door, provider, outcome)),
                    );
                }
            }
        }
        for reason in NotTaken::ALL.map(NotTaken::as_str) {
            drop(self.not_taken.get_or_create(&Refused { reason }));
        }
        for outcome in Retried::ALL.map(Retried::as_str) {
            drop(self.retries.get_or_create(&Tried { outcome }));
        }
    }

    /// A delivery was stored.
    pub fn delivered(&self, door: Door, provider: Provider, outcome: Outcome) {
        self.deliveries
            .get_or_create(&labels(door, provider, outcome))
            .inc();
    }

    /// A delivery was not stored.
    pub fn not_taken(&self, reason: NotTaken) {
        let reason = reason.as_str();
        self.not_taken.get_or_create(&Refused { reason }).inc();
    }

    /// A refused delivery was not even kept in quarantine.
    pub fn not_kept(&self) {
        self.not_kept.inc();
    }

    /// A failed event was tried again.
    pub fn retried(&self, outcome: Retried) {
        let outcome = outcome.as_str();
        self.retries.get_or_create(&Tried { outcome }).inc();
    }

    /// A batch is being stored, until the answer is dropped. `oldest` is when its first delivery came.
    pub fn batch(&self, size: usize, oldest: Option<Timestamp>) -> Batch<'_> {
        let id = self.next_batch.fetch_add(1, Ordering::Relaxed);
        if let Some(oldest) = oldest {
            self.lock().insert(id, oldest);
        }
        self.batch_size
            .observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
        Batch {
            inbox: self,
            id,
            began: Instant::now(),
        }
    }

    pub(super) fn look(&self, app: &App) {
        let (waiting, capacity) = app.intake.depth();
        self.queue.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.capacity
            .set(i64::try_from(capacity).unwrap_or(i64::MAX));
        let oldest = self.lock().values().min().copied();
        let age = oldest.map_or(0., |oldest| {
            app.clock.now().duration_since(oldest).as_secs_f64().max(0.)
        });
        self.oldest.set(age);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Timestamp>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn labels(door: Door, provider: Provider, outcome: Outcome) -> Delivered {
    Delivered {
        door: door.as_str(),
        provider: provider.as_str(),
        outcome: outcome.as_str(),
    }
}

/// A batch under way.
#[must_use = "the batch is over when it is dropped"]
pub struct Batch<'a> {
    inbox: &'a Inbox,
    id: u64,
    began: Instant,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.inbox.lock().remove(&self.id);
        self.inbox
            .batch_seconds
            .observe(self.began.elapsed().as_secs_f64());
    }
}
