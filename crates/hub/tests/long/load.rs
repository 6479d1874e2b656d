//! A provider that sends, again if it must, to one node or several; and what must be there in the end.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use calbridge::clock::Clock;
use calbridge_emulator::{
    CalCom, Delivery,
    calcom::{By, CancelledBy, NewBooking},
};
use calbridge_store::sql::Db;
use jiff::SignedDuration;

use crate::server::{Home, Server};

pub const SECRET: &str = "load-test-secret";

/// Accounts at the provider, each with a calendar of its own and a connection here.
const ACCOUNTS: u64 = 10;
const BOOKINGS_EACH: i64 = 15;
const BOOKINGS: i64 = 150;

/// Longer than anything takes on a slow machine.
const DEADLINE: Duration = Duration::from_mins(3);

/// Between two looks, and before a provider tries again.
const PAUSE: Duration = Duration::from_millis(20);

/// When the meetings take place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Meetings {
    /// They are ahead: no job falls due.
    Ahead,
    /// They are over: each that was not cancelled is completed by a job, at once.
    Over,
}

/// What one account sends: each delivery is one real change of one booking.
fn deliveries(account: u64, meetings: Meetings) -> Vec<Delivery> {
    let mut cal = CalCom::new(account);
    let today = Clock::system().now();
    let begin = match meetings {
        Meetings::Ahead => today + SignedDuration::from_hours(1000),
        // What ended more than a day ago is not completed any more.
        Meetings::Over => today - SignedDuration::from_hours(23),
    };
    let mut all = Vec::new();
    for n in 0..BOOKINGS_EACH {
        let now = today - SignedDuration::from_hours(48) + SignedDuration::from_mins(n);
        let start = begin + SignedDuration::from_mins(90 * n);
        let new = NewBooking::new(
            "intro",
            start,
            format!("Person {n}"),
            format!("person{n}@account{account}.example.org"),
        );
        let (uid, sent) = cal.book(new, now).unwrap();
        all.extend(sent);
        let later = now + SignedDuration::from_hours(1);
        if n % 3 == 1 {
            let moved = start + SignedDuration::from_mins(45);
            let (_, sent) = cal.reschedule(&uid, moved, By::Booker, later).unwrap();
            all.extend(sent);
        } else if n % 3 == 2 {
            all.extend(cal.cancel(&uid, CancelledBy::Booker, None, later).unwrap());
        }
    }
    all
}

/// Make the connection of an account; its path.
pub fn connect(home: &Home, account: u64) -> String {
    let name = format!("account {account}");
    let added = home.run(&[
        "connections",
        "add",
        "calcom",
        "--name",
        &name,
        "--webhook-secret",
        SECRET,
        "--json",
    ]);
    added["webhook_path"].as_str().expect("a path").to_owned()
}

/// Deliveries, sent until each is answered with 200.
pub struct Load {
    meetings: Meetings,
    total: usize,
    /// Everything, with the path of the connection.
    all: Vec<(String, Delivery)>,
    waiting: Mutex<Vec<(String, Delivery)>>,
    answered: AtomicUsize,
    /// Where nodes answer, or did until they were killed.
    nodes: Mutex<Vec<String>>,
}

impl Load {
    /// For the installation at `home`, where it makes the connections.
    pub fn new(home: &Home, meetings: Meetings) -> Arc<Self> {
        let mut all = Vec::new();
        for account in 0..ACCOUNTS {
            let path = connect(home, account);
            let sent = deliveries(account, meetings).into_iter();
            all.extend(sent.map(|delivery| (path.clone(), delivery)));
        }
        Arc::new(Self {
            meetings,
            total: all.len(),
            waiting: Mutex::new(all.clone()),
            all,
            answered: AtomicUsize::new(0),
            nodes: Mutex::default(),
        })
    }

    /// Send to these from now on, in turn.
    pub fn aim(&self, servers: &[Server]) {
        let bases = servers.iter().map(|server| server.base.clone());
        *self.nodes.lock().unwrap() = bases.collect();
    }

