//! `GET /api/monitoring/services`: how each part of the system is, by its last check.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use shared::api::ApiError;
use shared::checks::{Component, MISSED_AFTER};
use shared::generations::Scope;
use shared::postgres::DbError;
use tokio::time::Instant;
use tokio_postgres::Row;

use super::{History, read_histories, rounded};
use crate::app::App;
use crate::cache::Question;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// The time of which the uptime is told.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// A Postgres that needs longer is unhealthy, which is an answer, too.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Healthy,
    Unhealthy,
    /// Not checked of late.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Health {
    services: Vec<ServiceHealth>,
    overall_health: Status,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ServiceHealth {
    #[serde(skip)]
    component: Component,
    name: &'static str,
    status: Status,
    uptime_percent: f64,
    response_time_ms: f64,
    #[serde(with = "shared::time::json_option")]
    last_checked: Option<DateTime<Utc>>,
    details: Value,
}

/// The health as this process read it last, for times in which it can't be read.
#[derive(Debug, Default)]
pub(crate) struct LastHealth(Mutex<Option<(Instant, Health)>>);

impl LastHealth {
    fn set(&self, health: Health) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), health));
    }

    fn get(&self) -> Option<(Instant, Health)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// `GET /api/monitoring/services`.
pub(crate) async fn services(app: Arc<App>, _call: Call) -> Answer {
    let question = Question::new("services", Scope::Monitoring, app.cache_ttl.services, &())
        .map_err(ApiError::internal)?;
    let started = Instant::now();
    let reading = async {
        let read = tokio::time::timeout(READ_TIMEOUT, read(&app)).await;
        let health = read.map_err(|_| DbError::Timeout)??;
        app.last_health.set(health.clone());
        Ok(success::body(health))
    };
    let otherwise = |_: &DbError| {
        success::body(Health::without_postgres(app.last_health.get(), started.elapsed()))
    };
    Ok(app.cache.answer_or_else(&question, Box::pin(reading), otherwise).await)
}

async fn read(app: &App) -> Result<Health, DbError> {
    let client = db::client(&app.pool).await?;
    let names = Component::ALL.map(Component::as_str);
    let values: db::Params<'_> = &[&names.as_slice(), &MISSED_AFTER.as_secs_f64()];
    let sql = include_str!("sql/health.sql");
    let latest = db::query(&client, "read the health of the parts", sql, values).await?;
    let histories = read_histories(&client, &Component::ALL, WINDOW).await?;
    let services = Component::ALL.map(|component| {
        let name = component.as_str();
        let row = latest.iter().find(|row| row.get::<_, &str>("component") == name);
        ServiceHealth::new(component, row, histories.get(name))
    });
    Ok(Health::of(services.into()))
}

impl ServiceHealth {
    fn new(component: Component, row: Option<&Row>, history: Option<&History>) -> Self {
        let unchecked = Self {
            component,
            name: shown(component),
            status: Status::Unknown,
            uptime_percent: 0.0,
            response_time_ms: 0.0,
            last_checked: None,
            details: json!({}),
        };
        let Some(row) = row else { return unchecked };
        Self {
            status: match (row.get("stale"), row.get("healthy")) {
                (true, _) => Status::Unknown,
                (false, true) => Status::Healthy,
                (false, false) => Status::Unhealthy,
            },
            uptime_percent: history.map_or(0.0, |history| history.uptime_percent(WINDOW)),
            response_time_ms: rounded(row.get("response_ms"), 2),
            last_checked: Some(row.get("last_at")),
            details: row.get("details"),
            ..unchecked
        }
    }
}

/// The name that people read.
fn shown(component: Component) -> &'static str {
    match component {
        Component::Database => "Database",
        Component::Cache => "Cache Service",
        Component::Queue => "Message Queue",
        Component::Ingest => "Ingest",
        Component::Worker => "Worker",
        Component::QueryApi => "Query API",
    }
}

