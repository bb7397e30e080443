//! Slack, webhooks and text messages.

use std::time::Duration;

use deploy::receivers::{Behaviour, HttpReceiver, Posted};
use serde_json::Value;
use shared::channels::{Channel, Receipt, SendError, Slack, Sms, Webhook};
use shared::config::Secret;

use crate::authority::server_of_authority;
use crate::{delivery, nearby, send, sender};

const SIGNING_SECRET: &str = "what-only-both-sides-know";

fn answering(status: u16, body: &str) -> Behaviour {
    Behaviour::Answer(status, body.to_owned())
}

fn webhook(url: &str) -> Channel {
    let secret = Some(Secret::new(SIGNING_SECRET));
    Channel::Webhook(Webhook { url: Secret::new(url), secret })
}

/// What a post to a server that behaves this way comes to.
async fn outcome(behaviour: Behaviour) -> (Result<Receipt, SendError>, Vec<Posted>) {
    let receiver = HttpReceiver::start(behaviour).await.unwrap();
    let outcome = send(&nearby(), &webhook(&receiver.url("/hook/token?k=v"))).await;
    (outcome, receiver.posted())
}

#[tokio::test]
async fn a_webhook_gets_a_signed_object() {
    let (outcome, posted) = outcome(answering(204, "")).await;
    assert_eq!(outcome.unwrap(), Receipt::default());
    let [post] = posted.as_slice() else { panic!("{posted:?}") };
    assert_eq!(post.line, "POST /hook/token?k=v HTTP/1.1");
    assert_eq!(post.header("content-type"), Some("application/json"));
    assert_eq!(post.header("x-errata-delivery"), Some("00000000-0000-0000-0000-000000000007"));
    let sent: Value = serde_json::from_slice(&post.body).unwrap();
    assert_eq!((&sent["title"], &sent["severity"]), (&"It broke".into(), &"high".into()));
    assert_eq!(sent["fields"]["Project"], "Shop & Co");
    assert_eq!(sent["delivery_id"], "00000000-0000-0000-0000-000000000007");

    // As a receiver checks it: the time, a dot and the body as it came.
    let signature = post.header("x-errata-signature").unwrap();
    let (time, mac) = signature.split_once(",v1=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    let age = shared::time::now().timestamp() - time.parse::<i64>().unwrap();
    assert!((0..60).contains(&age), "{signature}");
    let signed = [time.as_bytes(), b".", &post.body].concat();
    assert_eq!(mac, hmac_sha256(SIGNING_SECRET.as_bytes(), &signed));
}

/// RFC 2104 by its definition, so that the check shares no code with what it checks.
fn hmac_sha256(key: &[u8], text: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text);
    let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c));
    hex::encode(outer.chain_update(inner.finalize()).finalize())
}

#[tokio::test]
async fn failures_are_told_by_their_status_and_quote_nothing() {
    for (status, transient) in [(400, false), (404, false), (429, true), (500, true), (503, true)] {
        let (outcome, posted) = outcome(answering(status, "no such hook: /hook/token")).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.sentence(), format!("127.0.0.1 answered {status}"));
        assert_eq!(error.is_transient(), transient, "{status}");
        assert_eq!(posted.len(), 1, "it is tried once");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = HttpReceiver::start(answering(200, "")).await.unwrap();
    let (outcome, posted) = outcome(Behaviour::Redirect(elsewhere.url("/"))).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, SendError::Redirected { status: 302, .. }), "{error:?}");
    assert!(!error.is_transient());
    assert_eq!((posted.len(), elsewhere.posted().len()), (1, 0));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let receiver = HttpReceiver::start(Behaviour::Hang).await.unwrap();
    let (sender, channel) = (nearby(), webhook(&receiver.url("/")));
    let outcome = sender.send_within(Duration::from_secs(1), &channel, &delivery()).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, SendError::Timeout { .. }) && error.is_transient(), "{error:?}");
    assert_eq!(receiver.posted().len(), 1);
}

