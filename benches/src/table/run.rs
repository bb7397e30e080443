//! One kind of load, from a fresh stand to its figures.

use std::time::Duration;

use anyhow::Context as _;

use super::kind::{Kind, Scale};
use super::{Ran, burst, memory, probe, rows};
use crate::alerts::api::Api;
use crate::load::tally::Latencies;
use crate::load::{Outcome, Plan};
use crate::measure::{Measured, Measurement, warm_up};
use crate::report::bars::Row;
use crate::report::check::checks;
use crate::system::stand::{Setup, Stand};
use crate::system::usage::{Sample, now};

/// The key that development has.
const KEY: &str = "test-api-key";

/// The probe ends so long before the load does, so that it sees its last event under load.
const PROBE_ENDS: Duration = Duration::from_secs(1);

/// What is known besides the measurement itself.
#[derive(Debug)]
pub struct Seen {
    /// What was sent before.
    pub warming: Outcome,
    /// What the processes used before anything was sent.
    pub idle: Sample,
    /// From an event's acceptance to its place in the list, where that was looked for.
    pub visible: Option<Latencies>,
}

/// Measures one kind on a stand of its own; `first` is what the first row had stored in a second.
///
/// # Errors
/// When something does not start or can't be asked.
pub async fn run(
    kind: Kind,
    scale: Scale,
    settings: &[(String, String)],
    first: Option<f64>,
) -> anyhow::Result<Ran> {
    let setup = Setup { settings: settings.to_vec(), edge: kind == Kind::Edge, watched: false };
    let mut stand = Box::pin(Stand::start(&setup)).await?;
    if kind == Kind::Workers {
        stand.add_worker().await?;
    }
    let key = match kind {
        Kind::Envelope => stand.dsn_key().await?,
        _ => KEY.to_owned(),
    };
    let (before, plan) = kind.plans((&stand.door(), &key), scale);
    let groups: Vec<&'static str> = stand.groups()?.iter().map(|group| group.name).collect();
    let (measured, seen) = Box::pin(measured(kind, &mut stand, before, plan)).await?;
    stand.stop().await;
    let checks = checks(&measured, Some(&seen.warming));
    let mut ran = Ran { measured, checks, groups, rows: Vec::new() };
    ran.rows = figures(kind, &ran, &seen, first);
    Ok(ran)
}

async fn measured(
    kind: Kind,
    stand: &mut Stand,
    before: Plan,
    plan: Plan,
) -> anyhow::Result<(Measured, Seen)> {
    let places = stand.places();
    let idle = now(&stand.groups()?);
    tracing::info!("warming up …");
    let warming = warm_up(before, &places).await?;
    tracing::info!("sending {} events a second for {:?}", plan.rate, plan.duration);
    let measurement = Measurement::begin(&places, stand.groups()?).await?;
    let (measured, visible) = match kind {
        Kind::Ingest => (without_worker(measurement, stand, plan).await?, None),
        Kind::Latency => with_probe(measurement, stand, plan).await?,
        _ => {
            let sent = measurement.send(plan).await?;
            (measurement.finish(sent, 0).await?, None)
        }
    };
    Ok((measured, Seen { warming, idle, visible }))
}

/// Sends everything while no worker runs; then one stores it, so that it can be counted.
async fn without_worker(
    measurement: Measurement<'_>,
    stand: &mut Stand,
    plan: Plan,
) -> anyhow::Result<Measured> {
    stand.end_worker().await;
    let sent = measurement.send(plan).await?;
    stand.start_worker().await?;
    measurement.finish(sent, 0).await
}

async fn with_probe(
    measurement: Measurement<'_>,
    stand: &Stand,
    plan: Plan,
) -> anyhow::Result<(Measured, Option<Latencies>)> {
    let doors = probe::Doors {
        ingest: Api::new(plan.url.clone(), KEY),
        query: Api::new(stand.query_api(), KEY),
    };
    let lasting = plan.duration.saturating_sub(PROBE_ENDS);
    let probing = probe::probe(&doors, lasting);
    let (sent, visible) = tokio::try_join!(measurement.send(plan), probing)?;
    let measured = measurement.finish(sent, visible.count()).await;
    Ok((measured.context("cannot finish the measurement")?, Some(visible)))
}

fn figures(kind: Kind, ran: &Ran, seen: &Seen, first: Option<f64>) -> Vec<Row> {
    match kind {
        Kind::Single => {
            let mut all = rows::first(ran);
            all.extend(memory::rows(ran, &seen.idle));
            all
        }
        Kind::Edge => vec![rows::stored(kind, ran, None)],
        Kind::One | Kind::Zipf => {
            vec![rows::stored(kind, ran, first.map(|it| (it * 0.75, it * 0.9)))]
        }
        Kind::Uniform => vec![rows::stored_above(kind, ran, first.map(|it| it * 0.75))],
        Kind::Batch => vec![rows::stored(kind, ran, Some((30_000.0, 40_000.0)))],
        Kind::Envelope => vec![rows::stored(kind, ran, Some((3_000.0, 5_000.0)))],
        Kind::Ingest => vec![rows::accepted(kind, ran)],
        Kind::Latency => rows::latencies(ran, seen.visible.as_ref()),
        Kind::Burst => burst::rows(ran, first),
        Kind::Workers => rows::workers(kind, ran, first),
    }
}
