//! Events that come late: through a spool, or after an outage.

use chrono::TimeDelta;

use super::{Entry, NOW, Rules, events};

#[tokio::test]
async fn a_crossing_that_comes_late_fires_once_and_recovers() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 2 in 5 minutes").await;
    rules.rule("error_count > 2 in 5 minutes per error").await;
    // These become true by time alone, and are not asked about the past.
    rules.rule("error_count < 1 in 5 minutes").await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.store(events("a", 3, TimeDelta::minutes(20))).await;
    assert_eq!(rules.turns().await, (2, 2));
    // A straggler of the same minutes is part of what is known.
    rules.store(events("a", 1, TimeDelta::minutes(20) - TimeDelta::seconds(10))).await;
    assert_eq!(rules.turns().await, (0, 0));
    assert_eq!(rules.count("changed_slots").await, 0);
    rules.close().await;
}

#[tokio::test]
async fn what_comes_late_ends_no_firing() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 2 in 5 minutes").await;
    rules.store(events("a", 3, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.store(events("a", 1, TimeDelta::minutes(30))).await;
    assert_eq!(rules.turns().await, (0, 0));
    rules.close().await;
}

#[tokio::test]
async fn a_backlog_is_worked_off_and_what_it_crossed_is_told() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 8 in 1 minute").await;
    assert_eq!(rules.turns().await, (0, 0));
    // Half an hour of one event each ten seconds, with two bursts.
    let quiet = (0..180_i64).flat_map(|slot| events("a", 1, TimeDelta::seconds(200 + slot * 10)));
    let mut backlog: Vec<Entry> = quiet.collect();
    backlog.extend(events("burst", 9, TimeDelta::minutes(25)));
    backlog.extend(events("burst", 9, TimeDelta::minutes(10)));
    rules.store(backlog).await;
    let (mut fired, mut recovered, mut rounds) = (0, 0, 0);
    while rules.count("changed_slots").await > 0 {
        let turns = rules.turns().await;
        (fired, recovered, rounds) = (fired + turns.0, recovered + turns.1, rounds + 1);
    }
    assert_eq!((fired, recovered), (2, 2));
    assert!(rounds >= 3, "{rounds}");
    rules.close().await;
}

#[tokio::test]
async fn a_change_during_an_evaluation_is_seen_by_the_next() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 0 in 5 minutes").await;
    rules.evaluate().await;
    rules.store(events("a", 1, NOW)).await;
    // As if more had come since the marks were read.
    let mut client = rules.place.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.batch_execute("UPDATE changed_slots SET version = version + 1").await.unwrap();
    assert_eq!(rules.turns().await, (1, 0));
    tx.commit().await.unwrap();
    drop(client);
    assert_eq!(rules.count("changed_slots").await, 1);
    assert_eq!(rules.turns().await, (0, 0));
    assert_eq!(rules.count("changed_slots").await, 0);
    rules.close().await;
}
