use proptest::prelude::*;
use rstest::rstest;

use super::*;

const START: i64 = 1_772_000_000_000_000;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(START + micros).unwrap()
}

fn second(seconds: i64) -> Timestamp {
    at(seconds * 1_000_000)
}

fn rule(per_minute: u32, burst: u32) -> BudgetRule {
    BudgetRule { per_minute, burst }
}

/// How many requests in a row are granted to a lane at one moment.
fn granted(state: &mut BudgetState, rule: BudgetRule, lane: Lane, now: Timestamp) -> u32 {
    (0..1000)
        .take_while(|_| state.take(rule, lane, now) == Take::Granted)
        .map(|_| 1)
        .sum()
}

fn waits_until(state: &mut BudgetState, rule: BudgetRule, lane: Lane, now: Timestamp) -> Timestamp {
    match state.take(rule, lane, now) {
        Take::Wait { until } => until,
        Take::Granted => panic!("it was granted"),
    }
}

#[rstest]
#[case(Lane::Voice, 150)]
#[case(Lane::Interactive, 141)]
#[case(Lane::FollowUp, 113)]
#[case(Lane::Sync, 104)]
fn each_lane_leaves_something_for_those_before_it(#[case] lane: Lane, #[case] most: u32) {
    let mut state = BudgetState::default();
    assert_eq!(
        granted(&mut state, BudgetRule::default(), lane, second(0)),
        most
    );
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(3)]
#[case(4)]
#[case(7)]
#[case(8)]
fn every_lane_gets_something_of_a_small_bucket(#[case] burst: u32) {
    for lane in Lane::ALL {
        let mut state = BudgetState::default();
        let most = granted(&mut state, rule(60, burst), lane, second(0));
        assert!(most >= 1);
        let keeps_one = burst >= 4 && !lane.is_urgent();
        assert!(most < burst || !keeps_one, "{lane:?} of {burst}");
    }
}

#[test]
fn the_bucket_fills_steadily_and_not_by_the_minute() {
    let rule = rule(100, 10);
    let mut state = BudgetState::default();
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(59)), 10);
    // A hundred a minute is one in 600 milliseconds.
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(60)), 1);
    let until = waits_until(&mut state, rule, Lane::Voice, second(60));
    assert_eq!(until, at(60_200_000));
    assert_eq!(granted(&mut state, rule, Lane::Voice, until), 1);
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(3600)), 10);
}

#[test]
fn what_the_provider_says_is_left_is_all_that_goes_out() {
    let rule = BudgetRule::default();
    let mut state = BudgetState::default();
    state.told(120, 3, Duration::from_secs(20), second(0));
    assert_eq!(
        waits_until(&mut state, rule, Lane::Sync, second(1)),
        second(20)
    );
    assert_eq!(
        waits_until(&mut state, rule, Lane::Interactive, second(1)),
        second(20)
    );
    assert_eq!(state.left(rule, second(1)), 3);
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(1)), 3);
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(19)), 0);
    assert_eq!(granted(&mut state, rule, Lane::Sync, second(20)), 104);
}

#[test]
fn an_answer_that_was_overtaken_gives_nothing_back() {
    let rule = BudgetRule::default();
    let mut state = BudgetState::default();
    state.told(120, 10, Duration::from_secs(30), second(0));
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(1)), 10);
    state.told(120, 9, Duration::from_secs(30), second(1));
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(2)), 0);
}

#[test]
fn a_new_period_of_the_provider_counts_at_once() {
    let rule = BudgetRule::default();
    let mut state = BudgetState::default();
    state.told(120, 0, Duration::from_secs(3), second(0));
    state.told(120, 119, Duration::from_mins(1), second(2));
    assert_eq!(state.left(rule, second(2)), 119);
}

