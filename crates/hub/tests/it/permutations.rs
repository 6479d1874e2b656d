//! Whatever the order and however often: the same rows.

use std::collections::BTreeMap;

use calbridge_emulator::{
    CalCom, Calendly, Delivery,
    calcom::{By, CancelledBy, NewBooking, ResponseForm},
    calendly::{Canceler, NewInvitee},
};
use calbridge_store::{Store, each_engine};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config as PropConfig, RngAlgorithm, TestRng, TestRunner},
};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use calbridge::rebuild::Mode;

use crate::{
    hub::{Place, TestHub, at, dump},
    rebuild::rebuilt,
};

/// What can happen next; impossible things are skipped.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Book,
    Request,
    Confirm,
    Decline,
    Reschedule,
    Cancel,
    MarkAbsent(bool),
    End,
    TakePlace(u8),
    LeavePlace(u8),
    MovePlace(u8),
    Pay,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => Just(Happening::Book),
        1 => Just(Happening::Request),
        1 => Just(Happening::Confirm),
        1 => Just(Happening::Decline),
        3 => Just(Happening::Reschedule),
        2 => Just(Happening::Cancel),
        2 => any::<bool>().prop_map(Happening::MarkAbsent),
        1 => Just(Happening::End),
        2 => (0_u8..3).prop_map(Happening::TakePlace),
        1 => (0_u8..3).prop_map(Happening::LeavePlace),
        1 => (0_u8..3).prop_map(Happening::MovePlace),
        1 => Just(Happening::Pay),
    ]
}

const NAMES: [&str; 3] = ["Анна Ли", "山田 太郎", "Bob O'Neil"];

fn email(n: u8) -> String {
    format!("person{n}@example.org")
}

/// The deliveries of a story at Cal.com.
fn at_calcom(seed: u64, happenings: &[Happening]) -> Vec<Delivery> {
    let mut cal = CalCom::new(seed);
    let mut deliveries = Vec::new();
    let mut current = None;
    let mut seats: BTreeMap<u8, _> = BTreeMap::new();
    let mut clock = Ticks::new();
    for happening in happenings {
        let now = clock.now();
        let sent = match *happening {
            Happening::Book | Happening::Request | Happening::Pay if current.is_none() => {
                let slug = match happening {
                    Happening::Request => "consultation",
                    Happening::Pay => "paid-consult",
                    _ => "intro",
                };
                let new = NewBooking {
                    guests: vec!["guest@example.org".to_owned()],
                    ..NewBooking::new(slug, clock.start(), NAMES[0], email(0))
                };
                cal.book(new, now).ok().map(|(uid, sent)| {
                    current = Some(uid);
                    sent
                })
            }
            Happening::Pay => current.as_ref().and_then(|uid| cal.pay(uid, now).ok()),
            Happening::Confirm => current.as_ref().and_then(|uid| cal.confirm(uid, now).ok()),
            Happening::Decline => current
                .as_ref()
                .and_then(|uid| cal.decline(uid, Some("no"), now).ok()),
            Happening::Reschedule => current
                .clone()
                .and_then(|uid| cal.reschedule(&uid, clock.start(), By::Booker, now).ok())
                .map(|(uid, sent)| {
                    current = Some(uid);
                    sent
                }),
            Happening::Cancel => current
                .as_ref()
                .and_then(|uid| cal.cancel(uid, CancelledBy::Booker, Some("ill"), now).ok()),
            Happening::MarkAbsent(absent) => current.as_ref().and_then(|uid| {
                cal.mark_absent(uid, &[(email(0).as_str(), absent)], clock.late())
                    .ok()
            }),
            Happening::End => current.as_ref().and_then(|uid| {
                cal.meeting_ended(uid, ResponseForm::Labelled, clock.late())
                    .ok()
            }),
            Happening::TakePlace(n) => {
                let new = NewBooking::new(
                    "group-class",
                    at("2026-09-01T10:00:00Z"),
                    NAMES[usize::from(n)],
                    email(n),
                );
                cal.book_seat(new, now).ok().map(|(uid, place, sent)| {
                    seats.insert(n, (uid, place));
                    sent
                })
            }
            Happening::LeavePlace(n) => seats
                .remove(&n)
                .and_then(|(uid, seat)| cal.cancel_seat(&uid, &seat, None, now).ok()),
            Happening::MovePlace(n) => seats.get(&n).cloned().and_then(|(uid, seat)| {
                let to = at("2026-09-02T10:00:00Z");
                let (uid, place, sent) = cal.move_seat(&uid, &seat, to, now).ok()?;
                seats.insert(n, (uid, place));
                Some(sent)
            }),
            Happening::Book | Happening::Request => None,
        };
        deliveries.extend(sent.into_iter().flatten());
    }
    deliveries
}

