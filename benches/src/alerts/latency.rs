//! From an accepted event to the webhook that tells of it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use deploy::receivers::{HttpReceiver, Posted};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::api::Api;
use crate::load::mix::scatter;

/// Between two events, on average. The jitter keeps them from falling in step with the evaluations.
const PAUSE: Duration = Duration::from_millis(100);
const JITTER_MILLIS: u64 = 60;

/// Longest wait for the last webhook.
const LIMIT: Duration = Duration::from_secs(60);

/// The services that are asked.
#[derive(Debug)]
pub struct Doors {
    /// Where events are reported.
    pub ingest: Api,
    /// Where rules are made.
    pub query: Api,
}

/// Makes one rule for each of so many sources, has each source report one event, and tells how long each
/// took from its 201 until the receiver had the webhook, in ascending order.
///
/// # Errors
/// When something is refused, or a firing is not told in time or more than once.
pub async fn measure(
    doors: &Doors,
    receiver: &HttpReceiver,
    firings: usize,
) -> anyhow::Result<Vec<Duration>> {
    let webhook = json!({"url": receiver.url("/hook")});
    doors.query.put("/api/settings/integrations/webhook", &webhook).await?;
    for number in 0..firings {
        let condition = format!("error_count > 0 in 1 minute where source = {}", source(number));
        let name = source(number);
        let rule = json!({"name": name, "condition": condition, "notifications": ["webhook"]});
        doors.query.create("/api/alerts/rules", &rule).await?;
    }
    let accepted = report(&doors.ingest, firings).await?;
    let deadline = Instant::now() + LIMIT;
    loop {
        let posted = receiver.posted();
        let told = told(&posted)?;
        if told.len() >= firings {
            return latencies(&accepted, &told);
        }
        let more = timeout_at(deadline, receiver.arrived(posted.len() + 1)).await;
        more.with_context(|| format!("only {} of {firings} firings were told", told.len()))??;
    }
}

fn source(number: usize) -> String {
    format!("s-{number}")
}

/// Reports an event of each source; tells when each was accepted.
async fn report(ingest: &Api, firings: usize) -> anyhow::Result<Vec<Instant>> {
    let mut accepted = Vec::with_capacity(firings);
    let mut due = Instant::now();
    for number in 0..firings {
        due += PAUSE - Duration::from_millis(JITTER_MILLIS / 2);
        due += Duration::from_millis(scatter(number as u64) % JITTER_MILLIS);
        sleep_until(due).await;
        let event = json!({"message": "The store closed the connection", "source": source(number)});
        ingest.create("/api/errors", &event).await?;
        accepted.push(Instant::now());
    }
    Ok(accepted)
}

/// When each rule was told to fire, by its name. Recoveries are told, too, and not looked at.
fn told(posted: &[Posted]) -> anyhow::Result<HashMap<String, Instant>> {
    let mut told = HashMap::new();
    for post in posted {
        let body: Value = serde_json::from_slice(&post.body).context("a webhook is no JSON")?;
        if body["type"] != "alert.fired" {
            continue;
        }
        let name = body["data"]["rule"]["name"].as_str().context("a webhook names no rule")?;
        let earlier = told.insert(name.to_owned(), post.at);
        ensure!(earlier.is_none(), "{name} was told twice");
    }
    Ok(told)
}

fn latencies(
    accepted: &[Instant],
    told: &HashMap<String, Instant>,
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(accepted.len());
    for (number, accepted) in accepted.iter().enumerate() {
        let at = told.get(&source(number)).with_context(|| format!("nobody told of {number}"))?;
        latencies.push(at.saturating_duration_since(*accepted));
    }
    latencies.sort_unstable();
    Ok(latencies)
}
