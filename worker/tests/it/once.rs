//! Each event is stored once and counted once.

use chrono::{Days, NaiveTime};
use shared::batch::Batch;
use shared::ids::EventId;

use crate::place::{Place, batch, entry, given};

#[tokio::test]
async fn a_message_that_comes_again_changes_nothing() {
    let place = Place::new().await;
    let first = batch(vec![entry("a"), entry("a"), entry("b")]);
    let stored = place.store(std::slice::from_ref(&first)).await;
    assert_eq!((stored.stored, stored.deduplicated), (3, 0));
    // Alone, twice at once, and beside a new one.
    assert_eq!(place.store(std::slice::from_ref(&first)).await.stored, 0);
    assert_eq!(place.store(&[first.clone(), first.clone()]).await.stored, 0);
    let stored = place.store(&[first, batch(vec![entry("b")])]).await;
    assert_eq!(stored.stored, 1);
    place.assert_counts(4).await;
    place.close().await;
}

#[tokio::test]
async fn a_redelivery_changes_nothing_even_without_its_batch_id() {
    let place = Place::new().await;
    let first = batch(vec![entry("a"), entry("b")]);
    place.store(std::slice::from_ref(&first)).await;
    place.execute("DELETE FROM batches").await;
    let stored = place.store(&[first]).await;
    assert_eq!((stored.stored, stored.deduplicated), (0, 2));
    place.assert_counts(2).await;
    // Only the ledger can't know it: for it they were two messages.
    place.forget_all_but(4);
    place.close().await;
}

#[tokio::test]
async fn an_id_counts_once_over_midnight_in_either_order() {
    let place = Place::new().await;
    let today = shared::time::now().date_naive();
    let at = |day: chrono::NaiveDate, hour, minute| {
        day.and_time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap()).and_utc()
    };
    let before = at(today - Days::new(1), 23, 59);
    let after = at(today, 0, 1);
    for order in [[before, after], [after, before]] {
        let id = EventId::generate();
        let [first, second] = order.map(|time| batch(vec![given("midnight", id, time)]));
        assert_eq!(place.store(&[first]).await.stored, 1);
        assert_eq!(place.store(&[second]).await.deduplicated, 1);
    }
    // Two days apart it is a new event.
    let id = EventId::generate();
    for day in [today - Days::new(2), today] {
        assert_eq!(place.store(&[batch(vec![given("later", id, at(day, 12, 0))])]).await.stored, 1);
    }
    place.assert_counts(4).await;
    place.close().await;
}

#[tokio::test]
async fn an_id_counts_the_same_whether_its_events_come_together_or_not() {
    let place = Place::new().await;
    let noon =
        shared::time::now().date_naive().and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap());
    // As after days in a spool. The repeat on the second day is what the third day's event repeats.
    for (ages, stored) in [([3, 1], 2), ([3, 2], 1), ([2, 3], 1)] {
        let given = |id, age| given("spooled", id, noon.and_utc() - Days::new(age));
        let together = EventId::generate();
        let ended = place.store(&[batch(ages.map(|age| given(together, age)).into())]).await;
        assert_eq!(ended.stored, stored, "{ages:?}");
        let apart = EventId::generate();
        let mut sum = 0;
        for age in ages {
            sum += place.store(&[batch(vec![given(apart, age)])]).await.stored;
        }
        assert_eq!(sum, stored, "{ages:?}");
        let third = |id| batch(vec![given(id, 1)]);
        let ended = place.store(&[third(together), third(apart)]).await;
        assert_eq!(ended.deduplicated, 2, "{ages:?}");
    }
    place.assert_counts(8).await;
    place.close().await;
}

#[tokio::test]
async fn the_same_id_in_two_projects_is_two_events() {
    let place = Place::new().await;
    place.execute("INSERT INTO projects (id, name, slug) VALUES (2, 'Two', 'two')").await;
    let id = EventId::generate();
    let one = given("shared", id, shared::time::now());
    let mut two = one.clone();
    two.project_id = shared::ids::ProjectId(2);
    assert_eq!(place.store(&[batch(vec![one, two])]).await.stored, 2);
    place.assert_counts(2).await;
    place.close().await;
}

