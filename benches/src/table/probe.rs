//! How soon an accepted event is seen: reports events of its own, and looks for each in the list.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use crate::alerts::api::Api;
use crate::load::mix::scatter;
use crate::load::tally::Latencies;
use crate::load::words::word;

/// Between two events, on average. The jitter keeps them from falling in step with whatever beats evenly.
const PAUSE: Duration = Duration::from_millis(50);
const JITTER_MILLIS: u64 = 40;

/// Between two looks at the list; so much finer than this a figure is not.
const LOOK: Duration = Duration::from_millis(5);

/// Longest wait for one event.
const LIMIT: Duration = Duration::from_secs(30);

/// The services that are asked.
#[derive(Debug)]
pub struct Doors {
    /// Where events are reported.
    pub ingest: Api,
    /// Where they are looked for.
    pub query: Api,
}

/// Reports events, each of an error of its own, for so long; tells how long each took from its 201 to its
/// place in the list.
///
/// # Errors
/// When something is refused, or an event is not seen in time.
pub async fn probe(doors: &Doors, lasting: Duration) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    let begun = Instant::now();
    let mut due = begun;
    for number in 0.. {
        due += PAUSE - Duration::from_millis(JITTER_MILLIS / 2);
        due += Duration::from_millis(scatter(number) % JITTER_MILLIS);
        // An event that is late to be seen moves the next ones.
        due = due.max(Instant::now());
        if due.duration_since(begun) >= lasting {
            break;
        }
        sleep_until(due).await;
        latencies.record(one(doors, number).await?);
    }
    Ok(latencies)
}

async fn one(doors: &Doors, number: u64) -> anyhow::Result<Duration> {
    let source = format!("probe-{number}");
    let message = format!("The probe {} found nothing", word(number));
    doors.ingest.create("/api/errors", &json!({"message": message, "source": source})).await?;
    let accepted = Instant::now();
    let path = format!("/api/errors?limit=1&source={source}");
    loop {
        let found = doors.query.get(&path).await?;
        let errors = found.get("errors").and_then(|errors| errors.as_array());
        if errors.context("the list has no errors")?.len() == 1 {
            return Ok(accepted.elapsed());
        }
        ensure!(accepted.elapsed() < LIMIT, "{source} is not in the list");
        sleep(LOOK).await;
    }
}
