//! Errors are merged and taken apart while their events arrive, and every event stays counted where it belongs.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{TimeDelta, Utc};
use shared::batch::Entry;
use shared::project_lock;
use tokio::time::Instant;

use crate::model::changes::{Act, find};
use crate::place::{PROJECT, Place, batch, entry};

/// An event of an error that happened to a user.
fn event(message: &str, user: i64) -> Entry {
    Entry { user_hash: Some(user), ..entry(message) }
}

/// What counting one by one says differs from what is kept; nothing when all is right.
const DIFFERENCES: &str = "
    WITH truth AS (
      SELECT g.error_id, count(*) AS events, min(e.occurred_at) AS first_seen,
             max(e.occurred_at) AS last_seen,
             (SELECT count(DISTINCT u.user_hash) FROM group_users u JOIN groups o USING (project_id, group_id)
              WHERE o.error_id = g.error_id) AS users
      FROM events e JOIN groups g USING (project_id, group_id)
      GROUP BY g.error_id
    ), parts AS (
      SELECT e.group_id, count(*) AS events, min(e.occurred_at) AS first_seen,
             max(e.occurred_at) AS last_seen,
             (SELECT count(*) FROM group_users u WHERE u.group_id = e.group_id) AS users
      FROM events e
      GROUP BY e.group_id
    )
    SELECT
      (SELECT count(*) FROM error_stats s FULL JOIN truth t USING (error_id)
       WHERE (s.event_count, s.user_count, s.first_seen, s.last_seen)
          IS DISTINCT FROM (t.events, t.users, t.first_seen, t.last_seen))
    + (SELECT count(*) FROM group_stats s JOIN parts p USING (group_id)
       WHERE (s.event_count, s.user_count, s.first_seen, s.last_seen)
          IS DISTINCT FROM (p.events, p.users, p.first_seen, p.last_seen))
    + (SELECT count(*) FROM error_stats s FULL JOIN errors e USING (error_id)
       WHERE s.error_id IS NULL OR e.error_id IS NULL)";

#[tokio::test]
async fn what_arrives_while_errors_are_merged_and_taken_apart_is_counted_where_it_belongs() {
    const WORKERS: i64 = 4;
    const BATCHES: i64 = 25;
    let place = Place::new().await;
    place.store(&[batch(vec![event("a", 1), event("b", 1), event("c", 9)])]).await;
    let done = AtomicBool::new(false);
    let storing = async {
        let lanes = (0..WORKERS).map(|lane| {
            let place = &place;
            async move {
                for round in 0..BATCHES {
                    // Users that come to several of the errors at once.
                    let user = lane % 2 + round;
                    let names = ["a", "b", "c", "a", "b"];
                    let entries = names.into_iter().zip(0..);
                    let entries = entries.map(|(name, more)| event(name, user + more)).collect();
                    place.store(&[batch(entries)]).await;
                }
            }
        });
        futures_util::future::join_all(lanes).await;
        done.store(true, Ordering::Relaxed);
    };
    let changing = async {
        let mut changes = 0;
        while !done.load(Ordering::Relaxed) {
            let [a, b, c] = ["a", "b", "c"].map(|name| entry(name).error_id);
            for (error, act) in [
                (a, Act::Merge { at: Utc::now(), other: b }),
                (c, Act::Merge { at: Utc::now(), other: b }),
                (b, Act::Unmerge { at: Utc::now() }),
                (a, Act::Unmerge { at: Utc::now() }),
            ] {
                act.run(&place.pool, PROJECT, error).await;
                changes += 1;
            }
        }
        changes
    };
    let ((), changes) = tokio::join!(storing, changing);
    assert!(changes >= 4);
    assert_eq!(place.value::<i64>(DIFFERENCES).await, 0, "after {changes} changes");
    // Apart again, each has exactly what came under its id.
    for name in ["a", "b", "c"] {
        Act::Unmerge { at: Utc::now() }.run(&place.pool, PROJECT, entry(name).error_id).await;
    }
    assert_eq!(place.value::<i64>(DIFFERENCES).await, 0);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM error_stats").await, 3);
    let rest = "SELECT count(*) FROM group_stats FULL JOIN merged_errors ON false";
    assert_eq!(place.value::<i64>(rest).await, 0, "what is not merged costs nothing");
    let each = WORKERS * BATCHES;
    for (name, events) in [("a", 2 * each + 1), ("b", 2 * each + 1), ("c", each + 1)] {
        let sql = format!(
            "SELECT event_count FROM errors JOIN error_stats USING (project_id, error_id)
             WHERE public_id = '{}'",
            entry(name).error_id
        );
        assert_eq!(place.value::<i64>(&sql).await, events, "{name}");
    }
    place.assert_counts(5 * each + 3).await;
    place.close().await;
}

