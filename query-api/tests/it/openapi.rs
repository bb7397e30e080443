//! `GET /api/openapi.json`: what the service answers is what the document says.

use std::collections::BTreeSet;

use deploy::receivers::{Behaviour, HttpReceiver};
use serde_json::{Value, json};
use shared::access::KeyHash;
use shared::event::{Change, Event, Note, User};

use crate::alerts;
use crate::support::{ADMIN, Answer, Document, READER, Seed, Seeded, Server, WRITER};

/// The document, read like anybody would.
pub(crate) async fn document(server: &Server) -> Document {
    let answer = server.get("/api/openapi.json").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    Document(document)
}

/// Checks status, headers and body of an answer against what the operation documents.
#[track_caller]
pub(crate) fn check_answer(document: &Document, (method, path): (&str, &str), answer: &Answer) {
    let operation = document.operation(method, path);
    let status = answer.status.to_string();
    let response = document.resolve(&operation["responses"][&status]);
    assert!(response.is_object(), "{method} {path} does not document {status}");
    for header in response["headers"].as_object().unwrap().keys() {
        assert!(answer.header(header).is_some(), "{method} {path} {status} lacks {header}");
    }
    let schema = &response["content"]["application/json"]["schema"];
    if schema.is_null() {
        assert_eq!(answer.bytes.len(), 0, "{method} {path} {status}");
        return;
    }
    let faults = document.faults(schema, &answer.json());
    assert_eq!(faults, Vec::<String>::new(), "{method} {path} {status}");
}

/// Errors that fill every field, and errors that fill as few as there can be.
async fn seed(server: &Server) -> Vec<Seeded> {
    let full = Seed::error("it broke")
        .exception("ValueError")
        .release("1.2")
        .users(3)
        .events(2)
        .edit(fill)
        .store(&server.db)
        .await;
    let large = Seed::error("much came with it")
        .edit(|event| {
            fill(event);
            event.stack_trace = Some("x".repeat(5_000));
            event.context = serde_json::from_value(json!({"a": "x".repeat(5_000)})).unwrap();
        })
        .store(&server.db)
        .await;
    let bare = Seed::error("only counted").without_payload().store(&server.db).await;
    vec![full, large, bare]
}

fn fill(event: &mut Event) {
    let exception = json!({
        "type": "ValueError", "value": "it broke", "module": "builtins",
        "frames": [
            {"function": "pay", "module": "shop", "filename": "shop.py", "abs_path": "/srv/shop.py",
             "lineno": 7, "colno": 3, "in_app": true, "context_line": "pay()",
             "pre_context": ["a"], "post_context": ["b"], "vars": {"n": 1}},
            {},
        ],
    });
    event.exceptions = vec![serde_json::from_value(exception).unwrap()];
    event.stack_trace = Some("Traceback".to_owned());
    event.context = serde_json::from_value(json!({"a": {"b": [1, null]}})).unwrap();
    event.tags.insert("region".to_owned(), "eu".to_owned());
    event.user = Some(User { id: Some("42".to_owned()), ..User::default() });
    event.culprit = Some("pay in shop.py".to_owned());
    event.platform = Some("python".to_owned());
    event.server_name = Some("web-1".to_owned());
    event.url = Some("https://shop.example/pay".to_owned());
    event.user_agent = Some("curl".to_owned());
    event.ip_address = Some("203.0.113.7".to_owned());
    for change in [Change::Truncated, Change::Dropped, Change::ClockCorrected] {
        event.notes.push(Note { field: "message".to_owned(), change });
    }
}

