//! What the worker does without being asked.

use chrono::{Days, TimeDelta};
use shared::ids::EventId;
use worker::announce::Announcer;
use worker::upkeep::{self, Context, Job};

use crate::place::{Place, batch, entry, given};

async fn run(place: &Place, job: Job) {
    let context = Context { retention_days: 30, announcer: Announcer::new() };
    upkeep::once(job, &place.pool, &context).await.unwrap();
}

#[tokio::test]
async fn partitions_are_made_ahead_and_twice_does_no_harm() {
    let place = Place::new().await;
    run(&place, Job::MakePartitions).await;
    run(&place, Job::MakePartitions).await;
    let ahead =
        "SELECT max(to_date(right(relname, 8), 'YYYYMMDD')) - (now() AT TIME ZONE 'UTC')::date
                 FROM pg_class WHERE relname ~ '^events_[0-9]{8}$'";
    assert_eq!(place.value::<i32>(ahead).await, 3);
    place.close().await;
}

#[tokio::test]
async fn an_old_day_goes_and_each_errors_newest_example_stays() {
    let place = Place::new().await;
    let old = shared::time::now() - Days::new(40);
    let id = EventId::generate();
    place
        .store(&[batch(vec![
            given("gone quiet", EventId::generate(), old - TimeDelta::seconds(5)),
            given("gone quiet", id, old),
            given("still here", EventId::generate(), old),
        ])])
        .await;
    place.store(&[batch(vec![entry("still here")])]).await;
    for _ in 0..3 {
        run(&place, Job::DropOldDays).await;
    }
    assert_eq!(place.value::<i64>("SELECT count(*) FROM events").await, 1);
    let kept = "SELECT array_agg(event_id) FROM examples";
    assert_eq!(place.value::<Vec<uuid::Uuid>>(kept).await, [id.0]);
    // Counts stay.
    let counted = "SELECT sum(event_count)::bigint FROM error_stats";
    assert_eq!(place.value::<i64>(counted).await, 4);
    run(&place, Job::TrimLedger).await;
    // The ledger and the bytes of payloads go by the same age.
    assert_eq!(place.value::<i64>("SELECT sum(bytes)::bigint FROM payload_bytes").await, 7);
    place.forget_all_but(1);
    place.close().await;
}

#[tokio::test]
async fn what_belonged_to_a_deleted_error_is_removed() {
    let place = Place::new().await;
    let mut user = entry("deleted");
    user.user_hash = Some(1);
    place.store(&[batch(vec![user, entry("deleted"), entry("kept")])]).await;
    place
        .execute(
            "INSERT INTO purges SELECT project_id, group_id FROM groups
             JOIN errors USING (project_id, error_id) WHERE message = 'deleted'",
        )
        .await;
    for _ in 0..3 {
        run(&place, Job::PurgeDeleted).await;
    }
    assert_eq!(place.value::<i64>("SELECT count(*) FROM events").await, 1);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM purges").await, 0);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM group_users").await, 0);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM event_hours WHERE group_id <> 0").await, 1);
    place.close().await;
}

#[tokio::test]
async fn old_slots_are_merged_and_lose_nothing() {
    let place = Place::new().await;
    let base = shared::time::parse("2025-01-01T00:00:00Z").unwrap();
    let now = shared::time::now();
    let whole_hour = now - TimeDelta::seconds((now - base).num_seconds() % 3_600);
    let slot = |age: TimeDelta| (whole_hour - age).format("%F %T+00").to_string();
    for (age, offsets) in
        [(TimeDelta::hours(4), [10, 20, 70]), (TimeDelta::hours(72), [10, 600, 3_599])]
    {
        for seconds in offsets {
            let slot = slot(age - TimeDelta::seconds(seconds));
            place.execute(&format!("INSERT INTO event_slots VALUES (1, 5, '{slot}', 1, 2)")).await;
        }
    }
    run(&place, Job::MergeSlots).await;
    run(&place, Job::MergeSlots).await;
    // Two minutes of the younger hour, one hour of the older.
    assert_eq!(place.value::<i64>("SELECT count(*) FROM event_slots").await, 3);
    assert_eq!(place.value::<i64>("SELECT sum(events)::bigint FROM event_slots").await, 12);
    place.close().await;
}

