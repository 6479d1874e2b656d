//! What must be so: of each answer at once, and of everything in the end.

use std::collections::BTreeMap;

use calbridge_emulator::calcom::{Booking, BookingUid, Status};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    call::{Call, Told, What},
    world::World,
};

/// The provider's bookings at one moment.
pub struct Upstream(pub Vec<Booking>);

impl Upstream {
    /// Bookings that were made with this mark, as they were made.
    fn made(&self, mark: &str) -> Vec<&Booking> {
        let all = self.0.iter();
        all.filter(|one| one.predecessor.is_none() && has(one, "mark", mark))
            .collect()
    }

    /// Whether something with this mark takes place.
    fn takes_place(&self, mark: &str) -> bool {
        let mut all = self.0.iter();
        all.any(|one| one.status == Status::Accepted && has(one, "mark", mark))
    }

    fn find(&self, uid: &BookingUid) -> &Booking {
        self.0.iter().find(|one| one.uid == *uid).unwrap()
    }

    /// A booking and everything it became.
    fn since(&self, uid: &str) -> Vec<&Booking> {
        let mut chain = vec![self.find(&BookingUid::new(uid))];
        while let Some(next) = chain.last().and_then(|last| last.successor.as_ref()) {
            chain.push(self.find(next));
        }
        chain
    }

    /// What a booking is by now.
    fn now(&self, uid: &str) -> &Booking {
        self.since(uid).pop().unwrap()
    }

    /// What was told a moment ago is true.
    pub fn bears_out(&self, what: &What, told: &Told, before: &Self) {
        match (what, told) {
            (What::Book { mark, .. }, Told::Done(body)) => {
                self.has_made(mark, body);
                let booking = self.now(body["booking_uid"].as_str().unwrap());
                assert_eq!(booking.status, Status::Accepted, "{body}");
                assert_eq!(body["start_time"], booking.start.to_string(), "{body}");
            }
            (What::Book { mark, .. }, Told::NotDone(_)) => {
                assert!(!self.takes_place(mark), "{mark} {told:?}");
            }
            (What::Move { uid, to }, Told::Done(body)) => {
                assert_eq!(body["start_time"], to.to_string(), "{body}");
                let booking = self.now(uid);
                assert_eq!(
                    (booking.status, booking.start),
                    (Status::Accepted, *to),
                    "{body}"
                );
            }
            (What::Cancel { uid }, Told::Done(body)) => {
                assert_eq!(self.now(uid).status, Status::Cancelled, "{body}");
            }
            (What::Move { uid, .. } | What::Cancel { uid }, Told::NotDone(_)) => {
                let (was, is) = (before.now(uid), self.now(uid));
                assert_eq!((&was.uid, was.status), (&is.uid, is.status), "{told:?}");
            }
            (_, Told::Settling(_) | Told::AskAgain(_) | Told::Nothing) => {}
        }
    }

    /// A booking with this mark was made, once, and is the one that was told of.
    fn has_made(&self, mark: &str, body: &Json) {
        let made = self.made(mark);
        let [made] = made.as_slice() else {
            panic!("{mark} was made {} times: {body}", made.len());
        };
        let chain = self.since(made.uid.as_str());
        let told = body["booking_uid"].as_str().unwrap();
        assert!(chain.iter().any(|one| one.uid.as_str() == told), "{body}");
    }

    /// What became of what somebody was told is not known yet.
    fn bears_out_later(&self, what: &What, became: &Json) {
        let done = match became["status"].as_str() {
            Some("done") => true,
            Some("taken" | "refused" | "not_done") => false,
            _ => panic!("not known in the end: {became}"),
        };
        match what {
            What::Book { mark, .. } if done => self.has_made(mark, &became["booking"]),
            What::Book { mark, .. } => assert!(!self.takes_place(mark), "{became}"),
            What::Move { uid, to } if done => {
                let chain = self.since(uid);
                assert!(chain.iter().any(|one| one.start == *to), "{became}");
            }
            What::Cancel { uid } if done => {
                assert_eq!(self.now(uid).status, Status::Cancelled, "{became}");
            }
            What::Move { .. } | What::Cancel { .. } => {}
        }
    }