#[tokio::test]
async fn every_success_is_as_the_openapi_document_says() {
    let server = Server::start_with(&[("NOTIFY_ALLOW_PRIVATE", "on")]).await;
    let hook = HttpReceiver::start(Behaviour::Answer(200, "ok".to_owned())).await.unwrap();
    let document = document(&server).await;
    let seeded = seed(&server).await;
    let mut asked: BTreeSet<(&str, &str)> = BTreeSet::new();
    for error in &seeded {
        for (operation, path) in readings(error) {
            let answer = server.get(&path).key(ADMIN).send().await;
            assert!(answer.status < 300, "{path}: {}", answer.json());
            check_answer(&document, operation, &answer);
            asked.insert(operation);
        }
    }
    seed_settings(&server).await;
    let alerts = alerts::requests(&server).await.into_iter();
    let others = merges(&seeded)
        .into_iter()
        .chain(changes(&seeded[0]))
        .chain(settings())
        .chain(integrations(&hook.url("/x")));
    let all = alerts.chain(others);
    for (operation, path, body) in all {
        let answer = server.ask(operation.0, &path).key(ADMIN).json(&body).send().await;
        assert!(answer.status < 300, "{operation:?}: {}", answer.json());
        check_answer(&document, operation, &answer);
        asked.insert(operation);
    }
    assert_eq!(asked, answered_here(&document));
    server.stop().await;
}

type Operation = (&'static str, &'static str);

fn readings(error: &Seeded) -> Vec<(Operation, String)> {
    let (id, event) = (error.id, error.events[0]);
    vec![
        (("GET", "/health"), "/health".to_owned()),
        (("GET", "/api/openapi.json"), "/api/openapi.json".to_owned()),
        (("GET", "/api/errors"), "/api/errors?q=o&limit=2".to_owned()),
        (("GET", "/api/errors"), "/api/errors".to_owned()),
        (("GET", "/api/errors/{id}"), format!("/api/errors/{id}")),
        (("GET", "/api/errors/{id}/events"), format!("/api/errors/{id}/events?limit=1")),
        (("GET", "/api/errors/series"), format!("/api/errors/series?ids={id}&period=day")),
        (("GET", "/api/errors/{id}/series"), format!("/api/errors/{id}/series?by=release")),
        (("GET", "/api/errors/{id}/tags"), format!("/api/errors/{id}/tags")),
        (("GET", "/api/errors/{id}/grouping"), format!("/api/errors/{id}/grouping")),
        (("GET", "/api/events/{event_id}"), format!("/api/events/{event}")),
        (("GET", "/api/stats"), "/api/stats".to_owned()),
        (("GET", "/api/analytics/trends"), "/api/analytics/trends?period=day".to_owned()),
        (("GET", "/api/analytics/minutes"), "/api/analytics/minutes".to_owned()),
        (("GET", "/api/analytics/movers"), "/api/analytics/movers?limit=5".to_owned()),
        (("GET", "/api/analytics/performance"), "/api/analytics/performance".to_owned()),
        (("GET", "/api/releases"), "/api/releases?period=week".to_owned()),
        (("GET", "/api/monitoring/services"), "/api/monitoring/services".to_owned()),
        (("GET", "/api/monitoring/metrics"), "/api/monitoring/metrics?timeframe=7d".to_owned()),
        (("GET", "/api/monitoring/uptime"), "/api/monitoring/uptime".to_owned()),
        (("GET", "/api/monitoring/ledger"), "/api/monitoring/ledger".to_owned()),
        (("GET", "/api/projects"), "/api/projects".to_owned()),
        (("GET", "/api/settings/integrations"), "/api/settings/integrations".to_owned()),
    ]
}

fn merges(seeded: &[Seeded]) -> Vec<(Operation, String, Value)> {
    let (into, other) = (seeded[0].id, &seeded[1]);
    let merge = json!({"into": into, "ids": [other.id]});
    let unmerge = json!({"fingerprints": [other.fingerprint.to_string()]});
    let rules = json!({"grouping_rules": "type:ValueError -> fingerprint(\"x\")",
        "discard_rules": "message:*much* -> discard", "events": 10});
    let explain = ("GET", "/api/errors/{id}/grouping");
    let project = "/api/projects/1".to_owned();
    vec![
        (("POST", "/api/errors/merge"), "/api/errors/merge".to_owned(), merge),
        (explain, format!("/api/errors/{into}/grouping"), json!({})),
        (("GET", "/api/errors/{id}/activity"), format!("/api/errors/{into}/activity"), json!({})),
        (("POST", "/api/errors/{id}/unmerge"), format!("/api/errors/{into}/unmerge"), unmerge),
        (
            ("POST", "/api/projects/{id}/grouping/preview"),
            format!("{project}/grouping/preview"),
            rules.clone(),
        ),
        (
            ("POST", "/api/projects/{id}/sanitising/preview"),
            format!("{project}/sanitising/preview"),
            json!({"sample": {"password": "x"}, "sanitising_rules": {"off": ["jwts"]}}),
        ),
        (("PUT", "/api/projects/{id}"), project.clone(), rules),
        (("GET", "/api/projects/{id}"), project, json!({})),
        (explain, format!("/api/errors/{into}/grouping"), json!({})),
    ]
}

