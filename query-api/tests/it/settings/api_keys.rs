//! Keys: made, shown once, changed, revoked, noted when used.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{change_member, id_of, join, make_key, remove_member, text_of};
use crate::support::{ADMIN, ALL_1, Instance, PATIENCE, READER, Server};

const ALL: &str = "/api/settings/api-keys";

fn one(key: &Value) -> String {
    format!("{ALL}/{}", id_of(key))
}

/// The names of the keys that a key sees.
async fn names(server: &Server, by: &str, query: &str) -> Vec<String> {
    let list = server.get(&format!("{ALL}{query}")).key(by).send().await.data();
    let keys = list["api_keys"].as_array().unwrap().iter();
    keys.map(|key| key["name"].as_str().unwrap().to_owned()).collect()
}

async fn status(server: &Instance, path: &str, key: &str) -> u16 {
    server.get(path).key(key).send().await.status
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_at_once() {
    let server = Server::start().await;
    let body = json!({
        "name": " Development Key ", "permissions": ["read"],
        "expires_at": "2099-12-31T23:59:59+01:00", "unknown": 1,
    });
    let made = make_key(&server, ADMIN, &body).await;
    let text = text_of(&made);
    assert!(text.starts_with("sk_test_") && text.len() == "sk_test_".len() + 64, "{text}");
    assert_eq!(made["name"], "Development Key");
    assert_eq!(made["expires_at"], "2099-12-31T22:59:59.000Z");
    assert_eq!((&made["last_used"], &made["project_id"]), (&Value::Null, &Value::Null));
    let preview = made["key_preview"].as_str().unwrap().strip_prefix("sk_****").unwrap();
    assert!(preview.len() == 4 && text.ends_with(preview), "{preview}");

    let list = server.get(ALL).key(ADMIN).send().await.data();
    let listed = list["api_keys"].as_array().unwrap().last().unwrap().clone();
    let mut expected = made;
    expected.as_object_mut().unwrap().remove("api_key");
    assert_eq!(listed, expected);

    assert_eq!(status(&server, "/api/errors", &text).await, 200);
    let changing = server.delete("/api/errors/3fa85f64-5717-4562-b3fc-2c963f66afa6").key(&text);
    changing.send().await.fails(403, "AUTHORIZATION_ERROR");
    server.stop().await;
}

#[tokio::test]
async fn production_has_live_keys_and_hides_the_development_key() {
    let secret_key = ("SECRET_KEY", "0123456789abcdef0123456789abcdef");
    let server = Server::start_with(&[("ENVIRONMENT", "production"), secret_key]).await;
    let made = make_key(&server, ALL_1, &json!({"name": "k", "permissions": ["admin"]})).await;
    assert!(text_of(&made).starts_with("sk_live_"));
    let hidden = "SELECT id FROM api_keys WHERE development_only";
    let id: uuid::Uuid = server.db.query_one(hidden, &[]).await.unwrap().get(0);
    server
        .db
        .execute("UPDATE api_keys SET project_id = NULL WHERE name = $1", &[&"k"])
        .await
        .unwrap();
    let key = text_of(&made);
    server_sees_installation(&server, &key).await;
    assert!(!names(&server, &key, "").await.contains(&"Development".to_owned()));
    let delete = server.delete(&format!("{ALL}/{id}")).key(&key);
    delete.send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

/// Waits until the service knows the key as one of the installation.
async fn server_sees_installation(server: &Server, key: &str) {
    let seen = async { while status(server, "/api/projects", key).await != 200 {} };
    tokio::time::timeout(PATIENCE, seen).await.unwrap();
}

#[tokio::test]
async fn every_bad_field_of_a_key_is_named() {
    let server = Server::start().await;
    let origin = |text: &str| json!({"allowed_origins": [text]});
    for (change, fields) in [
        (json!({"name": null}), vec!["name"]),
        (json!({"name": "", "permissions": ["rule"]}), vec!["name", "permissions[0]"]),
        (json!({"permissions": []}), vec!["permissions"]),
        (json!({"permissions": ["read", "read"]}), vec!["permissions[1]"]),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), vec!["expires_at"]),
        (json!({"expires_at": "soon"}), vec!["expires_at"]),
        (json!({"project_id": "one"}), vec!["project_id"]),
        (json!({"rate_limits": {"errors_per_minute": 0}}), vec!["rate_limits.errors_per_minute"]),
        (origin("https://a.example/path"), vec!["allowed_origins[0]"]),
    ] {
        let mut body = json!({"name": "k", "permissions": ["read"]});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let made = server.post(ALL).key(ADMIN).json(&body).send().await;
        assert_eq!(made.bad_fields(), fields, "{body}");
    }
    let nothing = server.post(ALL).key(ADMIN).json(&json!({})).send().await;
    assert_eq!(nothing.bad_fields(), ["name", "permissions"]);
    assert_eq!(server.number("SELECT count(*) FROM audit_entries").await, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_key_ends_when_it_expires() {
    let server = Server::start().await;
    let soon = shared::time::now() + chrono::TimeDelta::milliseconds(1_500);
    let body = json!({
        "name": "short", "permissions": ["read"], "expires_at": shared::time::format(soon),
    });
    let key = text_of(&make_key(&server, ADMIN, &body).await);
    let ended = async { while status(&server, "/api/errors", &key).await == 200 {} };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
    assert!(shared::time::now() >= soon - chrono::TimeDelta::milliseconds(1));
    server.get("/api/errors").key(&key).send().await.fails(401, "AUTHENTICATION_ERROR");
    // It is still there to be looked at.
    assert!(names(&server, ADMIN, "").await.contains(&"short".to_owned()));
    server.stop().await;
}

#[tokio::test]
async fn an_administrator_of_one_project_manages_its_keys_alone() {
    let server = Server::start().await;
    let body = |project: Value| json!({"name": "new", "permissions": ["read", "write", "admin"], "project_id": project});
    assert_eq!(names(&server, ALL_1, "").await, ["reader-of-1", ALL_1]);
    for project in [json!(null), json!(1)] {
        let made = make_key(&server, ALL_1, &body(project)).await;
        assert_eq!(made["project_id"], 1);
        // The new key has the same bounds.
        let key = text_of(&made);
        server.get("/api/projects").key(&key).send().await.fails(403, "AUTHORIZATION_ERROR");
        assert_eq!(names(&server, &key, "").await.first().unwrap(), "reader-of-1");
    }
    for project in [2, 99] {
        let answer = server.post(ALL).key(ALL_1).json(&body(json!(project))).send().await;
        answer.fails(404, "NOT_FOUND");
    }
    let of_none = server.post(ALL).key(ADMIN).json(&body(json!(99))).send().await;
    of_none.fails(404, "NOT_FOUND");

    let of_two = make_key(&server, ADMIN, &body(json!(2))).await;
    let of_all = make_key(&server, ADMIN, &body(json!(null))).await;
    assert_eq!((&of_two["project_id"], &of_all["project_id"]), (&json!(2), &Value::Null));
    for other in [of_two, of_all] {
        let put = server.put(&one(&other)).key(ALL_1).json(&json!({"name": "mine"}));
        put.send().await.fails(404, "NOT_FOUND");
        server.delete(&one(&other)).key(ALL_1).send().await.fails(404, "NOT_FOUND");
        // It is as it was.
        assert_eq!(status(&server, "/api/errors", &text_of(&other)).await, 200);
    }
    // A key of the installation looks at one project when it names one.
    assert_eq!(names(&server, ADMIN, "?project_id=2").await, ["everything-in-2", "new"]);
    server.get(&format!("{ALL}?project_id=2")).key(ALL_1).send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn given_fields_of_a_key_change_at_once() {
    let server = Server::start().await;
    let made = make_key(
        &server,
        ADMIN,
        &json!({
            "name": "k", "permissions": ["read", "write"], "expires_at": "2099-01-01T00:00:00Z",
            "rate_limits": {"errors_per_minute": 5, "general_per_minute": 500},
            "allowed_origins": ["https://a.example"],
        }),
    )
    .await;
    let (path, key) = (one(&made), text_of(&made));
    let put = |body: Value| server.put(&path).key(ADMIN).json(&body).send();

    let renamed = put(json!({"name": "renamed"})).await.data();
    let mut expected = made;
    expected.as_object_mut().unwrap().remove("api_key");
    expected["name"] = json!("renamed");
    assert_eq!(renamed, expected);

    let changed = put(json!({
        "permissions": ["ingest"], "expires_at": null, "allowed_origins": null,
        "rate_limits": {"errors_per_minute": null, "analytics_per_minute": 7},
    }))
    .await
    .data();
    assert_eq!((&changed["expires_at"], &changed["allowed_origins"]), (&Value::Null, &json!([])));
    let limits = json!({
        "errors_per_minute": null, "analytics_per_minute": 7, "general_per_minute": 500,
    });
    assert_eq!(changed["rate_limits"], limits);
    // The very next request knows.
    server.get("/api/errors").key(&key).send().await.fails(403, "AUTHORIZATION_ERROR");

    assert_eq!(
        put(json!({"permissions": [], "name": 1})).await.bad_fields(),
        ["name", "permissions"]
    );
    let unknown = server.put(&format!("{ALL}/{}", uuid::Uuid::new_v4())).key(ADMIN);
    unknown.json(&json!({})).send().await.fails(404, "NOT_FOUND");
    let nonsense = server.put(&format!("{ALL}/x")).key(ADMIN).json(&json!({}));
    nonsense.send().await.fails(400, "INVALID_ID");
    server.stop().await;
}

#[tokio::test]
async fn a_revoked_key_ends_at_once_even_by_itself() {
    let server = Server::start().await;
    let body = json!({"name": "k", "permissions": ["admin"]});
    let (first, second) =
        (make_key(&server, ADMIN, &body).await, make_key(&server, ADMIN, &body).await);
    let answer = server.delete(&one(&first)).key(ADMIN).send().await;
    assert_eq!((answer.status, answer.bytes.len()), (204, 0));
    let after = server.get("/api/errors").key(&text_of(&first)).send().await;
    after.fails(401, "AUTHENTICATION_ERROR");
    server.delete(&one(&first)).key(ADMIN).send().await.fails(404, "NOT_FOUND");
    server.delete(&format!("{ALL}/x")).key(ADMIN).send().await.fails(400, "INVALID_ID");

    let own = text_of(&second);
    assert_eq!(server.delete(&one(&second)).key(&own).send().await.status, 204);
    server.get("/api/errors").key(&own).send().await.fails(401, "AUTHENTICATION_ERROR");
    server.stop().await;
}

#[tokio::test]
async fn the_development_key_and_keys_of_members_are_not_changed_here() {
    let server = Server::start().await;
    let (member, _key) = join(&server, "ann@example.com", "developer").await;
    assert!(!names(&server, ADMIN, "").await.contains(&"ann@example.com".to_owned()));
    assert!(names(&server, ADMIN, "").await.contains(&"Development".to_owned()));
    let sql = "SELECT id FROM api_keys WHERE development_only OR member_id::text = $1";
    let rows = server.db.query(sql, &[&member]).await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let path = format!("{ALL}/{}", row.get::<_, uuid::Uuid>(0));
        let put = server.put(&path).key(ADMIN).json(&json!({"permissions": ["read"]}));
        put.send().await.fails(409, "CONFLICT_ERROR");
        server.delete(&path).key(ADMIN).send().await.fails(409, "CONFLICT_ERROR");
        // To an administrator of one project it is no key at all.
        server.delete(&path).key(ALL_1).send().await.fails(404, "NOT_FOUND");
    }
    server.stop().await;
}

#[tokio::test]
async fn there_is_a_bound_to_keys() {
    let server = Server::start().await;
    server
        .db
        .batch_execute(
            "INSERT INTO api_keys (name, key_hash, key_preview, permissions)
             SELECT 'k', sha256(n::text::bytea), 'sk_****', '{read}'
             FROM generate_series(1, 1000 - (SELECT count(*) FROM api_keys)::int - 1) n",
        )
        .await
        .unwrap();
    let body = json!({"name": "last", "permissions": ["read"]});
    make_key(&server, ADMIN, &body).await;
    let answer = server.post(ALL).key(ADMIN).json(&body).send().await;
    answer.fails(409, "CONFLICT_ERROR");
    server.stop().await;
}

#[tokio::test]
async fn the_last_use_is_written_and_never_moves_back() {
    let server = Server::start().await;
    let instance = server.beside(&[]).await;
    let ahead = "UPDATE api_keys SET last_used_at = '2099-01-01T00:00:00Z' WHERE name = $1";
    server.db.execute(ahead, &[&ALL_1]).await.unwrap();
    let before = shared::time::now();
    for key in [READER, ALL_1] {
        assert_eq!(status(&instance, "/api/errors", key).await, 200);
    }
    let after = shared::time::now();
    // What is noted outlives that the keys are loaded anew.
    make_key(&instance, ADMIN, &json!({"name": "k", "permissions": ["read"]})).await;
    // What was noted since the last write is written at the end.
    instance.end().await;
    let read = async |name: &str| {
        let sql = "SELECT last_used_at FROM api_keys WHERE name = $1";
        let row = server.db.query_one(sql, &[&name]).await.unwrap();
        row.get::<_, Option<chrono::DateTime<chrono::Utc>>>(0)
    };
    let used = read(READER).await.unwrap();
    assert!(before <= used && used <= after, "{used}");
    assert_eq!(read(ALL_1).await, shared::time::parse("2099-01-01T00:00:00Z"));
    assert_eq!(read("everything-in-2").await, None);
    server.stop().await;
}

/// More changes at once than there are connections to Postgres: one that held a connection while it
/// waits for another would stop the others, and all that reads.
#[tokio::test]
async fn changes_at_once_do_not_wait_for_each_others_connections() {
    let server = Server::start_with(&[("DATABASE_POOL_SIZE", "4")]).await;
    let body = json!({"name": "k", "permissions": ["read"]});
    let made = join_all((0..20).map(|_| make_key(&server, ADMIN, &body))).await;

    let renaming =
        made.iter().map(|key| server.put(&one(key)).key(ADMIN).json(&json!({"name": "n"})).send());
    let renaming_projects = (0..20).map(|number| {
        let body = json!({"name": format!("Project {number}")});
        server.put("/api/projects/2").key(ADMIN).json(&body).send()
    });
    let (renamed, projects) = tokio::join!(join_all(renaming), join_all(renaming_projects));
    for answer in renamed.into_iter().chain(projects) {
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    for answer in join_all(made.iter().map(|key| server.delete(&one(key)).key(ADMIN).send())).await
    {
        assert_eq!(answer.status, 204);
    }
    server.stop().await;
}

#[tokio::test]
async fn members_may_be_removed_at_once() {
    let server = Server::start_with(&[("DATABASE_POOL_SIZE", "4")]).await;
    let emails: Vec<String> = (0..20).map(|number| format!("m{number}@example.com")).collect();
    let members = join_all(emails.iter().map(|email| join(&server, email, "viewer"))).await;
    let naming =
        members.iter().map(|(id, _)| change_member(&server, ADMIN, id, json!({"name": "x"})));
    for answer in join_all(naming).await {
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    let removing = members.iter().map(|(id, _)| remove_member(&server, ADMIN, id));
    for answer in join_all(removing).await {
        assert_eq!(answer.status, 204);
    }
    server.stop().await;
}
