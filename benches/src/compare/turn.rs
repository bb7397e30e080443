//! One of the two under one load, from an empty database to its end.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::time::{Instant, sleep};

use super::bodies::Bodies;
use super::client::{Load, Sent, drive};
use super::{Product, Running};
use crate::sdk::Size;
use crate::system::usage::{Group, Members, Sample, Sampler};

/// How often the database is asked while waiting for the end.
const WATCH: Duration = Duration::from_millis(100);

/// Without any new event for this long, the rest is taken for lost.
const STALLED: Duration = Duration::from_secs(30);

/// What is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The folder of Bugsink's programs.
    pub tools: &'a Path,
    /// How many connections, and for how long.
    pub load: Load,
    /// The time before, of which only what it stores is counted.
    pub warmup: Duration,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Who had it.
    pub product: Product,
    /// Which envelopes.
    pub size: Size,
    /// What the client says.
    pub sent: Sent,
    /// Events that the database has since, of those that were accepted.
    pub stored: u64,
    /// From the first request to the last answer.
    pub answering: Duration,
    /// From the first request until the last event was stored, or no more came.
    pub until_stored: Duration,
    /// Processor time of all its processes meanwhile.
    pub cpu: Duration,
    /// Processor time of the client meanwhile.
    pub client_cpu: Duration,
    /// The most memory that its processes held.
    pub memory: u64,
    /// What an event takes in its database, those of the time before included.
    pub event_bytes: u64,
}

impl Turn {
    /// Events stored a second, the wait for the last one included.
    #[must_use]
    pub fn rate(&self) -> f64 {
        crate::summary::per_second(self.stored, self.until_stored)
    }

    /// Events accepted a second.
    #[must_use]
    pub fn accepted_rate(&self) -> f64 {
        crate::summary::per_second(self.sent.accepted, self.answering)
    }

    /// Processor seconds for a thousand stored events.
    #[must_use]
    pub fn cpu_for_thousand(&self) -> f64 {
        1e3 / crate::summary::per_second(self.stored.max(1), self.cpu)
    }
}

/// Starts one of them, has it take the bodies, and ends it.
///
/// # Errors
/// When a part does not start, or can't be asked.
pub async fn take(
    product: Product,
    size: Size,
    bodies: &Bodies,
    plan: Plan<'_>,
) -> anyhow::Result<Turn> {
    let name = product.name();
    tracing::info!("starting {name} …");
    let mut running = Running::start(product, plan.tools).await?;
    let warming = drive(running.door(), bodies, Load { duration: plan.warmup, ..plan.load }).await;
    let (before, _) = drained(&mut running, warming.accepted).await?;
    ensure!(before > 0, "{name} stores nothing");

    tracing::info!("sending to {name} for {:?} …", plan.load.duration);
    let sampler = Sampler::start(groups(&running)?).context("cannot start the sampler")?;
    let begun = Instant::now();
    let sent = drive(running.door(), bodies, plan.load).await;
    let answering = begun.elapsed();
    tracing::info!("{name} has accepted {} events and stores the rest …", sent.accepted);
    let (stored, last) = drained(&mut running, before + sent.accepted).await?;
    let samples = sampler.finish();
    let grown = running.stop().await?;
    let (cpu, memory) = used(&samples, 0);
    Ok(Turn {
        product,
        size,
        sent,
        stored: stored - before,
        answering,
        until_stored: last.saturating_duration_since(begun),
        cpu,
        client_cpu: used(&samples, 1).0,
        memory,
        event_bytes: grown / stored.max(1),
    })
}

/// Waits until so many events are stored, or no more come; how many there are, and since when.
async fn drained(running: &mut Running, expected: u64) -> anyhow::Result<(u64, Instant)> {
    let mut stored = running.stored().await?;
    let mut last = Instant::now();
    while stored < expected && last.elapsed() < STALLED {
        sleep(WATCH).await;
        let now = running.stored().await?;
        if now > stored {
            (stored, last) = (now, Instant::now());
        }
    }
    Ok((stored, last))
}

fn groups(running: &Running) -> anyhow::Result<Vec<Group>> {
    let me = i32::try_from(std::process::id()).context("an impossible process id")?;
    Ok(vec![
        Group { name: "all of it", members: running.members() },
        Group { name: "client", members: Members::One(me) },
    ])
}

/// The processor time of a group between the first sample and the last, and the most memory of it.
fn used(samples: &[Sample], group: usize) -> (Duration, u64) {
    let usages = || samples.iter().filter_map(|sample| sample.groups.get(group));
    let cpu = usages().next_back().zip(usages().next());
    let cpu = cpu.map_or(Duration::ZERO, |(last, first)| last.cpu.saturating_sub(first.cpu));
    (cpu, usages().map(|usage| usage.memory).max().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::usage::Usage;

    #[test]
    fn use_is_what_was_added_and_memory_the_most() {
        let sample = |seconds, memory| Sample {
            at: Duration::ZERO,
            groups: vec![Usage { cpu: Duration::from_secs(seconds), memory }],
            machine: Duration::ZERO,
        };
        let samples = [sample(3, 10), sample(5, 30), sample(9, 20)];
        assert_eq!(used(&samples, 0), (Duration::from_secs(6), 30));
        assert_eq!(used(&samples, 1), (Duration::ZERO, 0));
    }
}
