//! What a request says about a rule, and the rule that comes of it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use shared::alerts::condition::{
    Condition, Metric, ResolvedCondition, Span, SpanError, Unresolved, Value as Compared, Window,
};
use shared::api::{ApiError, FieldError, FieldErrorKind};
use shared::channels::Severity;
use shared::integrations::Name;

use super::super::severity;
use super::view::{Settings, Watch};
use crate::body::BodyFields;

/// Characters of a name; the column's constraint.
const MAX_NAME: usize = 200;

/// Seconds for which a rule may stay quiet: 30 days, as long as the longest window.
pub(crate) const MAX_COOLDOWN: i64 = 30 * 24 * 60 * 60;

/// The fields of a body. The outer options tell whether a field is given; problems are told once it is
/// known what the other fields are.
#[derive(Debug)]
pub(super) struct Given {
    name: Option<String>,
    condition: Option<Condition>,
    threshold: Option<f64>,
    time_window: Option<Span>,
    enabled: Option<bool>,
    notifications: Option<Vec<String>>,
    severity: Option<Severity>,
    cooldown: Option<i32>,
    muted_until: Option<Option<DateTime<Utc>>>,
    create_incident: Option<bool>,
    problems: Vec<FieldError>,
}

/// A rule as it is to be.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) settings: Settings,
    /// What it measures.
    pub(super) metric: Metric,
}

impl Given {
    /// Reads a body of which every field may be left out.
    pub(super) fn for_change(object: Map<String, Value>) -> Self {
        let mut body = BodyFields::new(object);
        let name = body.line("name", MAX_NAME);
        let condition = condition(&mut body);
        Self::read(body, name, condition)
    }

    /// Reads a body that must say what the rule is.
    pub(super) fn for_new(object: Map<String, Value>) -> Self {
        let mut body = BodyFields::new(object);
        let name = body.required("name", |body| body.line("name", MAX_NAME));
        let condition = body.required("condition", condition);
        Self::read(body, name, condition)
    }

    fn read(mut body: BodyFields, name: Option<String>, condition: Option<Condition>) -> Self {
        let mute_given = body.has("muted_until");
        let muted_until = muted_until(&mut body);
        Self {
            name,
            condition,
            threshold: threshold(&mut body),
            time_window: span(&mut body, "time_window"),
            enabled: body.boolean("enabled"),
            notifications: notifications(&mut body),
            severity: body.word("severity", &severity::ALL, Severity::as_str),
            cooldown: body
                .number("cooldown", 0..=MAX_COOLDOWN)
                .and_then(|seconds| i32::try_from(seconds).ok()),
            muted_until: mute_given.then_some(muted_until),
            create_incident: body.boolean("create_incident"),
            problems: body.into_problems(),
        }
    }

    /// The new rule, or all that is wrong with the body.
    pub(super) fn draft(self) -> Result<Draft, ApiError> {
        let mut problems = self.problems;
        let resolved = self.condition.as_ref().and_then(|condition| {
            let resolved = condition.resolve(self.threshold, self.time_window);
            resolved.map_err(|faults| note_all(&faults, &mut problems)).ok()
        });
        // Where either is missing there is a problem, too.
        let (Some(name), Some(condition), Some(resolved), true) =
            (self.name, self.condition, resolved, problems.is_empty())
        else {
            return Err(ApiError::validation(problems));
        };
        let settings = Settings {
            name,
            watch: Watch {
                condition: condition.to_string(),
                threshold: resolved.threshold,
                time_window: resolved.window.short(),
            },
            enabled: self.enabled.unwrap_or(true),
            notifications: self.notifications.unwrap_or_default(),
            severity: self.severity.unwrap_or(severity::DEFAULT),
            cooldown: self.cooldown.unwrap_or_default(),
            muted_until: self.muted_until.flatten(),
            create_incident: self.create_incident.unwrap_or_default(),
        };
        Ok(Draft { settings, metric: resolved.metric })
    }

    /// What a rule becomes, or all that is wrong with the body.
    pub(super) fn applied_to(&self, before: &Settings) -> Result<Draft, ApiError> {
        let mut problems = self.problems.clone();
        let watched = self.watch(&before.watch)?;
        let Ok((watch, metric)) = watched.map_err(|faults| problems.extend(faults)) else {
            return Err(ApiError::validation(problems));
        };
        if !problems.is_empty() {
            return Err(ApiError::validation(problems));
        }
        let settings = Settings {
            name: self.name.as_ref().unwrap_or(&before.name).clone(),
            watch,
            enabled: self.enabled.unwrap_or(before.enabled),
            notifications: self.notifications.as_ref().unwrap_or(&before.notifications).clone(),
            severity: self.severity.unwrap_or(before.severity),
            cooldown: self.cooldown.unwrap_or(before.cooldown),
            muted_until: self.muted_until.unwrap_or(before.muted_until),
            create_incident: self.create_incident.unwrap_or(before.create_incident),
        };
        Ok(Draft { settings, metric })
    }

