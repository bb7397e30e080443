//! Projects: made, changed, deleted.

use serde_json::{Value, json};

use crate::support::{ADMIN, ALL_2, READER, Seed, Server};

#[tokio::test]
async fn a_project_is_made_with_a_dsn() {
    let server = Server::start_with(&[("PUBLIC_URL", "https://errors.example/base")]).await;
    let body = json!({"name": " Web Shop ", "unknown": 1});
    let answer = server.post("/api/projects").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.status, 201);
    let made = answer.data();
    assert_eq!((&made["name"], &made["slug"]), (&json!("Web Shop"), &json!("web-shop")));
    assert_eq!(made["keep_ip_addresses"], true);
    let id = made["id"].as_i64().unwrap();
    let dsn = made["dsn"].as_str().unwrap();
    let rest = dsn.strip_prefix("https://").unwrap();
    let (key, place) = rest.split_once('@').unwrap();
    assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{dsn}");
    assert_eq!(place, format!("errors.example/base/{id}"));

    // It is there at once, for lists and as a scope.
    let list = server.get("/api/projects").key(ADMIN).send().await.data();
    let listed = list["projects"].as_array().unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[2], made);
    let scoped = server.get(&format!("/api/errors?project_id={id}")).key(ADMIN).send().await;
    assert_eq!(scoped.data()["total"], 0);

    let again = server.post("/api/projects").key(ADMIN).json(&body).send().await.data();
    assert_eq!(again["slug"], "web-shop-2");
    server.stop().await;
}

#[tokio::test]
async fn given_fields_of_a_project_change() {
    let server = Server::start().await;
    let put = |path: &str, body: Value| server.put(path).key(ADMIN).json(&body).send();
    let changed = put("/api/projects/2", json!({"keep_ip_addresses": false})).await.data();
    assert_eq!((&changed["name"], &changed["keep_ip_addresses"]), (&json!("Other"), &json!(false)));
    let changed = put("/api/projects/2", json!({"name": "Renamed"})).await.data();
    assert_eq!((&changed["name"], &changed["slug"]), (&json!("Renamed"), &json!("other")));
    assert_eq!(changed["keep_ip_addresses"], false);

    let answer = put("/api/projects/2", json!({"name": "", "keep_ip_addresses": 1})).await;
    assert_eq!(answer.bad_fields(), ["keep_ip_addresses", "name"]);
    put("/api/projects/99", json!({"name": "x"})).await.fails(404, "NOT_FOUND");
    put("/api/projects/x", json!({"name": "x"})).await.fails(400, "INVALID_ID");
    let answer = server.post("/api/projects").key(ADMIN).json(&json!({})).send().await;
    assert_eq!(answer.bad_fields(), ["name"]);
    let long = json!({"name": "x".repeat(201)});
    let answer = server.post("/api/projects").key(ADMIN).json(&long).send().await;
    assert_eq!(answer.bad_fields(), ["name"]);
    server.stop().await;
}

#[tokio::test]
async fn sanitising_rules_are_kept_as_a_whole() {
    let server = Server::start().await;
    let put = |body: Value| server.put("/api/projects/2").key(ADMIN).json(&body).send();
    let none = json!({"extra_keys": [], "safe_keys": [], "off": []});
    let before = server.get("/api/projects/2").key(ADMIN).send().await.data();
    assert_eq!(before["sanitising_rules"], none);

    let rules = json!({"extra_keys": ["customerNumber"], "off": ["ibans", "jwts"], "unknown": 1});
    let changed = put(json!({"sanitising_rules": rules})).await.data();
    let kept =
        json!({"extra_keys": ["customer number"], "safe_keys": [], "off": ["ibans", "jwts"]});
    assert_eq!(changed["sanitising_rules"], kept);
    // Another change leaves them as they are, and so does null.
    let other = put(json!({"keep_ip_addresses": false, "sanitising_rules": null})).await.data();
    assert_eq!(other["sanitising_rules"], kept);
    let read = server.get("/api/projects/2").key(ADMIN).send().await.data();
    assert_eq!(read["sanitising_rules"], kept);
    let audit = server.get("/api/settings/audit?limit=2").key(ADMIN).send().await.data();
    let change = &audit["entries"][1]["changes"]["sanitising_rules"];
    assert_eq!((&change["from"], &change["to"]), (&none, &kept));
    let cleared = put(json!({"sanitising_rules": {}})).await.data();
    assert_eq!(cleared["sanitising_rules"], none);

    let bad = json!({"extra_keys": ["fine", "_1", 5], "safe_keys": "x", "off": ["everything"]});
    let answer = put(json!({"sanitising_rules": bad})).await;
    let fields =
        ["sanitising_rules.extra_keys[2]", "sanitising_rules.off[0]", "sanitising_rules.safe_keys"];
    assert_eq!(answer.bad_fields(), fields);
    let bad = json!({"extra_keys": ["fine", "_1"], "safe_keys": ["x".repeat(65)]});
    let answer = put(json!({"sanitising_rules": bad})).await;
    let fields = ["sanitising_rules.extra_keys[1]", "sanitising_rules.safe_keys[0]"];
    assert_eq!(answer.bad_fields(), fields);
    let answer = put(json!({"sanitising_rules": []})).await;
    assert_eq!(answer.bad_fields(), ["sanitising_rules"]);
    server.stop().await;
}

