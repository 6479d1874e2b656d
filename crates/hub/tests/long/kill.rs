//! `kill -9` at random moments under load: what was answered with 2xx is there, once, applied.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use calbridge_emulator::{
    CalCom, Delivery,
    calcom::{By, CancelledBy, NewBooking},
};
use calbridge_store::{
    migrations::MIGRATIONS,
    sql::{Db, SqliteOptions},
    testing::postgres_db,
};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use secrecy::ExposeSecret;

use crate::server::{Home, Server};

pub const SECRET: &str = "kill-test-secret";
pub const BOOKINGS: i64 = 150;
const KILLS: usize = 6;

/// Each delivery is one real change of one booking.
pub fn deliveries() -> Vec<Delivery> {
    let mut cal = CalCom::new(9);
    let begin: Timestamp = "2031-01-05T08:00:00Z".parse().unwrap();
    let mut all = Vec::new();
    for n in 0..BOOKINGS {
        let now = begin + SignedDuration::from_mins(n);
        let start = begin + SignedDuration::from_hours(48 * (n + 1));
        let new = NewBooking::new(
            "intro",
            start,
            format!("Person {n}"),
            format!("person{n}@example.org"),
        );
        let (uid, sent) = cal.book(new, now).unwrap();
        all.extend(sent);
        let later = now + SignedDuration::from_hours(1);
        if n % 3 == 1 {
            let (_, sent) = cal
                .reschedule(
                    &uid,
                    start + SignedDuration::from_hours(3),
                    By::Booker,
                    later,
                )
                .unwrap();
            all.extend(sent);
        } else if n % 3 == 2 {
            all.extend(cal.cancel(&uid, CancelledBy::Booker, None, later).unwrap());
        }
    }
    all
}

/// Deliveries that were not answered with 2xx yet, as a provider that retries sees them.
#[derive(Default)]
pub struct Load {
    pub waiting: Mutex<Vec<Delivery>>,
    pub answered: AtomicUsize,
    /// The server was killed: whoever notices puts the delivery back and stops.
    struck: AtomicBool,
}

impl Load {
    /// Send until everything is answered, or the server is gone.
    pub async fn send(self: &Arc<Self>, url: &str) {
        self.struck.store(false, Ordering::SeqCst);
        let client = calbridge_emulator::sender::client().unwrap();
        let senders = (0..8).map(|_| {
            let (load, client, url) = (Arc::clone(self), client.clone(), url.to_owned());
            tokio::spawn(async move { load.send_one_by_one(&client, &url).await })
        });
        let senders: Vec<_> = senders.collect();
        for sender in senders {
            let done = tokio::time::timeout(Duration::from_mins(1), sender).await;
            done.expect("an answer in time").unwrap();
        }
    }

    async fn send_one_by_one(&self, client: &reqwest::Client, url: &str) {
        loop {
            let Some(delivery) = self.waiting.lock().unwrap().pop() else {
                return;
            };
            let now = "2031-01-05T08:00:00Z".parse().unwrap();
            let answer =
                calbridge_emulator::sender::send(client, url, Some(SECRET), &delivery, now).await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                self.answered.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            self.waiting.lock().unwrap().insert(0, delivery);
            if self.struck.load(Ordering::SeqCst) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Everything that a server will be sent.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::new(deliveries()),
            ..Self::default()
        })
    }

    /// Wait until this many are answered.
    pub async fn reaches(&self, answered: usize) {
        while self.answered.load(Ordering::SeqCst) < answered {
            tokio::task::yield_now().await;
        }
    }

    /// Kill the server when this many are answered, while requests are under way.
    async fn strike(&self, server: &mut Server, when: usize) {
        self.reaches(when).await;
        self.struck.store(true, Ordering::SeqCst);
        server.kill();
    }
}

/// Add a connection; the path of its webhooks.
pub fn connect(home: &Home) -> String {
    let added = home.run(&[
        "connections",
        "add",
        "calcom",
        "--name",
        "cal",
        "--webhook-secret",
        SECRET,
        "--json",
    ]);
    added["webhook_path"].as_str().expect("a path").to_owned()
}

async fn killed_again_and_again(home: Home, open: impl AsyncFn() -> Db) {
    let sent = deliveries();
    let total = sent.len();
    let load = Arc::new(Load {
        waiting: Mutex::new(sent),
        ..Load::default()
    });
    let path = connect(&home);
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..KILLS {
        let mut server = home.serve().await;
        let url = format!("{}{path}", server.base);
        let when = load.answered.load(Ordering::SeqCst) + rng.random_range(5..35);
        tokio::join!(load.send(&url), load.strike(&mut server, when));
    }
    let server = home.serve().await;
    load.send(&format!("{}{path}", server.base)).await;
    assert_eq!(load.answered.load(Ordering::SeqCst), total);
    assert_eq!(server.stop(), Some(0));

    check(&open().await, total).await;
}

/// Everything that was sent is there, once, and applied.
pub async fn check(db: &Db, total: usize) {
    let mut tx = db.read().await.unwrap();
    let mut count = async |sql: &'static str| -> i64 {
        let (count,): (i64,) = tx.query(sql).one().await.unwrap();
        count
    };
    let total = i64::try_from(total).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM webhook_events").await, total);
    assert_eq!(count("SELECT COUNT(*) FROM webhook_bodies").await, total);
    assert_eq!(
        count("SELECT COUNT(*) FROM webhook_events WHERE status = 'processed'").await,
        total
    );
    assert_eq!(count("SELECT COUNT(*) FROM bookings").await, BOOKINGS);
    assert_eq!(count("SELECT COUNT(*) FROM leads").await, BOOKINGS);
    assert_eq!(count("SELECT COUNT(*) FROM activities").await, total);
    assert_eq!(count("SELECT COUNT(*) FROM booking_changes").await, total);
    assert_eq!(
        count("SELECT COUNT(*) FROM bookings WHERE status = 'cancelled'").await,
        BOOKINGS / 3
    );
    assert_eq!(
        count("SELECT COUNT(*) FROM bookings WHERE rescheduled_count = 1").await,
        BOOKINGS / 3
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kills_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().join("data"),
        database_url: None,
    };
    std::fs::create_dir(&home.data_dir).unwrap();
    let file = home.data_dir.join("calbridge.db");
    killed_again_and_again(home, async || {
        Db::open_sqlite(&file, SqliteOptions::default())
            .await
            .unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kills_on_postgres() {
    let database = postgres_db(MIGRATIONS)
        .await
        .expect("PostgreSQL: run ./test long");
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().to_owned(),
        database_url: database.url().map(|url| url.expose_secret().to_owned()),
    };
    killed_again_and_again(home, async || database.db.clone()).await;
    database.remove().await;
}
