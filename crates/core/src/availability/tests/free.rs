use rstest::rstest;

use super::*;

/// A minute of a day on which nothing special happens.
fn minute(minutes: i64) -> Timestamp {
    at("2026-03-02T00:00Z") + SignedDuration::from_mins(minutes)
}

fn slot(start: i64, length: i64) -> Slot {
    Slot {
        start: minute(start),
        end: minute(start + length),
    }
}

fn taken(start: i64, length: i64) -> Taken {
    Taken::between(minute(start), minute(start + length))
}

fn of_host(host: i64, taken: Taken) -> Taken {
    Taken {
        host: Some(HostRef(host)),
        ..taken
    }
}

fn whole_day() -> Range {
    Range {
        start: minute(0),
        end: minute(24 * 60),
    }
}

/// The starts, in minutes, that are free at midnight.
fn starts(slots: &[Slot], taken: &[Taken], rules: &Rules) -> Vec<i64> {
    let free = free(Offer { slots }, taken, rules, whole_day(), minute(0));
    assert_eq!(free.reason.is_some(), free.slots.is_empty());
    let since = |slot: &Slot| slot.start.duration_since(minute(0)).as_mins();
    free.slots.iter().map(since).collect()
}

fn hourly() -> Vec<Slot> {
    [600, 660, 720].map(|start| slot(start, 60)).to_vec()
}

#[test]
fn what_touches_is_not_in_the_way() {
    assert_eq!(
        starts(&hourly(), &[taken(660, 60)], &Rules::default()),
        [600, 720]
    );
    assert_eq!(
        starts(
            &hourly(),
            &[taken(659, 1), taken(720, 1)],
            &Rules::default()
        ),
        [660]
    );
}

#[test]
fn buffers_are_kept_free_on_both_sides() {
    let rules = Rules {
        before_buffer: SignedDuration::from_mins(10),
        after_buffer: SignedDuration::from_mins(5),
        ..Rules::default()
    };
    assert_eq!(starts(&hourly(), &[taken(640, 11)], &rules), [720]);
    assert_eq!(starts(&hourly(), &[taken(640, 10)], &rules), [660, 720]);
    assert_eq!(starts(&hourly(), &[taken(780, 5)], &rules), [600, 660]);
    assert_eq!(starts(&hourly(), &[taken(785, 5)], &rules), [600, 660, 720]);
}

#[test]
fn a_booking_keeps_its_own_buffers_free_too() {
    let booked = Taken {
        after_buffer: SignedDuration::from_mins(15),
        ..taken(540, 60)
    };
    assert_eq!(starts(&hourly(), &[booked], &Rules::default()), [660, 720]);
}

#[test]
fn hosts_take_turns_until_all_are_taken() {
    let rules = Rules {
        hosts: HostRule::Any(2),
        ..Rules::default()
    };
    let one = of_host(1, taken(600, 120));
    assert_eq!(starts(&hourly(), &[one], &rules), [600, 660, 720]);
    let again = of_host(1, taken(610, 5));
    assert_eq!(starts(&hourly(), &[one, again], &rules), [600, 660, 720]);
    let other = of_host(2, taken(690, 10));
    assert_eq!(starts(&hourly(), &[one, again, other], &rules), [600, 720]);
    // Whoever it is, it may be the other one.
    assert_eq!(starts(&hourly(), &[one, taken(610, 5)], &rules), [660, 720]);
    assert!(
        starts(
            &hourly(),
            &[],
            &Rules {
                hosts: HostRule::Any(0),
                ..rules
            }
        )
        .is_empty()
    );
}

#[rstest]
#[case(HostRule::One)]
#[case(HostRule::All)]
fn one_that_is_taken_is_enough_where_all_meet(#[case] hosts: HostRule) {
    let rules = Rules {
        hosts,
        ..Rules::default()
    };
    let taken = [of_host(1, taken(600, 60)), of_host(2, taken(720, 60))];
    assert_eq!(starts(&hourly(), &taken, &rules), [660]);
}

#[test]
fn a_meeting_is_joined_until_its_places_are_taken() {
    let rules = Rules {
        capacity: Some(3),
        ..Rules::default()
    };
    let seats = |count, taken| Taken {
        seats: Some(count),
        ..taken
    };
    let meeting = [seats(1, taken(600, 60)), seats(1, taken(600, 60))];
    assert_eq!(starts(&hourly(), &meeting, &rules), [600, 660, 720]);
    let full = [meeting[0], meeting[1], seats(1, taken(600, 60))];
    assert_eq!(starts(&hourly(), &full, &rules), [660, 720]);
    // It is in the way of what only overlaps it, and something else is in the way of it.
    assert_eq!(starts(&[slot(610, 60)], &meeting, &rules), [0; 0]);
    assert_eq!(
        starts(&hourly(), &[meeting[0], taken(630, 1)], &rules),
        [660, 720]
    );
    // Whoever asks for a meeting of his own does not join.
    assert_eq!(starts(&hourly(), &meeting, &Rules::default()), [660, 720]);
}

