//! Migrations may be run twice, and at once.

use deploy::testing::Sandbox;
use shared::config::Environment;

use crate::place::{Place, WIDE, batch, entry, postgres_config};

#[tokio::test]
async fn many_at_once_apply_each_migration_once() {
    let sandbox = Sandbox::new().await.unwrap();
    let config = postgres_config(&sandbox);
    let running = (0..4).map(|_| worker::migrate::run(&config, Environment::Production));
    let applied: Vec<usize> =
        futures_util::future::join_all(running).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
    assert_eq!(worker::migrate::run(&config, Environment::Production).await.unwrap(), 0);
    sandbox.close().await.unwrap();
}

#[tokio::test]
async fn the_development_key_is_made_in_development_alone() {
    let place = Place::new().await;
    let keys = "SELECT count(*) FROM api_keys WHERE development_only";
    assert_eq!(place.value::<i64>(keys).await, 1);
    place.execute("DELETE FROM api_keys").await;
    let config = postgres_config(&place.sandbox);
    worker::migrate::run(&config, Environment::Production).await.unwrap();
    assert_eq!(place.value::<i64>(keys).await, 0);
    place.close().await;
}

#[tokio::test]
async fn every_hot_table_has_the_project_in_its_primary_key() {
    let place = Place::new().await;
    // `batches` holds ids of messages, which know no project; the others do not grow with events.
    let without: Vec<String> = place
        .value(
            "SELECT array_agg(relname::text ORDER BY relname) FROM pg_class c
             JOIN pg_namespace n ON n.oid = relnamespace AND nspname = 'public'
             WHERE relkind IN ('r', 'p') AND NOT relispartition AND NOT EXISTS (
               SELECT 1 FROM pg_index i JOIN pg_attribute a
                 ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
               WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname = 'project_id')",
        )
        .await;
    let expected = [
        "access_version",
        "api_keys",
        "audit_entries",
        "batches",
        "check_lease",
        "health_periods",
        "host_samples",
        "instances",
        "integrations",
        "projects",
        "refinery_schema_history",
        "sessions",
        "team_members",
        "traffic",
    ];
    assert_eq!(without, expected);
    place.close().await;
}

mod embedded {
    refinery::embed_migrations!("../migrations");
}

async fn connect(sandbox: &Sandbox) -> tokio_postgres::Client {
    let url = sandbox.database_url();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    drop(shared::lifecycle::spawn(connection));
    client
}

#[tokio::test]
async fn a_table_in_use_delays_the_migration_and_nobody_else() {
    let sandbox = Sandbox::new().await.unwrap();
    let (mut holder, other) = (connect(&sandbox).await, connect(&sandbox).await);
    let runner = embedded::migrations::runner();
    // The third one changes a table that the first one makes.
    runner.set_target(refinery::Target::Version(2)).run_async(&mut holder).await.unwrap();
    let reading = holder.transaction().await.unwrap();
    reading.execute("SELECT FROM error_stats", &[]).await.unwrap();

    let config = postgres_config(&sandbox);
    let running = async { worker::migrate::run(&config, Environment::Production).await.unwrap() };
    let others = async {
        let waiting = "SELECT count(*) > 0 FROM pg_stat_activity
                       WHERE application_name = 'errata-migrate' AND wait_event_type = 'Lock'";
        while !other.query_one(waiting, &[]).await.unwrap().get::<_, bool>(0) {}
        // Queues up behind the migration, which gives way.
        other.execute("SELECT FROM error_stats", &[]).await.unwrap();
        reading.commit().await.unwrap();
    };
    let (applied, ()) = tokio::join!(running, others);
    assert!(applied > 0);
    let place = Place::over(sandbox, WIDE).await;
    place.store(&[batch(vec![entry("after")])]).await;
    place.assert_counts(1).await;
    place.close().await;
}