fn changes(error: &Seeded) -> Vec<(Operation, String, Value)> {
    let id = error.id;
    let unknown = Seed::error("never stored").id();
    let one = |verb: &str| format!("/api/errors/{id}/{verb}");
    let (all, project) = ("/api/projects".to_owned(), "/api/projects/2".to_owned());
    let many = json!({"ids": [id, unknown], "action": "ignore"});
    vec![
        (("PUT", "/api/errors/{id}/resolve"), one("resolve"), json!({})),
        (("GET", "/api/errors/{id}"), format!("/api/errors/{id}"), json!({})),
        (("GET", "/api/stats"), "/api/stats".to_owned(), json!({})),
        (("PUT", "/api/errors/{id}/unresolve"), one("unresolve"), json!({})),
        (("PUT", "/api/errors/{id}/ignore"), one("ignore"), json!({"events": 5, "until": null})),
        (("PUT", "/api/errors/{id}/assign"), one("assign"), json!({"assigned_to": "ann"})),
        (("GET", "/api/errors"), "/api/errors".to_owned(), json!({})),
        (("PUT", "/api/errors/{id}/assign"), one("assign"), json!({"assigned_to": null})),
        (("PUT", "/api/errors"), "/api/errors".to_owned(), many),
        (("DELETE", "/api/errors/{id}"), format!("/api/errors/{id}"), json!({})),
        (("POST", "/api/projects"), all, json!({"name": "Shop", "keep_ip_addresses": null})),
        (("PUT", "/api/projects/{id}"), project.clone(), json!({"name": null})),
        (("DELETE", "/api/projects/{id}"), project, json!({})),
    ]
}

/// A key, a member and an invitation that the operations on settings name.
const THING: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

async fn seed_settings(server: &Server) {
    let hash = KeyHash::of(&"0".repeat(64)).0;
    server
        .db
        .execute(
            "INSERT INTO team_members (email, name, role, invite_hash, invite_expires_at)
             VALUES ('ann@example.com', 'ann', 'viewer', $1, now() + interval '1 day')",
            &[&hash.as_slice()],
        )
        .await
        .unwrap();
    server
        .db
        .batch_execute(&format!(
            "INSERT INTO team_members (id, email, name, role)
             VALUES ('{THING}', 'ben@example.com', 'ben', 'viewer');
             INSERT INTO api_keys (id, name, key_hash, key_preview, permissions)
             VALUES ('{THING}', 'k', sha256('k'), 'sk_****', '{{read}}')"
        ))
        .await
        .unwrap();
}

fn settings() -> Vec<(Operation, String, Value)> {
    let keys = "/api/settings/api-keys";
    let (key, team) = (format!("{keys}/{THING}"), "/api/settings/team");
    let member = format!("{team}/{THING}");
    let limits = json!({"rate_limits": {"errors_per_minute": 5}, "allowed_origins": ["http://a"]});
    let invitee = json!({"email": "new@example.com", "role": "viewer"});
    let proof = json!({"token": "0".repeat(64), "name": "Ann"});
    let new = json!({"name": "k", "permissions": ["ingest"]});
    let one_key = |method| (method, "/api/settings/api-keys/{id}");
    let one_member = |method| (method, "/api/settings/team/{id}");
    vec![
        (("POST", keys), keys.to_owned(), new),
        (one_key("PUT"), key.clone(), limits),
        (("GET", keys), keys.to_owned(), json!({})),
        (one_key("DELETE"), key, json!({})),
        (("POST", "/api/settings/team/invite"), format!("{team}/invite"), invitee),
        (("POST", "/api/settings/team/accept"), format!("{team}/accept"), proof),
        (one_member("PUT"), member.clone(), json!({"role": "developer"})),
        (("GET", team), team.to_owned(), json!({})),
        (one_member("DELETE"), member, json!({})),
        (("GET", "/api/settings/audit"), "/api/settings/audit".to_owned(), json!({})),
        (("POST", "/api/login"), "/api/login".to_owned(), json!({"api_key": ADMIN})),
        (("POST", "/api/logout"), "/api/logout".to_owned(), json!({})),
    ]
}

