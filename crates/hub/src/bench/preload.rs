//! Fills tables with bookings, set by set, so that a run begins with as many as a busy year leaves behind.
//!
//! One booking is made by the hub; all others are copies of its rows with ids, addresses and names of their own.
//! They have no webhook events and no bodies.

use calbridge_store::{bookings, sql::Engine};
use indicatif::ProgressBar;
use rand::{RngExt, rngs::StdRng};

use super::{
    copies::{self, NUMBERS_FROM, Pattern},
    hub::Bed,
    mix::Kind,
    traffic::OpenBooking,
};
use crate::inbox::{self, Door, Incoming};

/// What is there before the first event, where the size is not what is measured: on empty tables, a database plans
/// for empty tables.
pub(super) const USUAL: i64 = 10_000;

/// Bookings in one transaction.
const TOGETHER: i64 = 10_000;

/// The booking that is copied.
#[derive(Debug)]
pub(super) struct Original {
    pattern: Pattern,
    open: OpenBooking,
    copies: i64,
}

impl Original {
    /// Have the hub make it.
    pub async fn make(bed: &Bed) -> anyhow::Result<Self> {
        let mut traffic = bed.sender()?.one();
        let (headers, body) = traffic.next_event(Kind::Created);
        let incoming = Incoming {
            door: Door::Hook,
            token: Some(bed.token.clone()),
            headers,
            body,
        };
        let receipt = inbox::receive(&bed.app, incoming).await?;
        let mut tx = bed.app.store.write().await?;
        let booking = match receipt.bookings.as_slice() {
            [id] => bookings::find(&mut tx, &bed.scope, *id).await?,
            _ => None,
        };
        let found =
            booking.and_then(|booking| Some((booking.id, booking.lead_id?, traffic.newest()?)));
        let Some((booking, lead, open)) = found else {
            anyhow::bail!("the hub did not make a booking: {:?}", receipt.reason);
        };
        copies::leave_room(&mut tx).await?;
        tx.commit().await?;
        Ok(Self {
            pattern: Pattern {
                booking,
                lead,
                uid: open.uid.clone(),
                number: open.number,
                local: open.local.clone(),
            },
            open,
            copies: 0,
        })
    }

    /// Copy it until there are `count`.
    pub async fn copy(&mut self, bed: &Bed, count: i64, bar: &ProgressBar) -> anyhow::Result<()> {
        while self.copies < count {
            bar.set_message(format!("{} of {count} bookings", self.copies));
            let to = count.min(self.copies + TOGETHER);
            let mut tx = bed.app.store.write().await?;
            for (sql, values) in self.pattern.statements(tx.engine(), self.copies + 1, to) {
                tx.query(sql).bind_all(values).execute().await?;
            }
            tx.commit().await?;
            self.copies = to;
        }
        if bed.app.store.db().engine() == Engine::Postgres {
            bar.set_message("looking at the tables, as the server does by itself later");
            let mut tx = bed.app.store.write().await?;
            tx.query("ANALYZE").execute().await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Some of the copies with numbers above `above`, for each of `connections`; none is given to two.
    pub fn open(
        &self,
        above: i64,
        connections: usize,
        each: usize,
        rng: &mut StdRng,
    ) -> Vec<Vec<OpenBooking>> {
        let count = i64::try_from(connections * each).unwrap_or(i64::MAX).max(1);
        let step = ((self.copies - above) / count).max(1);
        let mut numbers = (0..count)
            .map(|index| above + 1 + index * step + rng.random_range(0..step))
            .filter(|n| *n <= self.copies);
        (0..connections)
            .map(|_| {
                numbers
                    .by_ref()
                    .take(each)
                    .map(|n| self.opened(n))
                    .collect()
            })
            .collect()
    }

    fn opened(&self, n: i64) -> OpenBooking {
        let uid = copies::uid(n);
        OpenBooking {
            first_uid: uid.clone(),
            local: uid.clone(),
            uid,
            number: NUMBERS_FROM + n,
            phone: u32::try_from(n).unwrap_or_default(),
            ..self.open.clone()
        }
    }
}

/// Bytes of the database.
pub(super) async fn database_bytes(bed: &Bed) -> anyhow::Result<i64> {
    let mut tx = bed.app.store.read().await?;
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "SELECT c.page_count * s.page_size FROM pragma_page_count c, pragma_page_size s"
        }
        Engine::Postgres => "SELECT pg_database_size(current_database())",
    };
    let (bytes,): (i64,) = tx.query(sql).one().await?;
    tx.rollback().await?;
    Ok(bytes)
}
