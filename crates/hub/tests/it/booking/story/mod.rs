//! Whatever users and operators do, whatever goes wrong at the provider, and wherever this process crashes: in the end both
//! sides agree, and everybody was told the truth.
//!
//! `CALBRIDGE_STORIES` says how many stories are told, `CALBRIDGE_STORY_SEED` which ones.

mod call;
mod steps;
mod truth;
mod world;

use std::{any::Any, panic::AssertUnwindSafe};

use calbridge_store::testing::{on_postgres, on_sqlite};
use futures::{FutureExt, StreamExt, stream};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config as PropConfig, RngAlgorithm, TestRng, TestRunner},
};

use self::{
    steps::{Story, story},
    world::World,
};

/// Stories of one run, where nothing else is asked for.
const STORIES: u64 = 24;

/// Stories that are told at the same time; most of their time is waiting.
const AT_ONCE: usize = 4;

/// A story that fails is told again in shorter forms, at most so often.
const RETELLINGS: usize = 60;

#[derive(Clone, Copy)]
enum Engine {
    Sqlite,
    Postgres,
}

/// A number from the environment.
fn asked(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "nobody else can say which")]
    let told = std::env::var(name);
    told.ok()?.parse().ok()
}

/// Tell a story on a database of its own, to its end; what was wrong.
async fn tell(engine: Engine, story: &Story) -> Result<(), String> {
    let telling = async |store| {
        let mut world = Box::pin(World::open(store, story.deliveries())).await;
        for step in &story.steps {
            Box::pin(world.live(step)).await;
        }
        Box::pin(world.settle()).await;
        world.check().await;
    };
    let telling = async {
        match engine {
            Engine::Sqlite => on_sqlite(telling).await,
            Engine::Postgres => on_postgres(telling).await,
        }
    };
    let outcome = AssertUnwindSafe(telling).catch_unwind().await;
    outcome.map_err(|panic| said(&*panic))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_default()
}

/// The story of a seed, and what was wrong with it in the shortest form found.
async fn try_story(engine: Engine, seed: u64) -> Result<(), String> {
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(PropConfig::default(), rng);
    let mut tree = story().new_tree(&mut runner).unwrap();
    let Err(mut wrong) = Box::pin(tell(engine, &tree.current())).await else {
        return Ok(());
    };
    let mut shortest = tree.current();
    for _ in 0..RETELLINGS {
        if !tree.simplify() {
            break;
        }
        match Box::pin(tell(engine, &tree.current())).await {
            Err(still) => (wrong, shortest) = (still, tree.current()),
            Ok(()) if tree.complicate() => {}
            Ok(()) => break,
        }
    }
    Err(format!(
        "CALBRIDGE_STORY_SEED={seed} CALBRIDGE_STORIES=1: {wrong}\n{shortest:#?}"
    ))
}

async fn whatever_happens_both_sides_agree(engine: Engine) {
    let first = asked("CALBRIDGE_STORY_SEED").unwrap_or(1);
    let count = asked("CALBRIDGE_STORIES").unwrap_or(STORIES);
    println!("stories {first} to {}", first + count - 1);
    let wrong: Vec<String> = stream::iter(first..first + count)
        .map(|seed| Box::pin(try_story(engine, seed)))
        .buffer_unordered(AT_ONCE)
        .filter_map(async |told| told.err())
        .take(1)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[tokio::test]
async fn whatever_happens_both_sides_agree_on_sqlite() {
    whatever_happens_both_sides_agree(Engine::Sqlite).await;
}

#[tokio::test]
async fn whatever_happens_both_sides_agree_on_postgres() {
    whatever_happens_both_sides_agree(Engine::Postgres).await;
}
