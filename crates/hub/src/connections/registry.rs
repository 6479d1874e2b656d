//! The connections of all tenants in memory, opened, as deliveries need them before anything is known of their tenant.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    provider::Provider,
};
use calbridge_store::{
    Store, StoreError,
    connections::{self, Connection, ConnectionSecret, SecretKind},
    registry,
    tenants::{self, TenantSettings},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::Mutex;

/// What another process changed is seen after this long at the latest.
const STALE_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// Something unknown makes us look again, but no more often than this.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_millis(200);

/// A connection with its secrets opened.
#[derive(Debug)]
pub struct KnownConnection {
    /// The connection.
    pub connection: Connection,
    secrets: Vec<OpenSecret>,
    api_keys: Vec<OpenSecret>,
}

#[derive(Clone, Debug)]
struct OpenSecret {
    id: i64,
    secret: SecretString,
    retires_at: Option<Timestamp>,
}

impl KnownConnection {
    /// The API key that counts now, if there is one.
    pub fn api_key(&self, now: Timestamp) -> Option<SecretString> {
        let mut valid = self.api_keys.iter().filter(|open| open.counts(now));
        valid.next().map(|open| open.secret.clone())
    }

    /// The secrets that count now, newest first.
    pub fn secrets(&self, now: Timestamp) -> Vec<SecretString> {
        self.secrets
            .iter()
            .filter(|open| open.counts(now))
            .map(|open| open.secret.clone())
            .collect()
    }
}

impl OpenSecret {
    fn counts(&self, now: Timestamp) -> bool {
        self.retires_at.is_none_or(|retires_at| now < retires_at)
    }
}

/// One state of all connections and tenants.
#[derive(Debug, Default)]
pub struct Snapshot {
    by_token: BTreeMap<String, Arc<KnownConnection>>,
    by_id: BTreeMap<ConnectionId, Arc<KnownConnection>>,
    by_provider: BTreeMap<Provider, Vec<Arc<KnownConnection>>>,
    settings: BTreeMap<TenantId, Arc<TenantSettings>>,
    version: i64,
}

impl Snapshot {
    /// The enabled connection whose own path ends in this token.
    pub fn by_token(&self, token: &str) -> Option<&Arc<KnownConnection>> {
        self.by_token.get(token)
    }

    /// The tenant's enabled connection.
    pub fn find(&self, tenant: TenantId, id: ConnectionId) -> Option<&Arc<KnownConnection>> {
        let known = self.by_id.get(&id)?;
        (known.connection.tenant_id == tenant).then_some(known)
    }

    /// The enabled connections of a tenant, oldest first.
    pub fn of_tenant(&self, tenant: TenantId) -> impl Iterator<Item = &Arc<KnownConnection>> {
        self.by_id
            .values()
            .filter(move |known| known.connection.tenant_id == tenant)
    }

    /// The enabled connections of a provider, of all tenants, oldest first.
    pub fn of_provider(&self, provider: Provider) -> &[Arc<KnownConnection>] {
        self.by_provider.get(&provider).map_or(&[], Vec::as_slice)
    }

    /// Which state it is; another number means another state.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Whether there is such a tenant.
    pub fn has_tenant(&self, tenant: TenantId) -> bool {
        self.settings.contains_key(&tenant)
    }

    /// The tenant, where there is one only.
    pub fn only_tenant(&self) -> Option<TenantId> {
        let mut tenants = self.settings.keys();
        tenants.next().copied().filter(|_| tenants.next().is_none())
    }

    /// Whether we ask the provider of this connection, and so may remember what it said.
    pub fn is_asked(&self, connection: ConnectionId) -> bool {
        self.by_id
            .get(&connection)
            .is_some_and(|known| !known.api_keys.is_empty())
    }

    /// The rules of a tenant.
    pub fn settings(&self, tenant: TenantId) -> Arc<TenantSettings> {
        self.settings.get(&tenant).cloned().unwrap_or_default()
    }
}

/// Holds the newest snapshot.
pub struct Registry {
    current: RwLock<Arc<Snapshot>>,
    /// Whoever holds it is looking whether there is a newer one.
    looking: Mutex<()>,
    /// When somebody looked last, in milliseconds.
    looked_at: AtomicI64,
}

impl Registry {
    /// With a first snapshot.
    pub async fn load(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let snapshot = take(store, &Snapshot::default()).await?;
        Ok(Self {
            current: RwLock::new(Arc::new(snapshot)),
            looking: Mutex::new(()),
            looked_at: AtomicI64::new(now.as_millisecond()),
        })
    }

    /// The newest snapshot, compared with the database when that was long ago. While the database cannot be read,
    /// the old one serves.
    pub async fn current(&self, store: &Store, now: Timestamp) -> Arc<Snapshot> {
        self.looked_within(store, now, STALE_AFTER).await
    }

    /// A snapshot that was the newest a moment ago: for deliveries that the current one does not know.
    pub async fn look_again(&self, store: &Store, now: Timestamp) -> Arc<Snapshot> {
        self.looked_within(store, now, LOOK_AGAIN_AFTER).await
    }

    /// Look now, after a change of our own.
    pub async fn refresh(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let _one = self.looking.lock().await;
        self.look(store, now).await
    }

    async fn looked_within(
        &self,
        store: &Store,
        now: Timestamp,
        age: SignedDuration,
    ) -> Arc<Snapshot> {
        let since = now
            .as_millisecond()
            .abs_diff(self.looked_at.load(Ordering::Relaxed));
        if u128::from(since) >= age.as_millis().unsigned_abs() {
            // One looks, the others go on with what there is.
            if let Ok(_one) = self.looking.try_lock()
                && let Err(error) = self.look(store, now).await
            {
                tracing::warn!(%error, "Could not read the connections; those known go on");
            }
        }
        self.get()
    }

    async fn look(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let known = self.get();
        let mut tx = store.read().await?;
        let version = registry::version(&mut tx).await?;
        tx.rollback().await?;
        if version != known.version {
            let snapshot = take(store, &known).await?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        }
        self.looked_at
            .store(now.as_millisecond(), Ordering::Relaxed);
        Ok(())
    }

    fn get(&self) -> Arc<Snapshot> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Read everything; secrets that are open already are not opened again.
async fn take(store: &Store, known: &Snapshot) -> Result<Snapshot, StoreError> {
    let mut tx = store.read().await?;
    let version = registry::version(&mut tx).await?;
    let connections = connections::list_enabled_of_all_tenants(&mut tx).await?;
    let webhook = connections::list_secrets_of_all_tenants(&mut tx, SecretKind::Webhook).await?;
    let api = connections::list_secrets_of_all_tenants(&mut tx, SecretKind::ApiKey).await?;
    let tenants = tenants::list_all(&mut tx).await?;
    tx.rollback().await?;

    let mut webhook = opened(store, known, webhook);
    let mut api = opened(store, known, api);
    let mut by_token = BTreeMap::new();
    let mut by_id = BTreeMap::new();
    let mut by_provider: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for connection in connections {
        let known = Arc::new(KnownConnection {
            secrets: webhook.remove(&connection.id).unwrap_or_default(),
            api_keys: api.remove(&connection.id).unwrap_or_default(),
            connection,
        });
        by_provider
            .entry(known.connection.provider)
            .or_default()
            .push(Arc::clone(&known));
        by_id.insert(known.connection.id, Arc::clone(&known));
        by_token.insert(known.connection.hook_token.clone(), known);
    }
    Ok(Snapshot {
        by_token,
        by_id,
        by_provider,
        settings: tenants
            .into_iter()
            .map(|tenant| (tenant.id, Arc::new(tenant.settings.0)))
            .collect(),
        version,
    })
}

/// Open secrets, by connection. What was open already is not opened again.
fn opened(
    store: &Store,
    known: &Snapshot,
    sealed: Vec<ConnectionSecret>,
) -> BTreeMap<ConnectionId, Vec<OpenSecret>> {
    let before: BTreeMap<i64, &SecretString> = known
        .by_id
        .values()
        .flat_map(|known| known.secrets.iter().chain(&known.api_keys))
        .map(|open| (open.id, &open.secret))
        .collect();
    let mut opened: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in sealed {
        let secret = match before.get(&row.id) {
            Some(secret) => (*secret).clone(),
            None => row.open(store.keys()).unwrap_or_else(|error| {
                tracing::error!(connection.id = %row.connection_id, %error, "A secret cannot be opened");
                // Nothing verifies with it, and nothing may pass without it.
                SecretString::default()
            }),
        };
        opened
            .entry(row.connection_id)
            .or_default()
            .push(OpenSecret {
                id: row.id,
                secret,
                retires_at: row.retires_at,
            });
    }
    opened
}