    /// Send until everything is answered.
    pub async fn send(self: &Arc<Self>) {
        let client = calbridge_emulator::sender::client().unwrap();
        let senders = (0..8).map(|turn| {
            let (load, client) = (Arc::clone(self), client.clone());
            tokio::spawn(async move { load.send_one_by_one(&client, turn).await })
        });
        let senders: Vec<_> = senders.collect();
        for sender in senders {
            let done = tokio::time::timeout(DEADLINE, sender).await;
            done.expect("answers in time").unwrap();
        }
        assert_eq!(self.answered(), self.total);
    }

    async fn send_one_by_one(&self, client: &reqwest::Client, mut turn: usize) {
        let now = Clock::system().now();
        while self.answered() < self.total {
            let next = self.waiting.lock().unwrap().pop();
            let Some((path, delivery)) = next else {
                // Another sender may put its own back.
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            turn += 1;
            let url = {
                let nodes = self.nodes.lock().unwrap();
                format!("{}{path}", nodes[turn % nodes.len()])
            };
            let answer =
                calbridge_emulator::sender::send(client, &url, Some(SECRET), &delivery, now).await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                self.answered.fetch_add(1, Ordering::SeqCst);
            } else {
                self.waiting.lock().unwrap().insert(0, (path, delivery));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    /// Everything is to be sent once more.
    pub fn start_over(&self) {
        *self.waiting.lock().unwrap() = self.all.clone();
        self.answered.store(0, Ordering::SeqCst);
    }

    /// Wait until this many are answered.
    pub async fn reaches(&self, wanted: usize) {
        until("answers", async || self.answered() >= wanted).await;
    }

    /// Wait until this many more are answered, or all.
    pub async fn until_answered(&self, more: usize) {
        let wanted = (self.answered() + more).min(self.total);
        self.reaches(wanted).await;
    }

    /// Nothing is lost, nothing is applied twice, and no work is left over.
    pub async fn check(&self, db: &Db) {
        if self.meetings == Meetings::Over {
            until("the jobs are done", async || {
                count(db, "SELECT COUNT(*) FROM jobs").await == Some(0)
            })
            .await;
        }
        let total = i64::try_from(self.total).unwrap();
        let (scheduled, completed) = match self.meetings {
            Meetings::Ahead => (BOOKINGS / 3 * 2, 0),
            Meetings::Over => (0, BOOKINGS / 3 * 2),
        };
        for (sql, expected) in [
            ("SELECT COUNT(*) FROM webhook_events", total),
            ("SELECT COUNT(*) FROM webhook_bodies", total),
            (
                "SELECT COUNT(*) FROM webhook_events WHERE status = 'processed'",
                total,
            ),
            ("SELECT COUNT(*) FROM bookings", BOOKINGS),
            ("SELECT COUNT(*) FROM leads", BOOKINGS),
            (
                "SELECT COUNT(*) FROM booking_changes WHERE webhook_event_id IS NOT NULL",
                total,
            ),
            (
                "SELECT COUNT(*) FROM bookings WHERE status = 'cancelled'",
                BOOKINGS / 3,
            ),
            (
                "SELECT COUNT(*) FROM bookings WHERE status = 'scheduled'",
                scheduled,
            ),
            (
                "SELECT COUNT(*) FROM bookings WHERE status = 'completed'",
                completed,
            ),
            (
                "SELECT COUNT(*) FROM bookings WHERE rescheduled_count = 1",
                BOOKINGS / 3,
            ),
            (
                "SELECT COUNT(*) FROM booking_changes WHERE kind = 'completed' AND effective",
                completed,
            ),
            // Each of these stands on a timeline once.
            (
                "SELECT COUNT(*) FROM activities WHERE subject LIKE '%Booked'",
                BOOKINGS,
            ),
            (
                "SELECT COUNT(*) FROM activities WHERE subject LIKE '%Rescheduled'",
                BOOKINGS / 3,
            ),
            (
                "SELECT COUNT(*) FROM activities WHERE subject LIKE '%Cancelled'",
                BOOKINGS / 3,
            ),
            ("SELECT COUNT(*) FROM jobs WHERE state = 'failed'", 0),
        ] {
            assert_eq!(count(db, sql).await, Some(expected), "{sql}");
        }
    }
}

/// The number that a query answers; `None` while the database does not answer.
pub async fn count(db: &Db, sql: &'static str) -> Option<i64> {
    let mut tx = db.read().await.ok()?;
    let (count,) = tx.query(sql).one().await.ok()?;
    Some(count)
}

/// Wait until something is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < DEADLINE, "waited too long: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
