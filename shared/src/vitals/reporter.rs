//! Writes what a process notes of itself, every few seconds and once more at the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_postgres::types::ToSql;
use tokio_util::sync::CancellationToken;

use super::buckets::Buckets;
use super::host::{self, Sampler};
use super::probe::{self, Look};
use super::traffic::{Minute, Minutes};
use super::{Role, Vitals};
use crate::ids::InstanceId;
use crate::postgres::{DbError, use_until};
use crate::telemetry::ErrorChain;

/// How often an instance says that it lives.
const PERIOD: Duration = Duration::from_secs(3);

/// The wait for Postgres at one beat; what was not written goes with the next.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// The wait for Postgres before the process ends.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// A process that did not look at itself for so long was stopped or starved: what it was meanwhile
/// nobody knows, so it counts as ready only from then on.
const MISSED_LOOK: Duration = Duration::from_secs(15);

/// One run of a process, and where it writes.
#[derive(Debug)]
pub struct Reporter {
    role: Role,
    instance: InstanceId,
    host: String,
    listening: SocketAddr,
    started: Instant,
    pool: Pool,
    vitals: Arc<Vitals>,
    state: State,
}

/// What is known from beat to beat.
#[derive(Debug)]
struct State {
    minutes: Minutes,
    /// Minute of the last sample of the host.
    sampled: Option<i64>,
    ready: Readiness,
    lag: RecentLag,
    writes: bool,
}

impl State {
    /// Whether the host is to be sampled for the minute. Not at the first beat: the use of processors is
    /// told between two looks, and the first was just now.
    fn host_due(&mut self, minute: i64) -> bool {
        let is_first = self.sampled.is_none();
        let is_due = !is_first && self.sampled != Some(minute);
        self.sampled = Some(if is_first { minute - 1 } else { minute });
        is_due
    }
}

impl Reporter {
    /// A reporter of the service that listens on the address; a pool of two connections is enough.
    pub fn new(role: Role, listening: SocketAddr, pool: Pool, vitals: Arc<Vitals>) -> Self {
        let state = State {
            minutes: Minutes::new(minute()),
            sampled: None,
            ready: Readiness::default(),
            lag: RecentLag::default(),
            writes: true,
        };
        Self {
            role,
            instance: InstanceId::generate(),
            host: host::name(),
            listening,
            started: Instant::now(),
            pool,
            vitals,
            state,
        }
    }

    /// Reports until the token is cancelled, then writes the last minute and takes its leave.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let sampler = Sampler::start();
        let mut timer = tokio::time::interval(PERIOD);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = timer.tick() => {}
                () = shutdown.cancelled() => break,
            }
            tokio::select! {
                () = self.beat(sampler.as_ref()) => {}
                () = shutdown.cancelled() => break,
            }
        }
        if let Err(error) = self.leave().await {
            tracing::debug!(error = %ErrorChain(&error), "the last minute was not written");
        }
    }

    async fn beat(&mut self, sampler: Option<&Sampler>) {
        let look = probe::look(self.listening).await;
        let ready_for = self.state.ready.note(look, Instant::now());
        let minute = minute();
        let is_due = self.state.host_due(minute);
        if is_due {
            self.state.lag.advance(self.vitals.lag.look());
        }
        self.state.minutes.advance(minute, &self.vitals.traffic.look());
        let outcome = self.write_all(look, ready_for).await;
        self.note_outcome(outcome);
        if is_due {
            self.sample(sampler, minute).await;
        }
    }

    /// Says it once when writing stops working, and once when it works again.
    fn note_outcome(&mut self, outcome: Result<(), DbError>) {
        match outcome {
            Ok(()) if !self.state.writes => tracing::info!("this instance reports again"),
            Err(error) if self.state.writes => {
                let error = ErrorChain(&error).to_string();
                tracing::warn!(error, "this instance can't report; it tries again");
                self.state.writes = false;
                return;
            }
            Ok(()) => {}
            Err(_known) => return,
        }
        self.state.writes = true;
    }

    async fn write_all(&mut self, look: Look, ready_for: Option<Duration>) -> Result<(), DbError> {
        let deadline = Instant::now() + WRITE_TIMEOUT;
        let connections = self.vitals.connections.load(Ordering::Relaxed);
        let connections = i32::try_from(connections).unwrap_or(i32::MAX);
        let lag = self.state.lag.recent(self.vitals.lag.look());
        // Nothing is stored outside of the worker.
        let lag = if self.role == Role::Worker { lag.to_stored() } else { Vec::new() };
        let values: [&(dyn ToSql + Sync); 9] = [
            &self.instance.0,
            &self.role.as_str(),
            &self.host,
            &env!("CARGO_PKG_VERSION"),
            &self.started.elapsed().as_secs_f64(),
            &ready_for.map(|duration| duration.as_secs_f64()),
            &(look.took.as_secs_f64() * 1_000.0),
            &connections,
            &lag,
        ];
        let sql = include_str!("sql/beat.sql");
        execute(&self.pool, deadline, "write a heartbeat", sql, &values).await?;
        self.write_minutes(deadline).await
    }

    async fn write_minutes(&mut self, deadline: Instant) -> Result<(), DbError> {
        let unwritten = self.state.minutes.unwritten(&self.vitals.traffic.look());
        for minute in unwritten {
            self.write_minute(&minute, deadline).await?;
            self.state.minutes.written(minute.number);
        }
        Ok(())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers of minutes and sums of a minute are small"
    )]
    async fn write_minute(&self, minute: &Minute, deadline: Instant) -> Result<(), DbError> {
        let totals = &minute.totals;
        let whole = |number| i64::try_from(number).unwrap_or(i64::MAX);
        let values: [&(dyn ToSql + Sync); 7] = [
            &(minute.number as f64),
            &self.role.as_str(),
            &self.instance.0,
            &whole(totals.buckets.total()),
            &whole(totals.failed),
            &(totals.micros as f64 / 1_000.0),
            &totals.buckets.to_stored(),
        ];
        let sql = include_str!("sql/write_minute.sql");
        execute(&self.pool, deadline, "write the requests of a minute", sql, &values).await
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of minutes are small")]
    async fn sample(&self, sampler: Option<&Sampler>, minute: i64) {
        let Some(sampler) = sampler else { return };
        let Some(sample) = sampler.sample().await else { return };
        let values: [&(dyn ToSql + Sync); 7] = [
            &(minute as f64),
            &self.host,
            &sample.cpu_percent,
            &sample.memory_percent,
            &sample.disk_percent,
            &sample.bytes_in,
            &sample.bytes_out,
        ];
        let sql = include_str!("sql/write_host.sql");
        let deadline = Instant::now() + WRITE_TIMEOUT;
        let written = execute(&self.pool, deadline, "write a sample of the host", sql, &values);
        if let Err(error) = written.await {
            tracing::debug!(error = %ErrorChain(&error), "a sample of the host is left out");
        }
    }

    /// The last minute, and no row among the living any more.
    async fn leave(&mut self) -> Result<(), DbError> {
        let deadline = Instant::now() + LAST_WRITE_TIMEOUT;
        self.state.minutes.advance(minute(), &self.vitals.traffic.look());
        self.write_minutes(deadline).await?;
        let sql = include_str!("sql/leave.sql");
        execute(&self.pool, deadline, "remove an instance", sql, &[&self.instance.0]).await
    }
}