/// The deliveries of a story at Calendly.
fn at_calendly(seed: u64, happenings: &[Happening]) -> Vec<Delivery> {
    let mut calendly = Calendly::new(seed);
    let mut deliveries = Vec::new();
    let mut current = None;
    let mut places: BTreeMap<u8, _> = BTreeMap::new();
    let mut clock = Ticks::new();
    for happening in happenings {
        let now = clock.now();
        let sent = match *happening {
            Happening::Book if current.is_none() => {
                let new = NewInvitee::new("first-assessment", clock.start(), NAMES[0], email(0));
                calendly.book(new, now).ok().map(|(invitee, sent)| {
                    current = Some(invitee);
                    sent
                })
            }
            Happening::Reschedule => current
                .clone()
                .and_then(|invitee| {
                    calendly
                        .reschedule(&invitee, clock.start(), Canceler::Invitee, None, now)
                        .ok()
                })
                .map(|(invitee, sent)| {
                    current = Some(invitee);
                    sent.into_iter().collect()
                }),
            Happening::Cancel => current.as_ref().and_then(|invitee| {
                calendly
                    .cancel(invitee, Canceler::Host, Some("ill"), now)
                    .ok()
            }),
            Happening::MarkAbsent(true) => current
                .as_ref()
                .and_then(|invitee| calendly.mark_no_show(invitee, clock.late()).ok()),
            Happening::MarkAbsent(false) => current
                .as_ref()
                .and_then(|invitee| calendly.unmark_no_show(invitee, clock.late()).ok()),
            Happening::TakePlace(n) => {
                let start = at("2026-09-01T10:00:00Z");
                let new =
                    NewInvitee::new("back-care-class", start, NAMES[usize::from(n)], email(n));
                calendly
                    .book_group_place(new, now)
                    .ok()
                    .map(|(invitee, sent)| {
                        places.insert(n, invitee);
                        sent
                    })
            }
            Happening::LeavePlace(n) => places
                .remove(&n)
                .and_then(|invitee| calendly.cancel(&invitee, Canceler::Invitee, None, now).ok()),
            Happening::MovePlace(n) => places.get(&n).cloned().and_then(|invitee| {
                let to = at("2026-09-02T10:00:00Z");
                let (invitee, sent) = calendly
                    .reschedule(&invitee, to, Canceler::Invitee, None, now)
                    .ok()?;
                places.insert(n, invitee);
                Some(sent.into_iter().collect())
            }),
            _ => None,
        };
        deliveries.extend(sent.into_iter().flatten());
    }
    deliveries
}

/// Times of a story: things happen minutes apart, meetings are days apart.
struct Ticks {
    minutes: i64,
    days: i64,
}

impl Ticks {
    fn new() -> Self {
        Self {
            minutes: 0,
            days: 0,
        }
    }

    fn now(&mut self) -> Timestamp {
        self.minutes += 7;
        at("2026-01-05T08:00:00Z") + SignedDuration::from_mins(self.minutes)
    }

    fn start(&mut self) -> Timestamp {
        self.days += 1;
        at("2026-05-01T10:00:00Z") + SignedDuration::from_hours(24 * self.days)
    }

    /// After every meeting.
    fn late(&mut self) -> Timestamp {
        self.minutes += 7;
        at("2026-08-01T08:00:00Z") + SignedDuration::from_mins(self.minutes)
    }
}

/// Deliver a story in this order and in that one, to a place of its own each, and compare the rows.
async fn assert_same(hub: &TestHub, in_order: &[Delivery], shuffled: &[Delivery], together: bool) {
    let (one, other) = (hub.new_place().await, hub.new_place().await);
    hub.deliver_all(&one, in_order).await;
    if together {
        let answers = join_all(
            shuffled
                .iter()
                .map(|delivery| hub.deliver(&other, delivery)),
        )
        .await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    } else {
        hub.deliver_all(&other, shuffled).await;
    }
    let names: Vec<_> = shuffled
        .iter()
        .map(|delivery| (&delivery.event, delivery.created_at))
        .collect();
    pretty_eq(
        &dump(hub, &one).await,
        &dump(hub, &other).await,
        &format!("{names:#?}"),
    );
}