#[tokio::test]
async fn a_server_that_closes_the_connection_may_be_tried_again() {
    let (outcome, _) = outcome(Behaviour::Close).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, SendError::Exchange { .. }) && error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn the_status_counts_whatever_the_body_does() {
    for behaviour in [Behaviour::Endless, Behaviour::HangAfterHead] {
        let (outcome, _) = outcome(behaviour.clone()).await;
        assert!(outcome.is_ok(), "{behaviour:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn slack_gets_blocks_and_its_word_is_told() {
    let slack = |receiver: &HttpReceiver| {
        let webhook_url = Secret::new(receiver.url("/services/T/B/x"));
        Channel::Slack(Slack { webhook_url, channel: Some("#alerts".to_owned()) })
    };
    let receiver = HttpReceiver::start(answering(200, "ok")).await.unwrap();
    assert_eq!(send(&nearby(), &slack(&receiver)).await.unwrap(), Receipt::default());
    let sent: Value = serde_json::from_slice(&receiver.posted()[0].body).unwrap();
    assert_eq!((&sent["text"], &sent["channel"]), (&"[high] It broke".into(), &"#alerts".into()));
    assert_eq!(sent["blocks"].as_array().unwrap().len(), 4);

    let receiver = HttpReceiver::start(answering(404, "no_service")).await.unwrap();
    let error = send(&nearby(), &slack(&receiver)).await.unwrap_err();
    assert_eq!(error.sentence(), "127.0.0.1 answered 404: no_service");
}

#[tokio::test]
async fn every_number_gets_a_text_message() {
    let receiver = HttpReceiver::start(answering(201, "{}")).await.unwrap();
    let url = receiver.url("/Messages.json").replace("http://", "http://AC1:to%2Fken@");
    let sms = Sms {
        provider_url: Secret::new(url),
        from: "+15550100".to_owned(),
        to: vec!["+15550101".to_owned(), "+15550102".to_owned()],
        username: None,
        password: None,
    };
    assert_eq!(send(&nearby(), &Channel::Sms(sms.clone())).await.unwrap(), Receipt::default());
    let posted = receiver.posted();
    let mut bodies: Vec<String> =
        posted.iter().map(|post| String::from_utf8(post.body.clone()).unwrap()).collect();
    bodies.sort_unstable();
    assert!(bodies[0].starts_with("From=%2B15550100&To=%2B15550101&Body=%5Bhigh%5D+It+broke%0A"));
    assert!(bodies[1].contains("To=%2B15550102&"), "{bodies:?}");
    // `AC1:to/ken`, by the URL.
    assert_eq!(posted[0].header("authorization"), Some("Basic QUMxOnRvL2tlbg=="));

    let own = Sms { username: Some("u".to_owned()), password: Some(Secret::new("p")), ..sms };
    assert_eq!(send(&nearby(), &Channel::Sms(own)).await.unwrap(), Receipt::default());
    assert_eq!(receiver.posted()[2].header("authorization"), Some("Basic dTpw"));
}

#[tokio::test]
async fn one_number_that_fails_is_told_and_the_others_are_tried() {
    let body = r#"{"code": 21211, "message": "Invalid 'To' Phone Number"}"#;
    let receiver = HttpReceiver::start(answering(400, body)).await.unwrap();
    let sms = Channel::Sms(Sms {
        provider_url: Secret::new(receiver.url("/")),
        from: "Errata".to_owned(),
        to: vec!["+15550101".to_owned(), "+15550102".to_owned()],
        username: None,
        password: None,
    });
    let error = send(&nearby(), &sms).await.unwrap_err();
    assert_eq!(error.sentence(), "127.0.0.1 answered 400: code 21211 of the provider");
    assert_eq!(receiver.posted().len(), 2);
}

#[tokio::test]
async fn tls_is_verified_against_the_authority_that_is_named() {
    let (ca_file, acceptor) = server_of_authority("localhost");
    let receiver = HttpReceiver::start_with(answering(200, ""), Some(acceptor)).await.unwrap();
    let by_name = receiver.url("/x").replace("127.0.0.1", "localhost");
    let trusting = sender(true, Some(ca_file.path()));
    assert_eq!(send(&trusting, &webhook(&by_name)).await.unwrap(), Receipt::default());

    // The wrong name, and an authority that nobody named.
    for (sender, url) in [(&trusting, receiver.url("/x")), (&nearby(), by_name)] {
        let error = send(sender, &webhook(&url)).await.unwrap_err();
        assert!(matches!(error, SendError::Tls { .. }), "{error:?}");
        assert!(!error.is_transient());
    }
    assert_eq!(receiver.posted().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_to_private_addresses() {
    let receiver = HttpReceiver::start(answering(200, "")).await.unwrap();
    let port = receiver.port();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::1]",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00::1]",
    ];
    for host in hosts {
        let url = format!("http://{host}:{port}/secret-path");
        let error = send(&sender(false, None), &webhook(&url)).await.unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{host}: {error:?}");
        assert!(!error.sentence().contains("secret-path") && !error.is_transient());
    }
    assert_eq!(receiver.posted().len(), 0);
}

#[tokio::test]
async fn names_that_nobody_has_are_told() {
    let error = send(&nearby(), &webhook("https://no-such-host.invalid/x")).await.unwrap_err();
    assert!(matches!(error, SendError::Unresolved { .. }), "{error:?}");
    assert!(error.sentence().contains("no-such-host.invalid"));
}
