//! Deliveries, to servers on loopback that take them, refuse them and misbehave.

use std::process::Stdio;
use std::sync::Arc;

use deploy::receivers::{Behaviour, HttpReceiver, Posted, SmtpOptions, SmtpReceiver};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use uuid::Uuid;

use super::scene::{PATIENCE, Row, SIGNING_SECRET, Scene};

fn answering(status: u16) -> Behaviour {
    Behaviour::Answer(status, String::new())
}

async fn receiver(behaviour: Behaviour) -> HttpReceiver {
    HttpReceiver::start(behaviour).await.unwrap()
}

async fn arrived(receiver: &HttpReceiver, posts: usize) -> Vec<Posted> {
    timeout(PATIENCE, receiver.arrived(posts)).await.unwrap().unwrap()
}

fn body(post: &Posted) -> Value {
    serde_json::from_slice(&post.body).unwrap()
}

/// The id of a delivery, which stands in the header and in the body.
fn id(post: &Posted) -> Uuid {
    let header = post.header("x-errata-delivery").unwrap();
    assert_eq!(body(post)["delivery_id"], header);
    header.parse().unwrap()
}

/// Whether a post is signed, as the README tells receivers to check it.
async fn is_signed(post: &Posted) -> bool {
    let readme = include_str!("../../../../README.md");
    let examples = readme.split("```python\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let mut examples = examples.map(|(example, _)| example);
    let example = examples.find(|example| example.contains("def verify(")).unwrap();
    let ask = "import sys\nprint(verify(sys.argv[1], sys.argv[2], sys.stdin.buffer.read()))";
    let mut command = Command::new("python3");
    command.args(["-c", &format!("{example}\n{ask}"), SIGNING_SECRET]);
    command.arg(post.header("x-errata-signature").unwrap());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut asked = command.spawn().unwrap();
    asked.stdin.take().unwrap().write_all(&post.body).await.unwrap();
    let answer = timeout(PATIENCE, asked.wait_with_output()).await.unwrap().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim() == "True"
}

#[tokio::test]
async fn every_channel_gets_what_there_is_to_tell() {
    let mut scene = Scene::new().await;
    let mail = SmtpReceiver::start(SmtpOptions::default()).await.unwrap();
    let (slack, webhook) = (receiver(answering(200)).await, receiver(answering(204)).await);
    let sms = receiver(answering(201)).await;
    let server = json!({"smtp_server": format!("127.0.0.1:{}", mail.port()),
        "from_email": "alerts@shop.example", "recipients": ["ann@shop.example"]});
    scene.set_up("email", server, &[]).await;
    scene.set_up("slack", json!({}), &[("webhook_url", &slack.url("/services/T0/B0/x"))]).await;
    scene.set_up_webhook(&webhook.url("/hook")).await;
    let numbers = json!({"from": "Errata", "to": ["+491234"]});
    scene.set_up("sms", numbers, &[("provider_url", &sms.url("/Messages.json"))]).await;
    scene.start();
    let told = scene.tell(&["email", "slack", "webhook", "sms"]).await;
    for channel in ["email", "slack", "webhook", "sms"] {
        assert_eq!(scene.finishes(told, channel).await, Row::delivered(1), "{channel}");
        assert_eq!(scene.integration(channel).await, ("connected".to_owned(), None), "{channel}");
    }

    let posted = webhook.posted();
    let post = &posted[0];
    assert_eq!(id(post), told);
    assert!(is_signed(post).await);
    let changed = Posted { body: b"{}".to_vec(), ..post.clone() };
    assert!(!is_signed(&changed).await);
    let sent = body(post);
    assert_eq!((&sent["type"], &sent["severity"]), (&json!("alert.fired"), &json!("high")));
    assert_eq!(sent["data"]["firing"]["value"], 120.0);
    assert_eq!(sent["link"], format!("https://errata.example/errors/{}", Uuid::from_u128(1)));

    // What users wrote is nobody's markup, and adds no header.
    let blocks = body(&slack.posted()[0])["blocks"].clone();
    let markup = blocks.as_array().unwrap().iter().filter(|block| block["type"] != "header");
    let markup: Vec<_> = markup.map(Value::to_string).collect();
    assert!(markup.iter().all(|block| !block.contains("<!channel>")), "{markup:?}");
    assert!(markup.iter().any(|block| block.contains("&lt;!channel&gt;")), "{markup:?}");
    let mails = mail.mails();
    assert!(!mails[0].text.contains("\r\nBcc:"), "{}", mails[0].text);
    // Long lines are folded.
    let unfolded = mails[0].text.replace("=\r\n", "");
    let (_, html) = unfolded.split_once("Content-Type: text/html").unwrap();
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
    assert!(mails[0].text.contains(&format!("Message-ID: <{told}@shop.example>")));
    assert!(String::from_utf8_lossy(&sms.posted()[0].body).contains("more+than+100"));
    scene.close().await;
}

#[tokio::test]
async fn what_fails_for_a_while_is_tried_again_under_the_same_id() {
    let mut scene = Scene::new().await;
    let turns = vec![answering(500), Behaviour::Close, answering(200)];
    let hook = receiver(Behaviour::InTurn(turns)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    scene.start();
    let told = scene.tell(&["webhook"]).await;
    let failed = scene.becomes(told, "webhook", |row| row.last_error.is_some()).await;
    assert_eq!((failed.status.as_str(), failed.finished), ("pending", false));
    assert_eq!(scene.finishes(told, "webhook").await, Row::delivered(3));
    let posted = hook.posted();
    assert_eq!(posted.iter().map(id).collect::<Vec<_>>(), [told; 3]);
    // Programs get the same each time, but for when it was sent.
    let said = |post| {
        let mut said = body(post);
        said["sent_at"] = Value::Null;
        said
    };
    assert!(posted.iter().all(|post| said(post) == said(&posted[0])));
    scene.close().await;
}

#[tokio::test]
async fn attempts_come_to_an_end() {
    let mut scene = Scene::new().await;
    let hook = receiver(answering(503)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    scene.start();
    let told = scene.tell(&["webhook"]).await;
    let error = "127.0.0.1 answered 503";
    assert_eq!(scene.finishes(told, "webhook").await, Row::failed(3, error));
    assert_eq!(hook.posted().len(), 3);
    let noted = ("error".to_owned(), Some(error.to_owned()));
    assert_eq!(scene.integration("webhook").await, noted);
    scene.close().await;
}

#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    let mut scene = Scene::new().await;
    scene.start();
    let elsewhere = receiver(answering(200)).await;
    for (behaviour, error) in [
        (answering(404), "127.0.0.1 answered 404"),
        (answering(410), "127.0.0.1 answered 410"),
        (
            Behaviour::Redirect(elsewhere.url("/")),
            "127.0.0.1 answered 302: it redirects, which is not followed; enter the final URL",
        ),
    ] {
        let hook = receiver(behaviour).await;
        scene.set_up_webhook(&hook.url("/")).await;
        let told = scene.tell(&["webhook"]).await;
        assert_eq!(scene.finishes(told, "webhook").await, Row::failed(1, error));
        assert_eq!(hook.posted().len(), 1);
    }
    assert_eq!(elsewhere.posted().len(), 0);
    scene.close().await;
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    let mut scene = Scene::with(&[("NOTIFY_ALLOW_PRIVATE", "off")]).await;
    let hook = receiver(answering(200)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    scene.start();
    let told = scene.tell(&["webhook"]).await;
    let failed = scene.finishes(told, "webhook").await;
    let error = failed.last_error.unwrap();
    assert!(error.contains("NOTIFY_ALLOW_PRIVATE=on"), "{error}");
    assert_eq!((failed.status.as_str(), failed.attempts), ("failed", 1));
    assert_eq!(hook.posted().len(), 0);
    scene.close().await;
}

#[tokio::test]
async fn a_channel_that_is_not_set_up_says_what_to_do() {
    let mut scene = Scene::new().await;
    scene.start();
    let told = scene.tell(&["slack"]).await;
    let error = "slack is not set up: set it up under the settings' integrations, or take it out of \
                 the rule";
    assert_eq!(scene.finishes(told, "slack").await, Row::failed(1, error));
    scene.close().await;
}

#[tokio::test]
async fn what_can_not_be_read_is_left_to_who_can() {
    let mut scene = Scene::new().await;
    let hook = receiver(answering(200)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    scene.start();
    let told =
        scene.tell_content(&json!({"news": {"kind": "of_a_later_version"}}), &["webhook"]).await;
    let waiting = scene.becomes(told, "webhook", |row| row.last_error.is_some()).await;
    let error = "this version of the worker can't read what it should tell";
    assert_eq!((waiting.status.as_str(), waiting.last_error.as_deref()), ("pending", Some(error)));
    assert_eq!(scene.finishes(told, "webhook").await, Row::failed(3, error));
    assert_eq!(hook.posted().len(), 0);
    scene.close().await;
}

#[tokio::test]
async fn a_channel_that_hangs_holds_up_no_other() {
    let mut scene = Scene::new().await;
    let permits = Arc::new(Semaphore::new(0));
    let (hanging, slack) =
        (receiver(Behaviour::Await(Arc::clone(&permits))).await, receiver(answering(200)).await);
    scene.set_up_webhook(&hanging.url("/")).await;
    scene.set_up("slack", json!({}), &[("webhook_url", &slack.url("/x"))]).await;
    scene.start();
    let mut told = Vec::new();
    for _ in 0..6 {
        told.push(scene.tell(&["webhook"]).await);
    }
    arrived(&hanging, 4).await;
    // While they hang, what comes after them goes out.
    let other = scene.tell(&["slack"]).await;
    assert_eq!(scene.finishes(other, "slack").await, Row::delivered(1));
    assert_eq!(hanging.posted().len(), 4);
    permits.add_permits(6);
    for told in told {
        assert_eq!(scene.finishes(told, "webhook").await, Row::delivered(1));
    }
    scene.close().await;
}

#[tokio::test]
async fn what_a_dead_process_had_claimed_is_taken_over() {
    let mut scene = Scene::new().await;
    let hook = receiver(answering(200)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    let (left, claimed) = (scene.tell(&["webhook"]).await, scene.tell(&["webhook"]).await);
    for (id, ago) in [(left, 1), (claimed, -3_600)] {
        scene
            .place
            .execute(&format!(
                "UPDATE deliveries SET attempts = 1, next_attempt_at = now() - interval '{ago} seconds'
                 WHERE delivery_id = '{id}'"
            ))
            .await;
    }
    scene.start();
    assert_eq!(scene.finishes(left, "webhook").await, Row::delivered(2));
    assert_eq!(hook.posted().iter().map(id).collect::<Vec<_>>(), [left]);
    // What a living process has claimed stays with it.
    let row = scene.row(claimed, "webhook").await;
    assert_eq!((row.status.as_str(), row.attempts), ("pending", 1));
    scene.close().await;
}

#[tokio::test]
async fn an_attempt_that_never_ends_does_not_come_back_for_ever() {
    let mut scene = Scene::new().await;
    let hook = receiver(answering(200)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    let told = scene.tell(&["webhook"]).await;
    scene.place.execute("UPDATE deliveries SET attempts = 8").await;
    scene.start();
    let error = "given up: 9 attempts were begun, and the last ones never ended";
    assert_eq!(scene.finishes(told, "webhook").await, Row::failed(9, error));
    assert_eq!(hook.posted().len(), 0);
    scene.close().await;
}

#[tokio::test]
async fn several_workers_send_each_once() {
    let mut scene = Scene::new().await;
    let hook = receiver(answering(200)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    scene.start();
    scene.start();
    scene.start();
    let mut told = Vec::new();
    for _ in 0..20 {
        told.push(scene.tell(&["webhook"]).await);
    }
    for id in &told {
        assert_eq!(scene.finishes(*id, "webhook").await, Row::delivered(1));
    }
    let mut posted: Vec<_> = hook.posted().iter().map(id).collect();
    posted.sort_unstable();
    assert_eq!(posted, told);
    scene.close().await;
}

#[tokio::test]
async fn what_is_on_its_way_at_the_end_is_finished() {
    let mut scene = Scene::new().await;
    let permits = Arc::new(Semaphore::new(0));
    let hook = receiver(Behaviour::Await(Arc::clone(&permits))).await;
    scene.set_up_webhook(&hook.url("/")).await;
    scene.start();
    let told = scene.tell(&["webhook"]).await;
    arrived(&hook, 1).await;
    scene.shut_down();
    permits.add_permits(1);
    scene.ended().await;
    assert_eq!(scene.row(told, "webhook").await, Row::delivered(1));
    scene.close().await;
}

#[tokio::test]
async fn an_outbox_that_can_not_be_read_is_read_again() {
    let mut scene = Scene::new().await;
    let hook = receiver(answering(200)).await;
    scene.set_up_webhook(&hook.url("/")).await;
    let told = scene.tell(&["webhook"]).await;
    let sql = "UPDATE deliveries SET next_attempt_at = 'infinity'";
    scene.place.execute(sql).await;
    scene.start();
    scene.place.execute("ALTER TABLE deliveries RENAME TO gone").await;
    // A statement has failed when a second one of the same kind has been run.
    let failed =
        "SELECT xact_rollback > 1 FROM pg_stat_database WHERE datname = current_database()";
    let failing = async {
        while !scene.place.value::<bool>(failed).await {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, failing).await.unwrap();
    let back = "ALTER TABLE gone RENAME TO deliveries;
                UPDATE deliveries SET next_attempt_at = now();";
    scene.place.execute(back).await;
    assert_eq!(scene.finishes(told, "webhook").await, Row::delivered(1));
    scene.close().await;
}

#[tokio::test]
async fn mail_without_recipients_goes_to_members_and_tells_who_did_not_get_it() {
    let mut scene = Scene::new().await;
    let refused = [("bob@shop.example".to_owned(), "550 5.1.1 nobody here".to_owned())].into();
    let options = SmtpOptions { refused, ..SmtpOptions::default() };
    let mail = SmtpReceiver::start(options).await.unwrap();
    let server = json!({"smtp_server": format!("127.0.0.1:{}", mail.port()),
        "from_email": "alerts@shop.example"});
    scene.set_up("email", server, &[]).await;
    scene.start();
    let told = scene.tell(&["email"]).await;
    assert_eq!(scene.finishes(told, "email").await, Row::failed(1, "no recipients are known"));

    scene
        .place
        .execute(
            "INSERT INTO team_members (email, name, role) VALUES
               ('ann@shop.example', 'Ann', 'owner'), ('bob@shop.example', 'Bob', 'developer'),
               ('eve@shop.example', 'Eve', 'viewer')",
        )
        .await;
    let told = scene.tell(&["email"]).await;
    let row = scene.finishes(told, "email").await;
    let note = "refused for bob@shop.example: 550 5.1.1 nobody here";
    assert_eq!((row.status.as_str(), row.last_error.as_deref()), ("delivered", Some(note)));
    assert_eq!(mail.mails()[0].to, ["ann@shop.example"]);
    scene.close().await;
}
