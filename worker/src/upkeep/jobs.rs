//! The jobs of upkeep, each in a transaction that holds the job's lock.

use chrono::{DateTime, Days, NaiveDate, Utc};
use deadpool_postgres::Transaction;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::project_lock;
use shared::revisions;
use shared::time;
use uuid::Uuid;

use super::Piece;
use crate::announce::{Announcer, all_projects};

/// What the jobs need besides the transaction.
#[derive(Debug)]
pub struct Context {
    /// How many days of events are kept.
    pub retention_days: u32,
    /// Is told which projects changed.
    pub announcer: Announcer,
}

/// Partitions are there this long before their day, so that a worker that is away over a weekend
/// finds them.
const DAYS_AHEAD: Days = Days::new(3);

/// Batch ids and given event ids are kept this long: a message that waited in a spool for most of a
/// week still meets them.
const ID_DAYS: Days = Days::new(7);

/// The audit log is kept for a year: what is asked of it is asked months later.
const AUDIT_DAYS: i32 = 365;

/// Rows removed or moved in one run, so that no run holds locks for long.
const CHUNK: i64 = 20_000;

fn today() -> NaiveDate {
    time::day(time::now())
}

/// Makes the partitions of the coming days.
pub(super) async fn make_partitions(tx: &Transaction<'_>) -> Result<(), DbError> {
    let (first, last) = (today() - Days::new(1), today() + DAYS_AHEAD);
    execute(
        tx,
        include_str!("../persist/sql/make_partitions.sql"),
        &[&first, &last],
        "make partitions",
    )
    .await
    .map(drop)
}

/// Drops the days that have passed their age, one day of each table a piece. Each error's newest
/// example is kept.
pub(super) async fn drop_old_days(
    tx: &Transaction<'_>,
    context: &Context,
) -> Result<Piece, DbError> {
    execute(tx, include_str!("sql/short_lock_timeout.sql"), &[], "bound the wait for locks")
        .await?;
    let oldest_events = today() - Days::new(u64::from(context.retention_days));
    let oldest_ids = today() - ID_DAYS;
    let mut piece = Piece::Last;
    for (table, oldest) in
        [("events", oldest_events), ("seen_ids", oldest_ids), ("batches", oldest_ids)]
    {
        let old = tx
            .query_opt(include_str!("sql/oldest_partition.sql"), &[&table, &oldest])
            .await
            .map_err(DbError::statement("look for old days"))?;
        let Some(day) = old.map(|row| row.get::<_, NaiveDate>("day")) else { continue };
        piece = Piece::Full;
        if table == "events" {
            keep_examples(tx, day).await?;
            let sql = include_str!("sql/forget_payload_bytes.sql");
            execute(tx, sql, &[&day], "forget the bytes of a day").await?;
        }
        execute(tx, include_str!("sql/drop_partition.sql"), &[&table, &day], "drop a day").await?;
    }
    Ok(piece)
}

/// Removes what has passed its age from the ledger.
pub(super) async fn trim_ledger(tx: &Transaction<'_>, context: &Context) -> Result<Piece, DbError> {
    let days = i32::try_from(context.retention_days).unwrap_or(i32::MAX);
    let sql = include_str!("sql/drop_old_ledger.sql");
    let removed = execute(tx, sql, &[&days, &CHUNK], "drop old accounts").await?;
    Ok(if removed > 0 { Piece::Full } else { Piece::Last })
}

/// Removes what has passed its age of what rules told, and of the times that they fired.
pub(super) async fn trim_alerts(tx: &Transaction<'_>, context: &Context) -> Result<Piece, DbError> {
    let oldest = time::now() - Days::new(u64::from(context.retention_days));
    let first_id = first_id_at(oldest);
    let sql = include_str!("sql/drop_old_notifications.sql");
    let told = execute(tx, sql, &[&first_id, &CHUNK], "drop old notifications").await?;
    let sql = include_str!("sql/drop_old_firings.sql");
    let fired = execute(tx, sql, &[&first_id, &oldest, &CHUNK], "drop old firings").await?;
    let sql = include_str!("sql/drop_old_incidents.sql");
    let resolved = execute(tx, sql, &[&first_id, &oldest, &CHUNK], "drop old incidents").await?;
    Ok(if told > 0 || fired > 0 || resolved > 0 { Piece::Full } else { Piece::Last })
}

