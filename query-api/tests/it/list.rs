//! `GET /api/errors`: what a row holds, filters, order and pages.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::event::Level;

use crate::support::{READER, READER_1, Seed, Server};

fn messages(data: &Value) -> Vec<&str> {
    let errors = data["errors"].as_array().unwrap().iter();
    errors.map(|error| error["message"].as_str().unwrap()).collect()
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

#[tokio::test]
async fn a_row_has_every_field() {
    let server = Server::start().await;
    let seeded = Seed::error("it broke\nbadly")
        .exception("ValueError")
        .release("1.2")
        .users(3)
        .events(2)
        .edit(|event| {
            event.stack_trace = Some("Traceback".to_owned());
            event.context = Some(serde_json::from_value(json!({"a": 1})).unwrap());
            event.tags.insert("region".to_owned(), "eu".to_owned());
            event.user_agent = Some("curl".to_owned());
        })
        .store(&server.db)
        .await;
    let data = server.get("/api/errors").key(READER).send().await.data();
    let row = &data["errors"][0];
    let last_seen = shared::time::format(seeded.last_seen);
    let first_seen = shared::time::format(seeded.last_seen - TimeDelta::seconds(1));
    for (field, expected) in [
        ("id", json!(seeded.id)),
        ("event_id", json!(seeded.events[1])),
        ("timestamp", json!(last_seen)),
        ("level", json!("error")),
        ("message", json!("it broke\nbadly")),
        ("title", json!("ValueError: it broke")),
        ("stack_trace", json!("Traceback")),
        ("context", json!({"a": 1})),
        ("source", json!("backend")),
        ("environment", json!("production")),
        ("user_agent", json!("curl")),
        ("ip_address", Value::Null),
        ("url", Value::Null),
        ("fingerprint", json!(seeded.fingerprint.to_string())),
        ("resolved", json!(false)),
        ("status", json!("unresolved")),
        ("count", json!(2)),
        ("users_affected", json!(3)),
        ("first_seen", json!(first_seen)),
        ("last_seen", json!(last_seen)),
        ("exception_type", json!("ValueError")),
        ("culprit", Value::Null),
        ("release", json!("1.2")),
        ("tags", json!({"region": "eu"})),
        ("user", Value::Null),
        ("project_id", json!(1)),
        ("regressed", json!(false)),
        ("resolved_at", Value::Null),
        ("assigned_to", Value::Null),
        ("omitted", json!([])),
    ] {
        assert!(row.as_object().unwrap().contains_key(field), "{field} is missing");
        assert_eq!(row[field], expected, "{field}");
    }
    for time in ["created_at", "updated_at"] {
        let text = row[time].as_str().unwrap();
        assert!(text.len() == 24 && text.ends_with('Z'), "{time}: {text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_event_without_payload_shows_what_columns_know() {
    let server = Server::start().await;
    Seed::error("only counted").exception("Oops").without_payload().store(&server.db).await;
    let data = server.get("/api/errors").key(READER).send().await.data();
    let row = &data["errors"][0];
    assert_eq!(row["message"], "only counted");
    assert_eq!(row["title"], "Oops: only counted");
    assert_eq!(row["environment"], "production");
    assert_eq!(row["tags"], json!({}));
    server.stop().await;
}

#[tokio::test]
async fn large_values_are_left_out_and_named() {
    let server = Server::start().await;
    let seeded = Seed::error("large")
        .edit(|event| {
            event.stack_trace = Some("x".repeat(4 * 1024 + 1));
            event.context =
                Some(serde_json::from_value(json!({"a": "y".repeat(4 * 1024)})).unwrap());
        })
        .store(&server.db)
        .await;
    let data = server.get("/api/errors").key(READER).send().await.data();
    let row = &data["errors"][0];
    assert_eq!(row["omitted"], json!(["stack_trace", "context"]));
    assert_eq!((&row["stack_trace"], &row["context"]), (&Value::Null, &Value::Null));

    let path = format!("/api/errors/{}", seeded.id);
    let whole = server.get(&path).key(READER).send().await.data();
    assert_eq!(whole["stack_trace"].as_str().unwrap().len(), 4 * 1024 + 1);
    server.stop().await;
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let server = Server::start().await;
    Seed::error("Timeout in payment").seen_ago(minutes(1)).store(&server.db).await;
    Seed::error("slow page")
        .exception("TimeoutWarning")
        .level(Level::Warning)
        .source("frontend")
        .seen_ago(minutes(2))
        .store(&server.db)
        .await;
    Seed::error("disk 100% full")
        .level(Level::Fatal)
        .source("api")
        .environment("staging")
        .release("2.0")
        .status(1)
        .seen_ago(minutes(3))
        .store(&server.db)
        .await;
    Seed::error("noise").status(2).seen_ago(minutes(4)).store(&server.db).await;
    let back = "UPDATE errors SET regressed = true WHERE message IN ('slow page', 'noise')";
    server.db.execute(back, &[]).await.unwrap();

    let ago = |count| shared::time::format(shared::time::now() - TimeDelta::seconds(count));
    let (since, until) = (ago(150), ago(90));
    let (payment, page, disk, noise) =
        ("Timeout in payment", "slow page", "disk 100% full", "noise");
    for (query, expected) in [
        ("", vec![payment, page, disk, noise]),
        ("level=warning", vec![page]),
        ("level=warning,critical", vec![page, disk]),
        ("source=frontend,api", vec![page, disk]),
        ("source=nobody", vec![]),
        ("environment=staging", vec![disk]),
        ("release=2.0", vec![disk]),
        ("environment=production&release=2.0", vec![]),
        ("status=unresolved", vec![payment, page]),
        ("status=resolved,ignored", vec![disk, noise]),
        ("resolved=true", vec![disk]),
        ("resolved=false", vec![payment, page, noise]),
        ("regressed=true", vec![page, noise]),
        ("regressed=false&status=unresolved", vec![payment]),
        ("q=timeout", vec![payment, page]),
        ("q=100%25", vec![disk]),
        ("q=1%25_", vec![]),
        (&format!("since={since}&until={until}"), vec![page]),
        ("unknown=1", vec![payment, page, disk, noise]),
    ] {
        let path = format!("/api/errors?{query}");
        let data = server.get(&path).key(READER_1).send().await.data();
        assert_eq!(messages(&data), expected, "{query}");
        assert_eq!(data["total"], expected.len(), "{query}");
        assert_eq!(data["total_capped"], false, "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn lists_are_sorted_as_asked() {
    let server = Server::start().await;
    let seeds = [
        Seed::error("a").seen_ago(minutes(1)).events(1).users(2),
        Seed::error("b").seen_ago(minutes(2)).events(200).users(1),
        Seed::error("c").seen_ago(minutes(3)).events(3).users(3),
    ];
    for seed in seeds {
        seed.store(&server.db).await;
    }
    for (query, expected) in [
        ("", ["a", "b", "c"]),
        ("order=asc", ["c", "b", "a"]),
        ("sort=first_seen", ["a", "c", "b"]),
        ("sort=count", ["b", "c", "a"]),
        ("sort=users&order=asc", ["b", "a", "c"]),
    ] {
        let path = format!("/api/errors?{query}");
        let data = server.get(&path).key(READER).send().await.data();
        assert_eq!(messages(&data), expected, "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_follow_offsets() {
    let server = Server::start().await;
    for index in 0..5 {
        Seed::error(&index.to_string()).seen_ago(minutes(index)).store(&server.db).await;
    }
    let data = server.get("/api/errors?limit=2&offset=2").key(READER).send().await.data();
    assert_eq!(messages(&data), ["2", "3"]);
    assert_eq!((&data["total"], &data["page"], &data["limit"]), (&json!(5), &json!(2), &json!(2)));
    let data = server.get("/api/errors?limit=2&offset=4").key(READER).send().await.data();
    assert_eq!(messages(&data), ["4"]);
    assert_eq!(data["next_cursor"], Value::Null);
    server.stop().await;
}

#[tokio::test]
async fn cursors_are_stable_while_errors_come_in() {
    let server = Server::start().await;
    // Two at the same moment in different projects: ties are broken, too.
    let same = shared::time::now() - minutes(3);
    Seed::error("1").seen_ago(minutes(1)).store(&server.db).await;
    Seed::error("2").project(2).last_seen(same).store(&server.db).await;
    Seed::error("3").last_seen(same).store(&server.db).await;
    Seed::error("4").seen_ago(minutes(4)).store(&server.db).await;
    Seed::error("5").project(2).seen_ago(minutes(5)).store(&server.db).await;

    for sort in ["last_seen", "first_seen", "count", "users"] {
        for order in ["asc", "desc"] {
            let base = format!("/api/errors?limit=100&sort={sort}&order={order}");
            let all = server.get(&base).key(READER).send().await.data();
            let mut paged: Vec<String> = Vec::new();
            let mut path = format!("/api/errors?limit=2&sort={sort}&order={order}");
            loop {
                let data = server.get(&path).key(READER).send().await.data();
                paged.extend(messages(&data).into_iter().map(str::to_owned));
                let Some(cursor) = data["next_cursor"].as_str() else { break };
                path = format!("/api/errors?limit=2&sort={sort}&order={order}&cursor={cursor}");
            }
            assert_eq!(paged, messages(&all), "{sort} {order}");
        }
    }

    let first = server.get("/api/errors?limit=2").key(READER).send().await.data();
    assert_eq!(messages(&first), ["1", "2"]);
    Seed::error("new").seen_ago(TimeDelta::zero()).store(&server.db).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("/api/errors?limit=2&cursor={cursor}");
    let second = server.get(&path).key(READER).send().await.data();
    assert_eq!(messages(&second), ["3", "4"]);
    server.stop().await;
}

#[tokio::test]
async fn bad_parameters_are_named_together() {
    let server = Server::start().await;
    let path = "/api/errors?limit=101&offset=-1&level=loud&status=open&resolved=maybe&regressed=maybe&sort=name\
                &order=up&cursor=zz&since=today&until=x&project_id=abc";
    let answer = server.get(path).key(READER).send().await;
    let expected = [
        "cursor",
        "level",
        "limit",
        "offset",
        "order",
        "project_id",
        "regressed",
        "resolved",
        "since",
        "sort",
        "status",
        "until",
    ];
    assert_eq!(answer.bad_fields(), expected);
    let answer = server.get("/api/errors?q=a%00b").key(READER).send().await;
    assert_eq!(answer.bad_fields(), ["q"]);
    server.stop().await;
}

#[tokio::test]
async fn counting_a_search_stops_at_ten_thousand() {
    let server = Server::start().await;
    server
        .db
        .batch_execute(
            "INSERT INTO errors (project_id, error_id, public_id, message)
             SELECT 1, n, gen_random_uuid(), 'many of them' FROM generate_series(1, 10001) n;
             INSERT INTO error_stats
             SELECT 1, n, 1, 0, now(), now(), gen_random_uuid(), current_date, 4, 'backend'
             FROM generate_series(1, 10001) n;",
        )
        .await
        .unwrap();
    let exact = server.get("/api/errors?limit=1").key(READER).send().await.data();
    assert_eq!((&exact["total"], &exact["total_capped"]), (&json!(10_001), &json!(false)));
    let capped = server.get("/api/errors?limit=1&q=many").key(READER).send().await.data();
    assert_eq!((&capped["total"], &capped["total_capped"]), (&json!(10_000), &json!(true)));
    server.stop().await;
}
