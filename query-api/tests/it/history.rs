//! How errors happened over time, with which values, and what was done about them.

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::ids::ErrorId;

use crate::support::{ADMIN, ALL_1, READER, READER_1, Seed, Server, WRITER};

fn midnight(days_ago: u64) -> DateTime<Utc> {
    let today = shared::time::now().date_naive();
    (today - Days::new(days_ago)).and_time(chrono::NaiveTime::MIN).and_utc()
}

async fn data(server: &Server, path: &str) -> Value {
    server.get(path).key(READER).send().await.data()
}

async fn merge(server: &Server, into: ErrorId, id: ErrorId) {
    let body = json!({"into": into, "ids": [id]});
    let merged = server.post("/api/errors/merge").key(WRITER).json(&body).send().await;
    assert_eq!(merged.status, 200, "{}", merged.json());
}

/// The counts of an error in the series of many.
fn counts_of(series: &Value, id: ErrorId) -> Vec<i64> {
    let errors = series["errors"].as_array().unwrap().iter();
    let found = errors.filter(|error| error["id"] == json!(id)).collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{series}");
    serde_json::from_value(found[0]["counts"].clone()).unwrap()
}

#[tokio::test]
async fn many_errors_are_counted_over_time_at_once() {
    let server = Server::start().await;
    // Four events, a second apart: two on each side of a midnight.
    let across = midnight(2) + TimeDelta::seconds(1);
    let one = Seed::error("across").events(4).last_seen(across).store(&server.db).await;
    let two = Seed::error("once").last_seen(midnight(14)).store(&server.db).await;
    let old = Seed::error("old").last_seen(midnight(15)).store(&server.db).await;
    let other = Seed::error("elsewhere").project(2).last_seen(across).store(&server.db).await;

    let ids = [one.id, two.id, old.id, other.id, one.id].map(|id| id.to_string()).join(",");
    let path = format!("/api/errors/series?ids={ids}");
    let series = data(&server, &path).await;
    assert_eq!((&series["period"], &series["group_by"]), (&json!("fortnight"), &json!("day")));
    let timestamps = series["timestamps"].as_array().unwrap();
    assert_eq!(timestamps.len(), 15);
    assert_eq!(timestamps[0], json!(shared::time::format(midnight(14))));
    assert_eq!(counts_of(&series, one.id), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0]);
    assert_eq!(counts_of(&series, two.id), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts_of(&series, old.id).iter().sum::<i64>(), 0, "it is there, before all that");
    assert_eq!(counts_of(&series, other.id).iter().sum::<i64>(), 1);

    // Of another project's error nothing is told, not even that there is one.
    let theirs = server.get(&path).key(READER_1).send().await.data();
    assert_eq!(theirs["errors"].as_array().unwrap().len(), 3);
    let hourly = data(&server, &format!("{path}&period=day")).await;
    assert_eq!(
        (hourly["timestamps"].as_array().unwrap().len(), &hourly["group_by"]),
        (25, &json!("hour"))
    );
    for none in ["/api/errors/series", "/api/errors/series?ids="] {
        assert_eq!(data(&server, none).await["errors"], json!([]));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_series_is_in_the_very_next_read_and_follows_a_merge() {
    let server = Server::start().await;
    let one = Seed::error("one").events(3).store(&server.db).await;
    let two = Seed::error("two").events(4).store(&server.db).await;
    let sum = async |id: ErrorId| {
        let path = format!("/api/errors/series?ids={},{}", one.id, two.id);
        counts_of(&data(&server, &path).await, id).iter().sum::<i64>()
    };
    assert_eq!((sum(one.id).await, sum(two.id).await), (3, 4));
    merge(&server, one.id, two.id).await;
    // Both ids lead to the one error, with what both count.
    assert_eq!((sum(one.id).await, sum(two.id).await), (7, 7));
    let path = format!("/api/errors/{}/series", two.id);
    let series = data(&server, &path).await;
    let counts: Vec<i64> = serde_json::from_value(series["parts"][0]["counts"].clone()).unwrap();
    assert_eq!(counts.iter().sum::<i64>(), 7);
    server.stop().await;
}

#[tokio::test]
async fn one_error_is_told_apart_by_environment_or_release() {
    let server = Server::start().await;
    let at = midnight(3) + TimeDelta::hours(5);
    let seeded =
        Seed::error("it broke").events(2).last_seen(at).release("shop@1").store(&server.db).await;
    // The same error in other places: eight releases, each more often than the one before.
    for release in 2..=8_i64 {
        let sql = "WITH place AS (
                     INSERT INTO facets (project_id, level, source, environment, release)
                     VALUES (1, 4, 'backend', 'staging', $1) RETURNING facet_id
                   )
                   INSERT INTO event_hours (project_id, group_id, hour, facet_id, events)
                   SELECT 1, $2, date_trunc('hour', $3::timestamptz), facet_id, $4 FROM place";
        let name = format!("shop@{release}");
        server.db.execute(sql, &[&name, &seeded.group_id, &at, &(release * 10)]).await.unwrap();
    }
    let path = format!("/api/errors/{}/series", seeded.id);
    let series = data(&server, &path).await;
    assert_eq!(series["id"], json!(seeded.id));
    let names = |series: &Value| -> Vec<Value> {
        series["parts"].as_array().unwrap().iter().map(|part| part["name"].clone()).collect()
    };
    assert_eq!(names(&series), ["staging", "production"]);
    assert_eq!(series["parts"][0]["counts"], json!([0, 0, 0, 0, 350, 0, 0, 0]));
    assert_eq!(series["parts"][1]["counts"], json!([0, 0, 0, 0, 2, 0, 0, 0]));

    let by_release = data(&server, &format!("{path}?by=release")).await;
    let frequent = ["shop@8", "shop@7", "shop@6", "shop@5", "shop@4", "shop@3"];
    assert_eq!(names(&by_release), frequent);
    assert_eq!(by_release["others"], json!([0, 0, 0, 0, 22, 0, 0, 0]));
    // All of them were stored a moment ago, the one that was there before is not known to be new.
    let unknown = "UPDATE facets SET first_stored_at = NULL WHERE release = 'shop@1'";
    server.db.execute(unknown, &[]).await.unwrap();
    let marked = data(&server, &path).await["releases"].clone();
    let mut marked: Vec<String> = marked
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["release"].as_str().unwrap().to_owned())
        .collect();
    marked.sort_unstable();
    assert_eq!(marked, ["shop@2", "shop@3", "shop@4", "shop@5", "shop@6", "shop@7", "shop@8"]);
    server.stop().await;
}

