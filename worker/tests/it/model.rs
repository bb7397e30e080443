//! Whatever happens in whatever order, the database holds what a model in memory says: random events,
//! repeats, redeliveries, transactions at once and cut off, changes, deletions and upkeep.
//!
//! `PROPTEST_CASES` sets the number of sequences; a failure shows the shortest one that fails.

pub(crate) mod changes;
mod picture;
mod sequence;
mod state;
mod world;

use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use self::sequence::Sequence;
use self::world::World;
use crate::place::Place;

/// Sequences that take about 15 seconds.
const CASES: u32 = 48;

#[test]
fn the_database_holds_what_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = runtime.block_on(Place::new());
    runtime
        .block_on(place.execute("INSERT INTO projects (id, name, slug) VALUES (2, 'Two', 'two')"));
    let config = Config {
        cases: cases(),
        // The shortest sequence is worth a wait, but not the limit of a test.
        max_shrink_time: 60_000,
        max_shrink_iters: 10_000,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&sequence::sequences(), |sequence| {
        runtime.block_on(play(&place, &sequence)).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, sequence)) => panic!("{reason}{sequence}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
    runtime.block_on(World::new(&place, false));
    runtime.block_on(place.close());
}

async fn play(place: &Place, sequence: &Sequence) -> Result<(), String> {
    let mut world = World::new(place, sequence.frugal).await;
    for (number, step) in sequence.steps.iter().enumerate() {
        let differs = |text| format!("after step {number}:\n{text}");
        world.play(step).await.map_err(differs)?;
    }
    Ok(())
}

fn cases() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration of their own")]
    let given = std::env::var("PROPTEST_CASES");
    given.map_or(CASES, |cases| cases.parse().unwrap())
}
