//! What looks like SQL is text, wherever a client may write.

use serde_json::{Value, json};

use crate::openapi::document;
use crate::support::{ADMIN, Seed, Server};

/// Ends a literal, an identifier and a statement, and would leave something behind or take it away.
const TEXTS: [&str; 4] = [
    "'; DROP TABLE errors; --",
    "x') OR true; DELETE FROM projects; --",
    "\"; UPDATE errors SET status = 1; --",
    "$1::text || pg_sleep(60)",
];

#[tokio::test]
async fn what_looks_like_sql_is_text() {
    let server = Server::start().await;
    Seed::error("it broke").store(&server.db).await;
    let document = document(&server).await;
    let mut asked = 0;
    for (path, methods) in document.0["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            // What submits is not answered here.
            if operation["tags"][0] == "submitting" {
                continue;
            }
            for text in TEXTS {
                ask(&server, method, path, &parameters(&document, operation, text), text).await;
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
    let open = "SELECT count(*) FROM errors WHERE status = 0";
    assert_eq!(server.number(open).await, 1);
    assert_eq!(server.number("SELECT count(*) FROM projects WHERE id <= 2").await, 2);
    server.stop().await;
}

/// The query string that gives every parameter of an operation the text.
fn parameters(document: &crate::support::Document, operation: &Value, text: &str) -> String {
    let parameters = operation["parameters"].as_array().unwrap().iter();
    let in_query = parameters
        .map(|parameter| document.resolve(parameter))
        .filter(|parameter| parameter["in"] == "query")
        .filter(|parameter| {
            parameter["schema"]["type"] == "string" || parameter["schema"]["type"] == "array"
        });
    in_query
        .map(|parameter| format!("{}={}&", parameter["name"].as_str().unwrap(), encoded(text)))
        .collect()
}

async fn ask(server: &Server, method: &str, path: &str, query: &str, text: &str) {
    let path = ["{id}", "{event_id}", "{name}"]
        .iter()
        .fold(path.to_owned(), |path, name| path.replace(name, &encoded(text)));
    let body = json!({
        "name": text, "action": text, "ids": [text], "assigned_to": text, "email": text, "role": text,
        "condition": text, "title": text, "description": text, "token": text, "api_key": text, "permissions": [text], "webhook_url": text, "url": text,
    });
    let mut ask = server.ask(&method.to_uppercase(), &format!("{path}?{query}")).key(ADMIN);
    if method != "get" {
        ask = ask.json(&body);
    }
    let answer = ask.send().await;
    assert!(answer.status < 500, "{method} {path}?{query}: {}", answer.json());
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