#[test]
fn slots_come_in_order_and_once() {
    let slots = [
        slot(720, 30),
        slot(600, 30),
        slot(720, 30),
        slot(660, 0),
        slot(690, -5),
        slot(-30, 30),
        slot(1440, 30),
    ];
    assert_eq!(starts(&slots, &[], &Rules::default()), [600, 720]);
}

#[test]
fn a_length_that_was_chosen_counts_instead_of_the_offered_one() {
    let rules = Rules {
        length: Some(SignedDuration::from_mins(90)),
        ..Rules::default()
    };
    let free = free(
        Offer {
            slots: &[slot(600, 30), slot(600, 60)],
        },
        &[],
        &rules,
        whole_day(),
        minute(0),
    );
    assert_eq!(free.slots, [slot(600, 90)]);
}

#[test]
fn notice_and_horizon_bound_what_is_free() {
    let rules = |notice, horizon| Rules {
        minimum_notice: SignedDuration::from_mins(notice),
        horizon,
        ..Rules::default()
    };
    assert_eq!(starts(&hourly(), &[], &rules(660, None)), [660, 720]);
    assert_eq!(starts(&hourly(), &[], &rules(661, None)), [720]);
    let within = Some(Horizon::Within(SignedDuration::from_mins(660)));
    assert_eq!(starts(&hourly(), &[], &rules(0, within)), [600, 660]);
    let before = Some(Horizon::Before(minute(660)));
    assert_eq!(starts(&hourly(), &[], &rules(0, before)), [600]);
}

#[rstest]
#[case::nothing(vec![], 0, None, 0, NoSlots::NothingOffered)]
#[case::notice(hourly(), 0, None, 1000, NoSlots::TooSoon)]
#[case::horizon(hourly(), 0, Some(100), 0, NoSlots::TooFar)]
#[case::taken(hourly(), 1440, None, 0, NoSlots::AllTaken)]
#[case::taken_what_is_not_too_soon(hourly(), 1440, None, 700, NoSlots::AllTaken)]
#[case::the_provider_knows_the_notice_too(vec![], 0, None, 1440, NoSlots::TooSoon)]
#[case::the_provider_knows_the_horizon_too(vec![], 0, Some(-1), 0, NoSlots::TooFar)]
fn nothing_free_has_a_reason(
    #[case] slots: Vec<Slot>,
    #[case] taken_minutes: i64,
    #[case] horizon: Option<i64>,
    #[case] notice: i64,
    #[case] reason: NoSlots,
) {
    let rules = Rules {
        minimum_notice: SignedDuration::from_mins(notice),
        horizon: horizon.map(|minutes| Horizon::Within(SignedDuration::from_mins(minutes))),
        ..Rules::default()
    };
    let free = free(
        Offer { slots: &slots },
        &[taken(0, taken_minutes)],
        &rules,
        whole_day(),
        minute(0),
    );
    assert_eq!(
        free,
        Free {
            slots: vec![],
            reason: Some(reason)
        }
    );
}

fn any_slot() -> impl Strategy<Value = Slot> {
    let lengths = prop::sample::select(vec![15, 30, 30, 30, 60, 0]);
    (0_i64..40, lengths).prop_map(|(start, length)| slot(600 + start * 15, length))
}

fn any_taken() -> impl Strategy<Value = Taken> {
    (
        0_i64..140,
        prop::sample::select(vec![0, 5, 15, 30, 60]),
        0_i64..3,
        0_i64..3,
        prop::option::of(0_i64..3),
        prop::option::of(0_u32..3),
    )
        .prop_map(|(start, length, before, after, host, seats)| Taken {
            before_buffer: SignedDuration::from_mins(before * 5),
            after_buffer: SignedDuration::from_mins(after * 5),
            host: host.map(HostRef),
            seats,
            ..taken(595 + start * 5, length)
        })
}