#[tokio::test]
async fn the_newest_events_are_counted_by_their_values() {
    let server = Server::start().await;
    let tagged = |event: &mut shared::event::Event| {
        let second = event.timestamp.timestamp();
        event.tags.insert(
            "browser".to_owned(),
            if second % 4 == 0 { "Firefox" } else { "Chrome" }.to_owned(),
        );
        event.tags.insert("release".to_owned(), "of the tag".to_owned());
    };
    let seeded =
        Seed::error("it broke").events(8).release("shop@1").edit(tagged).store(&server.db).await;
    let path = format!("/api/errors/{}/tags", seeded.id);
    let tags = data(&server, &path).await;
    assert_eq!(tags["events"], 8);
    let tag = |name: &str| {
        let all = tags["tags"].as_array().unwrap();
        all.iter().find(|tag| tag["name"] == name).unwrap().clone()
    };
    let browsers = json!({
        "name": "browser", "events": 8, "distinct": 2,
        "values": [{"value": "Chrome", "events": 6}, {"value": "Firefox", "events": 2}],
    });
    assert_eq!(tag("browser"), browsers);
    assert_eq!(tag("environment")["values"], json!([{"value": "production", "events": 8}]));
    // A tag goes before the field of the same name.
    assert_eq!(tag("release")["values"], json!([{"value": "of the tag", "events": 8}]));

    // Events without payload tell nothing.
    let bare = Seed::error("counted only").events(3).without_payload().store(&server.db).await;
    let bare = data(&server, &format!("/api/errors/{}/tags", bare.id)).await;
    assert_eq!(bare, json!({"events": 0, "tags": []}));
    server.stop().await;
}

#[tokio::test]
async fn activity_tells_who_did_what_newest_first() {
    let server = Server::start().await;
    let one = Seed::error("one").store(&server.db).await;
    let two = Seed::error("two").store(&server.db).await;
    let change = async |action: &str, body: Value| {
        let path = format!("/api/errors/{}/{action}", one.id);
        assert_eq!(server.put(&path).key(ALL_1).json(&body).send().await.status, 200);
    };
    change("resolve", json!({})).await;
    change("unresolve", json!({})).await;
    change("assign", json!({"assigned_to": "Ann"})).await;
    merge(&server, one.id, two.id).await;
    let path = format!("/api/errors/{}/activity", one.id);
    let page = data(&server, &path).await;
    let told: Vec<(Value, Value, Value)> = page["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["kind"].clone(), entry["by"].clone(), entry["details"].clone()))
        .collect();
    let expected = [
        (json!("merged"), json!(WRITER), json!({"merged": [two.id]})),
        (json!("assigned"), json!(ALL_1), json!({"assigned_to": "Ann"})),
        (json!("unresolved"), json!(ALL_1), json!({})),
        (json!("resolved"), json!(ALL_1), json!({})),
    ];
    assert_eq!(told, expected);

    // Page by page it is the same.
    let mut entries = Vec::new();
    let mut next = path.clone() + "?limit=3";
    loop {
        let page = data(&server, &next).await;
        entries.extend(page["activity"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=3&cursor={cursor}");
    }
    assert_eq!(Value::Array(entries), page["activity"]);
    let bad = server.get(&format!("{path}?cursor=x&limit=0")).key(READER).send().await;
    assert_eq!(bad.bad_fields(), ["cursor", "limit"]);

    // A key that is no more is nobody.
    server.db.execute("DELETE FROM api_keys WHERE name = $1", &[&ALL_1]).await.unwrap();
    assert_eq!(data(&server, &path).await["activity"][1]["by"], Value::Null);
    server.stop().await;
}

#[tokio::test]
async fn bad_parameters_of_series_are_named_and_errors_of_others_are_not_there() {
    let server = Server::start().await;
    let theirs = Seed::error("of another project").project(2).store(&server.db).await;
    let many = "/api/errors/series?ids=x,y&period=eternity&project_id=x";
    let many = server.get(many).key(ADMIN).send().await;
    assert_eq!(many.bad_fields(), ["ids", "period", "project_id"]);
    let one = format!("/api/errors/{}/series?by=level&group_by=minute&period=x", theirs.id);
    let one = server.get(&one).key(ADMIN).send().await;
    assert_eq!(one.bad_fields(), ["by", "group_by", "period"]);
    for part in ["series", "tags", "activity"] {
        let path = format!("/api/errors/{}/{part}", theirs.id);
        server.get(&path).key(READER_1).send().await.fails(404, "NOT_FOUND");
    }
    server.stop().await;
}
