//! A booking read from the provider tells the same story as its messages.

use calbridge::upstream::{self, Target, Wish};
use calbridge_core::{
    change::{Change, Verdict},
    ids::TenantId,
    lane::Lane,
    scope::Scope,
    story::{Fact, MoveKind, Story, tell},
};
use calbridge_emulator::{
    CalCom, Delivery,
    calcom::{By, CancelledBy, NewBooking},
};
use calbridge_providers::{
    calcom_api::{
        self, ProviderBooking,
        bookings::{self, BookingsQuery, Position},
    },
    normalize,
};
use calbridge_store::{Store, each_engine};
use jiff::{SignedDuration, Timestamp};

use crate::{hub::at, provider::WithProvider};

const WHO: &str = "ann@example.org";

/// Everything the provider's list has.
pub async fn recorded(with: &WithProvider, target: &Target) -> Vec<ProviderBooking> {
    let everything = BookingsQuery::default();
    let mut all = Vec::new();
    let mut next = Some(Position::Start);
    while let Some(position) = next {
        let call = bookings::list(target.profile, &everything, &position);
        let answered = upstream::ask(&with.hub.app, target, &call, Wish::of(Lane::Sync)).await;
        let page = answered.unwrap().value;
        all.extend(page.bookings);
        next = page.next;
    }
    all
}

fn told(deliveries: &[Delivery]) -> Vec<Change> {
    deliveries
        .iter()
        .flat_map(|delivery| {
            let provider = calbridge_core::provider::Provider::CalCom;
            let body = delivery.body.clone();
            let reading = normalize(
                provider,
                Some("application/json"),
                &body,
                delivery.created_at,
            );
            match reading.meaning.verdict {
                Verdict::Apply(changes) => changes,
                Verdict::Ignore(_) | Verdict::Unreadable(_) => Vec::new(),
            }
        })
        .collect()
}

fn story(facts: &[Change]) -> Story {
    let facts: Vec<Fact> = facts.iter().cloned().map(Fact::from).collect();
    tell(&facts).unwrap()
}

fn moves(story: &Story) -> Vec<(MoveKind, Timestamp, Vec<String>, String)> {
    let moves = story.moves();
    moves
        .map(|(step, one)| {
            (
                one.kind,
                step.at,
                one.concerned.clone(),
                step.fingerprint.clone(),
            )
        })
        .collect()
}

/// What a record says as well as messages do.
fn face(story: &Story) -> String {
    let standing = &story.standing;
    let mut people: Vec<_> = standing
        .attendees
        .iter()
        .map(|one| {
            let text = |told: &Option<calbridge_core::story::Told<String>>| {
                told.as_ref().map(|told| told.value.clone())
            };
            let name = one.name.as_ref().map(|told| told.value.full.clone());
            (
                one.key.clone(),
                one.role,
                name,
                text(&one.email),
                text(&one.time_zone),
                one.place,
                one.absent,
            )
        })
        .collect();
    // No record says when somebody joined.
    people.sort_by(|one, other| one.0.cmp(&other.0));
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {people:?}",
        standing.state,
        standing.subject,
        standing.number,
        standing.title,
        standing.start,
        standing.end,
        standing.event_type,
        standing.event_type_slug,
        standing.cancellation_reason,
        standing.notes.as_ref().map(|told| &told.value),
        standing.group,
    )
}

pub type Deed = fn(&mut CalCom, &mut Steps) -> Option<Vec<Delivery>>;

/// Things happen minutes apart.
pub struct Steps {
    now: Timestamp,
    uid: Option<calbridge_emulator::calcom::BookingUid>,
    days: i64,
}

impl Steps {
    fn start(&mut self) -> Timestamp {
        self.days += 1;
        at("2026-02-02T10:00:00Z") + SignedDuration::from_hours(24 * self.days)
    }
}

fn new(slug: &str, start: Timestamp) -> NewBooking {
    NewBooking {
        guests: vec!["guest@example.org".to_owned()],
        notes: Some("knee".to_owned()),
        ..NewBooking::new(slug, start, "Ann Li", WHO)
    }
}

