//! Why events are one error, a project's own rules, and what they would do.

use serde_json::{Value, json};
use shared::event::{Event, Exception, Frame};

use crate::support::{ADMIN, READER, READER_1, Seed, Seeded, Server};

/// Gives an event the stack of a failed payment.
fn with_stack(event: &mut Event) {
    let frame = |function: &str, path: &str, in_app| Frame {
        function: Some(function.to_owned()),
        abs_path: Some(path.to_owned()),
        lineno: Some(31),
        in_app: Some(in_app),
        ..Frame::default()
    };
    event.exceptions = vec![Exception {
        kind: Some("CardError".to_owned()),
        value: Some("card 4711 refused".to_owned()),
        frames: vec![
            frame("send", "/lib/gateway/api.py", false),
            frame("charge", "/srv/shop/cards.py", true),
        ],
        ..Exception::default()
    }];
}

async fn explain(server: &Server, seeded: &Seeded) -> Value {
    let path = format!("/api/errors/{}/grouping", seeded.id);
    server.get(&path).key(READER).send().await.data()
}

#[tokio::test]
async fn a_grouping_is_explained_by_the_latest_event() {
    let server = Server::start().await;
    let seeded = Seed::error("card 4711 refused").edit(with_stack).store(&server.db).await;
    let told = explain(&server, &seeded).await;
    let explanation = &told["explanation"];
    assert_eq!(explanation["event_id"], json!(seeded.events[0]));
    assert_eq!(explanation["decided_by"], "stack");
    let component = |kind: &str, value: &str| json!({"kind": kind, "value": value});
    let expected = json!([
        component("type", "CardError"),
        component("module", "cards.py"),
        component("function", "charge"),
    ]);
    assert_eq!(explanation["components"], expected);
    let reasons = explanation["left_out"].as_array().unwrap().iter();
    let reasons: Vec<&str> = reasons.map(|it| it["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["not_in_app", "path_prefix", "line_number", "stack_decides"]);
    // The seed names errors by their message, so that the function says something else today.
    assert_eq!(explanation["is_current"], false);
    assert_eq!(explanation["rule"], Value::Null);
    assert_eq!(told["fingerprints"][0]["fingerprint"], seeded.fingerprint.to_string());

    let bare = Seed::error("nothing is kept").without_payload().store(&server.db).await;
    assert_eq!(explain(&server, &bare).await["explanation"], Value::Null);
    let other = Seed::error("of another").project(2).store(&server.db).await;
    let path = format!("/api/errors/{}/grouping", other.id);
    server.get(&path).key(READER_1).send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn the_fingerprints_of_a_merged_error_are_counted_by_themselves() {
    let server = Server::start().await;
    let one = Seed::error("one").events(2).users(3).store(&server.db).await;
    let two = Seed::error("two").events(5).users(4).store(&server.db).await;
    let alone = explain(&server, &one).await["fingerprints"].clone();
    assert_eq!((&alone[0]["count"], &alone[0]["own"]), (&json!(2), &json!(true)));
    let body = json!({"into": two.id, "ids": [one.id]});
    server.post("/api/errors/merge").key(ADMIN).json(&body).send().await.data();
    let told = explain(&server, &one).await;
    assert_eq!(told["id"], json!(two.id));
    let parts = told["fingerprints"].as_array().unwrap();
    let shown: Vec<_> =
        parts.iter().map(|it| (&it["id"], &it["count"], &it["users_affected"])).collect();
    assert_eq!(
        shown,
        [(&json!(two.id), &json!(5), &json!(4)), (&json!(one.id), &json!(2), &json!(3))]
    );
    server.stop().await;
}

#[tokio::test]
async fn rules_are_checked_saved_and_audited() {
    let server = Server::start().await;
    let put = |body: Value| server.put("/api/projects/1").key(ADMIN).json(&body).send();
    let text = "# what the database says\ntype:DbError -> fingerprint(\"db\")\n";
    let saved = put(json!({"grouping_rules": text, "discard_rules": "level:debug -> discard"}));
    let saved = saved.await.data();
    assert_eq!(saved["grouping_rules"], text, "as it was written");
    let read = server.get("/api/projects/1").key(ADMIN).send().await.data();
    assert_eq!(read, saved);
    let listed = server.get("/api/projects").key(ADMIN).send().await.data();
    assert_eq!(listed["projects"][0].get("grouping_rules"), None);

    let bad = json!({"grouping_rules": "type:x -> drop\n\nwhat:x", "discard_rules": 7});
    let refused = put(bad).await;
    assert_eq!(refused.bad_fields(), ["discard_rules", "grouping_rules", "grouping_rules"]);
    let errors = refused.json()["details"]["errors"].clone();
    let message = errors[0]["message"].as_str().unwrap();
    assert!(message.starts_with("line 1, column 11: expected `fingerprint"), "{message}");
    let fingerprint = json!({"discard_rules": "type:x -> fingerprint(\"x\")"});
    assert_eq!(put(fingerprint).await.bad_fields(), ["discard_rules"]);

    put(json!({"grouping_rules": "", "name": null})).await.data();
    let read = server.get("/api/projects/1").key(ADMIN).send().await.data();
    assert_eq!(
        (&read["grouping_rules"], &read["discard_rules"]),
        (&json!(""), &json!("level:debug -> discard"))
    );
    let audit = server.get("/api/settings/audit").key(ADMIN).send().await.data();
    let entry = &audit["entries"][0];
    assert_eq!(entry["action"], "project.updated");
    assert_eq!(entry["changes"]["grouping_rules"], json!({"from": text, "to": ""}));
    server.get("/api/projects/99").key(ADMIN).send().await.fails(404, "NOT_FOUND");
    server.get("/api/projects/x").key(ADMIN).send().await.fails(400, "INVALID_ID");
    server.stop().await;
}

#[tokio::test]
async fn an_explanation_names_the_rule_of_today() {
    let server = Server::start().await;
    let seeded = Seed::error("card 4711 refused").edit(with_stack).store(&server.db).await;
    let rules =
        "type:Other -> discard\nfunction:charge -> fingerprint(\"cards\", \"{{ function }}\")";
    let body = json!({"grouping_rules": rules});
    server.put("/api/projects/1").key(ADMIN).json(&body).send().await.data();
    let explanation = explain(&server, &seeded).await["explanation"].clone();
    assert_eq!(explanation["decided_by"], "rule");
    let rule = json!({
        "list": "grouping_rules", "line": 2, "discards": false,
        "rule": "function:\"charge\" -> fingerprint(\"cards\", \"{{ function }}\")",
    });
    assert_eq!(explanation["rule"], rule);
    assert_eq!(explanation["components"][1], json!({"kind": "client", "value": "charge"}));
    assert_eq!(explanation["default_components"][0]["value"], "CardError");
    server.stop().await;
}

#[tokio::test]
async fn a_preview_tells_what_rules_would_join_and_discard() {
    let server = Server::start().await;
    // Named as ingest names them, so that without rules nothing moves.
    let mut seeded = Vec::new();
    for (message, events) in [("slow query one", 3), ("slow query two", 2), ("noise", 4)] {
        let seed = Seed::error(message).named_by_function().events(events);
        seeded.push(seed.store(&server.db).await);
    }
    Seed::error("of another project").project(2).named_by_function().store(&server.db).await;
    let preview =
        |body: Value| server.post("/api/projects/1/grouping/preview").key(ADMIN).json(&body).send();
    let unchanged = preview(json!({})).await.data();
    let numbers = |it: &Value| {
        json!([it["events"], it["unchanged"], it["moved"], it["discarded"], it["more"]])
    };
    assert_eq!(numbers(&unchanged), json!([9, 9, 0, 0, false]));
    assert_eq!(unchanged["groups"], json!([]));

    let rules = "message:\"slow query*\" -> fingerprint(\"slow\")\nmessage:none -> discard";
    let body = json!({"grouping_rules": rules, "discard_rules": "message:noise -> discard"});
    let told = preview(body).await.data();
    assert_eq!(numbers(&told), json!([9, 0, 5, 4, false]));
    let counts: Vec<_> = told["rules"].as_array().unwrap().iter().map(|it| &it["events"]).collect();
    assert_eq!(counts, [&json!(4), &json!(5), &json!(0)]);
    let group = &told["groups"][0];
    assert_eq!((&group["exists"], &group["events"]), (&json!(false), &json!(5)));
    let from = json!([
        {"id": seeded[0].id, "title": "slow query one", "events": 3},
        {"id": seeded[1].id, "title": "slow query two", "events": 2},
    ]);
    assert_eq!(group["from"], from);
    let gone = json!([{"id": seeded[2].id, "title": "noise", "events": 4}]);
    assert_eq!(told["discarded_from"], gone);
    // Nothing was changed by it.
    assert_eq!(server.number("SELECT count(*) FROM errors").await, 4);

    let limited = preview(json!({"events": 2})).await.data();
    assert_eq!(limited["events"], 2);
    let bad = preview(json!({"grouping_rules": "x", "events": 0})).await;
    assert_eq!(bad.bad_fields(), ["events", "grouping_rules"]);
    let path = "/api/projects/99/grouping/preview";
    server.post(path).key(ADMIN).json(&json!({})).send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn a_preview_tells_what_would_fall_apart() {
    let server = Server::start().await;
    let seed = Seed::error("same").named_by_function().events(4);
    let seeded = seed
        .edit(|event| {
            let region = if event.event_id.0.as_u128() % 2 == 0 { "east" } else { "west" };
            event.tags.insert("region".to_owned(), region.to_owned());
        })
        .store(&server.db)
        .await;
    let east = seeded.events.iter().filter(|id| id.0.as_u128() % 2 == 0).count();
    let rules = "tags.region:east -> fingerprint(\"{{ default }}\", \"{{ tags.region }}\")";
    let body = json!({"grouping_rules": rules});
    let path = "/api/projects/1/grouping/preview";
    let told = server.post(path).key(ADMIN).json(&body).send().await.data();
    assert_eq!((&told["moved"], &told["unchanged"]), (&json!(east), &json!(4 - east)));
    assert_eq!(told["groups"].as_array().unwrap().len(), usize::from(east > 0));
    server.stop().await;
}
