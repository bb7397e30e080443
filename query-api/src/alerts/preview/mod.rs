//! `POST /api/alerts/rules/test`: what a rule would have done over the past.
//!
//! It measures and decides by the same code as the worker that evaluates rules (`shared::alerts`), at the
//! end of each slot, as finely as the past is kept: ten seconds for two hours, then minutes for two days,
//! then hours. It changes nothing.

mod play;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::GenericClient;
use serde::Serialize;
use shared::alerts::condition::{Condition, Metric, ResolvedCondition, Scope, Span};
use shared::alerts::measure::{Measures, Moments, Value, errors_that_match};
use shared::alerts::slots;
use shared::api::{ApiError, FieldErrorKind};
use shared::ids::ProjectId;
use uuid::Uuid;

use self::play::{Crossing, Point, play};
use super::project_of;
use super::rules::{self, MAX_COOLDOWN};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// The past that is looked at unless another is asked for, in minutes: a day.
const DEFAULT_PERIOD: u32 = 24 * 60;

/// Shorter windows mean nothing among slots of an hour, so no more than what is kept in minutes is looked
/// at for them.
const HOUR: u32 = 60;
const MINUTES_KEPT: u32 = 47 * 60;

/// Errors that are looked at by themselves: the busiest.
const MAX_ERRORS: i64 = 20;

/// Of single errors no longer time is looked at, because all their slots are.
const MAX_PERIOD_OF_ERRORS: u32 = 24 * 60;

/// Users are counted for each moment by a statement of its own.
const MAX_MOMENTS_OF_USERS: usize = 120;

/// What is asked.
struct Test {
    condition: Condition,
    resolved: ResolvedCondition,
    cooldown: TimeDelta,
    period: Span,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Preview {
    condition: String,
    #[serde(with = "super::number")]
    threshold: f64,
    time_window: String,
    #[serde(with = "shared::time::json")]
    from: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    until: DateTime<Utc>,
    /// How often the rule would have fired.
    fired: usize,
    /// Whether it would be firing now.
    firing: bool,
    /// What it measured, of a rule that looks at the whole project.
    series: Vec<Point>,
    crossings: Vec<Crossing>,
    /// The busiest errors, of a rule that looks at each.
    errors: Vec<ErrorPreview>,
    /// Since when users are counted; null where nobody asks for them or nothing was counted yet.
    #[serde(with = "shared::time::json_option")]
    users_since: Option<DateTime<Utc>>,
}

/// What the rule would have done about one error.
#[derive(Debug, Serialize)]
struct ErrorPreview {
    id: Uuid,
    title: String,
    fired: usize,
    firing: bool,
    series: Vec<Point>,
    crossings: Vec<Crossing>,
}

/// An error that is looked at.
struct Busy {
    error_id: i64,
    public_id: Uuid,
    title: String,
}

/// `POST /api/alerts/rules/test`.
pub(crate) async fn test(app: Arc<App>, call: Call) -> Answer {
    let project = project_of(&call.reach_alone()?);
    let test = Test::read(BodyFields::new(call.object().await?))?;
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    Ok(success::ok(test.preview(&client, project).await?))
}

impl Test {
    fn read(mut body: BodyFields) -> Result<Self, ApiError> {
        let given = rules::whole_condition(&mut body);
        let cooldown = body.number("cooldown", 0..=MAX_COOLDOWN).unwrap_or_default();
        let period = rules::span(&mut body, "period");
        let problems = body.into_problems();
        let (Some((condition, resolved)), true) = (given, problems.is_empty()) else {
            return Err(ApiError::validation(problems));
        };
        let longest = longest_period(&resolved);
        if let Some(period) = period.filter(|period| period.minutes() > longest.minutes()) {
            let message = format!(
                "must be at most {longest} for this condition, and is {period}: the past is kept in \
                 minutes for two days and in hours for thirty"
            );
            return Err(ApiError::field(FieldErrorKind::OutOfRange, "period", message));
        }
        let usual = DEFAULT_PERIOD.max(resolved.window.minutes()).min(longest.minutes());
        let period = period.or(Span::from_minutes(usual)).unwrap_or(longest);
        Ok(Self { condition, resolved, cooldown: TimeDelta::seconds(cooldown), period })
    }