    /// What the condition leaves open stays as it was unless the body says it anew. The outer error is
    /// a fault of ours: what is stored was read before it was stored.
    fn watch(&self, before: &Watch) -> Result<Result<(Watch, Metric), Vec<FieldError>>, ApiError> {
        let condition = match &self.condition {
            Some(given) => given.clone(),
            None => before.condition.parse().map_err(ApiError::internal)?,
        };
        let stored: Span = before.time_window.parse().map_err(ApiError::internal)?;
        let threshold =
            self.threshold.or((condition.value == Compared::Threshold).then_some(before.threshold));
        let window =
            self.time_window.or((condition.window == Window::TimeWindow).then_some(stored));
        Ok(match condition.resolve(threshold, window) {
            Ok(resolved) => {
                let watch = Watch {
                    condition: condition.to_string(),
                    threshold: resolved.threshold,
                    time_window: resolved.window.short(),
                };
                Ok((watch, resolved.metric))
            }
            Err(faults) if self.condition.is_some() => {
                let mut problems = Vec::new();
                note_all(&faults, &mut problems);
                Err(problems)
            }
            Err(faults) => Err(faults.into_iter().map(against_stored).collect()),
        })
    }
}

fn note_all(faults: &[Unresolved], problems: &mut Vec<FieldError>) {
    problems.extend(
        faults
            .iter()
            .map(|fault| FieldError::new(kind_of(*fault), fault.field(), fault.to_string())),
    );
}

fn kind_of(fault: Unresolved) -> FieldErrorKind {
    match fault {
        Unresolved::ThresholdMissing | Unresolved::TimeWindowMissing => FieldErrorKind::Missing,
        Unresolved::ThresholdRefused(_) => FieldErrorKind::OutOfRange,
        Unresolved::ThresholdDiffers { .. } | Unresolved::TimeWindowDiffers { .. } => {
            FieldErrorKind::UnknownValue
        }
    }
}

/// A fault between a field and a condition that the body does not mention.
fn against_stored(fault: Unresolved) -> FieldError {
    let message = match fault {
        Unresolved::ThresholdDiffers { in_condition } => format!(
            "is {in_condition} in the rule's condition; change the condition as well, to the new \
             number or to the word threshold"
        ),
        Unresolved::TimeWindowDiffers { in_condition } => format!(
            "is {in_condition} in the rule's condition; change the condition as well, to the new \
             time or to the word time_window"
        ),
        fault => fault.to_string(),
    };
    FieldError::new(kind_of(fault), fault.field(), message)
}

/// As it was sent, blanks included: places in it are counted.
fn condition(body: &mut BodyFields) -> Option<Condition> {
    let Value::String(text) = body.take("condition")? else {
        body.problem(FieldErrorKind::WrongType, "condition", "must be a string");
        return None;
    };
    let read = text.parse();
    read.map_err(|error: shared::alerts::condition::ParseError| {
        body.problem(FieldErrorKind::Malformed, "condition", error.to_string());
    })
    .ok()
}

fn threshold(body: &mut BodyFields) -> Option<f64> {
    let number = body.take("threshold")?.as_f64();
    if number.is_none() {
        body.problem(FieldErrorKind::WrongType, "threshold", "must be a number");
    }
    number
}

/// A length of time in words.
pub(in crate::alerts) fn span(body: &mut BodyFields, name: &str) -> Option<Span> {
    let Value::String(text) = body.take(name)? else {
        let message = "must be a string such as 5m, 2 hours or 7 days";
        body.problem(FieldErrorKind::WrongType, name, message);
        return None;
    };
    let read = text.parse();
    read.map_err(|error: SpanError| {
        let kind = match error {
            SpanError::Malformed => FieldErrorKind::Malformed,
            SpanError::OutOfRange => FieldErrorKind::OutOfRange,
        };
        body.problem(kind, name, error.to_string());
    })
    .ok()
}

/// A condition with what it leaves open, which must be given.
pub(in crate::alerts) fn whole_condition(
    body: &mut BodyFields,
) -> Option<(Condition, ResolvedCondition)> {
    let given = body.required("condition", condition);
    let (threshold, time_window) = (threshold(body), span(body, "time_window"));
    let given = given?;
    let resolved = given.resolve(threshold, time_window).map_err(|faults| {
        for fault in faults {
            body.problem(kind_of(fault), fault.field(), fault.to_string());
        }
    });
    Some((given, resolved.ok()?))
}

/// Names of integrations, none of them twice.
fn notifications(body: &mut BodyFields) -> Option<Vec<String>> {
    let texts = body.texts("notifications", Name::ALL.len())?;
    let mut names: Vec<String> = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let field = format!("notifications[{index}]");
        if text.parse::<Name>().is_err() {
            let message = "must be one of slack, email, webhook, sms";
            body.problem(FieldErrorKind::UnknownValue, field, message);
        } else if names.contains(&text) {
            body.problem(FieldErrorKind::UnknownValue, field, "must not stand twice");
        } else {
            names.push(text);
        }
    }
    Some(names)
}

/// To the millisecond, as answers show it, so that what was read can be sent back.
fn muted_until(body: &mut BodyFields) -> Option<DateTime<Utc>> {
    let time = body.time("muted_until")?;
    DateTime::from_timestamp_millis(time.timestamp_millis())
}

#[cfg(test)]
mod tests;
