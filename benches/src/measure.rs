//! One measurement: load, drain, and everything observed meanwhile.

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, interval, sleep};

use crate::load::{self, Outcome, Plan};
use crate::summary::Progress;
use crate::system::database::{Counts, Database, Sizes};
use crate::system::metrics::Metrics;
use crate::system::queues;
use crate::system::usage::{Group, Sample, Sampler};

/// How often the database is asked while events are sent: its figure makes a curve.
const WATCH: Duration = Duration::from_millis(500);

/// How often it is asked while waiting for the end.
const DRAIN_WATCH: Duration = Duration::from_millis(50);

/// Without any new event for this long, the rest is taken for lost.
const STALLED: Duration = Duration::from_secs(30);

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Places {
    /// Metrics of ingest.
    pub ingest: String,
    /// Metrics of the worker.
    pub worker: String,
    /// The database.
    pub postgres: String,
    /// The broker.
    pub amqp: String,
}

/// What was observed.
#[derive(Debug)]
pub struct Measured {
    /// What the load generator says.
    pub outcome: Outcome,
    /// Seconds since the start, and events stored by then.
    pub stored: Vec<(Duration, u64)>,
    /// From the first request until the last accepted event was stored, or no more came.
    pub until_stored: Duration,
    /// From the last answer until then.
    pub drain: Duration,
    /// What the processes used.
    pub samples: Vec<Sample>,
    /// Metrics of ingest before and after.
    pub ingest: (Metrics, Metrics),
    /// Metrics of the worker before and after.
    pub worker: (Metrics, Metrics),
    /// What is stored in the end.
    pub counts: Counts,
    /// What it takes on the disk, before and after.
    pub sizes: (Sizes, Sizes),
    /// Messages left in the queues.
    pub queued: u64,
}

/// Sends the load and waits until all of it is stored.
///
/// # Errors
/// When the system can't be asked; events that are lost are no error here.
pub async fn measure(plan: Plan, places: &Places, groups: Vec<Group>) -> anyhow::Result<Measured> {
    let database = Database::open(&places.postgres).await.context("cannot reach Postgres")?;
    let before = Readings::take(places).await?;
    let already = database.counted().await?;
    let sizes = database.sizes().await?;
    let sampler = Sampler::start(groups).context("cannot start the sampler")?;
    let (outcome, mut curve) = send(plan, &database, already).await?;
    let drained = drain(&database, already, outcome.tally.accepted, &mut curve).await?;
    let samples = sampler.finish();
    let after = Readings::take(places).await?;
    Ok(Measured {
        until_stored: drained.saturating_duration_since(outcome.begun),
        drain: drained.saturating_duration_since(outcome.begun + outcome.elapsed),
        samples,
        ingest: (before.ingest, after.ingest),
        worker: (before.worker, after.worker),
        counts: database.counts().await?,
        sizes: (sizes, database.sizes().await?),
        queued: queues::waiting(&places.amqp).await?,
        stored: curve.since(outcome.begun),
        outcome,
    })
}

struct Readings {
    ingest: Metrics,
    worker: Metrics,
}

impl Readings {
    async fn take(places: &Places) -> anyhow::Result<Self> {
        let ingest = Metrics::read(&places.ingest).await.context("ingest does not answer")?;
        let worker = Metrics::read(&places.worker).await.context("the worker does not answer")?;
        Ok(Self { ingest, worker })
    }
}

/// How many events were stored at which time.
#[derive(Debug, Default)]
struct Curve(Vec<(Instant, u64)>);

impl Curve {
    fn since(&self, begun: Instant) -> Vec<(Duration, u64)> {
        let points = self.0.iter().filter(|(at, _)| *at >= begun);
        points.map(|(at, stored)| (at.saturating_duration_since(begun), *stored)).collect()
    }

    /// Asks the database.
    async fn extend(&mut self, database: &Database, already: u64) -> anyhow::Result<u64> {
        let counted = database.counted().await.context("cannot count what is stored")?;
        let stored = counted.saturating_sub(already);
        self.0.push((Instant::now(), stored));
        Ok(stored)
    }
}

/// Sends everything, and asks the database meanwhile.
async fn send(plan: Plan, database: &Database, already: u64) -> anyhow::Result<(Outcome, Curve)> {
    let progress = |second: &load::tally::Second| tracing::info!("{}", Progress(second));
    let mut sending = tokio::task::spawn_blocking(move || load::run(plan, progress));
    let mut curve = Curve::default();
    let mut watch = interval(WATCH);
    loop {
        tokio::select! {
            outcome = &mut sending => {
                let outcome = outcome.context("the load generator failed")?;
                return Ok((outcome.context("cannot send the load")?, curve));
            }
            _ = watch.tick() => {
                curve.extend(database, already).await?;
            }
        }
    }
}

/// Waits until so many events are stored or no more come; tells when that was.
async fn drain(
    database: &Database,
    already: u64,
    accepted: u64,
    curve: &mut Curve,
) -> anyhow::Result<Instant> {
    let mut last = (Instant::now(), 0);
    loop {
        let stored = curve.extend(database, already).await?;
        if stored > last.1 {
            last = (Instant::now(), stored);
        }
        if stored >= accepted || last.0.elapsed() > STALLED {
            return Ok(last.0);
        }
        sleep(DRAIN_WATCH).await;
    }
}

/// Sends load before the measurement and waits until it is stored; tells what it was.
///
/// # Errors
/// As for [`measure`].
pub async fn warm_up(plan: Plan, places: &Places) -> anyhow::Result<Outcome> {
    let database = Database::open(&places.postgres).await.context("cannot reach Postgres")?;
    let already = database.counted().await?;
    let (outcome, mut curve) = send(plan, &database, already).await?;
    drain(&database, already, outcome.tally.accepted, &mut curve).await?;
    Ok(outcome)
}
