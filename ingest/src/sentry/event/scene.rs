//! What surrounds an event: whom it happened to, the request, tags, what happened before.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::access::Project;
use shared::event::{Change, Object, User};

use super::clock;
use super::fields::{Fields, bounded, pairs, text_of, values};
use crate::decode::bounds;
use crate::prepare::Origin;

/// The newest ones tell what led there.
const MAX_BREADCRUMBS: usize = 100;

/// Bytes of one of them, as JSON.
const MAX_BREADCRUMB: usize = 16 * 1024;

/// Libraries of a program.
const MAX_MODULES: usize = 1_000;

/// Bytes of a request, as JSON.
const MAX_REQUEST: usize = 128 * 1024;

/// Takes the user. `{{auto}}` is the address that the request came from, where the project keeps it.
pub(super) fn take_user(fields: &mut Fields, origin: &Origin, project: &Project) -> Option<User> {
    let Some(Value::Object(mut object)) = fields.take_either("user", "sentry.interfaces.User")
    else {
        return None;
    };
    let notes = &mut fields.notes;
    let mut part = |name: &str| {
        let text = text_of(object.remove(name)?).filter(|text| !text.is_empty())?;
        Some(notes.bounded(&format!("user.{name}"), text, bounds::NAME))
    };
    let name = part("name");
    let user = User {
        id: part("id"),
        email: part("email"),
        username: part("username").or(name),
        ip_address: match part("ip_address") {
            Some(auto) if auto == "{{auto}}" => {
                project.keep_ip_addresses.then(|| origin.address.to_string())
            }
            given => given,
        },
    };
    (user != User::default()).then_some(user)
}

/// Takes the tags. Spaces in keys become dashes, as SDKs promise their users.
pub(super) fn take_tags(fields: &mut Fields) -> BTreeMap<String, String> {
    let sent = pairs(fields.take("tags"));
    let notes = &mut fields.notes;
    let mut tags = BTreeMap::new();
    for (key, value) in sent {
        let Some(value) = text_of(value) else { continue };
        if tags.len() == bounds::TAGS {
            notes.add("tags", Change::Dropped);
            break;
        }
        let key = notes.bounded("tags", key.trim().replace(' ', "-"), bounds::NAME);
        if !key.is_empty() {
            tags.insert(key, notes.bounded("tags", value, bounds::NAME));
        }
    }
    tags
}

/// The request during which it happened, and what stands out of it.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) url: Option<String>,
    /// The browser of the user, rather than the SDK that sent the event.
    pub(super) user_agent: Option<String>,
    pub(super) rest: Option<Object>,
}

/// Takes the request.
pub(super) fn take_request(fields: &mut Fields) -> Request {
    let Some(Value::Object(mut object)) = fields.take_either("request", "sentry.interfaces.Http")
    else {
        return Request::default();
    };
    let notes = &mut fields.notes;
    let url = object.remove("url").and_then(text_of).filter(|url| !url.is_empty());
    object.retain(|_, value| !value.is_null());
    let user_agent = user_agent(object.get("headers"));
    Request {
        url: url.map(|url| notes.bounded("url", url, bounds::URL)),
        user_agent: user_agent.map(|text| notes.bounded("user_agent", text, bounds::URL)),
        rest: bounded("request", object, MAX_REQUEST, notes),
    }
}

fn user_agent(headers: Option<&Value>) -> Option<String> {
    let headers = pairs(headers.cloned());
    let (_, value) =
        headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"))?;
    text_of(value).filter(|text| !text.is_empty())
}

/// Takes what happened before, oldest first.
pub(super) fn take_breadcrumbs(fields: &mut Fields) -> Vec<Value> {
    let mut sent = values(fields.take_either("breadcrumbs", "sentry.interfaces.Breadcrumbs"));
    let notes = &mut fields.notes;
    if sent.len() > MAX_BREADCRUMBS {
        sent.drain(..sent.len() - MAX_BREADCRUMBS);
        notes.add("breadcrumbs", Change::Dropped);
    }
    let mut read = |crumb: Value| {
        let Value::Object(mut crumb) = crumb else { return None };
        if let Some(time) = crumb.get("timestamp").and_then(clock::time) {
            crumb.insert("timestamp".to_owned(), shared::time::format(time).into());
        }
        bounded("breadcrumbs", crumb, MAX_BREADCRUMB, notes).map(Value::Object)
    };
    sent.into_iter().filter_map(&mut read).collect()
}