#[tokio::test]
async fn ignored_errors_wake_when_their_time_has_come() {
    let place = Place::new().await;
    place.store(&[batch(vec![entry("now"), entry("later")])]).await;
    place
        .execute(
            "UPDATE errors SET status = 2, ignored_until = now() + CASE message
               WHEN 'now' THEN interval '-1 second' ELSE interval '1 hour' END",
        )
        .await;
    run(&place, Job::WakeIgnored).await;
    let open = "SELECT array_agg(message) FROM errors WHERE status = 0";
    assert_eq!(place.value::<Vec<String>>(open).await, ["now"]);
    place.close().await;
}

#[tokio::test]
async fn the_audit_log_is_kept_for_a_year() {
    let place = Place::new().await;
    for days in [0, 364, 366, 1_000] {
        place
            .execute(&format!(
                "INSERT INTO audit_entries (id, at, actor_name, action, target_kind, target_id,
                   target_name, changes)
                 VALUES (gen_random_uuid(), now() - interval '{days} days', 'a', 'b', 'c', 'd',
                   '{days}', '{{}}')"
            ))
            .await;
    }
    run(&place, Job::TrimAudit).await;
    let kept = "SELECT array_agg(target_name ORDER BY at DESC) FROM audit_entries";
    assert_eq!(place.value::<Vec<String>>(kept).await, ["0", "364"]);
    place.close().await;
}

#[tokio::test]
async fn sessions_go_once_they_have_expired() {
    let place = Place::new().await;
    place
        .execute(
            "INSERT INTO sessions (token_hash, key_id, expires_at)
             SELECT sha256(hours::text::bytea), key.id, now() + hours * interval '1 hour'
             FROM (SELECT id FROM api_keys LIMIT 1) AS key, unnest(ARRAY[-200, -1, 1, 100]) AS hours",
        )
        .await;
    assert_eq!(place.value::<i64>("SELECT count(*) FROM sessions").await, 4);
    run(&place, Job::TrimSessions).await;
    run(&place, Job::TrimSessions).await;
    let kept = "SELECT count(*) FILTER (WHERE expires_at > now()) FROM sessions";
    assert_eq!(place.value::<i64>(kept).await, 2);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM sessions").await, 2);
    place.close().await;
}

#[tokio::test]
async fn old_measurements_are_merged_into_hours_and_go_after_a_month() {
    let place = Place::new().await;
    place
        .execute(
            "INSERT INTO traffic
             SELECT date_trunc('hour', now() - age * interval '1 hour') + minute * interval '1 minute',
                    service, gen_random_uuid(), 60, 10, 1, 50, '{4,6}'
             FROM unnest(ARRAY[2, 30, 40, 800]) AS age, generate_series(0, 2) AS minute,
                  unnest(ARRAY['ingest', 'worker']) AS service;
             INSERT INTO host_samples
             SELECT date_trunc('hour', now() - age * interval '1 hour') + minute * interval '1 minute',
                    host, 60, minute * 30, 50, minute * 10, 100, 200
             FROM unnest(ARRAY[2, 30, 40, 800]) AS age, generate_series(0, 2) AS minute,
                  unnest(ARRAY['a', 'b']) AS host;
             INSERT INTO instances VALUES
               (gen_random_uuid(), 'ingest', 'a', '1', now(), now() - interval '2 hours', NULL, 1, 0, '{}'),
               (gen_random_uuid(), 'ingest', 'a', '1', now(), now(), NULL, 1, 0, '{}');
             INSERT INTO health_periods
             SELECT 'queue', now() - begins * interval '1 day', now() - ends * interval '1 day', true, 1,
                    1, '{}'
             FROM (VALUES (60, 50), (50, 40), (39, 29), (28, 1)) AS period (begins, ends);",
        )
        .await;
    for _ in 0..5 {
        run(&place, Job::TrimMonitoring).await;
    }
    // Two services: three minutes of the young hour, and two hours each.
    let traffic = "SELECT count(*) FROM traffic";
    assert_eq!(place.value::<i64>(traffic).await, 6 + 4);
    let hours = "SELECT array_agg(DISTINCT ROW(requests, failed, duration_ms, buckets)::text)
                 FROM traffic WHERE seconds = 3600";
    assert_eq!(place.value::<Vec<String>>(hours).await, ["(30,3,150,\"{12,18}\")"]);
    let hours =
        "SELECT array_agg(DISTINCT ROW(cpu_percent, disk_percent, bytes_in, bytes_out)::text)
                 FROM host_samples WHERE seconds = 180";
    assert_eq!(place.value::<Vec<String>>(hours).await, ["(30,20,300,600)"]);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM host_samples").await, 6 + 4);
    assert_eq!(place.value::<i64>("SELECT count(*) FROM instances").await, 1);
    // The last that began before the month stays, because it tells what came next.
    let ages = "SELECT array_agg(extract(day FROM now() - began_at)::int ORDER BY began_at)
                FROM health_periods";
    assert_eq!(place.value::<Vec<i32>>(ages).await, [39, 28]);
    place.close().await;
}

