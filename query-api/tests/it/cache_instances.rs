//! What is changed through one instance is in the next read through another.

use serde_json::{Value, json};

use crate::cache::warm;
use crate::support::{ADMIN, Instance, Seed, Seeded, Server};

/// What is read before and after each change: all projects, one project, and numbers.
const READS: [&str; 3] = ["/api/errors", "/api/errors?project_id=1", "/api/stats"];

/// Has every answer cached, through both.
async fn prime(instances: [&Instance; 2]) {
    for path in READS {
        for instance in instances {
            instance.get(path).key(ADMIN).send().await.data();
        }
    }
}

/// Changes an error, or many at once.
async fn change(through: &Instance, seeded: &Seeded, action: &str, body: Value) {
    let path = match action {
        "bulk" => "/api/errors".to_owned(),
        action => format!("/api/errors/{}/{action}", seeded.id),
    };
    let answer = through.put(&path).key(ADMIN).json(&body).send().await;
    assert_eq!(answer.status, 200, "{action}: {}", answer.json());
}

#[tokio::test]
async fn every_kind_of_change_is_in_the_next_read_through_another_instance() {
    let server = Server::start().await;
    let other = server.beside(&[]).await;
    let seeded = Seed::error("changing").store(&server.db).await;
    warm(&server).await;
    warm(&other).await;
    let bulk = |action: &str| json!({"ids": [seeded.id.to_string()], "action": action});
    for round in 0..10 {
        let name = format!("person {round}");
        let changes = [
            ("resolve", json!({}), ["status", "resolved"]),
            ("unresolve", json!({}), ["status", "unresolved"]),
            ("assign", json!({"assigned_to": name}), ["assigned_to", &name]),
            ("ignore", json!({}), ["status", "ignored"]),
            ("bulk", bulk("resolve"), ["status", "resolved"]),
            ("bulk", bulk("unresolve"), ["status", "unresolved"]),
        ];
        for (index, (action, body, shown)) in changes.into_iter().enumerate() {
            let (writer, reader): (&Instance, &Instance) =
                if (round + index) % 2 == 0 { (&server, &other) } else { (&other, &server) };
            prime([writer, reader]).await;
            change(writer, &seeded, action, body).await;
            for path in &READS[..2] {
                let answer = reader.get(path).key(ADMIN).send().await;
                let [field, value] = shown;
                assert_eq!(answer.data()["errors"][0][field], value, "{round} {action} {path}");
            }
            let resolved = reader.get("/api/stats").key(ADMIN).send().await.data();
            let expected = i32::from(shown[1] == "resolved");
            assert_eq!(resolved["resolved_errors"], expected, "{round} {action}");
        }
    }
    other.end().await;
    server.stop().await;
}

/// Renames project 2. What tests store by themselves nobody announces; this does.
async fn rename(through: &Instance, name: &str) {
    let body = json!({"name": name});
    let answer = through.put("/api/projects/2").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_is_deleted_or_renamed_is_so_for_every_instance() {
    let server = Server::start().await;
    let other = server.beside(&[]).await;
    warm(&server).await;
    warm(&other).await;
    for round in 0..10 {
        let (writer, reader): (&Instance, &Instance) =
            if round % 2 == 0 { (&server, &other) } else { (&other, &server) };
        let deleted = Seed::error(&format!("deleted {round}")).store(&server.db).await;
        Seed::error(&format!("in a project {round}")).project(2).store(&server.db).await;
        rename(writer, &format!("before {round}")).await;
        prime([writer, reader]).await;
        let path = format!("/api/errors/{}", deleted.id);
        assert_eq!(writer.delete(&path).key(ADMIN).send().await.status, 204);
        let left = reader.get("/api/errors").key(ADMIN).send().await.data();
        assert_eq!((&left["total"], &left["errors"][0]["project_id"]), (&json!(1), &json!(2)));

        let name = format!("name {round}");
        rename(writer, &name).await;
        let projects = reader.get("/api/projects").key(ADMIN).send().await.data();
        assert_eq!(projects["projects"][1]["name"], name);
        let id = left["errors"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(reader.delete(&format!("/api/errors/{id}")).key(ADMIN).send().await.status, 204);
        assert_eq!(writer.get("/api/errors").key(ADMIN).send().await.data()["total"], 0);
    }
    Seed::error("gone with its project").project(2).store(&server.db).await;
    rename(&server, "about to go").await;
    prime([&server, &other]).await;
    assert_eq!(other.get("/api/errors").key(ADMIN).send().await.data()["total"], 1);
    assert_eq!(server.delete("/api/projects/2").key(ADMIN).send().await.status, 204);
    assert_eq!(other.get("/api/errors").key(ADMIN).send().await.data()["total"], 0);
    other.end().await;
    server.stop().await;
}

#[tokio::test]
async fn a_change_that_could_not_be_announced_is_seen_by_other_instances_all_the_same() {
    let server = Server::start().await;
    // It can't reach Redis at all, like one that dies between its commit and the announcement.
    let mute = server.beside(&[("REDIS_URL", "redis://127.0.0.1:9")]).await;
    let seeded = Seed::error("changing").store(&server.db).await;
    warm(&server).await;
    for (action, status) in
        [("resolve", "resolved"), ("unresolve", "unresolved"), ("ignore", "ignored")]
    {
        prime([&server, &mute]).await;
        change(&mute, &seeded, action, json!({})).await;
        for path in &READS[..2] {
            // By its age alone the answer would stay for two minutes.
            let shown =
                server.until(path, |answer| answer.data()["errors"][0]["status"] == status).await;
            assert_ne!(shown.header("x-cache"), Some("bypass"));
        }
    }
    let path = format!("/api/errors/{}", seeded.id);
    assert_eq!(mute.delete(&path).key(ADMIN).send().await.status, 204);
    server.until("/api/errors", |answer| answer.data()["total"] == 0).await;
    mute.end().await;
    server.stop().await;
}
