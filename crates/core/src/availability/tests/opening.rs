use jiff::civil::{Date, Weekday};

use super::*;

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn hours(from: u16, to: u16) -> Hours {
    Hours::new(from, to).unwrap()
}

fn daily(from: u16, to: u16) -> OpeningRule {
    OpeningRule {
        days: EVERY_DAY.to_vec(),
        hours: hours(from, to),
    }
}

fn day_in_berlin(day: &str) -> Range {
    let day: Date = day.parse().unwrap();
    window(day, day, &zone("Europe/Berlin"))
}

/// Ranges as text, of one day in Berlin.
fn open(rules: &[OpeningRule], overrides: &[Override], day: &str) -> Vec<String> {
    let open = opening_hours(rules, overrides, &zone("Europe/Berlin"), day_in_berlin(day));
    open.iter()
        .map(|range| format!("{} {}", range.start, range.end))
        .collect()
}

#[test]
fn hours_are_those_of_the_wall_clock() {
    let rules = [daily(9 * 60, 17 * 60)];
    assert_eq!(
        open(&rules, &[], "2026-03-28"),
        ["2026-03-28T08:00:00Z 2026-03-28T16:00:00Z"]
    );
    assert_eq!(
        open(&rules, &[], "2026-03-29"),
        ["2026-03-29T07:00:00Z 2026-03-29T15:00:00Z"]
    );
}

#[test]
fn an_hour_that_is_skipped_is_not_open() {
    assert_eq!(
        open(&[daily(60, 240)], &[], "2026-03-29"),
        ["2026-03-29T00:00:00Z 2026-03-29T02:00:00Z"]
    );
    assert!(open(&[daily(120, 180)], &[], "2026-03-29").is_empty());
}

#[test]
fn an_hour_that_comes_twice_is_open_twice() {
    assert_eq!(
        open(&[daily(120, 150)], &[], "2026-10-25"),
        [
            "2026-10-25T00:00:00Z 2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z 2026-10-25T01:30:00Z"
        ],
    );
    assert_eq!(
        open(&[daily(120, 180)], &[], "2026-10-25"),
        ["2026-10-25T00:00:00Z 2026-10-25T02:00:00Z"]
    );
}

#[test]
fn a_day_of_its_own_replaces_the_week() {
    let date: Date = "2026-03-02".parse().unwrap();
    let rules = [daily(0, 1440)];
    let special = [
        Override {
            date,
            hours: Some(hours(600, 660)),
        },
        Override {
            date,
            hours: Some(hours(780, 840)),
        },
    ];
    assert_eq!(
        open(&rules, &special, "2026-03-02"),
        [
            "2026-03-02T09:00:00Z 2026-03-02T10:00:00Z",
            "2026-03-02T12:00:00Z 2026-03-02T13:00:00Z"
        ],
    );
    assert!(open(&rules, &[Override { date, hours: None }], "2026-03-02").is_empty());
}

#[test]
fn what_touches_or_overlaps_is_one() {
    let rules = [daily(540, 600), daily(600, 660), daily(630, 720)];
    assert_eq!(
        open(&rules, &[], "2026-03-02"),
        ["2026-03-02T08:00:00Z 2026-03-02T11:00:00Z"]
    );
    let range = window(
        "2026-03-02".parse().unwrap(),
        "2026-03-08".parse().unwrap(),
        &TimeZone::UTC,
    );
    assert_eq!(
        opening_hours(&[daily(0, 1440)], &[], &TimeZone::UTC, range),
        [range]
    );
}

#[test]
fn hours_end_after_they_begin() {
    assert_eq!(Hours::new(600, 600), None);
    assert_eq!(Hours::new(600, 540), None);
    assert_eq!(Hours::new(0, 1441), None);
}

fn any_hours() -> impl Strategy<Value = Hours> {
    (0_u16..96, 1_u16..=96).prop_filter_map("empty", |(from, to)| Hours::new(from * 15, to * 15))
}

fn any_rule() -> impl Strategy<Value = OpeningRule> {
    let days = prop::sample::subsequence(EVERY_DAY.to_vec(), 0..=7);
    (days, any_hours()).prop_map(|(days, hours)| OpeningRule { days, hours })
}

proptest! {
    #[test]
    fn it_is_open_when_the_wall_clock_says_so(
        (zone, time) in odd_moment(),
        rules in prop::collection::vec(any_rule(), 0..4),
        overrides in prop::collection::vec((-2_i32..5, prop::option::of(any_hours())), 0..3),
        length in 0_i64..300,
    ) {
        let first = zone.to_datetime(time).date();
        let overrides: Vec<Override> = overrides
            .into_iter()
            .map(|(days, hours)| {
                let date = first.checked_add(jiff::Span::new().days(days)).unwrap();
                Override { date, hours }
            })
            .collect();
        let range = Range { start: time, end: time + SignedDuration::from_mins(length * 15) };
        let open = opening_hours(&rules, &overrides, &zone, range);
        for (one, next) in open.iter().zip(open.iter().skip(1)) {
            prop_assert!(one.end < next.start);
        }
        for quarter in -100..400 {
            let time = time + SignedDuration::from_mins(quarter * 15);
            let wall = zone.to_datetime(time);
            let of_day: Vec<_> = overrides.iter().filter(|one| one.date == wall.date()).collect();
            let weekly = rules.iter().filter(|rule| rule.days.contains(&wall.date().weekday()));
            let hours: Vec<Hours> = if of_day.is_empty() {
                weekly.map(|rule| rule.hours).collect()
            } else {
                of_day.iter().filter_map(|one| one.hours).collect()
            };
            let minute = u16::try_from(i16::from(wall.hour()) * 60 + i16::from(wall.minute())).unwrap();
            let shown = hours.iter().any(|hours| hours.from <= minute && minute < hours.to);
            let expected = shown && range.contains(time);
            let found = open.iter().any(|range| range.contains(time));
            prop_assert_eq!(found, expected, "{} {}", time, wall);
        }
    }
}
