//! Reads what is new, though rows become visible in another order than their ids and times say.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Invalidation;
use crate::sql::{StoreError, Tx};

/// Between the time that a row says and its commit, on whatever node, there is no more than this: a transaction that says
/// nothing for 15 seconds is ended, and clocks differ a little.
const OVERLAP: SignedDuration = SignedDuration::from_secs(20);

/// Somebody who wants to hear everything once.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Everything that was said before is known.
    known_before: Timestamp,
    /// What is known of what was said since.
    seen: BTreeMap<i64, Timestamp>,
}

impl Reader {
    /// Whoever remembers nothing yet need not hear what was said before.
    pub fn new(now: Timestamp) -> Self {
        Self {
            known_before: earlier(now),
            seen: BTreeMap::new(),
        }
    }

    /// These are known already.
    pub fn know(&mut self, invalidations: &[Invalidation]) {
        let known = invalidations.iter().map(|row| (row.id, row.made_at));
        self.seen.extend(known);
    }

    /// What is new, of all tenants. It is known only once it was [`Self::know`]n.
    pub async fn news(&self, tx: &mut Tx) -> Result<Vec<Invalidation>, StoreError> {
        let mut news: Vec<Invalidation> = tx
            .query("SELECT * FROM invalidations WHERE made_at >= $1 ORDER BY id")
            .bind(self.known_before)
            .all()
            .await?;
        news.retain(|row| !self.seen.contains_key(&row.id));
        Ok(news)
    }

    /// Remember no longer what cannot come any more: `now` is of before the last [`Self::news`].
    pub fn forget(&mut self, now: Timestamp) {
        self.known_before = self.known_before.max(earlier(now));
        let known_before = self.known_before;
        self.seen.retain(|_, made_at| *made_at >= known_before);
    }
}

fn earlier(now: Timestamp) -> Timestamp {
    now.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN)
}
