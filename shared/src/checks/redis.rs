//! The check of Redis.

use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::ClientLike as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::CHECK_TIMEOUT;
use super::round::Answer;
use crate::telemetry::ErrorChain;

/// Whether Redis answers, by the same connection and within the same time as reads of the cache have.
pub(super) async fn check(redis: &Client) -> Answer {
    let asked = Instant::now();
    match tokio::time::timeout(CHECK_TIMEOUT, ask(redis)).await {
        Ok(Ok((took, details))) => Answer::healthy(took, details),
        Ok(Err(error)) => {
            tracing::debug!(error = %ErrorChain(&error), "the check of Redis failed");
            Answer::unhealthy(asked.elapsed(), "Redis does not answer in time")
        }
        Err(_elapsed) => Answer::unhealthy(asked.elapsed(), "Redis does not answer in time"),
    }
}

async fn ask(redis: &Client) -> Result<(Duration, Value), fred::error::Error> {
    // A process that has just started is still connecting.
    redis.wait_for_connect().await?;
    let asked = Instant::now();
    let () = redis.ping(None).await?;
    let took = asked.elapsed();
    let info: String = redis.info(None).await?;
    let details = json!({
        "memory_bytes": field(&info, "used_memory"),
        "max_memory_bytes": field(&info, "maxmemory"),
        "connections": field(&info, "connected_clients"),
    });
    Ok((took, details))
}

/// A number that `INFO` tells; null when it does not.
fn field(info: &str, name: &str) -> Option<u64> {
    let mut pairs = info.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(known, _)| *known == name)?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_info_are_found_by_their_whole_name() {
        let info = "# Memory\r\nused_memory_rss:9\r\nused_memory:1024\r\nmaxmemory:0\r\n";
        for (name, expected) in
            [("used_memory", Some(1_024)), ("maxmemory", Some(0)), ("connected_clients", None)]
        {
            assert_eq!(field(info, name), expected, "{name}");
        }
    }
}
