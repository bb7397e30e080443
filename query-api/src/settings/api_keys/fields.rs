//! What a request says about a key.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use shared::access::Permission;
use shared::api::{ApiError, FieldErrorKind};
use shared::cors;
use shared::rate_limit::KeyLimits;

use crate::body::{BodyFields, whole};

/// Characters of a name; the column's constraint.
const MAX_NAME: usize = 200;

/// Requests a minute that a limit may allow; more is no limit on any machine.
const LIMITS: std::ops::RangeInclusive<i64> = 1..=10_000_000;

/// Origins of one key. Each request of a page is compared with them.
const MAX_ORIGINS: usize = 50;

/// Characters of an origin: the longest host name, a scheme and a port.
const MAX_ORIGIN: usize = 300;

/// The body of a request for a new key.
#[derive(Debug)]
pub(super) struct NewKey {
    pub(super) name: String,
    pub(super) permissions: Vec<Permission>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) project_id: Option<i32>,
    pub(super) limits: KeyLimits,
    pub(super) allowed_origins: Vec<String>,
}

impl NewKey {
    pub(super) fn read(object: Map<String, Value>, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let mut body = BodyFields::new(object);
        let name = body.required("name", |body| body.line("name", MAX_NAME));
        let permissions = body.required("permissions", permissions);
        let expires_at = expiry(&mut body, now);
        let project_id = body.number("project_id", 1..=i64::from(i32::MAX));
        let limits = LimitChanges::read(&mut body).apply(KeyLimits::default());
        let allowed_origins = origins(&mut body).unwrap_or_default();
        body.finish()?;
        Ok(Self {
            // Both are there: what is missing is a problem, and problems end above.
            name: name.unwrap_or_default(),
            permissions: permissions.unwrap_or_default(),
            expires_at,
            project_id: project_id.and_then(|id| i32::try_from(id).ok()),
            limits,
            allowed_origins,
        })
    }
}

/// The body of a change of a key. The outer options tell whether a field is given.
#[derive(Debug)]
pub(super) struct KeyChanges {
    pub(super) name: Option<String>,
    pub(super) permissions: Option<Vec<Permission>>,
    pub(super) expires_at: Option<Option<DateTime<Utc>>>,
    pub(super) limits: LimitChanges,
    pub(super) allowed_origins: Option<Vec<String>>,
}

impl KeyChanges {
    pub(super) fn read(object: Map<String, Value>, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let mut body = BodyFields::new(object);
        let (expiry_given, origins_given) = (body.has("expires_at"), body.has("allowed_origins"));
        let expires_at = expiry(&mut body, now);
        let allowed_origins = origins(&mut body).unwrap_or_default();
        let changes = Self {
            name: body.line("name", MAX_NAME),
            permissions: permissions(&mut body),
            expires_at: expiry_given.then_some(expires_at),
            limits: LimitChanges::read(&mut body),
            allowed_origins: origins_given.then_some(allowed_origins),
        };
        body.finish()?;
        Ok(changes)
    }
}

/// Which limits change, and to what; null gives a limit up.
#[derive(Debug, Default)]
pub(super) struct LimitChanges {
    errors: Option<Option<i32>>,
    analytics: Option<Option<i32>>,
    general: Option<Option<i32>>,
}

impl LimitChanges {
    fn read(body: &mut BodyFields) -> Self {
        if !body.has("rate_limits") {
            return Self::default();
        }
        let limits = match body.take("rate_limits") {
            // Null gives all limits up.
            None => {
                return Self { errors: Some(None), analytics: Some(None), general: Some(None) };
            }
            Some(Value::Object(limits)) => limits,
            Some(_) => {
                body.problem(FieldErrorKind::WrongType, "rate_limits", "must be an object");
                return Self::default();
            }
        };
        let mut limit = |name: &str| Some(read_limit(body, name, limits.get(name)?));
        Self {
            errors: limit("errors_per_minute"),
            analytics: limit("analytics_per_minute"),
            general: limit("general_per_minute"),
        }
    }

    /// The limits after the change.
    pub(super) fn apply(&self, before: KeyLimits) -> KeyLimits {
        KeyLimits {
            errors: self.errors.unwrap_or(before.errors),
            analytics: self.analytics.unwrap_or(before.analytics),
            general: self.general.unwrap_or(before.general),
        }
    }
}

fn read_limit(body: &mut BodyFields, name: &str, value: &Value) -> Option<i32> {
    if value.is_null() {
        return None;
    }
    let number = whole(value);
    let limit = number.filter(|number| LIMITS.contains(number)).and_then(|n| i32::try_from(n).ok());
    if limit.is_none() {
        let kind = match number {
            Some(_) => FieldErrorKind::OutOfRange,
            None => FieldErrorKind::WrongType,
        };
        let (least, most) = (LIMITS.start(), LIMITS.end());
        let message = format!("must be a whole number from {least} to {most}");
        body.problem(kind, format!("rate_limits.{name}"), message);
    }
    limit
}

