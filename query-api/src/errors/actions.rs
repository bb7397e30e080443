//! The routes that change errors: `/resolve`, `/unresolve`, `/ignore`, `/assign`, `DELETE`, and
//! many at once.

use std::collections::HashSet;
use std::sync::Arc;

use axum::response::IntoResponse as _;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Map, Value, json};
use shared::api::{ApiError, FieldErrorKind};
use shared::ids::ErrorId;

use super::change::{self, Change};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::{Call, Reach};
use crate::routes::Answer;
use crate::success;

/// Ids of one bulk change.
const MAX_IDS: usize = 1_000;

/// Characters of a name that an error is assigned to.
const MAX_ASSIGNEE: usize = 200;

/// `PUT /api/errors/{id}/resolve`.
pub(crate) async fn resolve(app: Arc<App>, call: Call) -> Answer {
    Target::of(&call)?.change(&app, Change::Resolve).await?;
    Ok(success::ok(json!({"status": "resolved"})))
}

/// `PUT /api/errors/{id}/unresolve`.
pub(crate) async fn unresolve(app: Arc<App>, call: Call) -> Answer {
    Target::of(&call)?.change(&app, Change::Unresolve).await?;
    Ok(success::ok(json!({"status": "unresolved"})))
}

/// `PUT /api/errors/{id}/ignore`, with or without a body.
pub(crate) async fn ignore(app: Arc<App>, call: Call) -> Answer {
    let target = Target::of(&call)?;
    let mut body = BodyFields::new(call.object_or_nothing().await?);
    let until = body.time("until");
    let events = body.number("events", 1..=1_000_000_000);
    check_ahead(&mut body, until);
    body.finish()?;
    target.change(&app, Change::Ignore { until, events }).await?;
    Ok(success::ok(json!({"status": "ignored"})))
}

/// `PUT /api/errors/{id}/assign`; null assigns to nobody.
pub(crate) async fn assign(app: Arc<App>, call: Call) -> Answer {
    let target = Target::of(&call)?;
    let mut body = BodyFields::new(call.object().await?);
    if !body.has("assigned_to") {
        body.missing("assigned_to");
    }
    let to = body.text("assigned_to", MAX_ASSIGNEE);
    body.finish()?;
    target.change(&app, Change::Assign { to: to.clone() }).await?;
    Ok(success::ok(json!({"assigned_to": to})))
}

/// `DELETE /api/errors/{id}`.
pub(crate) async fn delete(app: Arc<App>, call: Call) -> Answer {
    Target::of(&call)?.change(&app, Change::Delete).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PUT /api/errors`.
pub(crate) async fn change_many(app: Arc<App>, call: Call) -> Answer {
    let reach = call.reach_alone()?;
    let key_id = call.key_id();
    let (ids, action) = read_bulk(call.object().await?)?;
    let done = change::apply(&app, &reach, &ids, action.change(), key_id).await?;
    let done: HashSet<ErrorId> = done.into_iter().collect();
    let not_found: Vec<&ErrorId> = ids.iter().filter(|id| !done.contains(id)).collect();
    Ok(success::ok(json!({
        "status": action.as_str(),
        "updated": done.len(),
        "not_found": not_found,
    })))
}

/// The error that a request names, read before its body is.
#[derive(Debug)]
struct Target {
    name: ErrorId,
    reach: Reach,
    key_id: uuid::Uuid,
}

impl Target {
    fn of(call: &Call) -> Result<Self, ApiError> {
        Ok(Self { name: call.error_id()?, reach: call.reach_alone()?, key_id: call.key_id() })
    }

    async fn change(self, app: &Arc<App>, change: Change) -> Result<(), ApiError> {
        let done = change::apply(app, &self.reach, &[self.name], change, self.key_id).await?;
        if done.is_empty() {
            return Err(ApiError::not_found("error", self.name));
        }
        Ok(())
    }
}

/// What is done to many errors at once.
#[derive(Debug, Clone, Copy)]
enum Action {
    Resolve,
    Unresolve,
    Ignore,
}

impl Action {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "resolve" => Some(Self::Resolve),
            "unresolve" => Some(Self::Unresolve),
            "ignore" => Some(Self::Ignore),
            _ => None,
        }
    }

    fn change(self) -> Change {
        match self {
            Self::Resolve => Change::Resolve,
            Self::Unresolve => Change::Unresolve,
            Self::Ignore => Change::Ignore { until: None, events: None },
        }
    }

    /// The status that results.
    fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolved",
            Self::Unresolve => "unresolved",
            Self::Ignore => "ignored",
        }
    }
}

fn read_bulk(object: Map<String, Value>) -> Result<(Vec<ErrorId>, Action), ApiError> {
    let mut body = BodyFields::new(object);
    let ids = read_ids(&mut body);
    let action = match body.take("action") {
        None => {
            body.missing("action");
            None
        }
        Some(value) => {
            let action = value.as_str().and_then(Action::parse);
            if action.is_none() {
                let allowed = "must be one of resolve, unresolve, ignore";
                body.problem(FieldErrorKind::UnknownValue, "action", allowed);
            }
            action
        }
    };
    body.finish()?;
    // Without a problem there is an action.
    let action =
        action.ok_or_else(|| ApiError::field(FieldErrorKind::Missing, "action", "is required"))?;
    Ok((ids, action))
}

/// The ids without repetition, in ascending order.
pub(super) fn read_ids(body: &mut BodyFields) -> Vec<ErrorId> {
    let Some(value) = body.take("ids") else {
        body.missing("ids");
        return Vec::new();
    };
    let Value::Array(values) = value else {
        body.problem(FieldErrorKind::WrongType, "ids", "must be an array of ids");
        return Vec::new();
    };
    if values.is_empty() || values.len() > MAX_IDS {
        let message = format!("must hold 1 to {MAX_IDS} ids");
        body.problem(FieldErrorKind::OutOfRange, "ids", message);
        return Vec::new();
    }
    let mut ids: Vec<ErrorId> = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        match value.as_str().map(str::parse) {
            Some(Ok(id)) => ids.push(id),
            Some(Err(_)) => {
                body.problem(FieldErrorKind::Malformed, format!("ids[{index}]"), "must be a UUID");
            }
            None => {
                body.problem(FieldErrorKind::WrongType, format!("ids[{index}]"), "must be a UUID");
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn check_ahead(body: &mut BodyFields, until: Option<DateTime<Utc>>) {
    if until.is_some_and(|until| until <= shared::time::now()) {
        body.problem(FieldErrorKind::OutOfRange, "until", "must lie in the future");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: Value, expected: &[&str]) {
        let Value::Object(object) = body else { panic!("an object is expected") };
        let error = read_bulk(object).unwrap_err();
        let json = error.to_json(shared::config::Environment::Production);
        let errors = json["details"]["errors"].as_array().unwrap();
        let fields: Vec<&str> = errors.iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_bulk_change_names_all_that_is_wrong() {
        check(json!({}), &["ids", "action"]);
        check(json!({"ids": [], "action": "delete"}), &["ids", "action"]);
        check(json!({"ids": ["x", 7], "action": "resolve"}), &["ids[0]", "ids[1]"]);
        check(json!({"ids": vec!["x"; 1001], "action": "resolve"}), &["ids"]);
    }
}