/// The clock of whoever resolves may be behind that of the ingest service.
#[tokio::test]
async fn an_error_is_not_reopened_by_what_came_before_it_was_merged() {
    let place = Place::new().await;
    let [a, b, c] = ["a", "b", "c"].map(|name| entry(name).error_id);
    let run = async |error, act: Act| act.run(&place.pool, PROJECT, error).await;
    place.store(&[batch(["a", "b", "c"].map(entry).into())]).await;
    run(a, Act::Merge { at: Utc::now(), other: c }).await;
    // From now on the numbers of each fingerprint are kept.
    place.store(&[batch(vec![entry("a")])]).await;
    let behind = entry("a").received_at - TimeDelta::minutes(1);
    run(a, Act::Resolve { at: behind }).await;
    let resolved = format!("SELECT status = 1 FROM errors WHERE public_id = '{a}'");

    run(b, Act::Merge { at: Utc::now(), other: a }).await;
    run(a, Act::Unmerge { at: Utc::now() }).await;
    assert!(place.value::<bool>(&resolved).await);

    run(b, Act::Merge { at: Utc::now(), other: a }).await;
    place.store(&[batch(vec![entry("a")])]).await;
    run(a, Act::Unmerge { at: Utc::now() }).await;
    assert!(!place.value::<bool>(&resolved).await, "an event came meanwhile");
    place.close().await;
}

/// Few users are looked up among the many of the other error, many are read together with them: each side
/// is once the smaller one, by far and by little.
#[tokio::test]
async fn users_of_both_are_counted_once_however_many_either_has() {
    for (of_a, of_b) in [(0..40, 39..41), (0..40, 38..60), (39..41, 0..40), (0..1, 0..1)] {
        let place = Place::new().await;
        let events = |name, users: std::ops::Range<i64>| users.map(move |user| event(name, user));
        let entries = events("a", of_a.clone()).chain(events("b", of_b.clone())).collect();
        place.store(&[batch(entries)]).await;
        let [a, b] = ["a", "b"].map(|name| entry(name).error_id);
        let merge = Act::Merge { at: Utc::now(), other: b };
        merge.run(&place.pool, PROJECT, a).await;
        assert_eq!(place.value::<i64>(DIFFERENCES).await, 0, "{of_a:?} and {of_b:?} merged");
        let unmerge = Act::Unmerge { at: Utc::now() };
        unmerge.run(&place.pool, PROJECT, b).await;
        assert_eq!(place.value::<i64>(DIFFERENCES).await, 0, "{of_a:?} and {of_b:?} taken apart");
        place.close().await;
    }
}

/// Two errors with so many events each, users and a month of roll-ups, stored directly.
const MANY: &str = "
    INSERT INTO facets (project_id, level, source, environment, release) VALUES (1, 4, 's', 'e', '');
    INSERT INTO groups SELECT 1, n, n, decode(lpad(to_hex(n), 32, '0'), 'hex'), 1 FROM generate_series(1001, 1002) n;
    INSERT INTO error_names SELECT 1, ('00000000-0000-8000-8000-00000000' || n)::uuid, n FROM generate_series(1001, 1002) n;
    INSERT INTO errors (project_id, error_id, public_id, message)
      SELECT 1, n, ('00000000-0000-8000-8000-00000000' || n)::uuid, 'm' FROM generate_series(1001, 1002) n;
    INSERT INTO events (group_id, occurred_at, received_at, event_id, project_id, day, facet_id, encoding, payload)
      SELECT 1001 + i % 2, now() - i * interval '1 ms', now(), gen_random_uuid(), 1, (now() AT TIME ZONE 'UTC')::date,
             (SELECT min(facet_id) FROM facets), 0, decode(repeat('ab', 200), 'hex')
      FROM generate_series(1, 200000) i;
    INSERT INTO group_users SELECT 1, 1001 + i % 2, i % USERS, now() FROM generate_series(1, 200000) i ON CONFLICT DO NOTHING;
    INSERT INTO event_hours SELECT 1, g, now() - h * interval '1 hour', (SELECT min(facet_id) FROM facets), 100
      FROM generate_series(1, 1000) h, (VALUES (0), (1001), (1002)) AS groups (g);
    INSERT INTO error_stats (project_id, error_id, event_count, user_count, first_seen, last_seen, latest_event_id, latest_day, level, source)
      SELECT 1, group_id, count(*), USERS / 2, min(occurred_at), max(occurred_at), (array_agg(event_id))[1], min(day), 4, 's'
      FROM events GROUP BY group_id;
    ANALYZE";

