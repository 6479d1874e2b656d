use proptest::prelude::*;
use rstest::rstest;

use super::*;

const START: i64 = 1_772_000_000;

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn rule() -> BreakerRule {
    BreakerRule::default()
}

/// Opened at second 0.
fn open() -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..rule().failures {
        let admission = breaker.admit(rule(), second(0));
        breaker.failed(rule(), admission, second(0));
    }
    breaker
}

/// With these many trials begun at second 60.
fn half_open(trials: usize) -> (Breaker, Vec<Admission>) {
    let mut breaker = open();
    let begun = (0..trials).map(|_| breaker.admit(rule(), second(60)));
    let begun = begun.collect();
    (breaker, begun)
}

#[rstest]
#[case::nothing_wrong("", "closed")]
#[case::four_failures("ffff", "closed")]
#[case::five_failures("fffff", "open")]
#[case::not_in_a_row("ffffsffff", "closed")]
#[case::in_a_row_after_all("ffffsfffff", "open")]
#[case::withdrawn_are_nothing("ffffwf", "open")]
#[case::reset("fffffr", "closed")]
fn what_happens_to_requests_opens_it(#[case] story: &str, #[case] word: &str) {
    let mut breaker = Breaker::default();
    for step in story.chars() {
        let admission = breaker.admit(rule(), second(0));
        match step {
            'f' => breaker.failed(rule(), admission, second(0)),
            's' => breaker.succeeded(rule(), admission, second(0)),
            'w' => breaker.withdrawn(admission),
            _ => breaker.reset(second(0)),
        }
    }
    assert_eq!(breaker.state().as_str(), word);
}

#[test]
fn while_it_is_open_nobody_asks() {
    let mut breaker = open();
    assert_eq!(breaker.since(), Some(second(0)));
    for time in [0, 1, 59] {
        let refused = Admission::Refused { until: second(60) };
        assert_eq!(breaker.admit(rule(), second(time)), refused);
    }
    assert_eq!(
        breaker.admit(rule(), second(60)),
        Admission::Trial { number: 1 }
    );
    assert_eq!(breaker.state().as_str(), "half_open");
}

#[test]
fn two_trials_that_succeed_close_it() {
    let (mut breaker, trials) = half_open(3);
    assert_eq!(trials[2], Admission::Refused { until: second(120) });
    breaker.succeeded(rule(), trials[0], second(61));
    assert_eq!(breaker.state().as_str(), "half_open");
    // The place of one that succeeded is not free again.
    assert!(matches!(
        breaker.admit(rule(), second(61)),
        Admission::Refused { .. }
    ));
    breaker.succeeded(rule(), trials[1], second(62));
    assert_eq!(breaker.state(), &BreakerState::Closed { failures: 0 });
    assert_eq!(breaker.since(), Some(second(62)));
}

#[test]
fn one_trial_that_fails_opens_it_again() {
    let (mut breaker, trials) = half_open(2);
    breaker.succeeded(rule(), trials[0], second(61));
    breaker.failed(rule(), trials[1], second(62));
    assert_eq!(breaker.state(), &BreakerState::Open { until: second(122) });
}

#[test]
fn a_trial_that_never_reports_is_given_up() {
    let (mut breaker, trials) = half_open(2);
    assert_eq!(
        breaker.admit(rule(), second(119)),
        Admission::Refused { until: second(120) }
    );
    let third = breaker.admit(rule(), second(120));
    assert_eq!(third, Admission::Trial { number: 3 });
    // What it says later is news of yesterday.
    breaker.failed(rule(), trials[0], second(121));
    breaker.succeeded(rule(), trials[1], second(121));
    assert_eq!(breaker.state().as_str(), "half_open");
}

#[test]
fn a_trial_that_was_withdrawn_leaves_its_place() {
    let (mut breaker, trials) = half_open(2);
    breaker.withdrawn(trials[0]);
    assert_eq!(
        breaker.admit(rule(), second(61)),
        Admission::Trial { number: 3 }
    );
}

#[test]
fn requests_from_before_it_opened_change_nothing() {
    for opened in [open(), half_open(1).0] {
        let mut breaker = opened.clone();
        breaker.succeeded(rule(), Admission::Pass, second(61));
        breaker.failed(rule(), Admission::Pass, second(61));
        assert_eq!(breaker, opened);
    }
}

#[test]
fn a_clock_that_is_set_back_keeps_it_open_for_one_pause() {
    let mut breaker = open();
    let year = -365 * 86_400;
    let refused = Admission::Refused {
        until: second(year + 60),
    };
    assert_eq!(breaker.admit(rule(), second(year)), refused);
    assert_eq!(breaker.admit(rule(), second(year + 1)), refused);
    assert!(matches!(
        breaker.admit(rule(), second(year + 60)),
        Admission::Trial { .. }
    ));
}