fn integrations(hook: &str) -> Vec<(Operation, String, Value)> {
    let one = |name: &str| format!("/api/settings/integrations/{name}");
    let put =
        |name: &str, body: Value| (("PUT", "/api/settings/integrations/{name}"), one(name), body);
    let email = json!({"smtp_server": "mail.example", "from_email": "a@b.example",
        "recipients": ["c@d.example"], "username": "a", "password": "p"});
    let sms = json!({"provider_url": "https://u:p@sms.example", "from": "Errata",
        "to": "+15550100", "username": null, "password": "p"});
    vec![
        put("slack", json!({"webhook_url": hook, "channel": "#a"})),
        put("email", email),
        put("webhook", json!({"url": "https://a.example/x", "secret": "s"})),
        put("sms", sms),
        put("sms", json!({})),
        (
            ("POST", "/api/settings/integrations/{name}/test"),
            one("slack") + "/test",
            json!({"to": null}),
        ),
        (("GET", "/api/settings/integrations"), "/api/settings/integrations".to_owned(), json!({})),
        (("DELETE", "/api/settings/integrations/{name}"), one("slack"), json!({})),
    ]
}

/// The documented operations without those of the gateway, whose answers have an end.
fn answered_here(document: &Document) -> BTreeSet<(&str, &str)> {
    let paths = document.0["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| {
                let method = match method.as_str() {
                    "get" => "GET",
                    "put" => "PUT",
                    "post" => "POST",
                    "delete" => "DELETE",
                    unknown => panic!("{unknown} is no method here"),
                };
                (method, path.as_str(), operation)
            })
        })
        .filter(|(_, _, operation)| operation["tags"][0] != "submitting")
        // Answers without an end are read in tests of their own.
        .filter(|(_, _, operation)| {
            operation["responses"]["200"]["content"].get("text/event-stream").is_none()
        })
        .map(|(method, path, _)| (method, path))
        .collect()
}

