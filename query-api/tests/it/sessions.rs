//! Logging in with a browser: a session may what its key may, ends with it, and serves no page of
//! others.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{ADMIN, ALL_1, Answer, Ask, PATIENCE, READER, Seed, Server, WRITER};

/// Logs in, and answers what the cookie says: its name and value, and all of it.
pub(crate) async fn log_in(server: &Server, key: &str) -> (String, Answer) {
    let answer = server.post("/api/login").json(&json!({"api_key": key})).send().await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    (cookie, answer)
}

fn with(ask: Ask, cookie: &str) -> Ask {
    ask.header("cookie", cookie)
}

async fn sessions(server: &Server) -> i64 {
    server.db.query_one("SELECT count(*) FROM sessions", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_key_is_exchanged_for_a_cookie_that_counts_as_it() {
    let server = Server::start().await;
    let (cookie, answer) = log_in(&server, READER).await;
    let session = answer.data();
    assert_eq!(session["name"], READER);
    assert_eq!(session["permissions"], json!(["read"]));
    assert_eq!(session["project_id"], Value::Null);
    let all = answer.header("set-cookie").unwrap();
    for part in ["; Path=/api", "; Max-Age=", "; HttpOnly", "; SameSite=Strict"] {
        assert!(all.contains(part), "{all}");
    }
    assert!(!all.contains("Secure"), "{all}");
    assert_eq!(with(server.get("/api/errors"), &cookie).send().await.status, 200);
    with(server.get("/api/projects"), &cookie).send().await.fails(403, "AUTHORIZATION_ERROR");
    // A key that is shown goes before the cookie.
    let both = with(server.get("/api/projects"), &cookie).key(ADMIN).send().await;
    assert_eq!(both.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_session_of_a_project_keeps_to_it() {
    let server = Server::start().await;
    let theirs = Seed::error("of another project").project(2).store(&server.db).await;
    let (cookie, answer) = log_in(&server, ALL_1).await;
    assert_eq!(answer.data()["project_id"], 1);
    let foreign = format!("/api/errors/{}", theirs.id);
    with(server.get(&foreign), &cookie).send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn the_cookie_is_secure_where_the_installation_is() {
    let server = Server::start_with(&[("PUBLIC_URL", "https://errata.example")]).await;
    let (_, answer) = log_in(&server, ADMIN).await;
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"));
    server.stop().await;
}

#[tokio::test]
async fn only_good_keys_log_in() {
    let server = Server::start().await;
    let login = |body: Value| server.post("/api/login").json(&body);
    login(json!({"api_key": "sk_live_of_nobody"})).send().await.fails(401, "AUTHENTICATION_ERROR");
    let dsn = "SELECT replace(dsn_key::text, '-', '') FROM projects WHERE id = 1";
    let dsn: String = server.db.query_one(dsn, &[]).await.unwrap().get(0);
    login(json!({"api_key": dsn})).send().await.fails(403, "AUTHORIZATION_ERROR");
    assert_eq!(login(json!({"api_key": 5})).send().await.bad_fields(), ["api_key"]);
    assert_eq!(sessions(&server).await, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_may_not_read_does_not_log_in() {
    let server = Server::start().await;
    let answer = server.post("/api/login").json(&json!({"api_key": WRITER})).send().await;
    answer.fails(403, "AUTHORIZATION_ERROR");
    assert_eq!(answer.json()["details"]["permission"], "read");
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(sessions(&server).await, 0);
    server.stop().await;
}

#[tokio::test]
async fn what_a_cookie_is_answered_is_kept_nowhere() {
    let server = Server::start().await;
    let (cookie, _) = log_in(&server, READER).await;
    let unknown = format!("errata_session={}", "0".repeat(64));
    for (cookie, status) in [(cookie.as_str(), 200), (unknown.as_str(), 401)] {
        let answer = with(server.get("/api/errors"), cookie).send().await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.headers.get_all("vary").iter().any(|names| names == "cookie"));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_cookie_that_is_none_opens_nothing() {
    let server = Server::start().await;
    let unknown = format!("errata_session={}", "0".repeat(64));
    for cookie in ["errata_session=", "errata_session=nonsense", unknown.as_str(), "other=1"] {
        let answer = with(server.get("/api/errors"), cookie).send().await;
        answer.fails(401, "AUTHENTICATION_ERROR");
    }
    server.stop().await;
}

#[tokio::test]
async fn logging_out_ends_the_session_everywhere() {
    let server = Server::start().await;
    let (cookie, _) = log_in(&server, READER).await;
    let (other, _) = log_in(&server, READER).await;
    let answer = with(server.post("/api/logout"), &cookie).send().await;
    assert_eq!(answer.status, 204);
    assert!(
        answer.header("set-cookie").unwrap().starts_with("errata_session=; Path=/api; Max-Age=0")
    );
    with(server.get("/api/errors"), &cookie).send().await.fails(401, "AUTHENTICATION_ERROR");
    assert_eq!(with(server.get("/api/errors"), &other).send().await.status, 200);
    assert_eq!(server.post("/api/logout").send().await.status, 204);
    server.stop().await;
}

#[tokio::test]
async fn another_process_that_knows_the_session_hears_of_its_end() {
    let server = Server::start().await;
    let other = server.beside(&[]).await;
    let (cookie, _) = log_in(&server, READER).await;
    assert_eq!(with(other.get("/api/errors"), &cookie).send().await.status, 200);
    assert_eq!(with(server.post("/api/logout"), &cookie).send().await.status, 204);
    let refused = async {
        while with(other.get("/api/errors"), &cookie).send().await.status != 401 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("the session should end there, too");
    other.end().await;
    server.stop().await;
}

#[tokio::test]
async fn a_session_ends_with_its_key() {
    let server = Server::start().await;
    let body = json!({"name": "short", "permissions": ["read"]});
    let made = server.post("/api/settings/api-keys").key(ADMIN).json(&body).send().await.data();
    let (cookie, _) = log_in(&server, made["api_key"].as_str().unwrap()).await;
    let path = format!("/api/settings/api-keys/{}", made["id"].as_str().unwrap());
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);
    with(server.get("/api/errors"), &cookie).send().await.fails(401, "AUTHENTICATION_ERROR");
    assert_eq!(sessions(&server).await, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_session_is_over_at_its_time_or_that_of_its_key() {
    let server = Server::start().await;
    let (cookie, answer) = log_in(&server, READER).await;
    let lasts = "SELECT expires_at - now() BETWEEN interval '6 days 23 hours' AND interval '7 days' FROM sessions";
    assert!(server.db.query_one(lasts, &[]).await.unwrap().get::<_, bool>(0));
    assert!(answer.data()["expires_at"].is_string());
    server.db.execute("UPDATE sessions SET expires_at = now()", &[]).await.unwrap();
    with(server.get("/api/errors"), &cookie).send().await.fails(401, "AUTHENTICATION_ERROR");
    let body =
        json!({"name": "brief", "permissions": ["read"], "expires_at": "2099-01-01T00:00:00Z"});
    let made = server.post("/api/settings/api-keys").key(ADMIN).json(&body).send().await.data();
    let soon = "UPDATE api_keys SET expires_at = date_trunc('second', now()) + interval '1 hour' WHERE name = 'brief'";
    server.db.execute(soon, &[]).await.unwrap();
    let (_, answer) = log_in(&server, made["api_key"].as_str().unwrap()).await;
    let same = "SELECT s.expires_at = k.expires_at FROM sessions s JOIN api_keys k ON k.id = s.key_id WHERE k.name = 'brief'";
    assert!(server.db.query_one(same, &[]).await.unwrap().get::<_, bool>(0));
    let age = answer.header("set-cookie").unwrap().split("Max-Age=").nth(1).unwrap();
    let age: i64 = age.split(';').next().unwrap().parse().unwrap();
    assert!((3_500..=3_601).contains(&age), "{age}");
    server.stop().await;
}

#[tokio::test]
async fn a_change_by_a_session_needs_a_header_that_no_form_sends() {
    let server = Server::start().await;
    let (cookie, _) = log_in(&server, ALL_1).await;
    let error = Seed::error("it broke").store(&server.db).await;
    let path = format!("/api/errors/{}/resolve", error.id);
    with(server.put(&path), &cookie).send().await.fails(403, "AUTHORIZATION_ERROR");
    let ours = with(server.put(&path), &cookie).header("x-requested-with", "dashboard");
    assert_eq!(ours.send().await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn pages_of_others_use_no_session_and_begin_none() {
    let server = Server::start().await;
    let (cookie, _) = log_in(&server, ADMIN).await;
    let own = format!("http://{}", server.address());
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let read = with(server.get("/api/errors"), &cookie).header(name, value).send().await;
        read.fails(403, "AUTHORIZATION_ERROR");
        let body = json!({"api_key": ADMIN});
        let login = server.post("/api/login").header(name, value).json(&body).send().await;
        login.fails(403, "AUTHORIZATION_ERROR");
        let logout = with(server.post("/api/logout"), &cookie).header(name, value).send().await;
        logout.fails(403, "AUTHORIZATION_ERROR");
    }
    let read = with(server.get("/api/errors"), &cookie).header("origin", &own).send().await;
    assert_eq!(read.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn the_token_is_stored_as_a_hash_and_the_newest_sessions_hold() {
    let server = Server::start().await;
    let (first, _) = log_in(&server, READER).await;
    let token = first.split_once('=').unwrap().1;
    let stored = "SELECT token_hash = sha256($1::text::bytea) FROM sessions";
    assert!(server.db.query_one(stored, &[&token]).await.unwrap().get::<_, bool>(0));
    for _ in 0..50 {
        log_in(&server, READER).await;
    }
    assert_eq!(sessions(&server).await, 50);
    with(server.get("/api/errors"), &first).send().await.fails(401, "AUTHENTICATION_ERROR");
    server.stop().await;
}
