//! Settings: keys, the team, and the audit log.

mod api_keys;
mod audit;
mod owners;
mod secrets;
mod team;

use serde_json::{Value, json};

use crate::support::{ADMIN, Answer, Instance, Server};

/// Makes a key with a key, and answers what is told of it.
async fn make_key(server: &Instance, by: &str, body: &Value) -> Value {
    let answer = server.post("/api/settings/api-keys").key(by).json(body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.data()
}

/// The text of a new key.
fn text_of(key: &Value) -> String {
    key["api_key"].as_str().unwrap().to_owned()
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

async fn invite(server: &Server, by: &str, email: &str, role: &str) -> Answer {
    let body = json!({"email": email, "role": role});
    server.post("/api/settings/team/invite").key(by).json(&body).send().await
}

/// The token in the answer to an invitation.
#[track_caller]
fn token_of(invited: &Answer) -> String {
    assert_eq!(invited.status, 201, "{}", invited.json());
    let url = invited.data()["invite_url"].as_str().unwrap().to_owned();
    url.split_once("token=").unwrap().1.to_owned()
}

async fn accept(server: &Server, token: &str, name: &str) -> Answer {
    let body = json!({"token": token, "name": name});
    server.post("/api/settings/team/accept").json(&body).send().await
}

/// A new member: their id and the text of their key.
async fn join(server: &Server, email: &str, role: &str) -> (String, String) {
    let token = token_of(&invite(server, ADMIN, email, role).await);
    let answer = accept(server, &token, email).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    (id_of(&answer.data()), text_of(&answer.data()))
}

async fn change_member(server: &Server, by: &str, id: &str, body: Value) -> Answer {
    server.put(&format!("/api/settings/team/{id}")).key(by).json(&body).send().await
}

async fn remove_member(server: &Server, by: &str, id: &str) -> Answer {
    server.delete(&format!("/api/settings/team/{id}")).key(by).send().await
}
