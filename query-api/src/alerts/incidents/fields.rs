//! What a request says about an incident.

use serde_json::{Map, Value};
use shared::api::ApiError;
use shared::channels::Severity;

use super::super::severity;
use super::view::{Settings, Status};
use crate::body::BodyFields;

/// Characters of a title; the column's constraint.
const MAX_TITLE: usize = 200;

/// Characters of a description: some pages, for a list shows them all.
pub(crate) const MAX_DESCRIPTION: usize = 10_000;

/// Characters of who looks after it; the column's constraint.
const MAX_ASSIGNEE: usize = 200;

/// The fields of a body. The outer options tell whether a field is given.
#[derive(Debug)]
pub(super) struct Given {
    title: Option<String>,
    severity: Option<Severity>,
    status: Option<Status>,
    description: Option<Option<String>>,
    assigned_to: Option<Option<String>>,
}

impl Given {
    /// Reads a body of which every field may be left out.
    pub(super) fn for_change(object: Map<String, Value>) -> Result<Self, ApiError> {
        let mut body = BodyFields::new(object);
        let title = body.line("title", MAX_TITLE);
        Self::read(body, title)
    }

    /// Reads a body that must say what it is about.
    pub(super) fn for_new(object: Map<String, Value>) -> Result<Settings, ApiError> {
        let mut body = BodyFields::new(object);
        let title = body.required("title", |body| body.line("title", MAX_TITLE));
        let given = Self::read(body, title)?;
        Ok(Settings {
            // It is there: what is missing is a problem, and problems end above.
            title: given.title.unwrap_or_default(),
            severity: given.severity.unwrap_or(severity::DEFAULT),
            status: given.status.unwrap_or(Status::Investigating),
            description: given.description.flatten(),
            assigned_to: given.assigned_to.flatten(),
        })
    }

    fn read(mut body: BodyFields, title: Option<String>) -> Result<Self, ApiError> {
        let (describes, assigns) = (body.has("description"), body.has("assigned_to"));
        let description = text_or_none(&mut body, "description", MAX_DESCRIPTION);
        let assigned_to = text_or_none(&mut body, "assigned_to", MAX_ASSIGNEE);
        let given = Self {
            title,
            severity: body.word("severity", &severity::ALL, Severity::as_str),
            status: body.word("status", &Status::ALL, Status::as_str),
            description: describes.then_some(description),
            assigned_to: assigns.then_some(assigned_to),
        };
        body.finish()?;
        Ok(given)
    }

    /// What an incident becomes.
    pub(super) fn applied_to(self, before: &Settings) -> Settings {
        let before = before.clone();
        Settings {
            title: self.title.unwrap_or(before.title),
            severity: self.severity.unwrap_or(before.severity),
            status: self.status.unwrap_or(before.status),
            description: self.description.unwrap_or(before.description),
            assigned_to: self.assigned_to.unwrap_or(before.assigned_to),
        }
    }
}

/// A text; an empty one says as much as null, for that is what an emptied field of a form holds.
fn text_or_none(body: &mut BodyFields, name: &str, max: usize) -> Option<String> {
    if body.is_blank(name) {
        return None;
    }
    body.text(name, max)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::config::Environment;

    use super::*;

    #[track_caller]
    fn check(changed: Value, expected: &[&str]) {
        let mut body = json!({"title": "it is down"});
        body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let found = match Given::for_new(body.as_object().unwrap().clone()) {
            Ok(_) => Vec::new(),
            Err(error) => {
                let told = error.to_json(Environment::Production);
                let errors = told["details"]["errors"].as_array().unwrap().iter();
                let told = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
                errors
                    .map(|error| format!("{} {}", told(error, "field"), told(error, "type")))
                    .collect()
            }
        };
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn every_bad_field_is_named() {
        check(json!({}), &[]);
        check(json!({"title": null}), &["title wrong_type"]);
        check(json!({"title": " "}), &["title out_of_range"]);
        check(json!({"title": "x".repeat(201)}), &["title too_long"]);
        check(json!({"title": "a\nb"}), &["title malformed"]);
        check(
            json!({"severity": "urgent", "status": "closed"}),
            &["severity unknown_value", "status unknown_value"],
        );
        check(json!({"description": "x\ny".repeat(3_333), "assigned_to": "x".repeat(200)}), &[]);
        check(
            json!({"description": "x".repeat(10_001), "assigned_to": "x".repeat(201)}),
            &["description too_long", "assigned_to too_long"],
        );
        check(json!({"description": 5, "assigned_to": null}), &["description wrong_type"]);
    }

    #[test]
    fn null_and_nothing_take_a_text_away_and_leaving_it_out_does_not() {
        let body = json!({"title": "t", "description": "d", "assigned_to": "ann"});
        let before = Given::for_new(body.as_object().unwrap().clone()).unwrap();
        for (change, description, assigned_to) in [
            (json!({}), Some("d"), Some("ann")),
            (json!({"description": null, "assigned_to": " "}), None, None),
            (json!({"title": null, "assigned_to": "ben"}), Some("d"), Some("ben")),
        ] {
            let given = Given::for_change(change.as_object().unwrap().clone()).unwrap();
            let after = given.applied_to(&before);
            assert_eq!(after.title, "t");
            assert_eq!(after.description.as_deref(), description, "{change}");
            assert_eq!(after.assigned_to.as_deref(), assigned_to, "{change}");
        }
    }
}