/// On the grid of the slots, so that some are joined.
fn any_meeting() -> impl Strategy<Value = Taken> {
    (
        any_slot(),
        prop::option::of(0_i64..3),
        prop::option::of(0_u32..3),
    )
        .prop_map(|(slot, host, seats)| Taken {
            host: host.map(HostRef),
            seats,
            ..Taken::between(slot.start, slot.end)
        })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let hosts = prop_oneof![
        Just(HostRule::One),
        Just(HostRule::All),
        (0_usize..4).prop_map(HostRule::Any),
    ];
    let horizon = prop_oneof![
        Just(None),
        (0_i64..1400).prop_map(|minutes| Some(Horizon::Within(SignedDuration::from_mins(minutes)))),
        (0_i64..1400).prop_map(|minutes| Some(Horizon::Before(minute(minutes)))),
    ];
    let mins = |most: i64| (0..most).prop_map(|five| SignedDuration::from_mins(five * 5));
    let length = prop::option::weighted(0.2, mins(9));
    (
        length,
        mins(4),
        mins(4),
        mins(200),
        horizon,
        hosts,
        prop::option::of(0_u32..4),
    )
        .prop_map(
            |(length, before_buffer, after_buffer, minimum_notice, horizon, hosts, capacity)| {
                Rules {
                    length,
                    before_buffer,
                    after_buffer,
                    minimum_notice,
                    horizon,
                    hosts,
                    capacity,
                }
            },
        )
}

/// Whether a slot is free, by comparing it with everything.
fn is_free(slot: Slot, all: &[Taken], rules: &Rules) -> bool {
    let late_enough = slot.start >= minute(0) + rules.minimum_notice;
    let early_enough = match rules.horizon {
        None => true,
        Some(Horizon::Within(length)) => slot.start <= minute(0) + length,
        Some(Horizon::Before(end)) => slot.start < end,
    };
    let all = all.iter().filter(|taken| taken.start < taken.end);
    let joins = |taken: &&Taken| {
        rules.capacity.is_some()
            && taken.seats.is_some()
            && (taken.start, taken.end) == (slot.start, slot.end)
    };
    let seats: u32 = all
        .clone()
        .filter(joins)
        .filter_map(|taken| taken.seats)
        .sum();
    let has_place = rules.capacity.is_none_or(|capacity| seats < capacity);
    let in_the_way: Vec<&Taken> = all
        .filter(|taken| !joins(taken))
        .filter(|taken| {
            taken.start - taken.before_buffer < slot.end + rules.after_buffer
                && slot.start - rules.before_buffer < taken.end + taken.after_buffer
        })
        .collect();
    let has_host = match rules.hosts {
        HostRule::One | HostRule::All => in_the_way.is_empty(),
        HostRule::Any(hosts) => {
            let known = (0..3).filter(|host| {
                in_the_way
                    .iter()
                    .any(|taken| taken.host == Some(HostRef(*host)))
            });
            let unknown = in_the_way.iter().filter(|taken| taken.host.is_none());
            known.count() + unknown.count() < hosts
        }
    };
    late_enough && early_enough && has_place && has_host
}

proptest! {
    #[test]
    fn it_finds_what_comparing_everything_finds(
        slots in prop::collection::vec(any_slot(), 0..40),
        mut all in prop::collection::vec(any_taken(), 0..12),
        meetings in prop::collection::vec(any_meeting(), 0..8),
        rules in any_rules(),
        window in (0_i64..1440, 0_i64..1440),
    ) {
        all.extend(meetings);
        let window = Range { start: minute(window.0), end: minute(window.1) };
        let found = free(Offer { slots: &slots }, &all, &rules, window, minute(0));
        let mut expected: Vec<Slot> = slots
            .iter()
            .map(|slot| Slot { end: rules.length.map_or(slot.end, |length| slot.start + length), ..*slot })
            .filter(|slot| slot.start < slot.end && window.contains(slot.start))
            .filter(|slot| is_free(*slot, &all, &rules))
            .collect();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(found.reason.is_some(), expected.is_empty());
        prop_assert_eq!(found.slots, expected);
    }

    #[test]
    fn the_order_of_what_is_given_does_not_matter(
        slots in prop::collection::vec(any_slot(), 0..20),
        all in prop::collection::vec(any_meeting(), 0..12),
        rules in any_rules(),
    ) {
        let forth = free(Offer { slots: &slots }, &all, &rules, whole_day(), minute(0));
        let (mut slots, mut all) = (slots, all);
        slots.reverse();
        all.reverse();
        let back = free(Offer { slots: &slots }, &all, &rules, whole_day(), minute(0));
        prop_assert_eq!(forth, back);
    }
}