#[tokio::test]
async fn sanitising_rules_are_tried_on_a_sample() {
    let server = Server::start().await;
    let path = "/api/projects/1/sanitising/preview";
    let preview = |body: Value| server.post(path).key(ADMIN).json(&body).send();
    let sample = json!({
        "password": "secret", "oldCustomerNumber": "4711", "session_kind": "guest",
        "note": "pay with 4111 1111 1111 1111",
    });
    let plain = preview(json!({"sample": sample})).await.data();
    assert_eq!(plain["changed"], true);
    assert_eq!(plain["result"]["password"], "[Filtered]");
    assert_eq!(plain["result"]["oldCustomerNumber"], "4711");
    assert_eq!(plain["result"]["note"], "pay with [Filtered]");

    let rules = json!({"extra_keys": ["customer number"], "safe_keys": ["password", "session kind"], "off": ["card_numbers"]});
    let drafted = preview(json!({"sample": sample, "sanitising_rules": rules})).await.data();
    let mut expected = sample.clone();
    expected["oldCustomerNumber"] = json!("[Filtered]");
    assert_eq!(drafted["result"], expected);
    // A draft is no rule yet; what was saved holds where none is given.
    let again = preview(json!({"sample": sample})).await.data();
    assert_eq!(again["result"], plain["result"]);
    let body = json!({"sanitising_rules": rules});
    assert_eq!(server.put("/api/projects/1").key(ADMIN).json(&body).send().await.status, 200);
    let saved = preview(json!({"sample": sample})).await.data();
    assert_eq!(saved["result"], expected);

    let text = preview(json!({"sample": "nothing to see", "sanitising_rules": {}})).await.data();
    assert_eq!(text, json!({"result": "nothing to see", "changed": false}));
    for bad in [
        json!({}),
        json!({"sample": null}),
        json!({"sample": 5}),
        json!({"sample": "x".repeat(64 << 10)}),
    ] {
        assert_eq!(preview(bad).await.bad_fields(), ["sample"]);
    }
    let missing = server.post("/api/projects/99/sanitising/preview").key(ADMIN);
    missing.json(&json!({"sample": "x"})).send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn deleting_a_project_takes_everything() {
    let server = Server::start().await;
    let seeded = Seed::error("of two").project(2).events(2).store(&server.db).await;
    Seed::error("of one").store(&server.db).await;
    let list = server.get("/api/errors").key(READER).send().await.data();
    assert_eq!(list["total"], 2);

    let answer = server.delete("/api/projects/2").key(ADMIN).send().await;
    assert_eq!((answer.status, answer.bytes.len()), (204, 0));
    let list = server.get("/api/errors").key(READER).send().await.data();
    assert_eq!(list["total"], 1);
    server.get("/api/errors").key(ALL_2).send().await.fails(401, "AUTHENTICATION_ERROR");
    server.get("/api/errors?project_id=2").key(ADMIN).send().await.fails(404, "NOT_FOUND");
    server.delete("/api/projects/2").key(ADMIN).send().await.fails(404, "NOT_FOUND");

    for table in ["errors", "error_stats", "groups", "error_names", "facets"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE project_id = 2");
        assert_eq!(server.number(&sql).await, 0, "{table}");
    }
    // What is large is removed piece by piece: the group's rows, and the totals under group 0.
    let sql = "SELECT sum(group_id)::bigint FROM purges WHERE project_id = 2";
    assert_eq!(server.number(sql).await, seeded.group_id);
    assert_eq!(server.number("SELECT count(*) FROM purges WHERE project_id = 2").await, 2);
    assert_eq!(server.number("SELECT count(*) FROM errors").await, 1);
    server.stop().await;
}

#[tokio::test]
async fn the_first_project_stays() {
    let server = Server::start().await;
    let answer = server.delete("/api/projects/1").key(ADMIN).send().await;
    answer.fails(409, "CONFLICT_ERROR");
    server.stop().await;
}
