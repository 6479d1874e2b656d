//! The connections of all tenants in memory, opened, as deliveries need them before anything is known of their tenant.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use calbridge_core::{ids::TenantId, provider::Provider};
use calbridge_store::{
    Store, StoreError,
    connections::{self, Connection, SecretKind},
    tenants::{self, TenantSettings},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::Mutex;

/// What another process changed is seen after this long at the latest.
const STALE_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// Something unknown makes us look again, but no more often than this.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_millis(200);

/// A connection with its webhook secrets opened.
#[derive(Debug)]
pub struct KnownConnection {
    /// The connection.
    pub connection: Connection,
    secrets: Vec<(SecretString, Option<Timestamp>)>,
}

impl KnownConnection {
    /// The secrets that count now, newest first.
    pub fn secrets(&self, now: Timestamp) -> Vec<SecretString> {
        self.secrets
            .iter()
            .filter(|(_, retires_at)| retires_at.is_none_or(|retires_at| now < retires_at))
            .map(|(secret, _)| secret.clone())
            .collect()
    }
}

/// One state of all connections and tenants.
#[derive(Debug, Default)]
pub struct Snapshot {
    by_token: BTreeMap<String, Arc<KnownConnection>>,
    settings: BTreeMap<TenantId, Arc<TenantSettings>>,
    taken_at: Timestamp,
}

impl Snapshot {
    /// The enabled connection whose own path ends in this token.
    pub fn by_token(&self, token: &str) -> Option<&Arc<KnownConnection>> {
        self.by_token.get(token)
    }

    /// The enabled connections of a provider, of all tenants, oldest first.
    pub fn of_provider(&self, provider: Provider) -> Vec<&Arc<KnownConnection>> {
        let mut found: Vec<_> = self
            .by_token
            .values()
            .filter(|known| known.connection.provider == provider)
            .collect();
        found.sort_by_key(|known| known.connection.id);
        found
    }

    /// The rules of a tenant.
    pub fn settings(&self, tenant: TenantId) -> Arc<TenantSettings> {
        self.settings.get(&tenant).cloned().unwrap_or_default()
    }
}

/// Holds the newest snapshot.
pub struct Registry {
    current: RwLock<Arc<Snapshot>>,
    refreshing: Mutex<()>,
}

impl Registry {
    /// With a first snapshot.
    pub async fn load(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            current: RwLock::new(Arc::new(take(store, now).await?)),
            refreshing: Mutex::new(()),
        })
    }

    /// The newest snapshot, taken anew when it is stale. While the database cannot be read, the old one serves.
    pub async fn current(&self, store: &Store, now: Timestamp) -> Arc<Snapshot> {
        self.newer_than(store, now, STALE_AFTER).await
    }

    /// A snapshot that was taken a moment ago: for deliveries that the current one does not know.
    pub async fn look_again(&self, store: &Store, now: Timestamp) -> Arc<Snapshot> {
        self.newer_than(store, now, LOOK_AGAIN_AFTER).await
    }

    /// Take a snapshot now, after a change of our own.
    pub async fn refresh(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let _one = self.refreshing.lock().await;
        self.put(take(store, now).await?);
        Ok(())
    }

    async fn newer_than(&self, store: &Store, now: Timestamp, age: SignedDuration) -> Arc<Snapshot> {
        let current = self.get();
        let fresh = |snapshot: &Snapshot| now.duration_since(snapshot.taken_at).abs() < age;
        if fresh(&current) {
            return current;
        }
        // One looks, the others go on with what there is.
        let Ok(_one) = self.refreshing.try_lock() else {
            return current;
        };
        match take(store, now).await {
            Ok(snapshot) => {
                self.put(snapshot);
            }
            Err(error) => tracing::warn!(%error, "Could not read the connections; those known go on"),
        }
        self.get()
    }

    fn get(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, snapshot: Snapshot) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }
}

async fn take(store: &Store, now: Timestamp) -> Result<Snapshot, StoreError> {
    let mut tx = store.read().await?;
    let connections = connections::list_enabled_of_all_tenants(&mut tx).await?;
    let sealed = connections::list_secrets(&mut tx, &connections, SecretKind::Webhook).await?;
    let tenants = tenants::list_all(&mut tx).await?;
    tx.rollback().await?;

    let mut secrets: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in sealed {
        if !row.is_valid(now) {
            continue;
        }
        match row.open(store.keys()) {
            Ok(secret) => secrets
                .entry(row.connection_id)
                .or_default()
                .push((secret, row.retires_at)),
            Err(error) => {
                tracing::error!(connection.id = %row.connection_id, %error, "A webhook secret cannot be opened");
                // Nothing verifies with it, and nothing may pass without it.
                secrets
                    .entry(row.connection_id)
                    .or_default()
                    .push((SecretString::default(), row.retires_at));
            }
        }
    }
    Ok(Snapshot {
        by_token: connections
            .into_iter()
            .map(|connection| {
                let known = KnownConnection {
                    secrets: secrets.remove(&connection.id).unwrap_or_default(),
                    connection,
                };
                (known.connection.hook_token.clone(), Arc::new(known))
            })
            .collect(),
        settings: tenants
            .into_iter()
            .map(|tenant| (tenant.id, Arc::new(tenant.settings.0)))
            .collect(),
        taken_at: now,
    })
}