    async fn preview(
        &self,
        client: &impl GenericClient,
        project: ProjectId,
    ) -> Result<Preview, ApiError> {
        let now = shared::time::now();
        let moments = self.moments(now);
        let busy = self.busiest(client, project, &moments).await?;
        let mut measures = Measures::new();
        let measure = measures.add(&self.resolved);
        let looked_at: BTreeSet<i64> = busy.iter().map(|error| error.error_id).collect();
        let measured = measures.take(client, project, &moments, &looked_at).await;
        let measured = measured.map_err(db::failure)?;
        let values = |of: &dyn Fn(&Value) -> Option<f64>| -> Vec<Option<f64>> {
            let places = 0..moments.ends.len();
            places.map(|place| measured.value(measure, place).and_then(of)).collect()
        };
        let whole = self.play(&moments, &values(&Value::of_project));
        let errors: Vec<ErrorPreview> = busy
            .into_iter()
            .map(|error| {
                let played =
                    self.play(&moments, &values(&|value: &Value| value.of_error(error.error_id)));
                ErrorPreview {
                    id: error.public_id,
                    title: error.title,
                    fired: played.crossings.len(),
                    firing: played.is_firing(),
                    series: played.series,
                    crossings: played.crossings,
                }
            })
            .collect();
        let of_errors: usize = errors.iter().map(|error| error.fired).sum();
        Ok(Preview {
            condition: self.condition.to_string(),
            threshold: self.resolved.threshold,
            time_window: self.resolved.window.short(),
            from: now - slots::minutes(self.period),
            until: now,
            fired: whole.crossings.len() + of_errors,
            firing: whole.is_firing() || errors.iter().any(|error| error.firing),
            series: if self.is_of_each_error() { Vec::new() } else { whole.series },
            crossings: whole.crossings,
            errors,
            users_since: self.users_since(client, project).await?,
        })
    }

    fn is_of_each_error(&self) -> bool {
        self.resolved.scope == Scope::EachError
    }

    fn moments(&self, now: DateTime<Utc>) -> Moments {
        let mut ends = slots::ends(now - slots::minutes(self.period), now);
        if self.resolved.metric == Metric::UsersAffected {
            let step = ends.len().div_ceil(MAX_MOMENTS_OF_USERS);
            // From the end, so that the last one is among them.
            ends = ends.into_iter().rev().step_by(step.max(1)).collect();
            ends.reverse();
        }
        Moments { now, ends }
    }

    fn play(&self, moments: &Moments, values: &[Option<f64>]) -> play::Played {
        play(moments, values, &self.resolved, self.cooldown)
    }

    async fn busiest(
        &self,
        client: &impl GenericClient,
        project: ProjectId,
        moments: &Moments,
    ) -> Result<Vec<Busy>, ApiError> {
        let (true, Some(last)) = (self.is_of_each_error(), moments.ends.last()) else {
            return Ok(Vec::new());
        };
        let texts: Vec<String> = self.resolved.message_texts().map(str::to_owned).collect();
        let among: Option<Vec<i64>> = if texts.is_empty() {
            None
        } else {
            let found = errors_that_match(client, project, &texts, None).await;
            Some(found.map_err(db::failure)?.into_iter().collect())
        };
        let from = moments.now - slots::minutes(self.period);
        let values: db::Params<'_> = &[&project.0, &from, last, &among, &MAX_ERRORS];
        let sql = include_str!("../sql/busiest.sql");
        let rows = db::query(client, "find the busiest errors", sql, values).await;
        let busy = |row: &tokio_postgres::Row| Busy {
            error_id: row.get("error_id"),
            public_id: row.get("public_id"),
            title: shared::event::title(row.get("exception_type"), row.get("message")),
        };
        Ok(rows.map_err(db::failure)?.iter().map(busy).collect())
    }

    async fn users_since(
        &self,
        client: &impl GenericClient,
        project: ProjectId,
    ) -> Result<Option<DateTime<Utc>>, ApiError> {
        if self.resolved.metric != Metric::UsersAffected {
            return Ok(None);
        }
        let sql = include_str!("../sql/users_since.sql");
        let rows = db::query(client, "find since when users are counted", sql, &[&project.0]).await;
        Ok(rows.map_err(db::failure)?.first().and_then(|row| row.get("users_since")))
    }
}

/// The longest past that a condition can be looked at over, so that its first window lies within what is
/// kept.
fn longest_period(condition: &ResolvedCondition) -> Span {
    let window = condition.window.minutes();
    let kept = if condition.scope == Scope::EachError {
        MAX_PERIOD_OF_ERRORS
    } else if window < HOUR {
        MINUTES_KEPT
    } else {
        Span::MAX.minutes()
    };
    Span::from_minutes(kept).unwrap_or(Span::MAX)
}