#[tokio::test]
async fn failures_are_as_the_openapi_document_says() {
    let server = Server::start().await;
    let document = document(&server).await;
    let unknown = Seed::error("never stored").id();
    let large = format!("{{\"assigned_to\": \"{}\"}}", "x".repeat(1 << 20));
    let assign = format!("/api/errors/{unknown}/assign");
    let assigning = ("PUT", "/api/errors/{id}/assign");
    let testing = ("POST", "/api/settings/integrations/{name}/test");
    let ask = |method: &str, path: &str| server.ask(method, path).key(ADMIN);
    seed_settings(&server).await;
    let (merging, unmerging) =
        (("POST", "/api/errors/merge"), ("POST", "/api/errors/{id}/unmerge"));
    let seeded = Seed::error("stored").store(&server.db).await;
    let unknown_merge = json!({"into": unknown, "ids": [seeded.id]});
    let own = format!("/api/errors/{}/unmerge", seeded.id);
    let own_fingerprint = json!({"fingerprints": [seeded.fingerprint.to_string()]});
    let nothing = format!("/api/settings/team/{unknown}");
    let accepting = ("POST", "/api/settings/team/accept");
    let accept = || server.post("/api/settings/team/accept");
    let no_token = json!({"token": "x", "name": "x"});
    let twice = json!({"email": "Ann@example.com", "role": "viewer"});
    let development = "SELECT id::text FROM api_keys WHERE development_only";
    let development = server.db.query_one(development, &[]).await.unwrap().get::<_, String>(0);
    let development = format!("/api/settings/api-keys/{development}");
    let nobody = json!({"url": "https://no-such-host.invalid/x"});
    ask("PUT", "/api/settings/integrations/webhook").json(&nobody).send().await.data();
    for (operation, request, status) in [
        (("GET", "/api/settings/audit"), ask("GET", "/api/settings/audit?limit=0"), 400),
        (("GET", "/api/settings/team"), server.get("/api/settings/team"), 401),
        (("PUT", "/api/settings/team/{id}"), ask("PUT", &nothing).body("{}"), 404),
        (("DELETE", "/api/settings/team/{id}"), ask("DELETE", &nothing), 404),
        (
            ("POST", "/api/settings/team/invite"),
            ask("POST", "/api/settings/team/invite").json(&twice),
            409,
        ),
        (("DELETE", "/api/settings/api-keys/{id}"), ask("DELETE", &development), 409),
        (
            ("GET", "/api/settings/api-keys"),
            ask("GET", "/api/settings/api-keys?project_id=99"),
            404,
        ),
        (("POST", "/api/login"), server.post("/api/login").body("{}"), 400),
        (("POST", "/api/login"), server.post("/api/login").json(&json!({"api_key": "x"})), 401),
        (accepting, accept().json(&json!({})), 400),
        (accepting, accept().json(&no_token), 404),
        (accepting, accept().body("x".repeat(5_000)), 413),
        (accepting, accept().header("content-type", "text/csv").body("a"), 415),
        (("POST", "/api/alerts/rules"), ask("POST", "/api/alerts/rules").body("{}"), 400),
        (("POST", "/api/alerts/incidents"), ask("POST", "/api/alerts/incidents").body("{}"), 400),
        (("GET", "/api/alerts/firings"), ask("GET", "/api/alerts/firings?rule_id=x"), 400),
        (("GET", "/api/alerts/deliveries"), ask("GET", "/api/alerts/deliveries?status=x"), 400),
        (("GET", "/api/errors"), ask("GET", "/api/errors?limit=0&level=x"), 400),
        (("GET", "/api/errors/{id}"), ask("GET", "/api/errors/x"), 400),
        (("PUT", "/api/projects/{id}"), ask("PUT", "/api/projects/x"), 400),
        (("GET", "/api/projects/{id}"), ask("GET", "/api/projects/99"), 404),
        (merging, ask("POST", "/api/errors/merge").body("{}"), 400),
        (merging, ask("POST", "/api/errors/merge").json(&unknown_merge), 404),
        (unmerging, ask("POST", &own).json(&own_fingerprint), 409),
        (
            ("POST", "/api/projects/{id}/grouping/preview"),
            ask("POST", "/api/projects/1/grouping/preview").body("{\"grouping_rules\": \"x\"}"),
            400,
        ),
        (assigning, ask("PUT", &assign).body("{"), 400),
        (("GET", "/api/stats"), server.get("/api/stats"), 401),
        (("GET", "/api/stats"), server.get("/api/stats").key(WRITER), 403),
        (("GET", "/api/projects"), server.get("/api/projects").key(READER), 403),
        (("GET", "/api/stats"), ask("GET", "/api/stats?project_id=99"), 404),
        (("GET", "/api/errors/{id}"), ask("GET", &format!("/api/errors/{unknown}")), 404),
        (("DELETE", "/api/projects/{id}"), ask("DELETE", "/api/projects/99"), 404),
        (("DELETE", "/api/projects/{id}"), ask("DELETE", "/api/projects/1"), 409),
        (testing, ask("POST", "/api/settings/integrations/pager/test"), 404),
        (testing, ask("POST", "/api/settings/integrations/slack/test"), 409),
        (testing, ask("POST", "/api/settings/integrations/webhook/test"), 502),
        (assigning, ask("PUT", &assign).body(large), 413),
        (assigning, ask("PUT", &assign).header("content-type", "text/csv").body("a"), 415),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{operation:?}: {}", answer.json());
        check_answer(&document, operation, &answer);
    }
    server.stop().await;
}

