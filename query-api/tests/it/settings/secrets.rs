//! Keys and tokens: in one answer each, and nowhere else.

use serde_json::json;
use shared::access::KeyHash;

use super::{accept, id_of, invite, make_key, text_of, token_of};
use crate::support::{ADMIN, Server};

/// Every row of every table, as text.
async fn database(server: &Server) -> String {
    let tables =
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let mut text = String::new();
    for table in server.db.query(tables, &[]).await.unwrap() {
        let sql = format!("SELECT t::text FROM {} t", table.get::<_, &str>(0));
        for row in server.db.query(&sql, &[]).await.unwrap() {
            text.push_str(row.get(0));
            text.push('\n');
        }
    }
    text
}

#[tokio::test]
async fn secrets_are_in_no_later_answer_and_not_in_the_database() {
    let server = Server::start().await;
    let made = make_key(&server, ADMIN, &json!({"name": "k", "permissions": ["read"]})).await;
    let used = token_of(&invite(&server, ADMIN, "used@example.com", "admin").await);
    let open = token_of(&invite(&server, ADMIN, "open@example.com", "admin").await);
    let joined = accept(&server, &used, "Used").await.data();
    let (key, member_key) = (text_of(&made), text_of(&joined));

    let mut answers = String::new();
    for (method, path, body) in [
        ("PUT", format!("/api/settings/api-keys/{}", id_of(&made)), json!({"name": "new"})),
        ("PUT", format!("/api/settings/team/{}", id_of(&joined)), json!({"name": "New"})),
        ("GET", "/api/settings/api-keys".to_owned(), json!({})),
        ("GET", "/api/settings/team".to_owned(), json!({})),
        ("GET", "/api/settings/audit".to_owned(), json!({})),
    ] {
        let answer = server.ask(method, &path).key(ADMIN).json(&body).send().await;
        assert_eq!(answer.status, 200, "{method} {path}");
        answers.push_str(&answer.json().to_string());
    }
    // What is looked for would be found.
    assert!(answers.contains(made["key_preview"].as_str().unwrap()));
    let stored = database(&server).await;
    assert!(stored.contains(&hash(&key)) && stored.contains(&hash(&open)));

    for secret in [&key, &member_key, &used, &open] {
        let random = secret.trim_start_matches("sk_test_");
        assert!(!stored.contains(random), "a secret is in the database");
        assert!(!answers.contains(random), "a secret is in an answer");
        assert!(!answers.contains(&hash(secret)), "a hash is in an answer");
    }
    // A used token leaves not even its hash.
    assert!(!stored.contains(&hash(&used)));
    server.stop().await;
}

/// As Postgres shows the bytes.
fn hash(secret: &str) -> String {
    KeyHash::of(secret).0.iter().map(|byte| format!("{byte:02x}")).collect()
}