/// Takes the versions of libraries.
pub(super) fn take_modules(fields: &mut Fields) -> BTreeMap<String, String> {
    let sent = pairs(fields.take("modules"));
    let notes = &mut fields.notes;
    if sent.len() > MAX_MODULES {
        notes.add("modules", Change::Dropped);
    }
    let mut read = |(name, version): (String, Value)| {
        let version = text_of(version).unwrap_or_default();
        let name = notes.bounded("modules", name, bounds::NAME);
        (name, notes.bounded("modules", version, bounds::NAME))
    };
    sent.into_iter().take(MAX_MODULES).map(&mut read).collect()
}

/// Takes the client's own grouping. An empty list is none.
pub(super) fn take_fingerprint(fields: &mut Fields) -> Option<Vec<String>> {
    let parts = match fields.take("fingerprint")? {
        Value::Array(parts) => parts,
        other => vec![other],
    };
    let notes = &mut fields.notes;
    if parts.len() > bounds::FINGERPRINT_PARTS {
        notes.add("fingerprint", Change::Dropped);
    }
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(text_of)
        .take(bounds::FINGERPRINT_PARTS)
        .map(|part| notes.bounded("fingerprint", part, bounds::MESSAGE))
        .collect();
    parts.iter().any(|part| !part.trim().is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(event: Value) -> Fields {
        let Value::Object(object) = event else { unreachable!() };
        Fields::new(object)
    }

    #[test]
    fn tags_come_as_objects_and_as_pairs() {
        let expected = BTreeMap::from(["a-b", "c"].map(|key| (key.to_owned(), "True".to_owned())));
        for tags in [
            json!({"a b": true, "c": "True", "d": null}),
            json!([["a b", true], ["c", "True"], ["d", null], ["x"], 7]),
            json!([{"key": "a b", "value": true}, {"key": "c", "value": "True"}]),
        ] {
            assert_eq!(take_tags(&mut fields(json!({ "tags": tags }))), expected);
        }
    }

    #[test]
    fn users_are_read_leniently() {
        let origin = Origin {
            received_at: shared::time::now(),
            address: [203, 0, 113, 9].into(),
            user_agent: None,
            idempotency_id: None,
        };
        let project = |keep_ip_addresses| Project {
            id: shared::ids::ProjectId(7),
            keep_ip_addresses,
            sanitising_rules: std::sync::Arc::new(shared::sanitise::Rules::default()),
            rules: std::sync::Arc::default(),
        };
        let user = json!({"user": {"id": 42, "name": "ann", "ip_address": "{{auto}}", "geo": {}}});
        let read = take_user(&mut fields(user.clone()), &origin, &project(true)).unwrap();
        assert_eq!(read.id.as_deref(), Some("42"));
        assert_eq!(read.username.as_deref(), Some("ann"));
        assert_eq!(read.ip_address.as_deref(), Some("203.0.113.9"));
        assert_eq!(
            take_user(&mut fields(user), &origin, &project(false)).unwrap().ip_address,
            None
        );
        for nobody in [json!({"user": {}}), json!({"user": null}), json!({"user": "ann"})] {
            assert_eq!(take_user(&mut fields(nobody), &origin, &project(true)), None);
        }
    }

    #[test]
    fn of_many_breadcrumbs_the_newest_are_kept() {
        let crumbs: Vec<Value> = (0..150).map(|n| json!({"message": n, "timestamp": n})).collect();
        let mut event = fields(json!({"breadcrumbs": {"values": crumbs}}));
        let kept = take_breadcrumbs(&mut event);
        assert_eq!((kept.len(), &kept[0]["message"]), (MAX_BREADCRUMBS, &json!(50)));
        assert_eq!(kept[0]["timestamp"], "1970-01-01T00:00:50.000Z");
        assert_eq!(event.notes.0.len(), 1);
    }

    #[test]
    fn a_fingerprint_is_a_list_of_texts() {
        let read = |value: Value| take_fingerprint(&mut fields(json!({ "fingerprint": value })));
        assert_eq!(read(json!(["{{ default }}", 7, null])).unwrap(), ["{{ default }}", "7"]);
        assert_eq!(read(json!("mine")).unwrap(), ["mine"]);
        assert_eq!(read(json!([])), None);
        assert_eq!(read(json!([""])), None);
    }
}
