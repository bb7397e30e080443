//! One measurement: load, drain, and everything observed meanwhile.

use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::load::{self, Outcome, Plan};
use crate::summary::Progress;
use crate::system::database::{Counts, Database, Sizes};
use crate::system::metrics::Metrics;
use crate::system::queues::{self, Watcher};
use crate::system::usage::{Group, Sample, Sampler};

/// How often the database is asked while events are sent: its figure makes a curve.
const WATCH: Duration = Duration::from_millis(500);

/// How often it is asked while waiting for the end.
const DRAIN_WATCH: Duration = Duration::from_millis(50);

/// Without any new event for this long, the rest is taken for lost.
const STALLED: Duration = Duration::from_secs(30);

/// Longest wait for the end of a checkpoint, once everything is stored.
const CHECKPOINT: Duration = Duration::from_secs(120);

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
    /// Events that others sent meanwhile, each of an error of its own.
    pub others: u64,
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
    /// Messages that waited in the queues while the load was sent and stored.
    pub queue: Vec<(Duration, u64)>,
}

/// Sends the load and waits until all of it is stored.
///
/// # Errors
/// When the system can't be asked; events that are lost are no error here.
pub async fn measure(plan: Plan, places: &Places, groups: Vec<Group>) -> anyhow::Result<Measured> {
    let measurement = Measurement::begin(places, groups).await?;
    let sent = measurement.send(plan).await?;
    measurement.finish(sent, 0).await
}

/// A measurement under way: what was seen before, and who watches.
#[derive(Debug)]
pub struct Measurement<'a> {
    places: &'a Places,
    database: Database,
    before: Readings,
    already: u64,
    sizes: Sizes,
    sampler: Sampler,
    queue: Watcher,
}

/// Load that was sent, and perhaps not yet stored.
#[derive(Debug)]
pub struct Sent {
    /// What the load generator says.
    pub outcome: Outcome,
    curve: Curve,
    // The checkpoint that began half way.
    checkpoint: JoinSet<anyhow::Result<()>>,
}

impl<'a> Measurement<'a> {
    /// Reads how everything stands, and begins to watch.
    ///
    /// # Errors
    /// When the system can't be asked.
    pub async fn begin(places: &'a Places, groups: Vec<Group>) -> anyhow::Result<Self> {
        let database = Database::open(&places.postgres).await.context("cannot reach Postgres")?;
        let before = Readings::take(places).await?;
        let (already, sizes) = (database.counted().await?, database.sizes().await?);
        let sampler = Sampler::start(groups).context("cannot start the sampler")?;
        let queue = Watcher::start(places.amqp.clone());
        Ok(Self { places, database, before, already, sizes, sampler, queue })
    }

    /// Sends the load. Half way Postgres makes a checkpoint, as it does every few minutes of its life: a
    /// short run that falls between two of them would flatter it.
    ///
    /// # Errors
    /// When the load can't be sent or the database not be asked.
    pub async fn send(&self, plan: Plan) -> anyhow::Result<Sent> {
        let mut checkpoint = JoinSet::new();
        checkpoint.spawn(make_checkpoint(plan.duration / 2, self.places.postgres.clone()));
        let (outcome, curve) = send(plan, &self.database, self.already).await?;
        Ok(Sent { outcome, curve, checkpoint })
    }

    /// Waits until everything is stored, `others` being what somebody else sent.
    ///
    /// # Errors
    /// When the system can't be asked; events that are lost are no error here.
    pub async fn finish(self, sent: Sent, others: u64) -> anyhow::Result<Measured> {
        let Self { places, database, before, already, sizes, sampler, queue } = self;
        let Sent { outcome, mut curve, mut checkpoint } = sent;
        let expected = outcome.tally.accepted + others;
        let drained = drain(&database, already, expected, &mut curve).await?;
        let (samples, queue) = (sampler.finish(), queue.finish()?);
        let ended = timeout(CHECKPOINT, checkpoint.join_next()).await;
        ended.context("the checkpoint did not end in time")?.transpose()?.transpose()?;
        let after = Readings::take(places).await?;
        Ok(Measured {
            until_stored: drained.saturating_duration_since(outcome.begun),
            drain: drained.saturating_duration_since(outcome.begun + outcome.elapsed),
            others,
            samples,
            ingest: (before.ingest, after.ingest),
            worker: (before.worker, after.worker),
            counts: database.counts().await?,
            sizes: (sizes, database.sizes().await?),
            queued: queues::waiting(&places.amqp).await?,
            queue: since(outcome.begun, &queue),
            stored: since(outcome.begun, &curve.0),
            outcome,
        })
    }
}

async fn make_checkpoint(after: Duration, postgres: String) -> anyhow::Result<()> {
    sleep(after).await;
    // On a connection of its own: it takes a while, and others are asked meanwhile.
    let database = Database::open(&postgres).await.context("cannot reach Postgres")?;
    database.execute("CHECKPOINT").await.context("cannot make a checkpoint")
}

#[derive(Debug)]
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
    /// Asks the database.
    async fn extend(&mut self, database: &Database, already: u64) -> anyhow::Result<u64> {
        let counted = database.counted().await.context("cannot count what is stored")?;
        let stored = counted.saturating_sub(already);
        self.0.push((Instant::now(), stored));
        Ok(stored)
    }
}

fn since(begun: Instant, points: &[(Instant, u64)]) -> Vec<(Duration, u64)> {
    let points = points.iter().filter(|(at, _)| *at >= begun);
    points.map(|(at, value)| (at.saturating_duration_since(begun), *value)).collect()
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
