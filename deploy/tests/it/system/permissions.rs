//! Who may do what, asked of both services: every route with every kind of key, and ids of other
//! projects on every route that takes one.

use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use shared::access::{Permission, Permissions};
use shared::routes::{self, Needs, Route, Service};

use super::client::{Answer, Client, System};

/// A key and what it may do.
struct Holder {
    name: String,
    client: Client,
    permissions: Permissions,
    project: Option<i64>,
}

impl Holder {
    fn may(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Key(permission) => self.permissions.allow(permission),
            Needs::InstallationKey(permission) => {
                self.permissions.allow(permission) && self.project.is_none()
            }
        }
    }
}

/// Sets of permissions that keys are given.
const SETS: [&[Permission]; 5] = [
    &[Permission::Ingest],
    &[Permission::Read],
    &[Permission::Write],
    &[Permission::Read, Permission::Write],
    &[Permission::Admin],
];

/// Roles of members, and what their keys may do.
const ROLES: [(&str, &[Permission]); 4] = [
    ("owner", &[Permission::Admin]),
    ("admin", &[Permission::Admin]),
    ("developer", &[Permission::Read, Permission::Write]),
    ("viewer", &[Permission::Read]),
];

#[tokio::test]
async fn every_route_asks_every_key_for_its_permission() {
    let system = System::start().await;
    let other = make_project(&system.client).await;
    let mut holders = Vec::new();
    for project in [None, Some(1), Some(other)] {
        for permissions in SETS {
            holders.push(key_holder(&system.client, project, permissions).await);
        }
    }
    for (role, permissions) in ROLES {
        holders.push(member(&system.client, role, permissions).await);
    }
    until_known(&holders.iter().collect::<Vec<_>>()).await;
    // An id that was deleted is answered at once, whoever asks.
    let gone = system.client.report(json!({"message": "gone", "source": "x"})).await;
    let gone = gone["id"].as_str().unwrap();
    assert_eq!(system.client.delete(&format!("/api/errors/{gone}")).await.status, 204);

    // The edge keeps `/ready` and `/metrics` from clients.
    let public = routes::ALL.iter().filter(|route| route.path.starts_with("/api/"));
    for route in public.filter(|route| route.needs != Needs::Nothing) {
        let nobody = system.client.with_key(None);
        check_code(route, "no key", &ask(&nobody, route, gone).await, 401);
        let stranger = system.client.with_key(Some("sk_live_of_nobody"));
        check_code(route, "an unknown key", &ask(&stranger, route, gone).await, 401);
        let asking = holders.iter().map(|holder| ask(&holder.client, route, gone));
        for (holder, answer) in holders.iter().zip(join_all(asking).await) {
            check(route, holder, &answer);
        }
    }
    system.stop().await;
}

/// Asks with nothing in the body, so that what is allowed changes nothing.
async fn ask(client: &Client, route: &Route, id: &str) -> Answer {
    let path = route.path.replace("{id}", id).replace("{event_id}", id).replace("{name}", "slack");
    let path = path.replace("{project_id}", "1");
    // What is told as it happens has no end. Who may hear it and asks for nothing that there is, is told so.
    let path = if path == "/api/live" { format!("{path}?types=nothing") } else { path };
    let body =
        if route.method == Method::GET || route.method == Method::DELETE { "" } else { "{}" };
    client.send(route.method.clone(), &path, &[], body.into()).await.unwrap()
}

#[track_caller]
fn check(route: &Route, holder: &Holder, answer: &Answer) {
    if !holder.may(route.needs) {
        return check_code(route, &holder.name, answer, 403);
    }
    let status = answer.status.as_u16();
    let what = format!("{} {} by {}: {}", route.method, route.path, holder.name, answer.body);
    assert!(!matches!(status, 401 | 403 | 405 | 500..), "{status} {what}");
    let nowhere = answer.body["details"].get("path").is_some();
    assert!(!nowhere, "nothing answers: {what}");
}

#[track_caller]
fn check_code(route: &Route, who: &str, answer: &Answer, status: u16) {
    let code = if status == 401 { "AUTHENTICATION_ERROR" } else { "AUTHORIZATION_ERROR" };
    let what = format!("{} {} by {who}: {}", route.method, route.path, answer.body);
    assert_eq!(answer.status.as_u16(), status, "{what}");
    assert_eq!(answer.body["code"], code, "{what}");
}