/// The number of the minute since 1970, by this host's clock.
fn minute() -> i64 {
    crate::time::now().timestamp().div_euclid(60)
}

/// Runs a statement until a deadline.
async fn execute(
    pool: &Pool,
    deadline: Instant,
    action: &'static str,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<(), DbError> {
    use_until(pool, deadline, async |client| {
        let written = async {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, values).await
        };
        written.await.map_err(DbError::statement(action)).map(drop)
    })
    .await
}

/// Since when every look found the process ready.
#[derive(Debug, Default)]
struct Readiness {
    since: Option<Instant>,
    looked: Option<Instant>,
}

impl Readiness {
    /// Notes a look that has just ended; how long the process is ready without a break comes back.
    fn note(&mut self, look: Look, now: Instant) -> Option<Duration> {
        let missed = self.looked.is_none_or(|looked| now - looked > MISSED_LOOK);
        self.looked = Some(now);
        self.since = match self.since {
            _ if !look.ready => None,
            Some(since) if !missed => Some(since),
            _ => Some(now),
        };
        self.since.map(|since| now - since)
    }
}

/// Of counts that only grow, those of the last one to two minutes.
#[derive(Debug, Default)]
struct RecentLag {
    before: Buckets,
    last: Buckets,
}

impl RecentLag {
    /// Another minute begins.
    fn advance(&mut self, now: Buckets) {
        self.before = self.last;
        self.last = now;
    }

    fn recent(&self, now: Buckets) -> Buckets {
        now.since(&self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn readiness_lasts_until_a_look_fails_or_is_missed() {
        let mut readiness = Readiness::default();
        let mut check = async |after: u64, ready: bool, expected: Option<u64>| {
            tokio::time::advance(Duration::from_secs(after)).await;
            let look = Look { ready, took: Duration::ZERO };
            let ready_for = readiness.note(look, Instant::now());
            assert_eq!(ready_for.map(|duration| duration.as_secs()), expected);
        };
        check(1, true, Some(0)).await;
        check(3, true, Some(3)).await;
        check(3, false, None).await;
        check(3, true, Some(0)).await;
        check(3, true, Some(3)).await;
        // Stopped and continued.
        check(60, true, Some(0)).await;
    }

    #[test]
    fn lag_is_that_of_the_last_minutes() {
        let at = |events: i64| Buckets::from_stored(&[events]);
        let mut lag = RecentLag::default();
        assert_eq!(lag.recent(at(5)).total(), 5);
        lag.advance(at(5));
        assert_eq!(lag.recent(at(7)).total(), 7);
        lag.advance(at(7));
        assert_eq!(lag.recent(at(8)).total(), 3);
    }
}
