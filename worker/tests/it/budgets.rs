//! Past a budget the payload is left out; the event keeps its row and counts.

use chrono::{DateTime, TimeDelta, Utc};
use shared::batch::Entry;
use shared::ids::EventId;
use worker::announce::Announcer;
use worker::persist::Budgets;
use worker::upkeep::{self, Context, Job};

use crate::place::{Place, batch, entry, given};

const WHOLE: &str = "SELECT count(*) FROM events WHERE payload IS NOT NULL";

/// The first moment of a minute of an hour some hours ago, today or yesterday.
fn moment(hours_ago: i64, minute: i64) -> DateTime<Utc> {
    shared::ledger::hour(shared::time::now()) - TimeDelta::hours(hours_ago)
        + TimeDelta::minutes(minute)
}

fn received(message: &str, at: DateTime<Utc>) -> Entry {
    Entry { client_id: false, ..given(message, EventId::generate(), at) }
}

fn per_hour(error_payloads_per_hour: u32) -> Budgets {
    Budgets { error_payloads_per_hour, project_bytes: 1 << 40 }
}

#[tokio::test]
async fn an_error_keeps_so_many_payloads_of_an_hour_and_every_count() {
    let place = Place::with_budgets(per_hour(10)).await;
    let storm = |hours_ago, minute, events: usize| {
        batch((0..events).map(|_| received("storm", moment(hours_ago, minute))).collect())
    };
    // Nine tenths at once, in one transaction or over several …
    let ended = place.store(&[storm(3, 0, 6)]).await;
    assert_eq!((ended.stored, ended.counted_only), (6, 0));
    let ended = place.store(&[storm(3, 0, 30), batch(vec![entry("other")])]).await;
    assert_eq!((ended.stored, ended.counted_only), (4, 27));
    // … the last tenth later in the hour, and all anew in the next one.
    let ended = place.store(&[storm(3, 59, 5)]).await;
    assert_eq!((ended.stored, ended.counted_only), (1, 4));
    let ended = place.store(&[storm(2, 0, 5)]).await;
    assert_eq!((ended.stored, ended.counted_only), (5, 0));
    // What comes late out of a spool counts in the hour that is being used.
    let ended = place.store(&[storm(3, 0, 5)]).await;
    assert_eq!((ended.stored, ended.counted_only), (4, 1));
    // Also when it comes from two hours at once.
    let late = |hours_ago| received("late", moment(hours_ago, 0));
    place.store(&[batch(vec![late(1)])]).await;
    let ended = place.store(&[batch(vec![late(3), late(2)])]).await;
    assert_eq!((ended.stored, ended.counted_only), (2, 0));
    let payloads = "SELECT payloads FROM error_stats JOIN errors USING (project_id, error_id)
                    WHERE message = 'late'";
    assert_eq!(place.value::<i32>(payloads).await, 3);
    assert_eq!(place.value::<i64>(WHOLE).await, 23);
    place.assert_counts(55).await;
    let counted_only = ("counted_only".to_owned(), "error_budget".to_owned());
    assert_eq!(place.ledger().await[&counted_only], 32);
    place.close().await;
}

#[tokio::test]
async fn a_repeated_event_uses_up_nothing() {
    let place = Place::with_budgets(per_hour(3)).await;
    let once = given("repeated", EventId::generate(), moment(1, 0));
    for _ in 0..5 {
        place.store(&[batch(vec![once.clone()])]).await;
    }
    let two = || received("repeated", moment(1, 0));
    assert_eq!(place.store(&[batch(vec![two(), two()])]).await.counted_only, 0);
    assert_eq!(place.value::<i32>("SELECT payloads FROM error_stats").await, 3);
    place.close().await;
}

