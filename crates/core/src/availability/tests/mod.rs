mod days;
mod free;
mod opening;

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// Zones with days of other lengths than others have, each with a moment near which that shows.
const ODD_DAYS: [(&str, &str); 9] = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-03-08T07:00Z"),
    ("Asia/Kathmandu", "1985-12-31T18:30Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("America/Sao_Paulo", "2017-10-15T03:00Z"),
];

/// A zone and a quarter of an hour within some days of when its clocks change.
fn odd_moment() -> impl Strategy<Value = (TimeZone, Timestamp)> {
    (prop::sample::select(ODD_DAYS.to_vec()), -400_i64..400).prop_map(|((name, time), quarters)| {
        let time = at(time) + SignedDuration::from_mins(quarters * 15);
        (zone(name), time)
    })
}
