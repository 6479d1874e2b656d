//! More deliveries than can be stored: some are turned away, none that was answered with 2xx is lost.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use calbridge_emulator::{CalCom, Delivery, calcom::NewBooking};
use calbridge_store::sql::{Db, SqliteOptions};
use jiff::{SignedDuration, Timestamp};

use crate::{
    load::{SECRET, connect},
    server::Home,
};

const CLIENTS: usize = 200;
const STORM: Duration = Duration::from_secs(5);
const MOST: i64 = 5000;

#[derive(Default)]
struct Storm {
    waiting: Mutex<Vec<Delivery>>,
    turned_away: Mutex<Vec<Delivery>>,
    stored: Mutex<BTreeSet<i64>>,
    sent: AtomicUsize,
    refused: AtomicUsize,
}

fn bookings() -> Vec<Delivery> {
    let mut cal = CalCom::new(5);
    let now: Timestamp = "2031-01-05T08:00:00Z".parse().unwrap();
    let book = |n: i64| {
        let start = now + SignedDuration::from_hours(n + 1);
        let email = format!("p{n}@example.org");
        cal.book(NewBooking::new("intro", start, "Ann", email), now)
            .unwrap()
            .1
    };
    (0..MOST).flat_map(book).collect()
}

impl Storm {
    async fn blow(self: Arc<Self>, url: String) {
        let client = calbridge_emulator::sender::client().unwrap();
        let began = Instant::now();
        while began.elapsed() < STORM {
            let Some(delivery) = self.waiting.lock().unwrap().pop() else {
                return;
            };
            self.sent.fetch_add(1, Ordering::SeqCst);
            self.send(&client, &url, delivery).await;
        }
    }

    async fn send(&self, client: &reqwest::Client, url: &str, delivery: Delivery) {
        let now = "2031-01-05T08:00:00Z".parse().unwrap();
        let mut request = client.post(url).body(delivery.body.clone());
        for (name, value) in delivery.signed_headers(Some(SECRET), now) {
            request = request.header(name, value);
        }
        // On a machine that is short of time, a connection may take too long to ask for anything.
        let Ok(answer) = request.send().await else {
            self.turned_away.lock().unwrap().push(delivery);
            return;
        };
        match answer.status().as_u16() {
            200 => {
                let receipt: serde_json::Value = answer.json().await.unwrap();
                let id = receipt["event_id"].as_i64().unwrap();
                self.stored.lock().unwrap().insert(id);
            }
            503 => {
                self.refused.fetch_add(1, Ordering::SeqCst);
                assert!(answer.headers().contains_key("retry-after"));
                self.turned_away.lock().unwrap().push(delivery);
            }
            other => panic!("{other}: {}", answer.text().await.unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_turns_some_away_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let path = connect(&home, 1);
    let server = home.serve_with(&[], &[("CALBRIDGE_QUEUE", "64")]).await;
    let url = format!("{}{path}", server.base);
    let storm = Arc::new(Storm {
        waiting: Mutex::new(bookings()),
        ..Storm::default()
    });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(Arc::clone(&storm).blow(url.clone())))
        .collect();
    let mut highest: f64 = 0.;
    while !clients.iter().all(tokio::task::JoinHandle::is_finished) {
        let queue = server.metric("calbridge_intake_queue").await.unwrap_or(0.);
        highest = highest.max(queue);
    }
    for client in clients {
        client.await.unwrap();
    }
    assert!(highest > 0., "the queue shows");
    let turned_away = std::mem::take(&mut *storm.turned_away.lock().unwrap());
    let counted = server.metric("calbridge_deliveries_not_taken_total").await;
    let refused = u32::try_from(storm.refused.load(Ordering::SeqCst)).unwrap();
    assert!(
        counted.unwrap() >= f64::from(refused),
        "{counted:?} {refused}"
    );

    // The provider sends again what was turned away.
    let client = calbridge_emulator::sender::client().unwrap();
    let mut again = turned_away;
    while let Some(delivery) = again.pop() {
        storm.send(&client, &url, delivery).await;
        again.append(&mut storm.turned_away.lock().unwrap());
    }
    assert_eq!(server.stop(), Some(0));

    let file = home.data_dir.join("calbridge.db");
    let db = Db::open_sqlite(&file, SqliteOptions::default())
        .await
        .unwrap();
    let mut tx = db.read().await.unwrap();
    let ids: Vec<(i64,)> = tx
        .query("SELECT id FROM webhook_events")
        .all()
        .await
        .unwrap();
    let ids: BTreeSet<i64> = ids.into_iter().map(|(id,)| id).collect();
    assert_eq!(ids, *storm.stored.lock().unwrap());
    let sent = i64::try_from(storm.sent.load(Ordering::SeqCst)).unwrap();
    for table in [
        "webhook_events",
        "webhook_bodies",
        "bookings",
        "leads",
        "activities",
    ] {
        let (count,): (i64,) = tx
            .query(format!("SELECT COUNT(*) FROM {table}"))
            .one()
            .await
            .unwrap();
        assert_eq!(count, sent, "{table}");
    }
}
