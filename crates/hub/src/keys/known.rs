//! Keys that were shown lately, in memory, so that a call costs no look at the database.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use calbridge_store::api_keys::ApiKey;
use jiff::{SignedDuration, Timestamp};

/// What was changed without raising the registry's version, as by a SQL tool, is seen after this long.
const STALE_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// Keys that are remembered, at most.
const MOST: usize = 10_000;

/// Keys that opened something, by their hash. Those of an older version of the registry are forgotten.
#[derive(Default)]
pub struct KnownKeys(RwLock<Known>);

#[derive(Default)]
struct Known {
    version: i64,
    keys: HashMap<String, Arc<KnownKey>>,
}

/// A key as the database had it.
pub(super) struct KnownKey {
    pub key: ApiKey,
    read_at: Timestamp,
    /// When its use was remembered last, in milliseconds; 0 for never.
    touched_at: AtomicI64,
}

impl KnownKey {
    /// Whether its use is to be remembered, which is then up to the one who asked.
    pub fn wants_touch(&self, now: Timestamp, every: SignedDuration) -> bool {
        let last = self.touched_at.load(Ordering::Relaxed);
        let age = u128::from(now.as_millisecond().abs_diff(last));
        age >= every.as_millis().unsigned_abs()
            && self
                .touched_at
                .compare_exchange(
                    last,
                    now.as_millisecond(),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }
}

impl KnownKeys {
    /// The key with this hash, if it was read lately and nothing changed since.
    pub(super) fn find(&self, hash: &str, version: i64, now: Timestamp) -> Option<Arc<KnownKey>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.keys.get(hash).filter(|_| known.version == version)?;
        let fresh = now.duration_since(found.read_at).abs() < STALE_AFTER;
        fresh.then(|| Arc::clone(found))
    }

    /// Remember a key that was read when the registry had this version.
    pub(super) fn remember(
        &self,
        hash: String,
        key: ApiKey,
        version: i64,
        now: Timestamp,
    ) -> Arc<KnownKey> {
        let touched = key.last_used_at.map_or(0, Timestamp::as_millisecond);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let touched = known
            .keys
            .get(&hash)
            .map_or(touched, |old| old.touched_at.load(Ordering::Relaxed));
        let key = Arc::new(KnownKey {
            key,
            read_at: now,
            touched_at: AtomicI64::new(touched),
        });
        if known.version != version || known.keys.len() >= MOST {
            known.version = version;
            known.keys.clear();
        }
        known.keys.insert(hash, Arc::clone(&key));
        key
    }
}