#[tokio::test]
async fn what_rules_told_goes_by_its_age_unless_it_is_still_to_be_told() {
    let place = Place::new().await;
    // Of a project that is no longer there, too; ids say when they were made.
    let id = |days: i64, number: i64| {
        let at = (shared::time::now() - TimeDelta::days(days)).timestamp_millis();
        format!("('{at:012x}' || '7000800000000000{number:04}')::uuid")
    };
    for project in [1, 7] {
        for (days, number, status, held) in [
            (40, 1, "delivered", false),
            (40, 2, "failed", false),
            (40, 3, "pending", false),
            (40, 4, "", true),
            (20, 5, "delivered", false),
        ] {
            let id = id(days, number);
            place
                .execute(&format!(
                    "INSERT INTO notifications (project_id, delivery_id, rule_id, kind, channels, content,
                       held, created_at)
                     VALUES ({project}, {id}, gen_random_uuid(), 'fired', '{{}}', '{{}}', {held}, now());
                     INSERT INTO deliveries (project_id, delivery_id, channel, status, next_attempt_at,
                       created_at)
                     SELECT {project}, {id}, 'slack', '{status}', now(), now() WHERE '{status}' <> ''"
                ))
                .await;
        }
        for (began, ended, number) in [(40, "35", 1), (40, "20", 2), (40, "NULL", 3), (20, "19", 4)]
        {
            let id = id(began, number);
            place
                .execute(&format!(
                    "INSERT INTO firings VALUES ({project}, {id}, gen_random_uuid(), 0, NULL, 'a', 'b',
                       'low', 1, 2, now(), now(), now() - {ended} * interval '1 day',
                       CASE WHEN {ended} IS NOT NULL THEN 'recovered' END, now() - interval '35 days',
                       false, NULL)"
                ))
                .await;
        }
    }
    for _ in 0..2 {
        run(&place, Job::TrimAlerts).await;
    }
    let kept = |table, id| {
        format!(
            "SELECT array_agg(project_id || ' ' || right({id}::text, 1) ORDER BY project_id, {id})
             FROM {table}"
        )
    };
    let notifications = place.value::<Vec<String>>(&kept("notifications", "delivery_id")).await;
    assert_eq!(notifications, ["1 3", "1 4", "1 5", "7 3", "7 4", "7 5"]);
    let deliveries = place.value::<Vec<String>>(&kept("deliveries", "delivery_id")).await;
    assert_eq!(deliveries, ["1 3", "1 5", "7 3", "7 5"]);
    let firings = place.value::<Vec<String>>(&kept("firings", "firing_id")).await;
    assert_eq!(firings, ["1 2", "1 3", "1 4", "7 2", "7 3", "7 4"]);
    place.close().await;
}
