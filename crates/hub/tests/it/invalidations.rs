//! What changes of bookings make us forget.

use std::sync::{Arc, Mutex};

use calbridge_core::ids::ConnectionId;
use calbridge_emulator::{
    CalCom,
    calcom::{By, NewBooking},
};
use calbridge_store::{
    Store,
    connections::{SecretKind, set_secret},
    each_engine,
    invalidations::Invalidation,
};

use crate::hub::{Place, TestHub, at};

/// From now on, we ask Cal.com.
async fn give_a_key(hub: &TestHub, place: &Place) {
    let now = hub.app.clock.now();
    let mut tx = hub.app.store.write().await.unwrap();
    let keys = hub.app.store.keys();
    let key = "cal_test_key".into();
    set_secret(
        &mut tx,
        keys,
        &place.calcom,
        SecretKind::ApiKey,
        &key,
        now,
        now,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    hub.app.registry.refresh(&hub.app.store, now).await.unwrap();
}

/// What commits told this process.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Invalidation>>>);

impl Heard {
    fn by(hub: &TestHub) -> Self {
        let heard = Self::default();
        let listener = heard.clone();
        hub.app.store.db().on_invalidated(Arc::new(move |rows| {
            listener.0.lock().unwrap().extend_from_slice(rows);
        }));
        heard
    }

    /// The noons among these days that were heard of since the last time, and by how many rows.
    fn noons(&self, connection: ConnectionId, days: &[&str]) -> (Vec<String>, usize) {
        let rows = std::mem::take(&mut *self.0.lock().unwrap());
        assert!(rows.iter().all(|row| row.connection_id == connection));
        let is_heard_of = |day: &&&str| {
            let noon = at(&format!("2026-03-{day}T12:00:00Z"));
            rows.iter()
                .any(|row| row.is_about(noon, noon + jiff::SignedDuration::from_mins(1)))
        };
        let noons = days.iter().filter(is_heard_of).map(|day| (*day).to_owned());
        (noons.collect(), rows.len())
    }
}

const DAYS: [&str; 6] = ["02", "05", "06", "10", "19", "20"];

each_engine! {
    async fn a_booking_invalidates_its_days_old_and_new(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        give_a_key(&hub, &place).await;
        let heard = Heard::by(&hub);
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-06T10:00:00Z"), "Ann", "ann@example.org");
        let (first, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        let (_, moved) = cal
            .reschedule(&first, at("2026-03-20T10:00:00Z"), By::Booker, at("2026-01-06T08:00:00Z"))
            .unwrap();

        hub.deliver_all(&place, &created).await;
        assert_eq!(heard.noons(place.calcom.id, &DAYS), (vec!["05".to_owned(), "06".to_owned()], 1));
        hub.deliver_all(&place, &moved).await;
        let (noons, rows) = heard.noons(place.calcom.id, &DAYS);
        assert_eq!((noons, rows), (["05", "06", "19", "20"].map(str::to_owned).to_vec(), 2));
        // Told once more, nothing changes.
        hub.deliver_all(&place, &moved).await;
        assert_eq!(heard.noons(place.calcom.id, &DAYS), (vec![], 0));
        assert_eq!(hub.count("invalidations").await, 3);
    }

    async fn without_a_key_there_is_nothing_to_forget(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        let heard = Heard::by(&hub);
        let mut cal = CalCom::new(1);
        let new = NewBooking::new("intro", at("2026-03-06T10:00:00Z"), "Ann", "ann@example.org");
        let (_, created) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
        hub.deliver_all(&place, &created).await;
        assert_eq!(hub.count("bookings").await, 1);
        assert_eq!(hub.count("invalidations").await, 0);
        assert_eq!(heard.noons(place.calcom.id, &DAYS), (vec![], 0));
    }
}
