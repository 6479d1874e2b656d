//! What a story is made of.

use calbridge::crash::Point;
use calbridge_emulator::{ApiFailure, DeliveryPlan};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::hub::at;

/// Times that people want: few, so that they meet; some overlap.
const STARTS: [&str; 5] = [
    "2026-01-12T09:00:00Z",
    "2026-01-12T09:15:00Z",
    "2026-01-12T09:30:00Z",
    "2026-01-12T10:00:00Z",
    "2026-01-13T10:00:00Z",
];

/// People who come; the first one is known.
pub const PEOPLE: [&str; 3] = ["ann@example.org", "bo@example.org", "cid@example.org"];

/// Event types of one host, by what they are called at the provider.
pub const EVENT_TYPES: [&str; 2] = ["intro", "video-call"];

/// What happens, and how badly webhooks travel meanwhile.
#[derive(Clone, Debug)]
pub struct Story {
    pub steps: Vec<Step>,
    /// In tenths: lost, twice, in another order, late.
    travel: [u8; 4],
}

impl Story {
    pub fn deliveries(&self) -> DeliveryPlan {
        let [drop, duplicate, reorder, delay] = self.travel.map(|tenths| f64::from(tenths) / 10.0);
        DeliveryPlan {
            drop,
            duplicate,
            reorder,
            delay,
            delay_millis: 20,
            ..DeliveryPlan::default()
        }
    }
}

/// One thing after the other.
#[derive(Clone, Debug)]
pub enum Step {
    /// Somebody books.
    Book(Wish, Trouble),
    /// Whoever gave their last request a name sends it again.
    Again(Trouble),
    /// Somebody moves one of the bookings that we told of.
    Move(usize, Start, Trouble),
    /// Somebody calls one off.
    Cancel(usize, Trouble),
    /// So many want one time at once.
    Rush(Wish, usize, Trouble),
    /// Somebody does something at the provider itself.
    There(Deed),
    /// So many minutes pass, and what is due is done.
    Later(i64, Trouble),
    /// An operator has both sides compared.
    Sweep(Trouble),
    /// An operator starts the hub anew.
    Restart,
}

/// A start that somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct Start(usize);

impl Start {
    pub fn time(self) -> Timestamp {
        at(STARTS[self.0])
    }
}

/// What somebody wants to book.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub who: usize,
    pub event_type: usize,
    /// `None`: the next free time.
    pub start: Option<Start>,
    pub name: Name,
}

/// Whether a request has a name of its caller's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Name {
    None,
    Given,
}

/// Something at the provider.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// A stranger books.
    Book(Start),
    /// A booking is moved, to a time that nobody here wants.
    Move(usize),
    /// A booking is called off.
    Cancel(usize),
}

/// What goes wrong during a step.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    pub provider: Option<(Asked, ApiFailure)>,
    /// Where this process ends, after how many passes.
    pub crash: Option<(Point, u32)>,
}

/// Requests to the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// The next one that changes something.
    ToChange,
    /// All that look for something.
    ToLook,
}

pub fn story() -> impl Strategy<Value = Story> {
    let travel = [0..5_u8, 0..5_u8, 0..5_u8, 0..5_u8];
    let steps = prop::collection::vec(step(), 2..12);
    (steps, travel).prop_map(|(steps, travel)| Story { steps, travel })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (wish(), trouble()).prop_map(|(wish, trouble)| Step::Book(wish, trouble)),
        2 => trouble().prop_map(Step::Again),
        5 => (0..4_usize, start(), trouble()).prop_map(|(which, to, trouble)| Step::Move(which, to, trouble)),
        3 => (0..4_usize, trouble()).prop_map(|(which, trouble)| Step::Cancel(which, trouble)),
        1 => (wish(), 2..6_usize, trouble()).prop_map(|(wish, callers, trouble)| Step::Rush(wish, callers, trouble)),
        3 => deed().prop_map(Step::There),
        3 => (0..180_i64, trouble()).prop_map(|(minutes, trouble)| Step::Later(minutes, trouble)),
        1 => trouble().prop_map(Step::Sweep),
        1 => Just(Step::Restart),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    let name = prop_oneof![Just(Name::None), Just(Name::Given)];
    let start = prop::option::weighted(0.8, start());
    (0..PEOPLE.len(), 0..EVENT_TYPES.len(), start, name).prop_map(
        |(who, event_type, start, name)| Wish {
            who,
            event_type,
            start,
            name,
        },
    )
}

fn start() -> impl Strategy<Value = Start> {
    (0..STARTS.len()).prop_map(Start)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => start().prop_map(Deed::Book),
        2 => (0..4_usize).prop_map(Deed::Move),
        2 => (0..4_usize).prop_map(Deed::Cancel),
    ]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let provider = prop_oneof![
        (Just(Asked::ToChange), failure()),
        (Just(Asked::ToLook), Just(ApiFailure::Status(500))),
        (
            Just(Asked::ToLook),
            Just(ApiFailure::TooMany { reset_seconds: 20 })
        ),
    ];
    let crash = (prop::sample::select(Point::ALL.to_vec()), 0..2_u32);
    let provider = prop::option::weighted(0.35, provider);
    (provider, prop::option::weighted(0.4, crash))
        .prop_map(|(provider, crash)| Trouble { provider, crash })
}

/// Those that a server that is well would never show are not among them, such as a booking behind a 409.
fn failure() -> impl Strategy<Value = ApiFailure> {
    prop::sample::select(vec![
        ApiFailure::CutMidway,
        ApiFailure::Status(500),
        ApiFailure::Status(503),
        ApiFailure::Status(400),
        ApiFailure::Status(409),
        ApiFailure::TooMany { reset_seconds: 20 },
        ApiFailure::DoneButRefused(400),
        ApiFailure::DoneButRefused(500),
        ApiFailure::StrangersBooking,
    ])
}
