//! While pages are read, bookings change places.

use calbridge::agreement::{self, Extent};
use calbridge_core::{ids::TenantId, scope::Scope};
use calbridge_emulator::{
    calcom::{BookingUid, By, CancelledBy, NewBooking},
    server::CalComServer,
};
use calbridge_store::{
    Store, each_engine,
    sync_runs::{RunState, SyncCause, SyncRun},
};
use jiff::SignedDuration;

use super::{ours, theirs};
use crate::{
    hub::at,
    provider::{WithProvider, name_team},
};

/// More than two pages.
pub(super) const MANY: usize = 230;

/// So many bookings at the provider of which no webhook tells, made second by second.
pub(super) fn book_many(with: &WithProvider) -> Vec<BookingUid> {
    let start = at("2026-02-02T08:00:00Z");
    with.provider.edit_calcom(|cal| {
        (0..)
            .take(MANY)
            .map(|n: i64| {
                let half_hours = n % 16 + n / 16 * 48;
                let start = start + SignedDuration::from_mins(30 * half_hours);
                let made = at("2026-01-05T06:00:00Z") + SignedDuration::from_secs(n);
                let who = format!("guest{n}@example.org");
                cal.book(NewBooking::new("intro", start, "Ann Li", who), made)
                    .unwrap()
                    .0
            })
            .collect()
    })
}

/// Compare now; `watch` is told how many were read after each page.
pub(super) async fn compare(
    with: &WithProvider,
    extent: Extent,
    watch: &(dyn Fn(usize) + Sync),
) -> SyncRun {
    let scope = Scope::cli(TenantId(1));
    let patience = std::time::Duration::from_mins(1);
    let runs = agreement::now(
        &with.hub.app,
        &scope,
        None,
        extent,
        SyncCause::Cli,
        patience,
        watch,
    );
    runs.await.unwrap().remove(0)
}

each_engine! {
    async fn bookings_that_change_places_between_pages_are_neither_missed_nor_counted_twice(store: Store) {
        let server = CalComServer::classic().generous();
        let with = WithProvider::with(store, server, |_| {}).await;
        let place = with.place().await;
        let uids = book_many(&with);
        let extent = Extent { since: Some(at("2026-01-05T05:00:00Z")), limit: None };
        // As soon as the first page is read, much of it moves to the end, and the rest moves up.
        let run = compare(&with, extent, &|read| {
            if read != 100 {
                return;
            }
            with.provider.edit_calcom(|cal| {
                for uid in &uids[..40] {
                    cal.cancel(uid, CancelledBy::Booker, None, at("2026-01-05T08:30:00Z")).unwrap();
                }
            });
        })
        .await;
        assert_eq!(run.state, RunState::Done, "{:?}", run.error);
        let result = run.result.unwrap();
        assert_eq!(result["read"], MANY, "{result}");
        assert_eq!(ours(&with).await.len(), MANY);
        assert!(ours(&with).await == theirs(&with, &place.calcom).await);
    }

    async fn what_slips_past_a_cursor_is_found_by_the_next_comparison(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let uids = book_many(&with);
        // The list begins with the latest start: what moves there while the second page is read was passed already.
        let run = compare(&with, Extent::default(), &|read| {
            if read != 100 {
                return;
            }
            with.provider.edit_calcom(|cal| {
                let late = at("2026-09-01T08:00:00Z");
                cal.reschedule(&uids[0], late, By::Booker, at("2026-01-05T08:00:30Z")).unwrap();
            });
        })
        .await;
        assert_eq!(run.state, RunState::Done, "{:?}", run.error);
        with.hub.set_clock("2026-01-05T09:00:00Z");
        agreement::due(&with.hub.app).await.unwrap();
        with.hub.run_jobs().await;
        assert!(ours(&with).await == theirs(&with, &place.calcom).await);
    }

    async fn a_connection_of_a_team_also_compares_what_colleagues_host(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let hosts = with.provider.edit_calcom(|cal| {
            let start = at("2026-02-02T08:00:00Z");
            for n in 0..3 {
                let who = format!("guest{n}@example.org");
                let new = NewBooking::new("product-tour", start, "Ann Li", who);
                cal.book(new, at("2026-01-05T06:00:00Z")).unwrap();
            }
            cal.bookings().count()
        });
        assert_eq!(hosts, 3);
        compare(&with, Extent::default(), &|_| ()).await;
        assert_eq!(ours(&with).await.len(), 1, "the list of the key's owner has only the owner's");
        name_team(&with, place.calcom.id.0).await;
        let run = compare(&with, Extent::default(), &|_| ()).await;
        assert_eq!(run.state, RunState::Done, "{:?}", run.error);
        assert_eq!(ours(&with).await.len(), 3);
    }
}
