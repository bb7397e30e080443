//! Requests to the query API: parameters, ids and changes that something is wrong with.

use super::super::row::{Ask, Expected, MALFORMED, Row, TOO_LARGE, UNSUPPORTED, invalid, refused};

const BAD_ID: Expected = refused(400, "INVALID_ID");
const UNKNOWN: Expected = refused(404, "NOT_FOUND");
const NOBODY: &str = "550e8400-e29b-41d4-a716-446655440000";

pub(super) fn rows() -> Vec<Row> {
    [parameters(), ids(), changes(), bodies()].into_iter().flatten().collect()
}

fn get(path: impl AsRef<str>, expected: Expected) -> Row {
    let path = path.as_ref();
    let ask = Ask::new(format!("GET {path}"), "").without("Content-Length");
    ask.expect(format!("read: {}", path.get(..50).unwrap_or(path)), expected)
}

fn parameters() -> Vec<Row> {
    let bad = [
        ("limit", "limit=0"),
        ("limit", "limit=101"),
        ("limit", "limit=1e999"),
        ("limit", "limit=99999999999999999999"),
        ("limit", "limit="),
        ("limit", "limit=%00"),
        ("offset", "offset=-1"),
        ("offset", "offset=9223372036854775808"),
        ("level", "level=bad"),
        ("level", "level=error,bad"),
        ("status", "status=open"),
        ("resolved", "resolved=maybe"),
        ("sort", "sort=id%3B--"),
        ("order", "order=up"),
        ("cursor", "cursor=nonsense"),
        ("cursor", "cursor=%ff%00"),
        ("since", "since=noon"),
        ("until", "until=2025-13-01T00:00:00Z"),
        ("q", "q=%00"),
        ("source", "source=a%00b"),
        ("environment", "environment=%00"),
        ("release", "release=%00"),
        ("project_id", "project_id=0"),
        ("project_id", "project_id=2147483648"),
        ("project_id", "project_id=one"),
    ];
    let mut rows: Vec<Row> =
        bad.map(|(field, query)| get(format!("/api/errors?{query}"), invalid(field))).into();
    let list = vec!["a"; 101].join(",");
    rows.extend([
        get(format!("/api/errors?source={list}"), invalid("source")),
        get(format!("/api/errors?q={}", "q".repeat(50_000)), invalid("q")),
        get(format!("/api/errors?cursor={}", "c".repeat(50_000)), invalid("cursor")),
        get(format!("/api/errors/{NOBODY}/events?limit=x"), invalid("limit")),
        get("/api/errors?project_id=99", UNKNOWN),
    ]);
    rows
}

fn ids() -> Vec<Row> {
    vec![
        get("/api/errors/x", BAD_ID),
        get("/api/errors/%00", BAD_ID),
        get("/api/errors/%ff", BAD_ID),
        get("/api/errors/x%2Fevents", BAD_ID),
        get(format!("/api/errors/{}", "1".repeat(50_000)), BAD_ID),
        get("/api/events/x", BAD_ID),
        get(format!("/api/events/{NOBODY}"), UNKNOWN),
        get("/api/errors/../errors", UNKNOWN),
        get("//api/errors", UNKNOWN),
        get("/api/errors/", UNKNOWN),
    ]
}

fn put(path: &str, body: &str, expected: Expected) -> Row {
    let name = format!("change: {}", body.get(..40).unwrap_or(body));
    Ask::new(format!("PUT {path}"), body).expect(name, expected)
}

fn changes() -> Vec<Row> {
    let many = serde_json::json!({"ids": vec![NOBODY; 1_001], "action": "resolve"}).to_string();
    let (ignore, assign) =
        (format!("/api/errors/{NOBODY}/ignore"), format!("/api/errors/{NOBODY}/assign"));
    vec![
        put("/api/errors", "{}", invalid("ids")),
        put("/api/errors", r#"{"ids":"x","action":"resolve"}"#, invalid("ids")),
        put("/api/errors", r#"{"ids":["x"],"action":"resolve"}"#, invalid("ids[0]")),
        put("/api/errors", r#"{"ids":[7],"action":"resolve"}"#, invalid("ids[0]")),
        put("/api/errors", &many, invalid("ids")),
        put(&ignore, r#"{"until":"noon"}"#, invalid("until")),
        put(&ignore, r#"{"events":-1}"#, invalid("events")),
        put(&ignore, r#"{"events":1.5}"#, invalid("events")),
        put(&ignore, r#"{"events":99999999999999999999}"#, invalid("events")),
        put(&assign, r#"{"assigned_to":7}"#, invalid("assigned_to")),
        put(&assign, r#"{"assigned_to":"a\u0000b"}"#, invalid("assigned_to")),
        put("/api/projects/1", r#"{"name":"a\u0000b"}"#, invalid("name")),
        put("/api/projects/1", r#"{"name":" "}"#, invalid("name")),
        put("/api/projects/1", r#"{"keep_ip_addresses":"yes"}"#, invalid("keep_ip_addresses")),
    ]
}

fn bodies() -> Vec<Row> {
    let deep = "[".repeat(100_000);
    let error = |body: &str, expected| put("/api/errors", body, expected);
    let bulk = || Ask::new("PUT /api/errors", "{}");
    vec![
        error("", MALFORMED),
        error("{", MALFORMED),
        error("{} x", MALFORMED),
        error(&deep, MALFORMED),
        error(r#"{"ids":[1e999]}"#, MALFORMED),
        error(r#"{"action":"\ud800"}"#, MALFORMED),
        error("[]", invalid("body")),
        error("null", invalid("body")),
        error(&" ".repeat(2 << 20), TOO_LARGE),
        Ask::new("PUT /api/errors", b"{\"action\":\"\xff\"}".to_vec())
            .expect("change: no UTF-8", MALFORMED),
        bulk().set("Content-Type", "text/plain").expect("change: a text", UNSUPPORTED),
        bulk().set("Content-Encoding", "gzip").expect("change: compressed", UNSUPPORTED),
    ]
}