#[tokio::test]
async fn workers_with_the_same_ids_in_opposite_orders_agree() {
    const WORKERS: usize = 4;
    const IDS: usize = 300;
    let place = Place::new().await;
    let now = shared::time::now();
    let ids: Vec<EventId> = (0..IDS).map(|_| EventId::generate()).collect();
    let kinds = ["one", "two", "three", "four", "five", "six", "seven"];
    let batches: Vec<Vec<Batch>> = (0..WORKERS)
        .map(|worker| {
            let mut entries: Vec<_> = ids
                .iter()
                .enumerate()
                .map(|(at, id)| {
                    let mut entry = given(kinds[at % kinds.len()], *id, now);
                    entry.user_hash = Some((at % 20) as i64);
                    entry
                })
                .collect();
            if worker % 2 == 1 {
                entries.reverse();
            }
            entries.chunks(30).map(|chunk| batch(chunk.to_vec())).collect()
        })
        .collect();
    let storing = batches.iter().map(|batches| async {
        let mut stored = 0;
        for pair in batches.chunks(2) {
            stored += place.store(pair).await.stored;
        }
        stored
    });
    let stored: u64 = futures_util::future::join_all(storing).await.into_iter().sum();
    assert_eq!(stored, IDS as u64);
    place.assert_counts(IDS as i64).await;
    let users = "SELECT sum(user_count)::bigint FROM error_stats";
    assert_eq!(
        place.value::<i64>(users).await,
        place.value::<i64>("SELECT count(*) FROM group_users").await
    );
    assert_eq!(place.value::<i64>("SELECT count(*) FROM errors").await, kinds.len() as i64);
    place.close().await;
}

#[tokio::test]
async fn a_receipt_clock_that_is_wrong_makes_no_partitions_of_its_year() {
    let place = Place::new().await;
    let wrong = shared::time::parse("2091-01-01T00:00:00Z").unwrap();
    place.store(&[batch(vec![given("future", EventId::generate(), wrong)])]).await;
    let past = shared::time::parse("1999-01-01T00:00:00Z").unwrap();
    place.store(&[batch(vec![given("past", EventId::generate(), past)])]).await;
    place.assert_counts(2).await;
    let far =
        "SELECT count(*) FROM pg_class WHERE relname LIKE '%_2091%' OR relname LIKE '%_1999%'";
    assert_eq!(place.value::<i64>(far).await, 0);
    place.close().await;
}

#[tokio::test]
async fn events_of_a_deleted_project_leave_nothing_behind() {
    let place = Place::new().await;
    let mut orphan = entry("orphan");
    orphan.project_id = shared::ids::ProjectId(77);
    let stored = place.store(&[batch(vec![orphan, entry("kept")])]).await;
    assert_eq!((stored.stored, stored.filtered), (1, 1));
    place.assert_counts(1).await;
    place.close().await;
}

#[tokio::test]
async fn a_user_counts_once_for_an_error_and_the_last_hour_moves() {
    let place = Place::new().await;
    let now = shared::time::now();
    let seen = |hours_ago: i64| {
        let mut entry =
            given("users", EventId::generate(), now - chrono::TimeDelta::hours(hours_ago));
        entry.user_hash = Some(5);
        entry
    };
    for hours_ago in [3, 1, 2] {
        place.store(&[batch(vec![seen(hours_ago), seen(hours_ago)])]).await;
    }
    assert_eq!(place.value::<i64>("SELECT user_count FROM error_stats").await, 1);
    let moved = "SELECT seen_hour = date_trunc('hour', max(occurred_at)) FROM group_users, events
                 GROUP BY seen_hour";
    assert!(place.value::<bool>(moved).await);
    place.close().await;
}