const BOOK: Deed = |cal, steps| {
    let new = new("intro", steps.start());
    let (uid, sent) = cal.book(new, steps.now).ok()?;
    steps.uid = Some(uid);
    Some(sent)
};
const REQUEST: Deed = |cal, steps| {
    let new = new("consultation", steps.start());
    let (uid, sent) = cal.book(new, steps.now).ok()?;
    steps.uid = Some(uid);
    Some(sent)
};
const CONFIRM: Deed = |cal, steps| cal.confirm(steps.uid.as_ref()?, steps.now).ok();
const DECLINE: Deed = |cal, steps| cal.decline(steps.uid.as_ref()?, None, steps.now).ok();
const CANCEL: Deed = |cal, steps| {
    cal.cancel(
        steps.uid.as_ref()?,
        CancelledBy::Booker,
        Some("ill"),
        steps.now,
    )
    .ok()
};
const MOVE: Deed = |cal, steps| {
    let start = steps.start();
    let (uid, sent) = cal
        .reschedule(steps.uid.as_ref()?, start, By::Booker, steps.now)
        .ok()?;
    steps.uid = Some(uid);
    Some(sent)
};
const MISS: Deed = |cal, steps| {
    steps.now = at("2026-04-01T10:00:00Z");
    cal.mark_absent(steps.uid.as_ref()?, &[(WHO, true)], steps.now)
        .ok()
};
const SEAT: Deed = |cal, steps| {
    let start = at("2026-03-01T10:00:00Z");
    steps.days += 1;
    let email = format!("seat{}@example.org", steps.days);
    let new = NewBooking::new("group-class", start, "Bo", email.as_str());
    let (uid, _, sent) = cal.book_seat(new, steps.now).ok()?;
    steps.uid = Some(uid);
    Some(sent)
};

pub const STORIES: &[(&str, &[Deed])] = &[
    ("booked", &[BOOK]),
    ("booked and cancelled", &[BOOK, CANCEL]),
    ("moved", &[BOOK, MOVE]),
    ("moved twice and cancelled", &[BOOK, MOVE, MOVE, CANCEL]),
    ("requested", &[REQUEST]),
    ("requested and confirmed", &[REQUEST, CONFIRM]),
    ("requested and declined", &[REQUEST, DECLINE]),
    ("requested, confirmed and moved", &[REQUEST, CONFIRM, MOVE]),
    ("missed", &[BOOK, MISS]),
    ("moved and missed", &[BOOK, MOVE, MISS]),
    ("three seats", &[SEAT, SEAT, SEAT]),
];

/// Let a story happen, with meetings so many days later than usual; what is sent about it.
pub fn play(with: &WithProvider, name: &str, deeds: &[Deed], days: i64) -> Vec<Delivery> {
    with.provider.edit_calcom(|cal| {
        let now = at("2026-01-10T10:00:00Z");
        let mut steps = Steps {
            now,
            uid: None,
            days,
        };
        let mut sent = Vec::new();
        for deed in deeds {
            steps.now += SignedDuration::from_mins(7);
            sent.extend(deed(cal, &mut steps).unwrap_or_else(|| panic!("{name}")));
        }
        sent
    })
}

each_engine! {
    async fn a_record_adds_nothing_to_what_messages_told(store: Store) {
        let with = WithProvider::start(store).await;
        let connection = with.connect(TenantId(1), "cal").await;
        let scope = Scope::cli(TenantId(1));
        let target = upstream::target(&with.hub.app, &scope, connection.id).await.unwrap();
        for (name, deeds) in STORIES {
            with.provider.edit_calcom(|cal| *cal = CalCom::new(1));
            let sent = play(&with, name, deeds, 0);
            let records = recorded(&with, &target).await;
            let read: Vec<Change> = records.iter().flat_map(calcom_api::facts).collect();
            let messages = told(&sent);
            let (by_message, by_record) = (story(&messages), story(&read));
            let both: Vec<Change> = read.iter().chain(&messages).cloned().collect();
            let both = story(&both);
            assert_eq!(face(&by_message), face(&by_record), "{name}: messages, then records");
            assert_eq!(face(&by_message), face(&both), "{name}: both");
            assert_eq!(moves(&by_message), moves(&both), "{name}: no second effect");
            // Whatever is missing among the messages, the record makes up for.
            for skipped in 0..messages.len() {
                let mut some = read.clone();
                let rest = messages.iter().enumerate().filter(|(at, _)| *at != skipped);
                some.extend(rest.map(|(_, change)| change.clone()));
                assert_eq!(face(&by_message), face(&story(&some)), "{name} without message {skipped}");
            }
        }
    }
}