#[tokio::test]
async fn the_latest_event_is_one_that_can_be_shown() {
    let place = Place::with_budgets(per_hour(1)).await;
    let shown = received("shown", moment(2, 5));
    place.store(&[batch(vec![shown.clone()])]).await;
    let left_out = received("shown", moment(2, 9));
    place.store(&[batch(vec![left_out.clone()])]).await;
    let latest = "SELECT latest_event_id FROM error_stats";
    let last_seen = "SELECT last_seen FROM error_stats";
    assert_eq!(place.value::<uuid::Uuid>(latest).await, shown.event_id.0);
    assert_eq!(place.value::<DateTime<Utc>>(last_seen).await, left_out.occurred_at);
    // One whose payload is kept takes over, although another event is newer by its own time.
    let mut next_hour = received("shown", moment(1, 0));
    next_hour.occurred_at = moment(2, 7);
    place.store(&[batch(vec![next_hour.clone()])]).await;
    assert_eq!(place.value::<uuid::Uuid>(latest).await, next_hour.event_id.0);
    assert_eq!(place.value::<DateTime<Utc>>(last_seen).await, left_out.occurred_at);
    place.close().await;
}

#[tokio::test]
async fn what_is_kept_around_a_poison_event_uses_up_the_budget() {
    let budgets = Budgets { error_payloads_per_hour: 1_000, project_bytes: 14 };
    let place = Place::with_budgets(budgets).await;
    let events = ["a", "b", "po\0ison", "c", "d"].map(entry);
    let ended = place.store(&[batch(events.into())]).await;
    assert_eq!((ended.stored, ended.dead, ended.counted_only), (2, 1, 2));
    place.close().await;
}

#[tokio::test]
async fn of_events_that_cannot_be_shown_the_newest_is_the_latest() {
    let place = Place::with_budgets(Budgets { error_payloads_per_hour: 1, project_bytes: 0 }).await;
    let [newer, older, newest] = [5, 2, 9].map(|minute| received("bare", moment(2, minute)));
    for (event, latest) in [(&newer, &newer), (&older, &newer), (&newest, &newest)] {
        place.store(&[batch(vec![event.clone()])]).await;
        let shown = place.value::<uuid::Uuid>("SELECT latest_event_id FROM error_stats").await;
        assert_eq!(shown, latest.event_id.0);
    }
    place.close().await;
}

#[tokio::test]
async fn a_project_over_its_bytes_keeps_counting() {
    // A payload of the tests has seven bytes.
    let budgets = Budgets { error_payloads_per_hour: 1_000, project_bytes: 21 };
    let place = Place::with_budgets(budgets).await;
    place.execute("INSERT INTO projects (id, name, slug) VALUES (2, 'Two', 'two')").await;
    let mut elsewhere = entry("elsewhere");
    elsewhere.project_id = shared::ids::ProjectId(2);
    let ended = place.store(&[batch(vec![entry("a"), entry("b"), elsewhere])]).await;
    assert_eq!((ended.stored, ended.counted_only), (3, 0));
    let ended = place.store(&[batch(vec![entry("a"), entry("b"), entry("c")])]).await;
    assert_eq!((ended.stored, ended.counted_only), (1, 2));
    place.assert_counts(6).await;
    assert_eq!(place.value::<i64>("SELECT sum(bytes)::bigint FROM payload_bytes").await, 28);
    let over = ("counted_only".to_owned(), "project_budget".to_owned());
    assert_eq!(place.ledger().await[&over], 2);
    // An error all of whose events came without a payload is shown by its newest one.
    let message =
        "SELECT latest_at = '-infinity' FROM error_stats JOIN errors USING (project_id, error_id)
                   WHERE message = 'c'";
    assert!(place.value::<bool>(message).await);

    // What a deleted error held is free again.
    place
        .execute(
            "INSERT INTO purges SELECT project_id, group_id FROM groups
             JOIN errors USING (project_id, error_id) WHERE message = 'a'",
        )
        .await;
    let context = Context { retention_days: 30, announcer: Announcer::new() };
    for _ in 0..3 {
        upkeep::once(Job::PurgeDeleted, &place.pool, &context).await.unwrap();
    }
    assert_eq!(place.value::<i64>("SELECT sum(bytes)::bigint FROM payload_bytes").await, 14);
    assert_eq!(place.store(&[batch(vec![entry("c")])]).await.stored, 1);
    place.close().await;
}
