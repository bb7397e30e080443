//! Integrations: set up, shown without their secrets, and tried against servers on loopback.

use deploy::receivers::{Behaviour, HttpReceiver, SmtpOptions, SmtpReceiver};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{ADMIN, ALL_1, Answer, PATIENCE, READER, Server};

const PATH: &str = "/api/settings/integrations";

/// A server that may send to loopback.
async fn start() -> Server {
    Server::start_with(&[("NOTIFY_ALLOW_PRIVATE", "on")]).await
}

async fn receiver(status: u16, body: &str) -> HttpReceiver {
    HttpReceiver::start(Behaviour::Answer(status, body.to_owned())).await.unwrap()
}

async fn put(server: &Server, name: &str, body: Value) -> Answer {
    server.put(&format!("{PATH}/{name}")).key(ADMIN).json(&body).send().await
}

async fn test(server: &Server, name: &str, body: Value) -> Answer {
    server.post(&format!("{PATH}/{name}/test")).key(ADMIN).json(&body).send().await
}

async fn shown(server: &Server, name: &str) -> Value {
    let list = server.get(PATH).key(ADMIN).send().await.data();
    let all = list["integrations"].as_array().unwrap().iter();
    all.clone().find(|integration| integration["name"] == name).unwrap().clone()
}

/// Everything that Postgres holds of integrations and of who changed them.
async fn dump(server: &Server) -> String {
    let sql = "SELECT coalesce(string_agg(row::text, ' '), '') FROM (
        SELECT to_jsonb(i) FROM integrations i UNION ALL SELECT to_jsonb(a) FROM audit_entries a
    ) AS rows (row)";
    server.db.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn all_four_are_listed_before_anything_is_set_up() {
    let server = start().await;
    let list = server.get(PATH).key(ADMIN).send().await.data();
    let all = list["integrations"].as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["slack", "email", "webhook", "sms"]);
    for integration in all {
        assert_eq!(integration["status"], "not_configured");
        assert!(integration["last_test"].is_null() && integration["last_error"].is_null());
        let config = integration["config"].as_object().unwrap();
        assert!(!config.is_empty() && config.values().all(Value::is_null), "{config:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn slack_is_set_up_tried_and_removed() {
    let server = start().await;
    let receiver = receiver(200, "ok").await;
    let url = receiver.url("/services/T000/B000/very-secret");
    let saved =
        put(&server, "slack", json!({"webhook_url": url, "channel": "#alerts"})).await.data();
    let masked = format!("http://127.0.0.1:{}/...", receiver.port());
    assert_eq!(saved["config"], json!({"webhook_url": masked, "channel": "#alerts"}));
    assert_eq!((&saved["status"], &saved["last_test"]), (&json!("configured"), &Value::Null));

    let tried = test(&server, "slack", json!({})).await.data();
    assert_eq!(tried["status"], "connected");
    assert!(tried["last_test"].is_string());
    assert_eq!(shown(&server, "slack").await, tried);
    let posted = receiver.posted();
    assert_eq!(posted[0].line, "POST /services/T000/B000/very-secret HTTP/1.1");

    // What is shown can be sent back, and changes what it says and nothing else.
    let body = json!({"webhook_url": masked, "channel": "#other"});
    assert_eq!(put(&server, "slack", body).await.data()["config"]["channel"], "#other");
    assert_eq!(test(&server, "slack", json!({})).await.status, 200);
    let all = dump(&server).await;
    assert!(!all.contains("very-secret") && all.contains("#other"), "{all}");

    let removed = server.delete(&format!("{PATH}/slack")).key(ADMIN).send().await;
    assert_eq!((removed.status, removed.bytes.len()), (204, 0));
    let left = shown(&server, "slack").await;
    assert_eq!((&left["status"], &left["last_test"]), (&json!("not_configured"), &Value::Null));
    test(&server, "slack", json!({})).await.fails(409, "CONFLICT_ERROR");
    server.stop().await;
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_without_its_secret() {
    let server = start().await;
    let body = json!({"url": "http://127.0.0.1:1/hidden-path", "secret": "hidden-secret"});
    put(&server, "webhook", body.clone()).await.data();
    // The same again, and a test, change nothing.
    put(&server, "webhook", body).await.data();
    test(&server, "webhook", json!({})).await.fails(502, "EXTERNAL_SERVICE_ERROR");
    put(&server, "webhook", json!({"url": "ftp://x"})).await.fails(400, "VALIDATION_ERROR");
    server.delete(&format!("{PATH}/webhook")).key(ADMIN).send().await;
    let sql = "SELECT action, target_id, changes FROM audit_entries ORDER BY id";
    let rows = server.db.query(sql, &[]).await.unwrap();
    let entries: Vec<(String, String, Value)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let both = json!({"url": {"hidden": true}, "secret": {"hidden": true}});
    let entry = |action: &str| (action.to_owned(), "webhook".to_owned(), both.clone());
    assert_eq!(entries, [entry("integration.updated"), entry("integration.deleted")]);
    let all = dump(&server).await;
    assert!(!all.contains("hidden-path") && !all.contains("hidden-secret"), "{all}");
    server.stop().await;
}

#[tokio::test]
async fn a_test_that_fails_says_why_until_the_settings_change() {
    let server = start().await;
    let receiver = receiver(404, "no_service").await;
    put(&server, "slack", json!({"webhook_url": receiver.url("/services/secret")})).await.data();
    let answer = test(&server, "slack", json!({})).await;
    answer.fails(502, "EXTERNAL_SERVICE_ERROR");
    let details = answer.json()["details"].clone();
    assert_eq!(details["service"], "slack");
    assert_eq!(details["reason"], "127.0.0.1 answered 404: no_service");
    let slack = shown(&server, "slack").await;
    assert_eq!((&slack["status"], &slack["last_error"]), (&json!("error"), &details["reason"]));
    assert!(slack["last_test"].is_string());

    let changed = put(&server, "slack", json!({"channel": "#a"})).await.data();
    assert_eq!((&changed["status"], &changed["last_error"]), (&json!("configured"), &Value::Null));
    server.stop().await;
}

#[tokio::test]
async fn bad_settings_are_named_all_at_once() {
    let server = Server::start().await;
    let body = json!({"smtp_server": "a b", "from_email": "x", "recipients": [1], "password": 5});
    let answer = put(&server, "email", body).await;
    assert_eq!(answer.bad_fields(), ["from_email", "password", "recipients", "smtp_server"]);
    assert_eq!(put(&server, "slack", json!({"channel": "#a"})).await.bad_fields(), ["webhook_url"]);
    let answer = put(&server, "webhook", json!({"url": "http://127.0.0.1/x", "secret": "s"})).await;
    assert_eq!(answer.bad_fields(), ["url"]);
    assert_eq!(shown(&server, "webhook").await["status"], "not_configured");
    for path in ["pager", "SLACK", "slack%20"] {
        put(&server, path, json!({})).await.fails(404, "NOT_FOUND");
        test(&server, path, json!({})).await.fails(404, "NOT_FOUND");
    }
    for key in [READER, ALL_1] {
        server.get(PATH).key(key).send().await.fails(403, "AUTHORIZATION_ERROR");
    }
    server.stop().await;
}

#[tokio::test]
async fn private_targets_are_refused_however_they_are_written() {
    let server = Server::start().await;
    let receiver = SmtpReceiver::start(SmtpOptions::default()).await.unwrap();
    let smtp_server = format!("127.1:{}", receiver.port());
    let body = json!({"smtp_server": smtp_server, "from_email": "a@b.example"});
    put(&server, "email", body).await.data();
    let answer = test(&server, "email", json!({"to": "ann@shop.example"})).await;
    answer.fails(502, "EXTERNAL_SERVICE_ERROR");
    let reason = answer.json()["details"]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("NOTIFY_ALLOW_PRIVATE"), "{reason}");
    assert_eq!(receiver.mails().len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_test_mail_goes_to_whom_it_is_told_else_to_the_members() {
    let server = start().await;
    let receiver = SmtpReceiver::start(SmtpOptions::default()).await.unwrap();
    let smtp_server = format!("127.0.0.1:{}", receiver.port());
    let body = json!({"smtp_server": smtp_server, "from_email": "alerts@shop.example"});
    put(&server, "email", body).await.data();
    assert_eq!(test(&server, "email", json!({})).await.bad_fields(), ["to"]);
    assert_eq!(test(&server, "email", json!({"to": "nobody"})).await.bad_fields(), ["to"]);

    let told = json!({"to": ["eve@shop.example"]});
    assert_eq!(test(&server, "email", told).await.data()["status"], "connected");
    let sql = "INSERT INTO team_members (email, name, role, invite_hash, invite_expires_at) VALUES
        ('ann@shop.example', 'Ann', 'owner', NULL, NULL),
        ('vic@shop.example', 'Vic', 'viewer', NULL, NULL),
        ('ivo@shop.example', 'Ivo', 'admin', sha256('x'), now())";
    server.db.batch_execute(sql).await.unwrap();
    test(&server, "email", json!({"to": null})).await.data();
    put(&server, "email", json!({"recipients": ["ops@shop.example"]})).await.data();
    test(&server, "email", json!({})).await.data();
    let to: Vec<Vec<String>> = receiver.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, [["eve@shop.example"], ["ann@shop.example"], ["ops@shop.example"]]);
    server.stop().await;
}

#[tokio::test]
async fn secrets_of_another_key_are_an_error_and_no_failure() {
    let server = start().await;
    let receiver = receiver(200, "ok").await;
    let url = receiver.url("/x");
    put(&server, "slack", json!({"webhook_url": url})).await.data();
    // As if it had been written under another key: the same form, other bytes.
    let sql = "UPDATE integrations SET secrets = jsonb_build_object('webhook_url',
        encode('\\x01'::bytea || sha256('a') || sha256('b'), 'base64')) WHERE name = 'slack'";
    server.db.batch_execute(sql).await.unwrap();
    let slack = shown(&server, "slack").await;
    assert_eq!(
        (&slack["status"], &slack["config"]["webhook_url"]),
        (&json!("error"), &json!("********"))
    );
    assert!(slack["last_error"].as_str().unwrap().contains("SECRET_KEY"), "{slack}");
    test(&server, "slack", json!({})).await.fails(409, "CONFLICT_ERROR");

    put(&server, "slack", json!({"webhook_url": url})).await.data();
    assert_eq!(test(&server, "slack", json!({})).await.data()["status"], "connected");
    server.stop().await;
}

#[tokio::test]
async fn tests_that_hang_hold_no_connection_and_change_no_newer_settings() {
    let settings = [("NOTIFY_ALLOW_PRIVATE", "on"), ("DATABASE_POOL_SIZE", "2")];
    let server = Server::start_with(&settings).await;
    let hanging = HttpReceiver::start(Behaviour::Hang).await.unwrap();
    put(&server, "webhook", json!({"url": hanging.url("/x")})).await.data();
    let tests = join_all((0..4).map(|_| test(&server, "webhook", json!({}))));
    let meanwhile = async {
        let under_way = async {
            while hanging.posted().len() < 4 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, under_way).await.unwrap();
        test(&server, "webhook", json!({})).await.fails(503, "SERVICE_UNAVAILABLE");
        put(&server, "webhook", json!({"secret": "new"})).await.data()
    };
    let (answers, changed) = tokio::join!(tests, meanwhile);
    for answer in answers {
        answer.fails(502, "EXTERNAL_SERVICE_ERROR");
    }
    assert_eq!(shown(&server, "webhook").await, changed);
    assert_eq!(changed["status"], "configured");
    server.stop().await;
}

#[tokio::test]
async fn who_is_invited_gets_a_mail_with_the_address_of_the_answer() {
    let server = start().await;
    let receiver = SmtpReceiver::start(SmtpOptions::default()).await.unwrap();
    let smtp_server = format!("127.0.0.1:{}", receiver.port());
    let body = json!({"smtp_server": smtp_server, "from_email": "alerts@shop.example"});
    put(&server, "email", body).await.data();
    let invitee = json!({"email": "ann@shop.example", "role": "viewer"});
    let invited = server.post("/api/settings/team/invite").key(ADMIN).json(&invitee).send().await;
    let url = invited.data()["invite_url"].as_str().unwrap().to_owned();
    // The state of the integration is noted after the mail has gone.
    let connected = |answer: &Answer| answer.data()["integrations"][1]["status"] == "connected";
    server.until("/api/settings/integrations", connected).await;
    let mails = receiver.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.to, ["ann@shop.example"]);
    let text = mail.text.replace("=\r\n", "").replace("=3D", "=");
    assert!(text.contains(&url), "{text}");
    server.stop().await;
}