impl Health {
    fn of(services: Vec<ServiceHealth>) -> Self {
        let overall_health = overall(services.iter().map(|known| (known.component, known.status)));
        Self { services, overall_health }
    }

    /// What can be said while Postgres does not answer, which was noticed just now: the database is
    /// unhealthy, and the rest is as it was seen last, unless that is too long ago.
    fn without_postgres(last: Option<(Instant, Self)>, took: Duration) -> Self {
        let is_fresh = last.as_ref().is_some_and(|(at, _)| at.elapsed() <= MISSED_AFTER);
        let mut services: Vec<ServiceHealth> = match last {
            Some((_, last)) => last.services,
            None => {
                Component::ALL.map(|component| ServiceHealth::new(component, None, None)).into()
            }
        };
        for service in &mut services {
            if service.component == Component::Database {
                service.status = Status::Unhealthy;
                service.response_time_ms = rounded(took.as_secs_f64() * 1_000.0, 2);
                service.last_checked = Some(shared::time::now());
                service.details = json!({"problem": "Postgres does not answer"});
            } else if !is_fresh {
                service.status = Status::Unknown;
            }
        }
        Self::of(services)
    }
}

/// Unhealthy when a part is that the way of an event needs; the cache and the query API it does not.
fn overall(statuses: impl IntoIterator<Item = (Component, Status)>) -> Status {
    let statuses: BTreeMap<Component, Status> = statuses.into_iter().collect();
    let needed = [Component::Database, Component::Queue, Component::Ingest, Component::Worker];
    let any = |status| needed.iter().any(|part| statuses.get(part) == Some(&status));
    if any(Status::Unhealthy) {
        Status::Unhealthy
    } else if any(Status::Unknown) {
        Status::Unknown
    } else {
        Status::Healthy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unlike_healthy: &[(Component, Status)], expected: Status) {
        let healthy = Component::ALL.map(|component| (component, Status::Healthy));
        let all = healthy.into_iter().chain(unlike_healthy.iter().copied());
        assert_eq!(overall(all), expected, "{unlike_healthy:?}");
    }

    #[test]
    fn overall_health_is_that_of_the_way_of_an_event() {
        use Component::{Cache, Database, Ingest, QueryApi, Queue, Worker};
        use Status::{Healthy, Unhealthy, Unknown};
        check(&[], Healthy);
        check(&[(Cache, Unhealthy), (QueryApi, Unknown)], Healthy);
        for part in [Database, Queue, Ingest, Worker] {
            check(&[(part, Unhealthy)], Unhealthy);
            check(&[(part, Unknown)], Unknown);
        }
        check(&[(Worker, Unknown), (Queue, Unhealthy)], Unhealthy);
    }

    #[tokio::test(start_paused = true)]
    async fn without_postgres_what_was_seen_last_holds_for_a_while() {
        let seen = Component::ALL.map(|component| ServiceHealth {
            status: Status::Healthy,
            uptime_percent: 99.0,
            ..ServiceHealth::new(component, None, None)
        });
        let last = Some((Instant::now(), Health::of(seen.into())));
        let statuses = |last: &Option<(Instant, Health)>| -> Vec<Status> {
            let health = Health::without_postgres(last.clone(), Duration::from_millis(20));
            assert_eq!(health.overall_health, Status::Unhealthy);
            assert_eq!(health.services.len(), Component::ALL.len());
            health.services.iter().map(|service| service.status).collect()
        };
        let (healthy, unknown) = (Status::Healthy, Status::Unknown);
        tokio::time::advance(MISSED_AFTER).await;
        assert_eq!(statuses(&last), [&[Status::Unhealthy][..], &[healthy; 5]].concat());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(statuses(&last), [&[Status::Unhealthy][..], &[unknown; 5]].concat());
        assert_eq!(statuses(&None), [&[Status::Unhealthy][..], &[unknown; 5]].concat());
    }
}
