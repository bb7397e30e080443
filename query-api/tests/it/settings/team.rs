//! The team: invited, accepted, changed, removed.

use serde_json::{Value, json};

use super::{accept, change_member, id_of, invite, join, remove_member, text_of, token_of};
use crate::support::{ADMIN, Server};

const TEAM: &str = "/api/settings/team";

async fn members(server: &Server) -> Vec<Value> {
    let list = server.get(TEAM).key(ADMIN).send().await.data();
    list["members"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_invitation_is_accepted_once_and_carries_the_role() {
    let server = Server::start_with(&[("PUBLIC_URL", "https://errors.example")]).await;
    let invited = invite(&server, ADMIN, " New.User@company.com ", "viewer").await;
    let (token, member) = (token_of(&invited), invited.data());
    let url = format!("https://errors.example/invite#token={token}");
    assert_eq!(member["invite_url"], url);
    assert_eq!((&member["name"], &member["status"]), (&json!("New.User"), &json!("invited")));
    let expiry = shared::time::parse(member["invite_expires_at"].as_str().unwrap()).unwrap();
    let days = expiry - shared::time::now();
    assert!((6..=7).contains(&days.num_days()), "{days}");

    let answer = accept(&server, &token, "New User").await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    let joined = answer.data();
    assert_eq!((&joined["id"], &joined["status"]), (&member["id"], &json!("active")));
    assert_eq!(
        (&joined["name"], &joined["email"]),
        (&json!("New User"), &json!("New.User@company.com"))
    );
    let key = text_of(&joined);
    assert_eq!(server.get("/api/errors").key(&key).send().await.status, 200);

    accept(&server, &token, "Thief").await.fails(404, "NOT_FOUND");
    let listed = members(&server).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["name"], &listed[0]["invite_expires_at"]),
        (&json!("New User"), &Value::Null)
    );
    let preview = listed[0]["key_preview"].as_str().unwrap();
    assert!(key.ends_with(preview.strip_prefix("sk_****").unwrap()));
    server.stop().await;
}