#[test]
fn of_several_limits_each_counts_for_its_own_time() {
    let rule = BudgetRule::default();
    let mut state = BudgetState::default();
    state.told(120, 50, Duration::from_mins(1), second(0));
    state.told(5, 0, Duration::from_secs(1), second(0));
    assert_eq!(
        waits_until(&mut state, rule, Lane::Voice, second(0)),
        second(1)
    );
    assert_eq!(state.left(rule, second(1)), 50);
}

#[test]
fn after_a_refusal_nobody_asks() {
    let rule = BudgetRule::default();
    let mut state = BudgetState::default();
    state.refused(Duration::from_secs(40), second(0));
    state.refused(Duration::from_secs(10), second(5));
    for lane in Lane::ALL {
        assert_eq!(waits_until(&mut state, rule, lane, second(6)), second(40));
    }
    assert_eq!(state.left(rule, second(6)), 0);
    assert_eq!(state.take(rule, Lane::Sync, second(40)), Take::Granted);
}

#[test]
fn a_rule_that_is_lowered_counts_at_once() {
    let mut state = BudgetState::default();
    assert_eq!(
        state.take(rule(100, 150), Lane::Sync, second(0)),
        Take::Granted
    );
    assert_eq!(
        granted(&mut state, rule(100, 10), Lane::Voice, second(1)),
        10
    );
}

#[test]
fn a_clock_that_is_set_back_stops_nothing_for_long() {
    let rule = rule(60, 4);
    let year = 365 * 86_400;
    let mut state = BudgetState::default();
    state.refused(Duration::from_mins(1), second(year));
    state.told(120, 1, Duration::from_mins(1), second(year));
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(year + 60)), 4);
    state.refused(Duration::from_secs(5), second(year + 60));
    let until = waits_until(&mut state, rule, Lane::Voice, second(0));
    assert_eq!(until, second(5));
    assert_eq!(granted(&mut state, rule, Lane::Voice, second(5)), 4);
}

#[test]
fn clocks_that_differ_a_little_bring_nothing() {
    let rule = rule(60, 4);
    let mut state = BudgetState::default();
    let nodes = (0..1000).map(|turn| if turn % 2 == 0 { second(20) } else { second(0) });
    let grants = nodes.filter(|now| state.take(rule, Lane::Voice, *now) == Take::Granted);
    assert_eq!(grants.count(), 4);
}

#[test]
fn a_state_is_stored_and_read_again() {
    let rule = BudgetRule::default();
    let mut state = BudgetState::default();
    state.told(120, 40, Duration::from_secs(30), second(0));
    state.refused(Duration::from_secs(1), at(3));
    state.take(rule, Lane::Voice, at(1_234_567));
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<BudgetState>(&text).unwrap(), state);
}

