//! What one connection sends: bookings are made, moved, cancelled, and some events come twice.

use std::{
    collections::VecDeque,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use calbridge_core::provider::Provider;
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use secrecy::SecretString;

use super::{
    mix::{Kind, Mix},
    template::{self, Blank, Person, Template},
};
use crate::clock::Clock;

/// People whose bookings differ in names, languages and zones.
const PEOPLE: usize = 24;

/// Bookings of a connection that may still be moved or cancelled; the oldest are left alone.
const OPEN_BOOKINGS: usize = 512;

/// Requests of a connection that may come again.
const REPEATABLE: usize = 8;

/// What stands in the receipt of something new.
pub(super) const PROCESSED: &str = r#""status":"processed""#;

/// And in that of something known.
const DUPLICATE: &str = r#""status":"duplicate""#;

/// The digits of uids.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// What the connections of a run share.
#[derive(Debug)]
pub(super) struct Sender {
    /// Where deliveries go.
    pub path: String,
    secret: SecretString,
    mix: Mix,
    people: Vec<Person>,
    last_number: Arc<AtomicI64>,
    clock: Clock,
}

/// A booking that may be moved or cancelled.
#[derive(Clone, Debug)]
pub(super) struct OpenBooking {
    /// Its uid.
    pub uid: String,
    /// The uid it was made with.
    pub first_uid: String,
    /// Cal.com's number.
    pub number: i64,
    /// The local part of the booker's address.
    pub local: String,
    /// Tells the booker's phone number from others'.
    pub phone: u32,
    /// Its start.
    pub start: Timestamp,
    /// When it was told of last.
    pub told_at: Timestamp,
    /// Index of the person.
    pub person: usize,
}

/// One connection's requests.
pub(super) struct Traffic {
    sender: Arc<Sender>,
    rng: StdRng,
    open: VecDeque<OpenBooking>,
    sent: VecDeque<Vec<u8>>,
    body: Vec<u8>,
}

impl Sender {
    /// Cal.com's numbers of its bookings are above `last_number`.
    pub fn new(
        path: String,
        secret: SecretString,
        mix: Mix,
        clock: Clock,
        last_number: Arc<AtomicI64>,
    ) -> anyhow::Result<Arc<Self>> {
        let people = template::people(PEOPLE, clock.now())?;
        Ok(Arc::new(Self {
            path,
            secret,
            mix,
            people,
            last_number,
            clock,
        }))
    }

    /// The requests of one connection.
    pub fn one(self: &Arc<Self>) -> Traffic {
        Traffic {
            sender: Arc::clone(self),
            rng: StdRng::from_rng(&mut rand::rng()),
            open: VecDeque::new(),
            sent: VecDeque::new(),
            body: Vec::new(),
        }
    }

    /// The requests of each of several.
    pub fn many(self: &Arc<Self>, connections: usize) -> Vec<Traffic> {
        (0..connections.max(1)).map(|_| self.one()).collect()
    }

    fn number(&self) -> i64 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Traffic {
    /// Write the next request; answers what must stand in the receipt.
    pub fn next_request(&mut self, request: &mut Vec<u8>) -> &'static str {
        let kind = self.sender.mix.pick(&mut self.rng);
        if kind == Kind::Duplicate
            && let Some(sent) = self.sent.get(self.rng.random_range(0..REPEATABLE))
        {
            request.extend_from_slice(sent);
            return DUPLICATE;
        }
        self.write_body(kind);
        let headers = self.headers();
        // Writing into memory does not fail.
        let _infallible = write!(
            request,
            "POST {} HTTP/1.1\r\nhost: localhost\r\n",
            self.sender.path
        );
        for (name, value) in headers {
            let _infallible = write!(request, "{name}: {value}\r\n");
        }
        let _infallible = write!(request, "content-length: {}\r\n\r\n", self.body.len());
        request.extend_from_slice(&self.body);
        if self.sent.len() == REPEATABLE {
            self.sent.pop_front();
        }
        self.sent.push_back(request.clone());
        PROCESSED
    }

    /// The headers and the body of an event of this kind, about a booking of its own where it can be.
    pub fn next_event(&mut self, kind: Kind) -> (Vec<(String, String)>, Vec<u8>) {
        self.write_body(kind);
        (self.headers(), self.body.clone())
    }

    /// The booking that was made or moved last.
    pub fn newest(&self) -> Option<OpenBooking> {
        self.open.back().cloned()
    }

    /// Bookings that are known already and may be moved or cancelled.
    pub fn know(&mut self, bookings: Vec<OpenBooking>) {
        self.open.extend(bookings);
    }

    /// What Cal.com sends with the body.
    fn headers(&self) -> Vec<(String, String)> {
        let now = self.sender.clock.now();
        let mut headers =
            calbridge_providers::sign(Provider::CalCom, &self.sender.secret, &self.body, now);
        for (name, value) in [
            ("content-type", "application/json"),
            ("x-cal-webhook-version", "2021-10-20"),
            ("user-agent", "node"),
            ("accept", "*/*"),
        ] {
            headers.push((name.to_owned(), value.to_owned()));
        }
        headers
    }

    fn write_body(&mut self, kind: Kind) {
        let now = self.sender.clock.now();
        let old = match kind {
            Kind::Rescheduled | Kind::Cancelled if !self.open.is_empty() => {
                let index = self.rng.random_range(0..self.open.len());
                self.open.swap_remove_back(index)
            }
            _ => None,
        };
        let sender = Arc::clone(&self.sender);
        let booking = match &old {
            None => self.make(now),
            Some(old) if kind == Kind::Cancelled => OpenBooking {
                told_at: after(old.told_at, now),
                ..old.clone()
            },
            Some(old) => OpenBooking {
                uid: self.uid(),
                number: self.sender.number(),
                start: self.start(now),
                told_at: after(old.told_at, now),
                ..old.clone()
            },
        };
        let Some(person) = sender.people.get(booking.person) else {
            return;
        };
        let template = match (kind, &old) {
            (_, None) => &person.created,
            (Kind::Cancelled, Some(_)) => &person.cancelled,
            (_, Some(_)) => &person.rescheduled,
        };
        self.body.clear();
        fill(template, &mut self.body, &booking, old.as_ref());
        if kind != Kind::Cancelled || old.is_none() {
            if self.open.len() == OPEN_BOOKINGS {
                self.open.pop_front();
            }
            self.open.push_back(booking);
        }
    }

    fn make(&mut self, now: Timestamp) -> OpenBooking {
        let uid = self.uid();
        OpenBooking {
            first_uid: uid.clone(),
            number: self.sender.number(),
            local: format!("someone.{:016x}", self.rng.random::<u64>()),
            phone: self.rng.random_range(0..10_000_000),
            start: self.start(now),
            told_at: now,
            person: self.rng.random_range(0..PEOPLE),
            uid,
        }
    }

    fn uid(&mut self) -> String {
        (0..22)
            .map(|_| {
                let digit = BASE58.get(self.rng.random_range(0..BASE58.len()));
                char::from(*digit.unwrap_or(&b'1'))
            })
            .collect()
    }

    /// A half hour within the next two months.
    fn start(&mut self, now: Timestamp) -> Timestamp {
        let half_hour = 1800;
        let next = now.as_second() / half_hour + 1;
        let start = (next + self.rng.random_range(48..2880)) * half_hour;
        Timestamp::from_second(start).unwrap_or(now)
    }
}

/// Now, but later than what was told before: Cal.com counts milliseconds.
fn after(told_at: Timestamp, now: Timestamp) -> Timestamp {
    now.max(told_at + SignedDuration::from_millis(1))
}

fn fill(template: &Template, body: &mut Vec<u8>, booking: &OpenBooking, old: Option<&OpenBooking>) {
    let old = old.unwrap_or(booking);
    let half_hour = SignedDuration::from_mins(30);
    // A cancellation names the uid that the booking began with, a move the one it leaves.
    let former = if old.uid == booking.uid {
        &booking.first_uid
    } else {
        &old.uid
    };
    template.write(body, |blank, body| {
        let text = match blank {
            Blank::Uid => booking.uid.clone(),
            Blank::FormerUid => former.clone(),
            Blank::Number => booking.number.to_string(),
            Blank::FormerNumber => old.number.to_string(),
            Blank::LocalPart => format!("{}@", booking.local),
            Blank::Phone => format!("+491512{:07}", booking.phone),
            Blank::Start => template::minute(booking.start),
            Blank::End => template::minute(booking.start + half_hour),
            Blank::FormerStart => template::minute(old.start),
            Blank::FormerEnd => template::minute(old.start + half_hour),
            Blank::CreatedAt => template::created_at(booking.told_at),
        };
        body.extend_from_slice(text.as_bytes());
    });
}

#[cfg(test)]
mod tests {
    use calbridge_providers::normalize;

    use super::*;

    fn traffic() -> Traffic {
        let clock = Clock::standing_at("2026-11-21T12:00:00Z".parse().unwrap());
        let secret = SecretString::from("secret");
        let sender = Sender::new(
            "/hooks/t".to_owned(),
            secret,
            Mix::default(),
            clock,
            Arc::default(),
        )
        .unwrap();
        sender.one()
    }

    #[test]
    fn a_moved_booking_names_the_one_it_was() {
        let mut traffic = traffic();
        traffic.next_event(Kind::Created);
        let made = traffic.open.front().unwrap().clone();
        let (_, body) = traffic.next_event(Kind::Rescheduled);
        let text = String::from_utf8(body.clone()).unwrap();
        assert!(
            text.contains(&format!(r#""rescheduleUid":"{}""#, made.uid)),
            "{text}"
        );
        assert!(text.contains(&format!("{}@", made.local)), "{text}");
        let moved = traffic.open.front().unwrap().clone();
        assert_ne!(moved.uid, made.uid);

        let now = "2026-11-21T12:00:01Z".parse().unwrap();
        let reading = normalize(Provider::CalCom, Some("application/json"), &body, now);
        assert_eq!(reading.meaning.event_type, "BOOKING_RESCHEDULED");
        assert_eq!(
            reading.meaning.external_id.as_deref(),
            Some(moved.uid.as_str())
        );

        traffic.next_event(Kind::Cancelled);
        assert!(traffic.open.is_empty());
    }

    #[test]
    fn no_blank_keeps_what_the_emulator_wrote() {
        let mut traffic = traffic();
        for kind in [Kind::Created, Kind::Rescheduled, Kind::Cancelled] {
            let (_, body) = traffic.next_event(kind);
            let text = String::from_utf8(body).unwrap();
            assert!(!text.contains("19876543"), "{text}");
        }
    }
}
