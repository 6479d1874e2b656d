//! Random stories, told to the database and to a few lines that are obviously right.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::*;
use crate::each_engine;

/// Stories for each engine.
const STORIES: usize = 24;

#[derive(Clone, Debug)]
enum Step {
    Take {
        host: i64,
        from: i64,
        length: i64,
        buffer: i64,
        seats: u16,
        hold: Option<i64>,
    },
    Move {
        which: usize,
        host: i64,
        from: i64,
        at_once: bool,
    },
    Settle {
        which: usize,
    },
    Free {
        which: usize,
    },
    Confirm {
        which: usize,
    },
    Wait {
        minutes: i64,
    },
    Sweep,
}

fn any_step() -> impl Strategy<Value = Step> {
    let taking = (
        1..=2_i64,
        0..5_i64,
        1..3_i64,
        0..2_i64,
        prop_oneof![2 => Just(1_u16), 3 => Just(2), 1 => Just(3)],
        proptest::option::of(1..20_i64),
    );
    prop_oneof![
        6 => taking.prop_map(|(host, from, length, buffer, seats, hold)| Step::Take {
            host, from: from * 10, length: length * 10, buffer: buffer * 5, seats, hold
        }),
        3 => (0..20_usize, 1..=2_i64, 0..5_i64, any::<bool>())
            .prop_map(|(which, host, from, at_once)| Step::Move { which, host, from: from * 10, at_once }),
        2 => (0..20_usize).prop_map(|which| Step::Settle { which }),
        2 => (0..20_usize).prop_map(|which| Step::Free { which }),
        2 => (0..20_usize).prop_map(|which| Step::Confirm { which }),
        1 => (1..8_i64).prop_map(|minutes| Step::Wait { minutes }),
        1 => Just(Step::Sweep),
    ]
}

/// A claim as the model knows it; in minutes.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    id: ClaimId,
    chain: ClaimId,
    host: i64,
    start: i64,
    length: i64,
    blocked: (i64, i64),
    seats: u16,
    expires: Option<i64>,
}

#[derive(Default)]
struct Model {
    claims: Vec<Known>,
    now: i64,
}

impl Model {
    fn is_free(&self, new: &Known, chain: Option<ClaimId>) -> bool {
        let over: Vec<_> = self
            .claims
            .iter()
            .filter(|one| one.expires.is_none_or(|expires| expires > self.now))
            .filter(|one| {
                one.host == new.host
                    && one.blocked.0 < new.blocked.1
                    && one.blocked.1 > new.blocked.0
            })
            .collect();
        let shares = |one: &Known| new.seats > 1 && one.seats > 1 && one.start == new.start;
        let seated = over.iter().filter(|one| shares(one)).count();
        seated < usize::from(new.seats)
            && over
                .iter()
                .all(|one| shares(one) || Some(one.chain) == chain)
    }

    /// One of those that still count.
    fn pick(&self, which: usize) -> Option<Known> {
        let live: Vec<_> = self
            .claims
            .iter()
            .filter(|one| one.expires.is_none_or(|expires| expires > self.now))
            .collect();
        (!live.is_empty()).then(|| live[which % live.len()].clone())
    }

    fn drop_where(&mut self, gone: impl Fn(&Known) -> bool) {
        self.claims.retain(|one| !gone(one));
    }
}

fn wish(place: &Place, known: &Known, hold: Option<i64>, instead_of: Option<ClaimId>) -> NewClaim {
    let buffer = SignedDuration::from_mins(known.blocked.1 - known.start - known.length);
    let sharing = if known.seats > 1 {
        Sharing::Seats {
            event_type: "yoga".to_owned(),
            capacity: known.seats,
        }
    } else {
        Sharing::Alone
    };
    NewClaim {
        slot: slot(known.start, known.start + known.length)
            .with_buffers(buffer, buffer)
            .expect("a slot"),
        sharing,
        terms: hold.map_or(Terms::Booking, |until| Terms::Hold {
            until: later(until),
        }),
        instead_of,
        ..place.booking(known.host, 0, 1)
    }
}