#[test]
fn a_state_of_another_release_is_read() {
    let known: BudgetState = serde_json::from_str(r#"{"colour": "blue"}"#).unwrap();
    assert_eq!(known, BudgetState::default());
}

fn lane() -> impl Strategy<Value = Lane> {
    prop::sample::select(Lane::ALL.to_vec())
}

/// Who asks, and how many microseconds after the one before.
fn asking() -> impl Strategy<Value = Vec<(Lane, i64)>> {
    let pause = prop_oneof![Just(0), 0..50_000_i64, 0..5_000_000_i64, 0..200_000_000_i64];
    prop::collection::vec((lane(), pause), 1..200)
}

/// The level of a bucket by definition: since every earlier moment, no more than was in it then and has come since.
fn level_by_definition(rule: BudgetRule, grants: &[i64], now: i64) -> i64 {
    let since = |first: usize, time: i64| {
        let spent = i64::try_from(grants.len() - first).unwrap() * REQUEST;
        rule.full() + (now - time) * rule.units_per_micro() - spent
    };
    let levels = grants
        .iter()
        .enumerate()
        .map(|(first, time)| since(first, *time));
    levels.fold(rule.full(), i64::min)
}

proptest! {
    #[test]
    fn it_grants_as_the_definition_says(
        per_minute in 1_u32..3000, burst in 1_u32..40, asking in asking(),
    ) {
        let rule = rule(per_minute, burst);
        let mut state = BudgetState::default();
        let (mut time, mut grants) = (0, Vec::new());
        for (lane, pause) in asking {
            time += pause;
            let kept = i64::from(BudgetRule::kept(burst, lane)) * REQUEST;
            let due = level_by_definition(rule, &grants, time) >= kept + REQUEST;
            let granted = state.take(rule, lane, at(time)) == Take::Granted;
            prop_assert_eq!(granted, due, "{:?} at {}", lane, time);
            if granted {
                grants.push(time);
            }
        }
        // In any window no more than the bucket and what comes meanwhile.
        for (first, from) in grants.iter().enumerate() {
            for (last, to) in grants.iter().enumerate().skip(first) {
                let count = i64::try_from(last - first + 1).unwrap();
                let most = rule.full() + (to - from) * rule.units_per_micro();
                prop_assert!(count * REQUEST <= most);
            }
        }
    }

    #[test]
    fn a_lane_never_takes_what_is_kept_for_those_before_it(
        burst in 1_u32..200, asking in asking(),
    ) {
        let rule = rule(60, burst);
        let mut state = BudgetState::default();
        let mut time = 0;
        for (lane, pause) in asking {
            time += pause;
            if state.take(rule, lane, at(time)) == Take::Granted {
                prop_assert!(state.left(rule, at(time)) >= BudgetRule::kept(burst, lane));
            }
        }
    }

    #[test]
    fn waiting_alone_is_enough_and_not_too_long(
        per_minute in 1_u32..3000, burst in 1_u32..40, asking in asking(), told in 0_u32..150,
        refused in 0_u64..90,
    ) {
        let rule = rule(per_minute, burst);
        let mut state = BudgetState::default();
        state.told(120, told, Duration::from_secs(20), at(0));
        state.refused(Duration::from_secs(refused), at(0));
        let mut time = 0;
        for (lane, pause) in asking {
            time += pause;
            if let Take::Wait { until } = state.take(rule, lane, at(time)) {
                prop_assert!(until > at(time));
                let before = until - SignedDuration::from_micros(1);
                prop_assert_ne!(state.clone().take(rule, lane, before), Take::Granted);
                prop_assert_eq!(state.clone().take(rule, lane, until), Take::Granted);
            }
        }
    }

    #[test]
    fn no_more_goes_out_than_the_provider_allows(
        remaining in 0_u32..60, asking in asking(),
    ) {
        let rule = rule(6000, 1000);
        let mut state = BudgetState::default();
        state.told(120, remaining, Duration::from_mins(1), at(0));
        let (mut time, mut count) = (0, 0);
        for (lane, pause) in asking {
            time += pause;
            if time < 60_000_000 && state.take(rule, lane, at(time)) == Take::Granted {
                count += 1;
            }
        }
        prop_assert!(count <= remaining);
    }

    #[test]
    fn a_clock_that_jumps_brings_a_bucket_for_each_jump_at_most(
        burst in 1_u32..10,
        jumps in prop::collection::vec((-200_i64..200, 0_usize..20), 1..20),
    ) {
        let rule = rule(60, burst);
        let mut state = BudgetState::default();
        let (mut now, mut forward, mut corrections, mut count) = (0, 0, 0, 0);
        for (jump, tries) in jumps {
            now += jump;
            forward += jump.max(0);
            corrections += i64::from(jump < 0);
            for _ in 0..tries {
                match state.take(rule, Lane::Voice, second(now)) {
                    Take::Granted => count += 1,
                    // Nobody waits longer than for one request and for the clocks to agree.
                    Take::Wait { until } => {
                        prop_assert!(until.duration_since(second(now)) <= TOLERATED + SignedDuration::from_secs(1));
                    }
                }
            }
        }
        prop_assert!(count <= i64::from(burst) * (corrections + 1) + forward);
    }
}
