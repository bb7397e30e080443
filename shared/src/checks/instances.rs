//! The checks of the services: whether an instance was seen of late and is ready.

use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_postgres::Row;

use super::findings::Finding;
use super::{CHECK_TIMEOUT, Component, SEEN_WITHIN};
use crate::postgres::{DbError, use_until};
use crate::telemetry::ErrorChain;
use crate::vitals::{Buckets, Role};

/// An instance that lives.
#[derive(Debug, Clone, PartialEq)]
struct Instance {
    service: String,
    ready_for: Option<Duration>,
    response_ms: f64,
    connections: i32,
    lag: Buckets,
}

/// What the instances of every role say. Nothing when Postgres is away, because then they can't say
/// anything.
pub(super) async fn check(pool: &Pool) -> Vec<Finding> {
    match use_until(pool, Instant::now() + CHECK_TIMEOUT, read).await {
        Ok(instances) => Role::ALL.iter().map(|role| judge(*role, &instances)).collect(),
        Err(error) => {
            tracing::debug!(error = %ErrorChain(&error), "the instances can't be read");
            Vec::new()
        }
    }
}

async fn read(client: &mut Client) -> Result<Vec<Instance>, DbError> {
    let reading = async {
        let statement = client.prepare_cached(include_str!("sql/instances.sql")).await?;
        client.query(&statement, &[&SEEN_WITHIN.as_secs_f64()]).await
    };
    let rows = reading.await.map_err(DbError::statement("read the instances"))?;
    Ok(rows.iter().map(Instance::from).collect())
}

impl From<&Row> for Instance {
    fn from(row: &Row) -> Self {
        let ready_for: Option<f64> = row.get("ready_for");
        let lag: Vec<i64> = row.get("lag");
        Self {
            service: row.get("service"),
            ready_for: ready_for
                .map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()),
            response_ms: row.get("response_ms"),
            connections: row.get("connections"),
            lag: Buckets::from_stored(&lag),
        }
    }
}

/// A role is healthy while one of its instances is ready, and has been for as long as the one that is
/// ready for longest.
fn judge(role: Role, instances: &[Instance]) -> Finding {
    let alive = || instances.iter().filter(|instance| instance.service == role.as_str());
    let ready = || alive().filter(|instance| instance.ready_for.is_some());
    let connections: i64 = alive().map(|instance| i64::from(instance.connections)).sum();
    let mut details = json!({
        "instances": alive().count(),
        "ready_instances": ready().count(),
        "connections": connections,
    });
    if role == Role::Worker {
        add_lag(&mut details, alive());
    }
    let lasted = ready().filter_map(|instance| instance.ready_for).max();
    if lasted.is_none() {
        details["problem"] = match alive().next() {
            Some(_) => "No instance is ready".into(),
            None => "No instance was seen of late".into(),
        };
    }
    Finding {
        component: Component::of(role),
        healthy: lasted.is_some(),
        took: slowest(ready()),
        lasted: lasted.unwrap_or_default(),
        details,
    }
}

/// The time from receipt to visible over all instances; null when nothing was stored of late.
fn add_lag<'a>(details: &mut Value, instances: impl Iterator<Item = &'a Instance>) {
    let mut lag = Buckets::default();
    instances.for_each(|instance| lag.add(&instance.lag));
    details["lag_p50_ms"] = json!(lag.quantile_ms(0.5));
    details["lag_p95_ms"] = json!(lag.quantile_ms(0.95));
}

fn slowest<'a>(ready: impl Iterator<Item = &'a Instance>) -> Duration {
    let millis = ready.map(|instance| instance.response_ms).fold(0.0, f64::max);
    Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(role: Role, ready_for: Option<u64>, response_ms: f64) -> Instance {
        Instance {
            service: role.as_str().to_owned(),
            ready_for: ready_for.map(Duration::from_secs),
            response_ms,
            connections: 2,
            lag: Buckets::from_stored(&[0, 0, 10]),
        }
    }

    fn check(instances: &[Instance], healthy: bool, lasted: u64, expected: &Value) {
        let finding = judge(Role::Worker, instances);
        assert_eq!((finding.healthy, finding.lasted), (healthy, Duration::from_secs(lasted)));
        assert_eq!(&finding.details, expected);
    }

    #[test]
    fn one_ready_instance_is_enough() {
        let others = [instance(Role::Ingest, Some(99), 1.0), instance(Role::Worker, None, 9.0)];
        let mut expected = json!({
            "instances": 1, "ready_instances": 0, "connections": 2,
            "lag_p50_ms": 0.75, "lag_p95_ms": 0.975, "problem": "No instance is ready",
        });
        check(&others, false, 0, &expected);

        let ready = [instance(Role::Worker, Some(7), 3.0), instance(Role::Worker, Some(70), 1.0)];
        expected = json!({
            "instances": 3, "ready_instances": 2, "connections": 6,
            "lag_p50_ms": 0.75, "lag_p95_ms": 0.975,
        });
        let all = [&others[..], &ready[..]].concat();
        check(&all, true, 70, &expected);
        assert_eq!(judge(Role::Worker, &all).took, Duration::from_millis(3));

        expected = json!({
            "instances": 0, "ready_instances": 0, "connections": 0,
            "lag_p50_ms": null, "lag_p95_ms": null, "problem": "No instance was seen of late",
        });
        check(&[], false, 0, &expected);
    }
}
