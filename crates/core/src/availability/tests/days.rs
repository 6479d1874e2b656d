use jiff::civil::Date;
use rstest::rstest;

use super::*;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[rstest]
#[case::of_23_hours(
    "Europe/Berlin",
    "2026-03-29",
    "2026-03-28T23:00Z",
    "2026-03-29T22:00Z"
)]
#[case::of_25_hours(
    "Europe/Berlin",
    "2026-10-25",
    "2026-10-24T22:00Z",
    "2026-10-25T23:00Z"
)]
#[case::with_quarters(
    "Asia/Kathmandu",
    "2026-05-01",
    "2026-04-30T18:15Z",
    "2026-05-01T18:15Z"
)]
#[case::half_an_hour_longer(
    "Australia/Lord_Howe",
    "2026-04-05",
    "2026-04-04T13:00Z",
    "2026-04-05T13:30Z"
)]
#[case::that_begins_in_a_gap(
    "America/Sao_Paulo",
    "2017-10-15",
    "2017-10-15T03:00Z",
    "2017-10-16T02:00Z"
)]
#[case::whose_gap_began_the_day_before(
    "America/Toronto",
    "1919-03-31",
    "1919-03-31T04:30Z",
    "1919-04-01T04:00Z"
)]
#[case::that_the_zone_skipped(
    "Pacific/Apia",
    "2011-12-30",
    "2011-12-30T10:00Z",
    "2011-12-30T10:00Z"
)]
fn a_day_has_its_instants(
    #[case] name: &str,
    #[case] day: &str,
    #[case] start: &str,
    #[case] end: &str,
) {
    let range = window(date(day), date(day), &zone(name));
    assert_eq!((range.start, range.end), (at(start), at(end)));
}

#[test]
fn the_last_day_is_included() {
    let utc = TimeZone::UTC;
    let range = window(date("2026-05-01"), date("2026-05-03"), &utc);
    assert_eq!(
        (range.start, range.end),
        (at("2026-05-01T00:00Z"), at("2026-05-04T00:00Z"))
    );
    assert!(window(date("2026-05-03"), date("2026-05-01"), &utc).is_empty());
    assert!(!window(Date::MIN, Date::MAX, &zone("Pacific/Apia")).is_empty());
}

#[test]
fn slots_are_sorted_by_the_day_of_the_zone() {
    let slot = |start| Slot {
        start: at(start),
        end: at(start) + SignedDuration::from_mins(30),
    };
    let slots = [
        slot("2026-10-24T21:30Z"),
        slot("2026-10-24T22:00Z"),
        slot("2026-10-25T22:30Z"),
        slot("2026-10-27T09:00Z"),
    ];
    let days = by_day(&slots, &zone("Europe/Berlin"));
    let counts: Vec<_> = days
        .iter()
        .map(|(day, slots)| (day.to_string(), slots.len()))
        .collect();
    let expected = [("2026-10-24", 1), ("2026-10-25", 2), ("2026-10-27", 1)];
    assert_eq!(counts, expected.map(|(day, count)| (day.to_owned(), count)));
}

proptest! {
    #[test]
    fn a_window_holds_the_instants_of_its_days((zone, time) in odd_moment(), days in 0_i32..3) {
        let from = zone.to_datetime(time).date();
        let to = from.checked_add(jiff::Span::new().days(days)).unwrap();
        let range = window(from, to, &zone);
        for quarter in -500..500 {
            let time = time + SignedDuration::from_mins(quarter * 15);
            let day = zone.to_datetime(time).date();
            prop_assert_eq!(range.contains(time), from <= day && day <= to, "{}", time);
        }
    }

    #[test]
    fn every_slot_is_in_the_window_of_its_day((zone, time) in odd_moment()) {
        let slots: Vec<Slot> = (0..200)
            .map(|place| time + SignedDuration::from_mins(place * 15))
            .map(|start| Slot { start, end: start + SignedDuration::from_mins(15) })
            .collect();
        let days = by_day(&slots, &zone);
        let all: Vec<Slot> = days.iter().flat_map(|(_, slots)| slots.clone()).collect();
        prop_assert_eq!(all, slots);
        for (day, slots) in days {
            prop_assert!(!slots.is_empty());
            let range = window(day, day, &zone);
            prop_assert!(slots.iter().all(|slot| range.contains(slot.start)));
        }
    }
}