/// No UUIDv7 of that time or a later one is below it.
fn first_id_at(time: DateTime<Utc>) -> Uuid {
    let milliseconds = u128::try_from(time.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(milliseconds << 80)
}

/// Removes what has passed its age from the audit log.
pub(super) async fn trim_audit(tx: &Transaction<'_>) -> Result<Piece, DbError> {
    let sql = include_str!("sql/drop_old_audit.sql");
    let removed = execute(tx, sql, &[&AUDIT_DAYS, &CHUNK], "drop old audit entries").await?;
    Ok(if removed > 0 { Piece::Full } else { Piece::Last })
}

/// Removes sessions that have expired: a login removes those of its own key alone.
pub(super) async fn trim_sessions(tx: &Transaction<'_>) -> Result<Piece, DbError> {
    let sql = include_str!("sql/drop_old_sessions.sql");
    let removed = execute(tx, sql, &[&CHUNK], "drop expired sessions").await?;
    Ok(if removed > 0 { Piece::Full } else { Piece::Last })
}

/// Merges minutes of the system's own measurements that are older than a day into hours, an hour a piece,
/// and removes what is older than the longest time that is told of.
pub(super) async fn trim_monitoring(tx: &Transaction<'_>) -> Result<Piece, DbError> {
    let mut moved = 0;
    for sql in [include_str!("sql/merge_traffic.sql"), include_str!("sql/merge_host_samples.sql")] {
        let row = tx.query_one(sql, &[]).await;
        let row = row.map_err(DbError::statement("merge old measurements"))?;
        moved += row.get::<_, i64>("moved");
    }
    let mut dropped = 0;
    for sql in [
        include_str!("sql/drop_old_traffic.sql"),
        include_str!("sql/drop_old_host_samples.sql"),
        include_str!("sql/drop_old_health.sql"),
    ] {
        dropped += execute(tx, sql, &[&CHUNK], "drop old measurements").await?;
    }
    let sql = include_str!("sql/forget_instances.sql");
    execute(tx, sql, &[], "forget instances that are gone").await?;
    Ok(if moved > 0 || dropped > 0 { Piece::Full } else { Piece::Last })
}

async fn keep_examples(tx: &Transaction<'_>, day: NaiveDate) -> Result<(), DbError> {
    // An error that is being deleted must not leave an example behind.
    project_lock::shared(tx, &all_projects(tx).await?).await?;
    let kept = execute(tx, include_str!("sql/keep_examples.sql"), &[&day], "keep examples").await?;
    tracing::info!(%day, examples = kept, "dropping a day of events");
    Ok(())
}

/// Removes rows of deleted errors, piece by piece; the last piece removes the order to do so.
pub(super) async fn purge_deleted(tx: &Transaction<'_>) -> Result<Piece, DbError> {
    let sql = include_str!("sql/prune_deleted_names.sql");
    execute(tx, sql, &[&CHUNK], "forget ids that were deleted long ago").await?;
    let purged = tx
        .query_one(include_str!("sql/purge_events.sql"), &[&CHUNK])
        .await
        .map_err(DbError::statement("purge events"))?;
    if purged.get::<_, i64>("events") > 0 {
        return Ok(Piece::Full);
    }
    let action = "purge what belongs to deleted errors";
    let purged = execute(tx, include_str!("sql/purge_rest.sql"), &[], action).await?;
    Ok(if purged > 0 { Piece::Full } else { Piece::Last })
}

/// Merges slots older than two hours to minutes and those older than two days to hours, and removes
/// those that no rule's window reaches.
pub(super) async fn merge_slots(tx: &Transaction<'_>) -> Result<Piece, DbError> {
    // A deletion subtracts from the slots it finds: they must not move meanwhile.
    project_lock::shared(tx, &all_projects(tx).await?).await?;
    let mut moved = 0;
    for (width, from, to) in [("minute", "2 hours", "48 hours"), ("hour", "48 hours", "62 days")] {
        for sql in [include_str!("sql/merge_slots.sql"), include_str!("sql/merge_user_slots.sql")] {
            let row = tx.query_one(sql, &[&width, &from, &to, &CHUNK]).await;
            moved += row.map_err(DbError::statement("merge slots"))?.get::<_, i64>("moved");
        }
    }
    let mut dropped = 0;
    for sql in [
        include_str!("sql/drop_old_slots.sql"),
        include_str!("sql/drop_old_user_slots.sql"),
        include_str!("sql/drop_old_arrivals.sql"),
    ] {
        dropped += execute(tx, sql, &[&CHUNK], "drop old slots").await?;
    }
    Ok(if moved > 0 || dropped > 0 { Piece::Full } else { Piece::Last })
}

/// Opens ignored errors whose time has come.
pub(super) async fn wake_ignored(tx: &Transaction<'_>) -> Result<Vec<ProjectId>, DbError> {
    let rows = tx
        .query(include_str!("sql/wake_ignored.sql"), &[])
        .await
        .map_err(DbError::statement("wake ignored errors"))?;
    let projects: Vec<ProjectId> =
        rows.iter().map(|row| ProjectId(row.get("project_id"))).collect();
    revisions::advance(tx, &projects).await?;
    Ok(projects)
}

async fn execute(
    tx: &Transaction<'_>,
    sql: &str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    action: &'static str,
) -> Result<u64, DbError> {
    tx.execute(sql, parameters).await.map_err(DbError::statement(action))
}