    /// What takes place and what was called off, by uid.
    fn standing(&self) -> Standing {
        let last = self.0.iter().filter(|one| one.successor.is_none());
        last.map(|one| {
            let takes_place = one.status == Status::Accepted;
            (one.uid.as_str().to_owned(), (takes_place, one.start))
        })
        .collect()
    }
}

fn has(booking: &Booking, name: &str, value: &str) -> bool {
    booking.metadata.get(name).is_some_and(|it| it == value)
}

/// Whether a booking takes place, and when it starts.
type Standing = BTreeMap<String, (bool, Timestamp)>;

impl World {
    /// Both sides agree, and everybody was told the truth.
    pub async fn check(&self) {
        let upstream = self.upstream();
        assert_eq!(self.ours().await, upstream.standing(), "ours, and theirs");
        Self::check_keys(&upstream);
        for call in &self.calls {
            self.check_call(&upstream, call).await;
        }
        self.check_times().await;
        self.check_claims().await;
        self.check_intents().await;
    }

    async fn ours(&self) -> Standing {
        let sql = "SELECT external_booking_id, status, scheduled_at FROM bookings";
        let rows: Vec<(String, String, Timestamp)> = self.desk.with.hub.rows(sql, vec![]).await;
        let rows = rows.into_iter();
        rows.map(|(uid, status, start)| (uid, (status != "cancelled", start)))
            .collect()
    }

    /// Nothing that was wanted was made twice.
    fn check_keys(upstream: &Upstream) {
        let mut made: BTreeMap<&str, u32> = BTreeMap::new();
        for booking in upstream.0.iter().filter(|one| one.predecessor.is_none()) {
            if let Some(key) = booking.metadata.get("calbridge_key") {
                *made.entry(key).or_default() += 1;
            }
        }
        assert!(made.values().all(|count| *count == 1), "{made:?}");
    }

    async fn check_call(&self, upstream: &Upstream, call: &Call) {
        if let What::Book { mark, .. } = &call.what {
            assert!(upstream.made(mark).len() <= 1, "{call:?}");
        }
        for told in &call.told {
            match (&call.what, told) {
                (what, Told::Settling(place)) => {
                    let became = self.desk.became(place).await;
                    upstream.bears_out_later(what, &became);
                }
                (What::Book { mark, .. }, Told::Done(body)) => upstream.has_made(mark, body),
                (What::Book { mark, .. }, Told::NotDone(_)) => {
                    assert!(!upstream.takes_place(mark), "{call:?}");
                }
                (What::Cancel { uid }, Told::Done(_)) => {
                    assert_eq!(upstream.now(uid).status, Status::Cancelled, "{call:?}");
                }
                _ => {}
            }
        }
    }

    /// The one host is nowhere twice.
    async fn check_times(&self) {
        let sql = "SELECT scheduled_at, ends_at FROM bookings WHERE status <> 'cancelled' ORDER BY scheduled_at";
        let times: Vec<(Timestamp, Timestamp)> = self.desk.with.hub.rows(sql, vec![]).await;
        for pair in times.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "{times:?}");
        }
    }

    /// What is claimed is a booking's that takes place.
    async fn check_claims(&self) {
        let sql = "SELECT c.id, b.status, c.starts_at, b.scheduled_at FROM claims c LEFT JOIN bookings b ON b.id = c.booking_id";
        let claims: Vec<(i64, Option<String>, Timestamp, Option<Timestamp>)> =
            self.desk.with.hub.rows(sql, vec![]).await;
        for claim in &claims {
            let (_, status, claimed, start) = claim;
            let takes_place = status.as_ref().is_some_and(|status| status != "cancelled");
            assert!(takes_place && *start == Some(*claimed), "{claim:?}");
        }
    }

    /// It is known what became of everything.
    async fn check_intents(&self) {
        let sql = "SELECT id, kind, state FROM booking_intents WHERE settled_at IS NULL OR state = 'stuck'";
        let open: Vec<(i64, String, String)> = self.desk.with.hub.rows(sql, vec![]).await;
        assert_eq!(open, []);
        let sql = "SELECT unique_key FROM jobs WHERE kind = 'settle_intent'";
        let jobs: Vec<(String,)> = self.desk.with.hub.rows(sql, vec![]).await;
        assert_eq!(jobs, []);
    }
}