/// How long merging two errors of 100,000 events takes while events of both arrive, statement by statement.
/// Prints what it measures; what is right about it, the tests above say.
#[tokio::test]
#[ignore = "measures; run it with --run-ignored all --no-capture"]
async fn what_merging_many_events_costs() {
    for users in [20_000, 200_000] {
        measure(users).await;
    }
}

/// Merges and takes apart while events of both errors arrive, which have as many users together.
#[expect(clippy::print_stdout, reason = "what it measures is for people")]
async fn measure(users: u32) {
    let place = Place::new().await;
    place.execute(&MANY.replace("USERS", &users.to_string())).await;
    let names: [shared::ids::ErrorId; 2] =
        ["1001", "1002"].map(|id| format!("00000000-0000-8000-8000-00000000{id}").parse().unwrap());
    let done = AtomicBool::new(false);
    let arriving = async {
        let mut batches = 0;
        while !done.load(Ordering::Relaxed) {
            let of = |name| Entry { error_id: name, ..event("m", batches) };
            let entries = names.into_iter().cycle().take(100).map(of).collect();
            place.store(&[batch(entries)]).await;
            batches += 1;
        }
        batches
    };
    let merging = async {
        let mut took = Vec::new();
        for _ in 0..20 {
            for (kind, error, act) in [
                ("merge", names[0], Act::Merge { at: Utc::now(), other: names[1] }),
                ("unmerge", names[1], Act::Unmerge { at: Utc::now() }),
            ] {
                let started = Instant::now();
                act.run(&place.pool, PROJECT, error).await;
                took.push((kind, started.elapsed()));
            }
        }
        done.store(true, Ordering::Relaxed);
        took
    };
    let (batches, mut took) = tokio::join!(arriving, merging);
    took.sort();
    for kind in ["merge", "unmerge"] {
        let of: Vec<_> = took.iter().filter(|it| it.0 == kind).map(|it| it.1).collect();
        println!(
            "{users} users, {kind}: median {:?}, longest {:?}",
            of[of.len() / 2],
            of[of.len() - 1]
        );
    }
    println!("{batches} batches of 100 events arrived meanwhile");
    assert_eq!(place.value::<i64>(DIFFERENCES).await, 0);
    explain(&place).await;
    place.close().await;
}

#[expect(clippy::print_stdout, reason = "the plan is for people")]
/// The plan of the one statement whose cost grows: with the users of what is merged.
async fn explain(place: &Place) {
    let mut client = place.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    project_lock::exclusive(&tx, &[PROJECT]).await.unwrap();
    let keep = include_str!("../../../query-api/src/errors/sql/keep_group_stats.sql");
    tx.execute(keep, &[&1, &vec![1001_i64, 1002]]).await.unwrap();
    let users = include_str!("../../../query-api/src/errors/sql/merged_users.sql");
    let explained = users.replace("$1", "1").replace("$2", "ARRAY[1001, 1002]::bigint[]");
    let rows = tx.query(&format!("EXPLAIN (ANALYZE, BUFFERS) {explained}"), &[]).await.unwrap();
    for row in rows {
        println!("{}", row.get::<_, String>(0));
    }
    assert!(
        find(&tx, PROJECT, "00000000-0000-8000-8000-000000001001".parse().unwrap()).await.is_some()
    );
}