fn pretty_eq(
    one: &BTreeMap<&'static str, Vec<String>>,
    other: &BTreeMap<&'static str, Vec<String>>,
    about: &str,
) {
    for (table, rows) in one {
        let others = &other[table];
        assert!(
            rows == others,
            "table {table} differs\nin order: {rows:#?}\notherwise: {others:#?}\nwhen delivered as {about}"
        );
    }
}

fn stories(cases: u32, seed: u64) -> Vec<(Vec<Delivery>, Vec<Happening>)> {
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(PropConfig::default(), rng);
    let strategy = prop::collection::vec(happening(), 2..10);
    (0..cases)
        .filter_map(|n| {
            let happenings = strategy.new_tree(&mut runner).unwrap().current();
            let deliveries = if n % 2 == 0 {
                at_calcom(u64::from(n), &happenings)
            } else {
                at_calendly(u64::from(n), &happenings)
            };
            (!deliveries.is_empty()).then_some((deliveries, happenings))
        })
        .collect()
}

pub fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() <= 1 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for n in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(n);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}

each_engine! {
    async fn any_order_with_repetitions_ends_in_the_same_rows(store: Store) {
        let hub = TestHub::over(store).await;
        let mut rng = StdRng::seed_from_u64(7);
        for (n, (deliveries, _)) in stories(60, 1).into_iter().enumerate() {
            let mut shuffled = deliveries.clone();
            let repeated: Vec<_> = deliveries.iter().take(3).cloned().collect();
            shuffled.extend(repeated);
            shuffled.shuffle(&mut rng);
            assert_same(&hub, &deliveries, &shuffled, n % 3 == 0).await;
        }
    }

    async fn every_order_of_a_short_story_ends_in_the_same_rows(store: Store) {
        let hub = TestHub::over(store).await;
        let short = [
            at_calcom(1, &[Happening::Request, Happening::Reschedule, Happening::Confirm, Happening::Cancel]),
            at_calcom(2, &[Happening::Book, Happening::Reschedule, Happening::Reschedule, Happening::End, Happening::MarkAbsent(true)]),
            at_calendly(3, &[Happening::Book, Happening::Reschedule, Happening::MarkAbsent(true), Happening::MarkAbsent(false)]),
            at_calcom(4, &[Happening::TakePlace(0), Happening::TakePlace(1), Happening::MovePlace(0), Happening::LeavePlace(1)]),
            at_calendly(5, &[Happening::TakePlace(0), Happening::TakePlace(1), Happening::MovePlace(0), Happening::LeavePlace(1)]),
        ];
        let places = hub.new_places(121).await;
        let (first, others) = places.split_first().unwrap();
        for story in &short {
            assert!((3..=5).contains(&story.len()), "{}", story.len());
            hub.empty(first).await;
            hub.deliver_all(first, story).await;
            let expected = dump(&hub, first).await;
            // Several at a time, so that deliveries of different places share transactions.
            let orders = permutations(story);
            let check = async |order: &[Delivery], place: &Place| {
                hub.empty(place).await;
                hub.deliver_all(place, order).await;
                let names: Vec<_> = order.iter().map(|delivery| &delivery.event).collect();
                pretty_eq(&expected, &dump(&hub, place).await, &format!("{names:?}"));
            };
            for (orders, places) in orders.chunks(12).zip(others.chunks(12)) {
                join_all(orders.iter().zip(places).map(|(order, place)| check(order, place))).await;
            }
        }
    }

    async fn whatever_the_order_a_rebuild_finds_nothing_to_mend(store: Store) {
        let hub = TestHub::over(store).await;
        let mut rng = StdRng::seed_from_u64(8);
        for (mut deliveries, happenings) in stories(40, 2) {
            deliveries.shuffle(&mut rng);
            let place = hub.new_place().await;
            hub.deliver_all(&place, &deliveries).await;
            let (summary, found) = rebuilt(&hub, &place, Mode::Look).await;
            assert_eq!(summary.differences, 0, "{happenings:?}: {found:#?}");
        }
    }
}
