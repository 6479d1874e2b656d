//! Bells: a commit wakes whoever waits for what it brought, in this process and, on PostgreSQL, in others.
//!
//! A bell may be missed, and may ring for nothing. Whoever listens looks for itself now and then.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::sync::Notify;

use super::StoreError;
use crate::invalidations::Invalidation;

/// How long what happens with every delivery is gathered before other nodes hear of it.
const GATHER: Duration = Duration::from_millis(25);

/// What there is to hear about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bell {
    /// Jobs were asked for that are due now or soon.
    Jobs,
    /// Connections or tenants changed.
    Registry,
    /// What was answered before is no longer true. Other nodes hear of it; this one knows by [`super::Db::on_invalidated`].
    Invalidations,
}

impl Bell {
    const ALL: [Self; 3] = [Self::Jobs, Self::Registry, Self::Invalidations];

    /// The channel on PostgreSQL.
    pub(super) fn channel(self) -> &'static str {
        match self {
            Self::Jobs => "calbridge_jobs",
            Self::Registry => "calbridge_registry",
            Self::Invalidations => "calbridge_invalidations",
        }
    }
}

/// Hears what a commit invalidated. It must be quick.
pub type OnInvalidated = Arc<dyn Fn(&[Invalidation]) + Send + Sync>;

/// The bells of one process.
#[derive(Default)]
pub struct Bells {
    jobs: Notify,
    registry: Notify,
    invalidations: Notify,
    on_invalidated: RwLock<Vec<OnInvalidated>>,
    /// The other nodes, if there may be any.
    others: Option<PgPool>,
    /// Whether somebody is about to tell them.
    is_gathering: AtomicBool,
}

impl fmt::Debug for Bells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bells")
    }
}

impl Bells {
    pub(super) fn of_one_among(others: Option<PgPool>) -> Self {
        Self {
            others,
            ..Self::default()
        }
    }

    pub(super) fn on_invalidated(&self, listener: OnInvalidated) {
        self.on_invalidated
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(listener);
    }

    /// Tells this process what a commit invalidated, now, and the other nodes, soon: a commit that told them itself would
    /// wait for every other one that does.
    pub(super) fn invalidated(self: &Arc<Self>, invalidations: &[Invalidation]) {
        let listeners = self
            .on_invalidated
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for listener in listeners {
            listener(invalidations);
        }
        if let Some(others) = self.others.clone()
            && !self.is_gathering.swap(true, Ordering::AcqRel)
        {
            let bells = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(GATHER).await;
                bells.is_gathering.store(false, Ordering::Release);
                let told = sqlx::query("SELECT pg_notify($1, '')")
                    .bind(Bell::Invalidations.channel())
                    .execute(&others)
                    .await;
                if let Err(error) = told {
                    tracing::debug!(%error, "Other nodes will find out by looking what was invalidated");
                }
            });
        }
    }

    /// Wakes the one who waits, or whoever waits next.
    pub fn ring(&self, bell: Bell) {
        self.of(bell).notify_one();
    }

    /// Waits until it rings; returns at once if it rang since the last time.
    pub async fn heard(&self, bell: Bell) {
        self.of(bell).notified().await;
    }

    fn of(&self, bell: Bell) -> &Notify {
        match bell {
            Bell::Jobs => &self.jobs,
            Bell::Registry => &self.registry,
            Bell::Invalidations => &self.invalidations,
        }
    }
}

/// Hears the bells of all nodes, on a connection of its own.
pub struct Listener(PgListener);

impl Listener {
    pub(super) async fn open(nodes: &PgPool) -> Result<Self, StoreError> {
        let own = PgPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(nodes.connect_options().as_ref().clone());
        let mut listener = PgListener::connect_with(&own).await?;
        // Whoever opened us says when to try again.
        listener.eager_reconnect(false);
        listener.listen_all(Bell::ALL.map(Bell::channel)).await?;
        Ok(Self(listener))
    }

    /// The next bell. An error means that the connection is lost and bells with it: open another one.
    pub async fn next(&mut self) -> Result<Bell, StoreError> {
        loop {
            let Some(heard) = self.0.try_recv().await? else {
                return Err(StoreError::unavailable("the connection was lost"));
            };
            let known = Bell::ALL
                .into_iter()
                .find(|bell| bell.channel() == heard.channel());
            if let Some(bell) = known {
                return Ok(bell);
            }
        }
    }
}