#[tokio::test]
async fn ids_of_another_project_are_not_there() {
    let system = System::start().await;
    let other = make_project(&system.client).await;
    let everything: &[Permission] = &Permission::ALL;
    let (mine, theirs) = tokio::join!(
        key_holder(&system.client, Some(1), everything),
        key_holder(&system.client, Some(other), everything),
    );
    until_known(&[&mine, &theirs]).await;
    let event = theirs.client.report(json!({"message": "of another project", "source": "x"})).await;
    let key = json!({"name": "theirs", "permissions": ["read"]});
    let key = theirs.client.post("/api/settings/api-keys", &key).await.data().clone();
    let rule = json!({"name": "theirs", "condition": "error_count > 5 in 5m"});
    let rule = theirs.client.post("/api/alerts/rules", &rule).await.data().clone();
    let incident = json!({"title": "theirs"});
    let incident = theirs.client.post("/api/alerts/incidents", &incident).await.data().clone();
    let with_ids = routes::ALL.iter().filter(|route| route.path.contains("id}"));
    // What submits reads nothing; that it keeps to its project is shown in `sdk/refused.rs`.
    let with_ids = with_ids.filter(|route| route.service != Service::Ingest);
    for route in with_ids.filter(|route| matches!(route.needs, Needs::Key(_))) {
        let id = match route.path {
            path if path.starts_with("/api/errors/") => &event["id"],
            path if path.starts_with("/api/events/") => &event["event_id"],
            path if path.starts_with("/api/settings/api-keys/") => &key["id"],
            path if path.starts_with("/api/alerts/rules/") => &rule["id"],
            path if path.starts_with("/api/alerts/incidents/") => &incident["id"],
            path => panic!("{path} takes an id of a kind that is not tried here"),
        };
        let path = route.path.replace("{id}", text(id)).replace("{event_id}", text(id));
        let body = good_body(route);
        let sends = [mine.client.clone(), theirs.client.clone()];
        let [foreign, own] = sends.map(|client| {
            let (method, path, body) = (route.method.clone(), path.clone(), body.clone());
            async move { client.send(method, &path, &[], body.into()).await.unwrap() }
        });
        let foreign = foreign.await;
        let what = format!("{} {}", route.method, route.path);
        assert_eq!(foreign.status, 404, "{what}: {}", foreign.body);
        assert_eq!(foreign.body["code"], "NOT_FOUND", "{what}");
        // What ends a thing comes after everything else that asks for it.
        if route.method != Method::DELETE {
            let own = own.await;
            if route.path.ends_with("/unmerge") {
                // The error is there, which is what is asked here; the fingerprint is not.
                assert_eq!(own.body["details"]["id"], "0".repeat(32), "{what}");
                continue;
            }
            assert_eq!(own.status, 200, "{what}: {}", own.body);
        }
    }
    // Nothing of it was changed from outside.
    let id = text(&event["id"]);
    assert_eq!(theirs.client.delete(&format!("/api/errors/{id}")).await.status, 204);
    let id = text(&rule["id"]);
    assert_eq!(theirs.client.delete(&format!("/api/alerts/rules/{id}")).await.status, 204);
    let id = text(&key["id"]);
    assert_eq!(theirs.client.delete(&format!("/api/settings/api-keys/{id}")).await.status, 204);
    system.stop().await;
}

/// A body that the route takes.
fn good_body(route: &Route) -> String {
    match (route.method.as_str(), route.path) {
        ("POST", "/api/errors/{id}/unmerge") => {
            json!({"fingerprints": ["0".repeat(32)]}).to_string()
        }
        ("PUT", "/api/errors/{id}/assign") => json!({"assigned_to": "ann"}).to_string(),
        ("PUT", _) => "{}".to_owned(),
        _ => String::new(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn make_project(client: &Client) -> i64 {
    let made = client.post("/api/projects", &json!({"name": "Other"})).await;
    made.data()["id"].as_i64().unwrap()
}

async fn key_holder(client: &Client, project: Option<i64>, permissions: &[Permission]) -> Holder {
    let names: Vec<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
    let name = format!("{names:?} of {project:?}");
    let body = json!({"name": name, "permissions": names, "project_id": project});
    let made = client.post("/api/settings/api-keys", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    holder(client, name, made.data(), project, permissions)
}

async fn member(client: &Client, role: &str, permissions: &[Permission]) -> Holder {
    let invitation = json!({"email": format!("{role}@shop.example"), "role": role});
    let invited = client.post("/api/settings/team/invite", &invitation).await;
    assert_eq!(invited.status, 201, "{}", invited.body);
    let url = text(&invited.data()["invite_url"]);
    let token = url.rsplit(['=', '/']).next().unwrap();
    let acceptance = json!({"token": token, "name": role});
    let accepted = client.with_key(None).post("/api/settings/team/accept", &acceptance).await;
    holder(client, format!("a member, {role}"), accepted.data(), None, permissions)
}

fn holder(
    client: &Client,
    name: String,
    made: &Value,
    project: Option<i64>,
    permissions: &[Permission],
) -> Holder {
    let client = client.with_key(Some(text(&made["api_key"])));
    Holder { name, client, permissions: permissions.iter().copied().collect(), project }
}

/// Waits until ingest knows the keys, too. It loads all of them at once.
async fn until_known(holders: &[&Holder]) {
    let known = async {
        for holder in holders {
            while holder.client.post("/api/errors", &json!({})).await.status == 401 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let known = tokio::time::timeout(Duration::from_secs(5), known).await;
    known.expect("new keys work within a poll");
}