#[test]
fn a_rule_of_nothing_is_a_rule_of_one() {
    let rule = BreakerRule {
        failures: 0,
        trials: 0,
        ..rule()
    };
    let mut breaker = Breaker::default();
    breaker.failed(rule, Admission::Pass, second(0));
    let trial = breaker.admit(rule, second(60));
    assert!(matches!(trial, Admission::Trial { .. }));
    breaker.succeeded(rule, trial, second(60));
    assert_eq!(breaker.state().as_str(), "closed");
}

#[test]
fn what_changes_nothing_need_not_be_written() {
    let mut breaker = Breaker::default();
    let admission = breaker.admit(rule(), second(0));
    breaker.succeeded(rule(), admission, second(1));
    assert_eq!(breaker, Breaker::default());
}

#[test]
fn every_state_is_stored_and_read_again() {
    for breaker in [Breaker::default(), open(), half_open(2).0] {
        let text = serde_json::to_string(&breaker).unwrap();
        assert_eq!(serde_json::from_str::<Breaker>(&text).unwrap(), breaker);
        assert!(text.contains(&format!(r#""word":"{}""#, breaker.state().as_str())));
    }
    assert_eq!(
        serde_json::from_str::<Breaker>("{}").unwrap(),
        Breaker::default()
    );
}

/// What may happen: somebody asks, or one of those under way ends.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask,
    Succeed(usize),
    Fail(usize),
    Withdraw(usize),
    Vanish(usize),
    Later(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Ask),
        2 => (0_usize..8).prop_map(Step::Succeed),
        3 => (0_usize..8).prop_map(Step::Fail),
        1 => (0_usize..8).prop_map(Step::Withdraw),
        1 => (0_usize..8).prop_map(Step::Vanish),
        2 => (-100_i64..100).prop_map(Step::Later),
    ]
}

proptest! {
    #[test]
    fn it_never_sticks_and_tries_with_few(steps in prop::collection::vec(step(), 1..150)) {
        let mut breaker = Breaker::default();
        let mut now = 0;
        let mut under_way: Vec<Admission> = Vec::new();
        let end = |under_way: &mut Vec<Admission>, place: usize| {
            (!under_way.is_empty()).then(|| under_way.remove(place % under_way.len()))
        };
        for step in steps {
            match step {
                Step::Ask => {
                    let was_closed = breaker.state().as_str() == "closed";
                    let admission = breaker.admit(rule(), second(now));
                    match admission {
                        Admission::Pass => prop_assert!(was_closed),
                        Admission::Trial { .. } => prop_assert!(!was_closed),
                        Admission::Refused { until } => {
                            prop_assert!(until > second(now));
                            prop_assert!(until <= second(now + 60));
                            let admitted = breaker.clone().admit(rule(), until);
                            let is_trial = matches!(admitted, Admission::Trial { .. });
                            prop_assert!(is_trial, "still {:?}", admitted);
                            continue;
                        }
                    }
                    under_way.push(admission);
                }
                Step::Succeed(place) => if let Some(admission) = end(&mut under_way, place) {
                    breaker.succeeded(rule(), admission, second(now));
                },
                Step::Fail(place) => if let Some(admission) = end(&mut under_way, place) {
                    breaker.failed(rule(), admission, second(now));
                },
                Step::Withdraw(place) => if let Some(admission) = end(&mut under_way, place) {
                    breaker.withdrawn(admission);
                },
                Step::Vanish(place) => drop(end(&mut under_way, place)),
                Step::Later(seconds) => now += seconds,
            }
            match breaker.state() {
                BreakerState::Closed { failures } => prop_assert!(*failures < rule().failures),
                BreakerState::HalfOpen { in_flight, succeeded } => {
                    prop_assert!(in_flight.len() + usize::try_from(*succeeded).unwrap() <= 2);
                }
                BreakerState::Open { .. } => {}
            }
        }
    }

    #[test]
    fn it_opens_at_the_fifth_failure_in_a_row_and_not_before(
        outcomes in prop::collection::vec(any::<bool>(), 1..60),
    ) {
        let mut breaker = Breaker::default();
        let mut in_a_row = 0;
        for good in outcomes {
            if good {
                in_a_row = 0;
                breaker.succeeded(rule(), Admission::Pass, second(0));
            } else {
                in_a_row += 1;
                breaker.failed(rule(), Admission::Pass, second(0));
            }
            prop_assert_eq!(breaker.state().as_str() == "open", in_a_row >= 5);
            if in_a_row >= 5 {
                break;
            }
        }
    }
}