#[tokio::test]
async fn parameters_hold_to_the_openapi_document() {
    let server = Server::start().await;
    let document = document(&server).await;
    let seeded = Seed::error("it broke").store(&server.db).await;
    for (path, concrete) in [
        ("/api/errors", "/api/errors".to_owned()),
        ("/api/monitoring/metrics", "/api/monitoring/metrics".to_owned()),
        ("/api/errors/{id}/events", format!("/api/errors/{}/events", seeded.id)),
        ("/api/analytics/trends", "/api/analytics/trends".to_owned()),
        ("/api/alerts/rules", "/api/alerts/rules".to_owned()),
        ("/api/alerts/firings", "/api/alerts/firings".to_owned()),
        ("/api/alerts/deliveries", "/api/alerts/deliveries".to_owned()),
        ("/api/alerts/incidents", "/api/alerts/incidents".to_owned()),
        ("/api/settings/api-keys", "/api/settings/api-keys".to_owned()),
        ("/api/settings/audit", "/api/settings/audit".to_owned()),
    ] {
        let parameters = document.operation("GET", path)["parameters"].as_array().unwrap();
        for parameter in parameters.iter().map(|parameter| document.resolve(parameter)) {
            if parameter["in"] == "query" {
                check_parameter(&server, &document, &concrete, parameter).await;
            }
        }
    }
    server.stop().await;
}

/// Sends what the parameter just allows and what it just does not.
async fn check_parameter(server: &Server, document: &Document, path: &str, parameter: &Value) {
    let name = parameter["name"].as_str().unwrap();
    let (good, bad) = probes(document, document.resolve(&parameter["schema"]));
    assert!(!bad.is_empty(), "{name} has no bounds");
    for value in good {
        let answer = server.get(&format!("{path}?{name}={value}")).key(ADMIN).send().await;
        // A good project need not be there, nor a good event.
        let may_miss = ["project_id", "before"].contains(&name);
        let fine = answer.status == 200 || (may_miss && answer.status == 404);
        // Cursors are long, and not any text.
        assert!(fine || name == "cursor", "{name}={value}: {}", answer.json());
    }
    for value in bad {
        let answer = server.get(&format!("{path}?{name}={value}")).key(ADMIN).send().await;
        assert_eq!(answer.bad_fields(), [name], "{name}={value}");
    }
}

/// Values that a schema just allows, and values that it just does not.
fn probes(document: &Document, schema: &Value) -> (Vec<String>, Vec<String>) {
    let numbers = |values: [i64; 2]| values.map(|number| number.to_string()).to_vec();
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
        return (words, vec!["nonsense".to_owned()]);
    }
    match schema["type"].as_str().unwrap() {
        "integer" => {
            let [least, most] = ["minimum", "maximum"].map(|bound| schema[bound].as_i64().unwrap());
            (numbers([least, most]), numbers([least - 1, most + 1]))
        }
        "boolean" => (vec!["true".to_owned(), "false".to_owned()], vec!["yes".to_owned()]),
        "string" if schema["format"] == "date-time" => {
            (vec!["2025-08-29T12:00:00.000Z".to_owned()], vec!["noon".to_owned()])
        }
        "string" if schema["format"] == "uuid" => {
            (vec!["3fa85f64-5717-4562-b3fc-2c963f66afa6".to_owned()], vec!["nonsense".to_owned()])
        }
        "string" => {
            let most = usize::try_from(schema["maxLength"].as_i64().unwrap()).unwrap();
            (vec!["x".repeat(most)], vec!["x".repeat(most + 1)])
        }
        "array" => {
            let (good, bad) = probes(document, document.resolve(&schema["items"]));
            let most = usize::try_from(schema["maxItems"].as_i64().unwrap()).unwrap();
            let one = good[0].chars().take(20).collect::<String>();
            let several = |count| vec![one.as_str(); count].join(",");
            let good = [good, vec![several(most)]].concat();
            (good, [bad, vec![several(most + 1)]].concat())
        }
        unknown => panic!("parameters are no {unknown}"),
    }
}

#[tokio::test]
async fn examples_hold_to_their_schemas_in_the_openapi_document() {
    let server = Server::start().await;
    let document = document(&server).await;
    let mut checked = 0;
    let mut open = vec![&document.0];
    while let Some(value) = open.pop() {
        let alone = value.get("example");
        let named = value["examples"].as_object().into_iter().flat_map(|named| named.values());
        for example in alone.into_iter().chain(named.map(|example| &example["value"])) {
            assert_eq!(document.faults(&value["schema"], example), Vec::<String>::new());
            checked += 1;
        }
        match value {
            Value::Object(entries) => open.extend(entries.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(checked > 30, "{checked} examples");
    server.stop().await;
}