#[tokio::test]
async fn roles_allow_what_they_say() {
    let server = Server::start().await;
    // May read, write, administer.
    for (role, allowed) in [
        ("owner", [true, true, true]),
        ("admin", [true, true, true]),
        ("developer", [true, true, false]),
        ("viewer", [true, false, false]),
    ] {
        let (_, key) = join(&server, &format!("{role}@example.com"), role).await;
        let unknown = "/api/errors/3fa85f64-5717-4562-b3fc-2c963f66afa6/resolve";
        let reads = server.get("/api/errors").key(&key).send().await.status;
        // Whoever may write learns that the error is not there.
        let writes = server.put(unknown).key(&key).send().await.status;
        let administers = server.get(TEAM).key(&key).send().await.status;
        let found = [reads == 200, writes == 404, administers == 200];
        assert_eq!(found, allowed, "{role}: {reads} {writes} {administers}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_address_is_invited_once_until_the_invitation_expires() {
    let server = Server::start().await;
    let first = invite(&server, ADMIN, "ann@example.com", "viewer").await;
    let old = token_of(&first);
    for address in ["ann@example.com", "ANN@Example.com"] {
        invite(&server, ADMIN, address, "viewer").await.fails(409, "CONFLICT_ERROR");
    }
    server.db.execute("UPDATE team_members SET invite_expires_at = now()", &[]).await.unwrap();
    accept(&server, &old, "Ann").await.fails(404, "NOT_FOUND");

    let again = invite(&server, ADMIN, "Ann@Example.com", "developer").await;
    let new = token_of(&again);
    assert_eq!(
        (&again.data()["id"], &again.data()["role"]),
        (&first.data()["id"], &json!("developer"))
    );
    accept(&server, &old, "Ann").await.fails(404, "NOT_FOUND");
    assert_eq!(accept(&server, &new, "Ann").await.status, 201);
    invite(&server, ADMIN, "ann@example.com", "viewer").await.fails(409, "CONFLICT_ERROR");
    assert_eq!(members(&server).await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn bad_fields_of_members_are_named() {
    let server = Server::start().await;
    for (body, fields) in [
        (json!({}), vec!["email", "role"]),
        (json!({"email": "a@b@c", "role": "boss"}), vec!["email", "role"]),
        (json!({"email": "a@b\r\nBcc: c@d", "role": "viewer"}), vec!["email"]),
        (json!({"email": "a".repeat(300), "role": null}), vec!["email", "role"]),
    ] {
        let answer = server.post(&format!("{TEAM}/invite")).key(ADMIN).json(&body).send().await;
        assert_eq!(answer.bad_fields(), fields, "{body}");
    }
    let accepting = server.post(&format!("{TEAM}/accept")).json(&json!({"name": "a\tb"}));
    assert_eq!(accepting.send().await.bad_fields(), ["name", "token"]);
    let (id, _) = join(&server, "ann@example.com", "viewer").await;
    let changed = change_member(&server, ADMIN, &id, json!({"role": "boss", "name": ""})).await;
    assert_eq!(changed.bad_fields(), ["name", "role"]);
    change_member(&server, ADMIN, "x", json!({})).await.fails(400, "INVALID_ID");
    let unknown = uuid::Uuid::new_v4().to_string();
    change_member(&server, ADMIN, &unknown, json!({})).await.fails(404, "NOT_FOUND");
    remove_member(&server, ADMIN, &unknown).await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_told_or_spent_without_a_token() {
    let server = Server::start().await;
    let expired = token_of(&invite(&server, ADMIN, "ann@example.com", "viewer").await);
    server.db.execute("UPDATE team_members SET invite_expires_at = now()", &[]).await.unwrap();
    let unknown = accept(&server, &"0".repeat(64), "x").await;
    let told = |answer: &crate::support::Answer| {
        let json = answer.json();
        (answer.status, json["error"].clone(), json["code"].clone(), json["details"].clone())
    };
    unknown.fails(404, "NOT_FOUND");
    assert_eq!(told(&accept(&server, &expired, "x").await), told(&unknown));
    let before = server.statements().await;
    assert_eq!(told(&accept(&server, "short", "x").await), told(&unknown));
    let large = server.post(&format!("{TEAM}/accept")).body("x".repeat(5_000));
    large.send().await.fails(413, "PAYLOAD_TOO_LARGE");
    assert_eq!(server.statements().await, before);
    server.stop().await;
}

#[tokio::test]
async fn of_many_who_accept_at_once_one_joins() {
    let server = Server::start().await;
    let token = token_of(&invite(&server, ADMIN, "ann@example.com", "admin").await);
    let names: Vec<String> = (0..8).map(|number| format!("Ann {number}")).collect();
    let asking = names.iter().map(async |name| accept(&server, &token, name).await.status);
    let mut found = futures_util::future::join_all(asking).await;
    found.sort_unstable();
    assert_eq!(found, [vec![201], vec![404; 7]].concat());
    let keys = "SELECT count(*) FROM api_keys WHERE member_id IS NOT NULL";
    assert_eq!(server.number(keys).await, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_key_has_the_role_that_was_changed_while_it_was_made() {
    let server = Server::start().await;
    for round in 0..10 {
        let invited = invite(&server, ADMIN, &format!("a{round}@example.com"), "admin").await;
        let (token, id) = (token_of(&invited), id_of(&invited.data()));
        let (accepted, changed) = tokio::join!(
            accept(&server, &token, "Ann"),
            change_member(&server, ADMIN, &id, json!({"role": "viewer"})),
        );
        assert_eq!((accepted.status, changed.status), (201, 200));
        let key = text_of(&accepted.data());
        server.get(TEAM).key(&key).send().await.fails(403, "AUTHORIZATION_ERROR");
    }
    let wrong = "SELECT count(*) FROM api_keys WHERE member_id IS NOT NULL
                 AND permissions <> ARRAY['read']";
    assert_eq!(server.number(wrong).await, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_member_changes_and_goes_with_their_key() {
    let server = Server::start().await;
    let (id, key) = join(&server, "ann@example.com", "admin").await;
    let changed = change_member(&server, ADMIN, &id, json!({"role": "viewer"})).await.data();
    assert_eq!((&changed["role"], &changed["name"]), (&json!("viewer"), &json!("ann@example.com")));
    server.get(TEAM).key(&key).send().await.fails(403, "AUTHORIZATION_ERROR");
    let renamed = change_member(&server, ADMIN, &id, json!({"name": "Ann", "role": null})).await;
    assert_eq!(renamed.data()["name"], "Ann");
    assert_eq!(members(&server).await, [renamed.data()]);

    assert_eq!(remove_member(&server, ADMIN, &id).await.status, 204);
    server.get("/api/errors").key(&key).send().await.fails(401, "AUTHENTICATION_ERROR");
    assert_eq!(members(&server).await, Vec::<Value>::new());

    // An invitation ends, too.
    let invited = invite(&server, ADMIN, "ann@example.com", "viewer").await;
    let token = token_of(&invited);
    assert_eq!(remove_member(&server, ADMIN, &id_of(&invited.data())).await.status, 204);
    accept(&server, &token, "Ann").await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn the_last_use_of_the_own_key_shows() {
    let server = Server::start().await;
    let (id, _) = join(&server, "ann@example.com", "viewer").await;
    assert_eq!(members(&server).await[0]["last_active"], Value::Null);
    let used =
        "UPDATE api_keys SET last_used_at = '2025-08-29T10:30:00Z' WHERE member_id::text = $1";
    server.db.execute(used, &[&id]).await.unwrap();
    assert_eq!(members(&server).await[0]["last_active"], "2025-08-29T10:30:00.000Z");
    server.stop().await;
}
