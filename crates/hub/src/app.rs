//! What every use case needs, built once and passed by reference.

use std::sync::{Arc, Weak};

use calbridge_store::{Store, StoreError, invalidations::Invalidation};
use jiff::Timestamp;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    clock::Clock,
    config::Config,
    connections::Registry,
    crash::CrashPoints,
    event_types::sync::Statuses,
    inbox::{Intake, News},
    keys::KnownKeys,
    limits::Limits,
    liveness::Liveness,
    metrics::Metrics,
    slots::{Offers, Pages},
    upstream::{Upstream, learn_breakers},
};

/// The application. Clones share everything.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Where time comes from.
    pub clock: Clock,
    /// Settings.
    pub config: Config,
    /// The connections of all tenants, as deliveries need them.
    pub registry: Registry,
    /// Keys that were shown lately.
    pub known_keys: KnownKeys,
    /// How much callers of the API may ask.
    pub limits: Limits,
    /// Where verified deliveries wait for their commit.
    pub intake: Intake,
    /// When this process began.
    pub started_at: Timestamp,
    /// Names this process among those that share the database.
    pub node_id: Uuid,
    /// Whether what works on its own in this process still lives.
    pub liveness: Liveness,
    /// What all calls to providers share.
    pub upstream: Upstream,
    /// What providers offer.
    pub offers: Offers,
    /// Finished answers about free slots.
    pub pages: Pages,
    /// How far syncs were a moment ago.
    pub sync_statuses: Statuses,
    /// What is counted.
    pub metrics: Metrics,
    /// What became of webhook events, for whoever watches.
    pub news: broadcast::Sender<News>,
    /// Where a test may have this process end.
    pub crash_points: CrashPoints,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// An application that is not kept by this.
#[derive(Clone)]
pub struct WeakApp(Weak<Parts>);

impl WeakApp {
    /// The application, if anybody still has it.
    pub fn upgrade(&self) -> Option<App> {
        self.0.upgrade().map(App)
    }
}

impl App {
    /// The same, not kept.
    pub fn downgrade(&self) -> WeakApp {
        WeakApp(Arc::downgrade(&self.0))
    }

    /// Over an open store whose migrations are applied. Starts the tasks that store deliveries.
    pub async fn start(store: Store, clock: Clock, config: Config) -> Result<Self, StoreError> {
        let started_at = clock.now();
        let registry = Registry::load(&store, started_at).await?;
        let (intake, queue) = Intake::new(config.webhooks.queue, config.webhooks.max_body_bytes);
        let (news, _) = broadcast::channel(1024);
        let limits = Limits::new(&config.limits);
        let metrics = Metrics::new(store.db().engine());
        let app = Self(Arc::new(Parts {
            store,
            clock,
            config,
            registry,
            known_keys: KnownKeys::default(),
            limits,
            intake,
            started_at,
            node_id: Uuid::now_v7(),
            liveness: Liveness::default(),
            upstream: Upstream::new().map_err(|error| StoreError::Unavailable(Box::new(error)))?,
            offers: Offers::default(),
            pages: Pages::default(),
            sync_statuses: Statuses::default(),
            metrics,
            news,
            crash_points: CrashPoints::default(),
        }));
        let weak = app.downgrade();
        let hear = move |these: &[Invalidation]| {
            if let Some(app) = weak.upgrade() {
                app.upstream.invalidated(these);
            }
        };
        app.store.db().on_invalidated(Arc::new(hear));
        learn_breakers(&app).await?;
        crate::inbox::start_writers(&app, queue)
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(app)
    }

    /// Take no more deliveries, store those that wait, and close the database.
    pub async fn stop(&self) {
        self.intake.close().await;
        self.store.db().close().await;
    }
}
