//! What a project masks besides: the rules as requests bring them, and trying them on a sample.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use shared::api::{ApiError, FieldErrorKind};
use shared::sanitise::{self, Detector, MAX_KEYS, Rules};

use super::project_id;
use crate::app::App;
use crate::body::BodyFields;
use crate::call::Call;
use crate::fields::{find_word, must_be_one_of};
use crate::routes::Answer;
use crate::success;

/// The field of the rules, wherever a request brings them.
const FIELD: &str = "sanitising_rules";

/// Bytes of a sample as JSON: as long as the longest text of an event.
const MAX_SAMPLE: usize = 64 << 10;

/// Reads the rules, and notes everything that is wrong with them. A field that is left out says nothing:
/// they are given as a whole. Null counts as not given.
pub(super) fn read(body: &mut BodyFields) -> Option<Rules> {
    let Value::Object(object) = body.take(FIELD)? else {
        body.problem(FieldErrorKind::WrongType, FIELD, "must be an object");
        return None;
    };
    let mut given = BodyFields::new(object);
    let extra = keys(&mut given, "extra_keys");
    let safe = keys(&mut given, "safe_keys");
    let off = detectors(&mut given);
    let rules = Rules::new(&extra, &safe, &off).ok();
    let problems = given.into_problems();
    // Each has its place: what the rules refuse was found above.
    let rules = rules.filter(|_| problems.is_empty());
    for problem in problems {
        body.problem(problem.kind, format!("{FIELD}.{}", problem.field), problem.message);
    }
    rules
}

fn keys(given: &mut BodyFields, list: &'static str) -> Vec<String> {
    let keys = given.texts(list, MAX_KEYS).unwrap_or_default();
    for (index, key) in keys.iter().enumerate() {
        if let Err(error) = Rules::check_key(list, key) {
            given.problem(FieldErrorKind::Malformed, format!("{list}[{index}]"), error.to_string());
        }
    }
    keys
}

fn detectors(given: &mut BodyFields) -> Vec<Detector> {
    let names = given.texts("off", Detector::ALL.len()).unwrap_or_default();
    let mut off = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match find_word(name, &Detector::ALL, Detector::as_str) {
            Some(detector) => off.push(detector),
            None => {
                let message = must_be_one_of(&Detector::ALL, Detector::as_str);
                given.problem(FieldErrorKind::UnknownValue, format!("off[{index}]"), message);
            }
        }
    }
    off
}

/// What became of a sample.
#[derive(Debug, Serialize)]
struct Tried {
    result: Value,
    /// Whether anything was masked.
    changed: bool,
}

/// `POST /api/projects/{id}/sanitising/preview`: what the rules that are given, or the project's own, make
/// of a sample. Nothing is kept of it.
pub(crate) async fn preview(app: Arc<App>, call: Call) -> Answer {
    let id = project_id(&call)?;
    let mut body = BodyFields::new(call.object().await?);
    let given = read(&mut body);
    let sample = body.required("sample", sample);
    body.finish()?;
    let own = app.access.table().and_then(|table| {
        let project = table.project(id)?;
        Some(Arc::clone(&project.sanitising_rules))
    });
    let own = own.ok_or_else(|| ApiError::not_found("project", id))?;
    // It is there: what is missing is a problem, and problems end above.
    let sample = sample.unwrap_or_default();
    let mut result = sample.clone();
    sanitise::value(&mut result, given.as_ref().unwrap_or(&own));
    let changed = result != sample;
    Ok(success::ok(Tried { result, changed }))
}

/// A text, or an object as a context.
fn sample(body: &mut BodyFields) -> Option<Value> {
    let value = body.take("sample")?;
    if !value.is_string() && !value.is_object() {
        body.problem(FieldErrorKind::WrongType, "sample", "must be a string or an object");
        return None;
    }
    if value.to_string().len() > MAX_SAMPLE {
        let message = format!("must have at most {MAX_SAMPLE} bytes as JSON");
        body.problem(FieldErrorKind::TooLong, "sample", message);
        return None;
    }
    Some(value)
}
