//! Work that nobody asks for: partitions ahead, retention, removal of what was deleted, merging of
//! old slots and measurements, waking of ignored errors, trimming of the ledger, of the audit log, of what
//! rules told and of sessions that are over.
//!
//! Every job is idempotent, runs on a timer, and takes an advisory lock, so that of many workers one
//! does it. A job that fails is logged and comes again with its period.

mod jobs;

pub use jobs::Context;

use std::time::Duration;

use deadpool_postgres::Pool;
use shared::postgres::DbError;
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Counter};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::announce::Announcer;
use crate::config::Config;

/// One kind of upkeep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Makes the daily partitions of the coming days.
    MakePartitions,
    /// Drops days that have passed their age.
    DropOldDays,
    /// Removes what belonged to deleted errors.
    PurgeDeleted,
    /// Merges old slots into longer ones.
    MergeSlots,
    /// Opens ignored errors whose time has come.
    WakeIgnored,
    /// Removes what has passed its age from the ledger.
    TrimLedger,
    /// Removes what has passed its age from the audit log.
    TrimAudit,
    /// Merges old measurements of the system itself into longer ones, and removes the oldest.
    TrimMonitoring,
    /// Removes what has passed its age of firings and notifications.
    TrimAlerts,
    /// Removes sessions that have expired.
    TrimSessions,
}

impl Job {
    /// All jobs.
    pub const ALL: [Self; 10] = [
        Self::MakePartitions,
        Self::DropOldDays,
        Self::PurgeDeleted,
        Self::MergeSlots,
        Self::WakeIgnored,
        Self::TrimLedger,
        Self::TrimAudit,
        Self::TrimMonitoring,
        Self::TrimAlerts,
        Self::TrimSessions,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::MakePartitions => "make_partitions",
            Self::DropOldDays => "drop_old_days",
            Self::PurgeDeleted => "purge_deleted",
            Self::MergeSlots => "merge_slots",
            Self::WakeIgnored => "wake_ignored",
            Self::TrimLedger => "trim_ledger",
            Self::TrimAudit => "trim_audit",
            Self::TrimMonitoring => "trim_monitoring",
            Self::TrimAlerts => "trim_alerts",
            Self::TrimSessions => "trim_sessions",
        }
    }

    fn period(self) -> Duration {
        Duration::from_secs(match self {
            Self::MakePartitions
            | Self::DropOldDays
            | Self::TrimLedger
            | Self::TrimMonitoring
            | Self::TrimAlerts => 600,
            Self::TrimAudit | Self::TrimSessions => 3_600,
            Self::MergeSlots => 60,
            Self::WakeIgnored => 15,
            Self::PurgeDeleted => 5,
        })
    }
}

/// A piece is bounded in rows; one that takes longer has lost its server.
const PIECE_TIMEOUT: Duration = Duration::from_secs(120);

/// Runs all jobs until the token is cancelled.
pub async fn run(pool: Pool, config: Config, announcer: Announcer, shutdown: CancellationToken) {
    let context = Context { retention_days: config.retention_days, announcer };
    let running = Job::ALL.map(|job| repeat(job, &pool, &context, &shutdown));
    futures_util::future::join_all(running).await;
}

async fn repeat(job: Job, pool: &Pool, context: &Context, shutdown: &CancellationToken) {
    let mut timer = tokio::time::interval(job.period());
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            () = shutdown.cancelled() => return,
        }
        match until_done(job, pool, context, shutdown).await {
            Ok(()) => metrics::count(Counter::UpkeepRunsTotal, "done", job.label(), 1),
            Err(error) => {
                metrics::count(Counter::UpkeepRunsTotal, "failed", job.label(), 1);
                tracing::warn!(job = job.label(), error = %ErrorChain(&error), "upkeep failed; it comes again");
            }
        }
    }
}

/// Runs a job piece by piece, each in a transaction of its own, until a piece finds nothing more.
async fn until_done(
    job: Job,
    pool: &Pool,
    context: &Context,
    shutdown: &CancellationToken,
) -> Result<(), DbError> {
    while !shutdown.is_cancelled() {
        let piece = tokio::time::timeout(PIECE_TIMEOUT, once(job, pool, context)).await;
        if piece.map_err(|_| DbError::Timeout)?? == Piece::Last {
            break;
        }
    }
    Ok(())
}

/// What a run of a job found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// As much as one run may do: there may be more.
    Full,
    /// Less than that, or another worker is at it.
    Last,
}

/// Runs one piece of a job if no other worker is at it.
///
/// # Errors
/// When Postgres is away, or keeps a lock for too long.
pub async fn once(job: Job, pool: &Pool, context: &Context) -> Result<Piece, DbError> {
    let mut client = pool.get().await.map_err(DbError::Pool)?;
    let tx = client.transaction().await.map_err(DbError::statement("begin upkeep"))?;
    let free: bool = tx
        .query_one(include_str!("sql/try_lock.sql"), &[&job.label()])
        .await
        .map_err(DbError::statement("take the lock of an upkeep job"))?
        .get(0);
    let mut piece = Piece::Last;
    let mut changed = Vec::new();
    if free {
        match job {
            Job::MakePartitions => jobs::make_partitions(&tx).await?,
            Job::DropOldDays => piece = jobs::drop_old_days(&tx, context).await?,
            Job::PurgeDeleted => piece = jobs::purge_deleted(&tx).await?,
            Job::MergeSlots => piece = jobs::merge_slots(&tx).await?,
            Job::WakeIgnored => changed = jobs::wake_ignored(&tx).await?,
            Job::TrimLedger => piece = jobs::trim_ledger(&tx, context).await?,
            Job::TrimAudit => piece = jobs::trim_audit(&tx).await?,
            Job::TrimAlerts => piece = jobs::trim_alerts(&tx, context).await?,
            Job::TrimMonitoring => piece = jobs::trim_monitoring(&tx).await?,
            Job::TrimSessions => piece = jobs::trim_sessions(&tx).await?,
        }
    }
    tx.commit().await.map_err(DbError::statement("commit upkeep"))?;
    if !changed.is_empty() {
        context.announcer.changed(changed);
    }
    Ok(piece)
}
