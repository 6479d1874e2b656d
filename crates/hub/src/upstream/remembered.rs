//! Answers that are remembered for a while. Of many who ask the same at once, one asks the provider.

use std::{future::Future, hash::Hash, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;

use super::{AskError, Freshness, Seen};
use crate::{
    clock::Clock,
    correlation,
    metrics::{CacheLookup, Upstream as Counted},
};

/// How often a question is asked again because the answer was out of date when it came.
const MOST_ROUNDS: usize = 3;

/// Answers of one kind.
pub struct Remembered<K, V> {
    kept: Cache<K, Arc<Kept<V>>>,
    name: &'static str,
    /// An answer is good for this long.
    ttl: SignedDuration,
    /// After that it is given for this long while a new one is fetched.
    grace: SignedDuration,
}

/// What was answered, and when it was asked.
struct Kept<V> {
    outcome: Result<Arc<V>, Arc<AskError>>,
    seen: Seen,
    at: Timestamp,
}

/// An answer.
#[derive(Debug)]
pub struct Found<V> {
    /// The answer.
    pub value: Arc<V>,
    /// When it was asked for.
    pub at: Timestamp,
    /// The moment in the order of what happened, from before it was asked for.
    pub seen: Seen,
}

impl<V> Clone for Found<V> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            at: self.at,
            seen: self.seen,
        }
    }
}

/// What a lookup needs to know.
pub struct Lookup<'a> {
    /// The clock.
    pub clock: &'a Clock,
    /// What happened to connections.
    pub freshness: &'a Arc<Freshness>,
    /// Where lookups are counted.
    pub counted: &'a Counted,
}

impl<K, V> Remembered<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Nothing remembered yet. `most` bounds the sum of what `weigh` says, which is bytes where it matters.
    pub fn new(
        name: &'static str,
        ttl: SignedDuration,
        grace: SignedDuration,
        most: u64,
        weigh: fn(&V) -> u32,
    ) -> Self {
        let kept = Cache::builder()
            .name(name)
            .max_capacity(most)
            .weigher(move |_: &K, kept: &Arc<Kept<V>>| match &kept.outcome {
                Ok(value) => weigh(value).max(1),
                Err(_) => 1,
            })
            // What is right is decided at each lookup, by our own clock; this only bounds memory.
            .time_to_live((ttl + grace).unsigned_abs())
            .build();
        Self {
            kept,
            name,
            ttl,
            grace,
        }
    }

    /// The remembered answer, or the one that `ask` gets. `holds` says whether nothing happened since.
    pub async fn get<F, A>(
        &self,
        lookup: &Lookup<'_>,
        key: K,
        holds: impl Fn(Seen) -> bool + Send + Sync,
        ask: A,
    ) -> Result<Found<V>, Arc<AskError>>
    where
        F: Future<Output = Result<V, AskError>> + Send + 'static,
        A: Fn() -> F + Clone + Send + Sync + 'static,
    {
        let usable = |kept: &Kept<V>, age: SignedDuration| {
            kept.outcome.is_ok()
                && holds(kept.seen)
                && lookup.clock.now().duration_since(kept.at).abs() < age
        };
        if let Some(kept) = self.kept.get(&key).await {
            if usable(&kept, self.ttl) {
                lookup.counted.looked_up(self.name, CacheLookup::Hit);
                return kept.found();
            }
            if usable(&kept, self.ttl + self.grace) {
                lookup.counted.looked_up(self.name, CacheLookup::Stale);
                self.renew(lookup, key, Arc::clone(&kept), ask);
                return kept.found();
            }
        }
        lookup.counted.looked_up(self.name, CacheLookup::Miss);
        let mut kept = self.ask_once(lookup, &key, &usable, &ask).await;
        for _ in 1..MOST_ROUNDS {
            // Whoever joins somebody else's question may get an answer to what was true before it came.
            if kept.outcome.is_err() || holds(kept.seen) {
                break;
            }
            kept = self.ask_once(lookup, &key, &usable, &ask).await;
        }
        kept.found()
    }

    /// Ask in any case; what comes is remembered.
    pub async fn ask_anew<F>(
        &self,
        lookup: &Lookup<'_>,
        key: K,
        ask: F,
    ) -> Result<Found<V>, Arc<AskError>>
    where
        F: Future<Output = Result<V, AskError>> + Send,
    {
        lookup.counted.looked_up(self.name, CacheLookup::Miss);
        let kept = Arc::new(Kept::by(lookup.clock, lookup.freshness, ask).await);
        if kept.outcome.is_ok() {
            self.kept.insert(key, Arc::clone(&kept)).await;
        }
        kept.found()
    }

    async fn ask_once<F, A>(
        &self,
        lookup: &Lookup<'_>,
        key: &K,
        usable: &(impl Fn(&Kept<V>, SignedDuration) -> bool + Send + Sync),
        ask: &A,
    ) -> Arc<Kept<V>>
    where
        F: Future<Output = Result<V, AskError>> + Send,
        A: Fn() -> F,
    {
        let asked = Kept::by(lookup.clock, lookup.freshness, ask());
        self.kept
            .entry(key.clone())
            .or_insert_with_if(async { Arc::new(asked.await) }, |kept| {
                !usable(kept, self.ttl)
            })
            .await
            .into_value()
    }

    /// Fetch a new answer beside the caller; while there is none, the old one goes on.
    fn renew<F, A>(&self, lookup: &Lookup<'_>, key: K, old: Arc<Kept<V>>, ask: A)
    where
        F: Future<Output = Result<V, AskError>> + Send + 'static,
        A: Fn() -> F + Send + Sync + 'static,
    {
        let (cache, clock) = (self.kept.clone(), lookup.clock.clone());
        let freshness = Arc::clone(lookup.freshness);
        let ttl = self.ttl;
        correlation::spawn(async move {
            let is_old = |kept: &Arc<Kept<V>>| clock.now().duration_since(kept.at).abs() >= ttl;
            let asked = async {
                let new = Kept::by(&clock, &freshness, ask()).await;
                if new.outcome.is_ok() {
                    Arc::new(new)
                } else {
                    old
                }
            };
            cache.entry(key).or_insert_with_if(asked, is_old).await;
        });
    }
}

impl<V> Kept<V> {
    async fn by(
        clock: &Clock,
        freshness: &Freshness,
        asked: impl Future<Output = Result<V, AskError>>,
    ) -> Self {
        // Before asking: what happens meanwhile counts against the answer.
        let (seen, at) = (freshness.now(), clock.now());
        Self {
            outcome: asked.await.map(Arc::new).map_err(Arc::new),
            seen,
            at,
        }
    }

    fn found(&self) -> Result<Found<V>, Arc<AskError>> {
        match &self.outcome {
            Ok(value) => Ok(Found {
                value: Arc::clone(value),
                at: self.at,
                seen: self.seen,
            }),
            Err(error) => Err(Arc::clone(error)),
        }
    }
}
