//! The audit log: an entry for each change, and for nothing else.

use serde_json::{Value, json};

use super::{change_member, id_of, invite, join, make_key, remove_member, token_of};
use crate::support::{ADMIN, ALL_1, READER, Server};

const AUDIT: &str = "/api/settings/audit";

async fn entries(server: &Server, query: &str) -> Vec<Value> {
    let page = server.get(&format!("{AUDIT}{query}")).key(ADMIN).send().await.data();
    page["entries"].as_array().unwrap().clone()
}

async fn actions(server: &Server, query: &str) -> Vec<String> {
    let entries = entries(server, query).await;
    entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_change_leaves_an_entry() {
    let server = Server::start().await;
    let ask = |method: &str, path: &str| server.ask(method, path).key(ADMIN);
    let made = ask("POST", "/api/projects").json(&json!({"name": "Shop"})).send().await.data();
    let project = format!("/api/projects/{}", made["id"]);
    ask("PUT", &project).json(&json!({"keep_ip_addresses": false})).send().await;
    ask("DELETE", &project).send().await;
    let key = make_key(&server, ADMIN, &json!({"name": "k", "permissions": ["read"]})).await;
    let path = format!("/api/settings/api-keys/{}", id_of(&key));
    ask("PUT", &path).json(&json!({"permissions": ["read", "write"]})).send().await;
    ask("DELETE", &path).send().await;
    let (member, _) = join(&server, "ann@example.com", "viewer").await;
    change_member(&server, ADMIN, &member, json!({"role": "developer"})).await;
    remove_member(&server, ADMIN, &member).await;
    assert_eq!(
        actions(&server, "").await,
        [
            "member.removed",
            "member.updated",
            "member.joined",
            "member.invited",
            "api_key.deleted",
            "api_key.updated",
            "api_key.created",
            "project.deleted",
            "project.updated",
            "project.created",
        ]
    );
    let updated = &entries(&server, "?action=api_key.updated").await[0];
    let target = json!({"kind": "api_key", "id": key["id"], "name": "k"});
    assert_eq!(updated["target"], target);
    let changes = json!({"permissions": {"from": ["read"], "to": ["read", "write"]}});
    assert_eq!(updated["changes"], changes);
    let changes = json!({"keep_ip_addresses": {"from": true, "to": false}});
    assert_eq!(entries(&server, "?action=project.updated").await[0]["changes"], changes);
    server.stop().await;
}

#[tokio::test]
async fn an_entry_says_who_it_was() {
    let server = Server::start().await;
    let (member, key) = join(&server, "ann@example.com", "admin").await;
    let body = json!({"name": "made by Ann", "permissions": ["read"]});
    let asked = server.post("/api/settings/api-keys").key(&key).header("x-request-id", "req-789");
    asked.json(&body).send().await.data();
    let by_member = &entries(&server, "?limit=1").await[0];
    let name = json!({"id": member, "name": "ann@example.com"});
    assert_eq!(
        (&by_member["actor"]["member"], &by_member["request_id"]),
        (&name, &json!("req-789"))
    );
    assert_eq!(by_member["actor"]["name"], "ann@example.com");

    let joined = &entries(&server, "?action=member.joined").await[0];
    assert_eq!((&joined["actor"]["key_id"], &joined["actor"]["member"]), (&Value::Null, &name));
    let invited = &entries(&server, "?action=member.invited").await[0];
    assert_eq!(
        (&invited["actor"]["name"], &invited["actor"]["member"]),
        (&json!("Development"), &Value::Null)
    );

    // Names stay as they were.
    remove_member(&server, ADMIN, &member).await;
    assert_eq!(&entries(&server, "?action=api_key.created").await[0], by_member);
    server.stop().await;
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_entry() {
    let server = Server::start().await;
    let (owner, _) = join(&server, "ann@example.com", "owner").await;
    let key = make_key(&server, ADMIN, &json!({"name": "k", "permissions": ["read"]})).await;
    let before = actions(&server, "").await;
    let path = format!("/api/settings/api-keys/{}", id_of(&key));
    let same = json!({"name": "k", "permissions": ["read"], "expires_at": null});
    assert_eq!(server.put(&path).key(ADMIN).json(&same).send().await.status, 200);
    let ask = |method: &str, path: &str| server.ask(method, path).key(ADMIN);
    let body = json!({"name": "Other"});
    assert_eq!(ask("PUT", "/api/projects/2").json(&body).send().await.status, 200);
    assert_eq!(change_member(&server, ADMIN, &owner, json!({"role": "owner"})).await.status, 200);
    assert_eq!(remove_member(&server, ADMIN, &owner).await.status, 409);
    assert_eq!(invite(&server, ADMIN, "ANN@example.com", "viewer").await.status, 409);
    assert_eq!(ask("DELETE", "/api/projects/99").send().await.status, 404);
    assert_eq!(server.delete(&path).key(ALL_1).send().await.status, 404);
    assert_eq!(server.delete(&path).key(READER).send().await.status, 403);
    assert_eq!(actions(&server, "").await, before);
    server.stop().await;
}

#[tokio::test]
async fn the_log_is_read_in_pages_and_filtered() {
    let server = Server::start().await;
    for number in 0..5 {
        let name = format!("k{number}");
        make_key(&server, ADMIN, &json!({"name": name, "permissions": ["read"]})).await;
    }
    let token = token_of(&invite(&server, ADMIN, "ann@example.com", "viewer").await);
    assert_eq!(super::accept(&server, &token, "Ann").await.status, 201);
    let all = entries(&server, "").await;
    assert_eq!(all.len(), 7);

    let (mut paged, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = server.get(&format!("{AUDIT}{query}")).key(ADMIN).send().await.data();
        paged.extend(page["entries"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=3&cursor={cursor}");
    }
    assert_eq!(paged, all);

    let (third, at) = (&all[2], all[2]["at"].as_str().unwrap());
    let target = third["target"]["id"].as_str().unwrap();
    assert_eq!(entries(&server, &format!("?target={target}")).await, std::slice::from_ref(third));
    assert_eq!(entries(&server, "?target=member").await, all[..2]);
    assert_eq!(entries(&server, "?action=api_key.created").await, all[2..]);
    let sum = entries(&server, &format!("?since={at}")).await.len()
        + entries(&server, &format!("?until={at}")).await.len();
    assert_eq!(sum, 7);

    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("action=nothing", "action"),
        ("since=noon", "since"),
        ("until=noon", "until"),
    ] {
        let answer = server.get(&format!("{AUDIT}?{query}")).key(ADMIN).send().await;
        assert_eq!(answer.bad_fields(), [field], "{query}");
    }
    server.stop().await;
}