async fn tell(place: &Place, steps: &[Step]) -> TestResult {
    let mut model = Model::default();
    let scope = &place.scope;
    for step in steps {
        let at = later(model.now);
        let mut tx = place.store.write().await?;
        match *step {
            Step::Take {
                host,
                from,
                length,
                buffer,
                seats,
                hold,
            } => {
                let none = ClaimId(0);
                let mut new = Known {
                    id: none,
                    chain: none,
                    host,
                    start: from,
                    length,
                    seats,
                    blocked: (from - buffer, from + length + buffer),
                    expires: hold.map(|minutes| model.now + minutes),
                };
                let claimed =
                    take(&mut tx, scope, &wish(place, &new, new.expires, None), at).await?;
                assert_eq!(is_yes(&claimed), model.is_free(&new, None), "{step:?}");
                if let Claimed::Yes(claim) = claimed {
                    (new.id, new.chain) = (claim.id, claim.id);
                    model.claims.push(new);
                }
            }
            Step::Move {
                which,
                host,
                from,
                at_once,
            } => {
                if let Some(old) = model.pick(which) {
                    let shift = from - old.start;
                    let mut new = Known {
                        host,
                        start: from,
                        expires: None,
                        blocked: (old.blocked.0 + shift, old.blocked.1 + shift),
                        ..old.clone()
                    };
                    let wanted = wish(place, &new, None, Some(old.id));
                    let claimed = if at_once {
                        move_to(&mut tx, scope, &wanted, at).await?
                    } else {
                        take(&mut tx, scope, &wanted, at).await?
                    };
                    assert_eq!(
                        is_yes(&claimed),
                        model.is_free(&new, Some(old.chain)),
                        "{step:?}"
                    );
                    if let Claimed::Yes(claim) = claimed {
                        new.id = claim.id;
                        model.claims.push(new);
                        if at_once {
                            model.drop_where(|one| one.id == old.id);
                        }
                    }
                }
            }
            Step::Settle { which } => {
                if let Some(current) = model.pick(which) {
                    free_former(&mut tx, scope, current.id, at).await?;
                    model.drop_where(|one| one.chain == current.chain && one.id != current.id);
                }
            }
            Step::Free { which } => {
                if let Some(one) = model.pick(which) {
                    assert!(free(&mut tx, scope, one.id, at).await?.is_some());
                    model.drop_where(|other| other.id == one.id);
                }
            }
            Step::Confirm { which } => {
                if let Some(one) = model.pick(which) {
                    let became =
                        become_booking(&mut tx, scope, one.id, &place.owner("desk"), at).await?;
                    assert_eq!(became.is_some(), one.expires.is_some());
                    for other in &mut model.claims {
                        if other.id == one.id {
                            other.expires = None;
                        }
                    }
                }
            }
            Step::Wait { minutes } => model.now += minutes,
            Step::Sweep => {
                expire_in_all(&mut tx, at, 100).await?;
            }
        }
        tx.commit().await?;
        // Nobody can tell an expired hold from one that is gone.
        let now = model.now;
        model.drop_where(|one| one.expires.is_some_and(|expires| expires <= now));
        let mut expected: Vec<_> = model
            .claims
            .iter()
            .map(|one| (one.start, one.start + one.length))
            .collect();
        let mut found = place.live(later(model.now)).await?;
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "after {step:?}");
    }
    Ok(())
}

each_engine! {
    async fn claims_are_what_a_naive_model_says(store: Store) -> TestResult {
        let mut runner = TestRunner::new_with_rng(
            Config::default(),
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        );
        let stories = proptest::collection::vec(any_step(), 1..40);
        for _ in 0..STORIES {
            let steps = stories.new_tree(&mut runner).map_err(|reason| reason.to_string())?.current();
            let place = Place::new(&store).await?;
            let told = std::panic::AssertUnwindSafe(tell(&place, &steps));
            let ended = futures::FutureExt::catch_unwind(told).await;
            if ended.is_err() {
                eprintln!("the story: {steps:#?}");
            }
            ended.map_err(|_| "the database and the model differ")??;
        }
        Ok(())
    }
}
