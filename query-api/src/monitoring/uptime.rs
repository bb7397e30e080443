//! `GET /api/monitoring/uptime`: how long errors were accepted, from the stored checks of ingest.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::checks::Component;
use shared::generations::Scope;
use shared::postgres::DbError;

use super::history::Stretch;
use super::{History, read_histories, rounded};
use crate::app::App;
use crate::cache::Question;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// The longest time that is told of.
const LONGEST: TimeDelta = TimeDelta::days(30);

/// Stretches of a strip.
const HOURS: i32 = 24;
const DAYS: i32 = 30;

/// The answer. Null where nothing was ever checked.
#[derive(Debug, Default, Serialize)]
struct Uptime {
    current_uptime_hours: Option<f64>,
    uptime_percent_24h: Option<f64>,
    uptime_percent_7d: Option<f64>,
    uptime_percent_30d: Option<f64>,
    incidents_count: usize,
    #[serde(with = "shared::time::json_option")]
    last_downtime: Option<DateTime<Utc>>,
    /// Empty where nothing was ever checked.
    hours: Vec<Stretch>,
    days: Vec<Stretch>,
}

/// `GET /api/monitoring/uptime`.
pub(crate) async fn uptime(app: Arc<App>, _call: Call) -> Answer {
    let question = Question::new("uptime", Scope::Monitoring, app.cache_ttl.uptime, &())
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app))).await
}

async fn compute(app: &App) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let histories = read_histories(&client, &[Component::Ingest], LONGEST).await?;
    let uptime = histories.get(Component::Ingest.as_str()).map(Uptime::from).unwrap_or_default();
    Ok(success::body(uptime))
}

impl From<&History> for Uptime {
    fn from(history: &History) -> Self {
        let percent = |window| Some(history.uptime_percent(window));
        Self {
            current_uptime_hours: Some(rounded(history.up_for().as_seconds_f64() / 3_600.0, 4)),
            uptime_percent_24h: percent(TimeDelta::hours(24)),
            uptime_percent_7d: percent(TimeDelta::days(7)),
            uptime_percent_30d: percent(LONGEST),
            incidents_count: history.downtimes(LONGEST).count(),
            last_downtime: history.downtimes(LONGEST).last(),
            hours: history.strip(TimeDelta::hours(1), HOURS),
            days: history.strip(TimeDelta::days(1), DAYS),
        }
    }
}
