//! What ingest tells the ledger.

use std::time::Duration;

use crate::place::Place;

/// Waits until so many sessions wait for a lock.
async fn until_waiting(client: &tokio_postgres::Client, sessions: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = async {
        while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < sessions {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
}

#[tokio::test]
async fn what_comes_while_totals_are_written_is_written_before_the_end() {
    let mut place = Place::new().await;
    let (mut holder, watcher) = (place.connect().await, place.connect().await);
    let holding = holder.transaction().await.unwrap();
    holding.execute("LOCK TABLE ledger", &[]).await.unwrap();
    // The first one is being written when the second one comes.
    let event = r#"{"message": "m", "source": "s"}"#;
    assert_eq!(place.post("/api/errors", event).await.status, 201);
    until_waiting(&watcher, 1).await;
    assert_eq!(place.post("/api/errors", event).await.status, 201);
    assert_eq!(place.post("/api/errors", "{}").await.status, 400);

    place.tell_to_stop();
    // The write that was under way still waits, and so does the last one.
    until_waiting(&watcher, 2).await;
    holding.commit().await.unwrap();
    place.until_stopped().await;
    let sql = "SELECT outcome, sum(events)::bigint FROM ledger GROUP BY 1 ORDER BY 1";
    let rows = watcher.query(sql, &[]).await.unwrap();
    let ledger: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    // The helpers of the tests ask without fields until the keys are known.
    assert_eq!(ledger[0], ("accepted".to_owned(), 2));
    assert!(ledger[1].0 == "invalid" && ledger[1].1 >= 2, "{ledger:?}");
}
