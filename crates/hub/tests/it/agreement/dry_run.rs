//! Looking changes nothing.

use std::collections::BTreeMap;

use calbridge_core::agreement::Difference;
use calbridge_emulator::calcom::{CancelledBy, NewBooking};
use calbridge_store::{Store, each_engine, sql::Engine};

use super::{play_all, whole};
use crate::{
    hub::{TestHub, at},
    provider::WithProvider,
};

/// How much was asked is counted, whatever it was for.
const COUNTED: &str = "provider_budgets";

/// Every row of every table.
async fn everything(hub: &TestHub) -> BTreeMap<String, Vec<String>> {
    let engine = hub.app.store.db().engine();
    let mut tx = hub.app.store.read().await.unwrap();
    let tables: Vec<(String,)> = tx
        .query(match engine {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            Engine::Postgres => {
                "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
                 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
            }
        })
        .all()
        .await
        .unwrap();
    let mut rows = BTreeMap::new();
    for (table,) in tables.into_iter().filter(|(table,)| table != COUNTED) {
        let row = match engine {
            Engine::Postgres => "CAST(t AS TEXT)".to_owned(),
            Engine::Sqlite => {
                let columns: Vec<(String,)> = tx
                    .query(format!("SELECT name FROM pragma_table_info('{table}')"))
                    .all()
                    .await
                    .unwrap();
                let columns = columns.iter().map(|(name,)| format!("quote(\"{name}\")"));
                columns.collect::<Vec<_>>().join(" || '|' || ")
            }
        };
        let found: Vec<(String,)> = tx
            .query(format!("SELECT {row} FROM {table} t ORDER BY 1"))
            .all()
            .await
            .unwrap();
        rows.insert(table, found.into_iter().map(|(row,)| row).collect());
    }
    rows
}

each_engine! {
    async fn a_dry_run_tells_what_differs_and_writes_nothing(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        // One that agrees, one that will be repaired, one for a person, and many that are missing here.
        let mut uids = Vec::new();
        for day in 10..13 {
            let start = at(&format!("2026-02-{day}T18:00:00Z"));
            let new = NewBooking::new("intro", start, "Ann Li", format!("ann{day}@example.org"));
            let (uid, sent) = with.provider.edit_calcom(|cal| cal.book(new, at("2026-01-05T07:00:00Z"))).unwrap();
            with.hub.deliver_all(&place, &sent).await;
            uids.push(uid);
        }
        with.provider.edit_calcom(|cal| cal.cancel(&uids[1], CancelledBy::Booker, None, at("2026-01-05T07:30:00Z"))).unwrap();
        with.hub.execute("UPDATE bookings SET status = 'cancelled' WHERE external_booking_id = $1", vec![uids[2].as_str().into()]).await;
        with.hub.run_jobs().await;
        play_all(&with);
        // The first question finds out which versions the server speaks, and keeps that.
        whole(&with, &place.calcom).await;
        let before = everything(&with.hub).await;
        let report = whole(&with, &place.calcom).await;
        assert_eq!(everything(&with.hub).await, before);
        assert!(before.len() > 30, "{:?}", before.keys());
        assert_eq!((report.repaired, report.conflicting), (1, 1), "{report:?}");
        assert!(report.found > 10, "{report:?}");
        let of = |at: usize| report.differing.iter().find(|one| one.external_id == uids[at].as_str());
        assert!(of(0).is_none(), "it agrees");
        assert_eq!(of(1).unwrap().differences, [Difference::Status]);
        let conflict = of(2).unwrap();
        assert_eq!(conflict.ours.as_ref().unwrap().status, "cancelled");
        assert_eq!(conflict.theirs.as_ref().unwrap().status, "scheduled");
    }
}
