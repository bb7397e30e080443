//! Who sees and changes what.

use serde_json::json;
use shared::access::Permission;
use shared::routes::{self, Needs, Route, Service};

use crate::support::{ADMIN, ALL_1, ALL_2, READER, READER_1, Seed, Server, WRITER};

#[tokio::test]
async fn without_a_good_key_nothing_is_told() {
    let server = Server::start().await;
    for route in answered() {
        let path = concrete(route.path);
        let bare = server.ask(route.method.as_str(), &path).send().await;
        let wrong = server.ask(route.method.as_str(), &path).key("wrong").send().await;
        if route.needs == Needs::Nothing {
            // One that reads a body finds none; nobody is asked for a key, or has to be logged in.
            let expected = match (route.method.as_str(), route.path) {
                ("GET", _) => 200,
                (_, "/api/logout") => 204,
                _ => 400,
            };
            assert_eq!((bare.status, wrong.status), (expected, expected), "{route:?}");
        } else {
            bare.fails(401, "AUTHENTICATION_ERROR");
            wrong.fails(401, "AUTHENTICATION_ERROR");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn every_route_asks_for_its_permission() {
    let server = Server::start().await;
    for route in answered() {
        let path = concrete(route.path);
        let without = match route.needs {
            Needs::Nothing => continue,
            Needs::Key(Permission::Read) => WRITER,
            Needs::Key(_) => READER,
            // Even with all permissions, a key of one project is not enough.
            Needs::InstallationKey(_) => ALL_1,
        };
        let answer = server.ask(route.method.as_str(), &path).key(without).send().await;
        answer.fails(403, "AUTHORIZATION_ERROR");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_key_of_a_dsn_is_good_and_may_not_read() {
    let server = Server::start().await;
    let dsn_key: uuid::Uuid =
        server.db.query_one("SELECT dsn_key FROM projects WHERE id = 1", &[]).await.unwrap().get(0);
    for route in answered().filter(|route| route.needs != Needs::Nothing) {
        let path = concrete(route.path);
        for key in [dsn_key.simple().to_string(), dsn_key.to_string()] {
            let answer = server.ask(route.method.as_str(), &path).key(&key).send().await;
            answer.fails(403, "AUTHORIZATION_ERROR");
        }
    }
    server.stop().await;
}

/// What the query API answers to.
fn answered() -> impl Iterator<Item = &'static Route> {
    routes::ALL.iter().filter(|route| route.service != Service::Ingest)
}

fn concrete(path: &str) -> String {
    path.replace("{id}", "3fa85f64-5717-4562-b3fc-2c963f66afa6")
        .replace("{event_id}", "3fa85f64-5717-4562-b3fc-2c963f66afa6")
}

#[tokio::test]
async fn an_expired_key_is_no_key() {
    let server = Server::start().await;
    server
        .db
        .execute("UPDATE api_keys SET expires_at = now() WHERE name = $1", &[&READER])
        .await
        .unwrap();
    let answer = server.get("/api/errors").key(READER);
    // Expiry is checked at each request; only the changed row has to be seen.
    drop(answer);
    let gone = async {
        while server.get("/api/errors").key(READER).send().await.status == 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, gone).await.unwrap();
    server.get("/api/errors").key(READER).send().await.fails(401, "AUTHENTICATION_ERROR");
    server.stop().await;
}

#[tokio::test]
async fn reads_keep_to_their_projects() {
    let server = Server::start().await;
    let one = Seed::error("of one").store(&server.db).await;
    let two = Seed::error("of two").project(2).store(&server.db).await;

    for (key, query, project_header, total) in [
        (READER, "", None, 2),
        (READER, "?project_id=1", None, 1),
        (READER, "?project_id=2", None, 1),
        (READER, "", Some("2"), 1),
        // The query string is the more explicit one.
        (READER, "?project_id=1", Some("2"), 1),
        (READER_1, "", None, 1),
        (READER_1, "?project_id=1", None, 1),
        (ALL_2, "", Some("2"), 1),
    ] {
        let mut ask = server.get(&format!("/api/errors{query}")).key(key);
        if let Some(project) = project_header {
            ask = ask.header("X-Project-Id", project);
        }
        let data = ask.send().await.data();
        assert_eq!(data["total"], total, "{key} {query} {project_header:?}");
    }

    for path in [
        format!("/api/errors/{}", two.id),
        format!("/api/errors/{}/events", two.id),
        format!("/api/events/{}", two.events[0]),
        format!("/api/errors/{}?project_id=1", two.id),
    ] {
        server.get(&path).key(READER_1).send().await.fails(404, "NOT_FOUND");
    }
    let path = format!("/api/errors/{}?project_id=2", one.id);
    server.get(&path).key(READER).send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn a_project_that_is_not_the_keys_is_not_there() {
    let server = Server::start().await;
    let error = Seed::error("somewhere").store(&server.db).await;
    for path in
        ["/api/errors".to_owned(), "/api/stats".to_owned(), format!("/api/errors/{}", error.id)]
    {
        let other = server.get(&format!("{path}?project_id=2")).key(READER_1).send().await;
        other.fails(404, "NOT_FOUND");
        assert_eq!(other.json()["details"]["id"], "2");
        let nobodys = server.get(&format!("{path}?project_id=99")).key(ADMIN).send().await;
        nobodys.fails(404, "NOT_FOUND");
        let bad = server.get(&path).key(ADMIN).header("X-Project-Id", "zero").send().await;
        assert_eq!(bad.bad_fields(), ["X-Project-Id"]);
        let besides = server.get(&format!("{path}?project_id=1")).key(ADMIN);
        let besides = besides.header("X-Project-Id", "zero").send().await;
        assert_eq!(besides.bad_fields(), ["X-Project-Id"]);
    }
    server.stop().await;
}

#[tokio::test]
async fn writes_keep_to_their_projects() {
    let server = Server::start().await;
    let two = Seed::error("of two").project(2).store(&server.db).await;
    let resolve = format!("/api/errors/{}/resolve", two.id);
    let whole = format!("/api/errors/{}", two.id);
    server.put(&resolve).key(ALL_1).send().await.fails(404, "NOT_FOUND");
    server.delete(&whole).key(ALL_1).send().await.fails(404, "NOT_FOUND");
    let bulk = json!({"ids": [two.id], "action": "resolve"});
    let answer = server.put("/api/errors").key(ALL_1).json(&bulk).send().await;
    assert_eq!(answer.data()["not_found"], json!([two.id]));
    assert_eq!(server.number("SELECT count(*) FROM errors WHERE status = 0").await, 1);

    // A key of the installation finds the error in whatever project has it.
    assert_eq!(server.put(&resolve).key(WRITER).send().await.status, 200);
    assert_eq!(server.number("SELECT count(*) FROM errors WHERE status = 1").await, 1);
    server.stop().await;
}