/// Names of permissions, at least one and none of them twice.
fn permissions(body: &mut BodyFields) -> Option<Vec<Permission>> {
    let names = body.texts("permissions", Permission::ALL.len())?;
    if names.is_empty() {
        let message = "must name at least one of ingest, read, write, admin";
        body.problem(FieldErrorKind::OutOfRange, "permissions", message);
        return None;
    }
    let mut permissions: Vec<Permission> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let field = format!("permissions[{index}]");
        match name.parse::<Permission>() {
            Err(unknown) => {
                body.problem(FieldErrorKind::UnknownValue, field, unknown.to_string());
            }
            Ok(known) if permissions.contains(&known) => {
                body.problem(FieldErrorKind::UnknownValue, field, "must not stand twice");
            }
            Ok(known) => permissions.push(known),
        }
    }
    Some(permissions)
}

/// Origins in the form in which browsers send them.
fn origins(body: &mut BodyFields) -> Option<Vec<String>> {
    let texts = body.texts("allowed_origins", MAX_ORIGINS)?;
    let mut origins: Vec<String> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let origin = text.trim().to_ascii_lowercase();
        if origin.len() > MAX_ORIGIN || !cors::is_origin(&origin) {
            let message = "must be an origin such as https://shop.example.com, without a path";
            let field = format!("allowed_origins[{index}]");
            body.problem(FieldErrorKind::Malformed, field, message);
        } else if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Some(origins)
}

fn expiry(body: &mut BodyFields, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let expiry = body.time("expires_at")?;
    if expiry <= now {
        body.problem(FieldErrorKind::OutOfRange, "expires_at", "must lie in the future");
    }
    Some(expiry)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<NewKey, ApiError> {
        let now = shared::time::parse("2025-08-29T12:00:00Z").unwrap();
        NewKey::read(body.as_object().unwrap().clone(), now)
    }

    /// Expects problems with exactly these fields of a new key.
    #[track_caller]
    fn check(changed: Value, problems: &[&str]) {
        let mut body = json!({"name": "k", "permissions": ["read"]});
        body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let found = match read(&body) {
            Ok(_) => Vec::new(),
            Err(error) => {
                let told = error.to_json(shared::config::Environment::Production);
                let errors = told["details"]["errors"].as_array().unwrap().iter();
                errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
            }
        };
        assert_eq!(found, problems, "{body}");
    }

    #[test]
    fn every_bad_field_is_named() {
        check(json!({}), &[]);
        check(json!({"name": "x".repeat(200)}), &[]);
        check(json!({"name": "x".repeat(201)}), &["name"]);
        check(json!({"name": null, "permissions": null}), &["name", "permissions"]);
        check(json!({"name": "a\nb"}), &["name"]);
        check(json!({"permissions": []}), &["permissions"]);
        check(json!({"permissions": "read"}), &["permissions"]);
        check(json!({"permissions": [1]}), &["permissions[0]"]);
        check(
            json!({"permissions": ["read", "rule", "read"]}),
            &["permissions[1]", "permissions[2]"],
        );
        check(json!({"expires_at": "2025-08-29T12:00:00Z"}), &["expires_at"]);
        check(json!({"expires_at": "2025-08-29T12:00:01Z"}), &[]);
        check(json!({"project_id": 0}), &["project_id"]);
        check(json!({"rate_limits": 5}), &["rate_limits"]);
        check(json!({"rate_limits": {"errors_per_minute": 1, "analytics_per_minute": null}}), &[]);
        check(json!({"rate_limits": {"errors_per_minute": 0}}), &["rate_limits.errors_per_minute"]);
        check(
            json!({"rate_limits": {"general_per_minute": 10_000_001, "analytics_per_minute": "1"}}),
            &["rate_limits.analytics_per_minute", "rate_limits.general_per_minute"],
        );
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        let origins = |origins: &[&str]| json!({"allowed_origins": origins});
        check(origins(&["https://a.example", "http://localhost:3000", "app://x"]), &[]);
        for bad in ["https://a.example/", "a.example", "*", "null", "https://", "https://a b", ""] {
            check(origins(&[bad]), &["allowed_origins[0]"]);
        }
        check(origins(&["https://a.example"; 51]), &["allowed_origins"]);
        let key = read(&json!({
            "name": "k", "permissions": ["read"],
            "allowed_origins": ["https://A.example", "https://a.example"],
        }));
        assert_eq!(key.unwrap().allowed_origins, ["https://a.example"]);
    }

    #[test]
    fn limits_change_one_by_one_and_null_gives_them_up() {
        let before = KeyLimits { errors: Some(1), analytics: Some(2), general: None };
        for (body, expected) in [
            (json!({}), before),
            (json!({"rate_limits": null}), KeyLimits::default()),
            (json!({"rate_limits": {}}), before),
            (
                json!({"rate_limits": {"errors_per_minute": null, "general_per_minute": 3}}),
                KeyLimits { errors: None, analytics: Some(2), general: Some(3) },
            ),
        ] {
            let mut fields = BodyFields::new(body.as_object().unwrap().clone());
            assert_eq!(LimitChanges::read(&mut fields).apply(before), expected, "{body}");
        }
    }
}
