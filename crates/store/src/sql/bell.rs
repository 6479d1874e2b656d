//! Bells: a commit wakes whoever waits for what it brought, in this process and, on PostgreSQL, in others.
//!
//! A bell may be missed, and may ring for nothing. Whoever listens looks for itself now and then.

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::sync::Notify;

use super::StoreError;

/// What there is to hear about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bell {
    /// Jobs were asked for that are due now or soon.
    Jobs,
    /// Connections or tenants changed.
    Registry,
}

impl Bell {
    const ALL: [Self; 2] = [Self::Jobs, Self::Registry];

    /// The channel on PostgreSQL.
    pub(super) fn channel(self) -> &'static str {
        match self {
            Self::Jobs => "calbridge_jobs",
            Self::Registry => "calbridge_registry",
        }
    }
}

/// The bells of one process.
#[derive(Debug, Default)]
pub struct Bells {
    jobs: Notify,
    registry: Notify,
}

impl Bells {
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
