//! Mail.

use deploy::receivers::{SmtpOptions, SmtpReceiver};
use shared::channels::{Channel, Email, Receipt, SendError, SmtpStage};
use shared::config::Secret;

use crate::authority::server_of_authority;
use crate::{nearby, send, sender};

const PASSWORD: &str = "pass word=7";

fn email(server: &str) -> Email {
    Email {
        smtp_server: server.to_owned(),
        from_email: "alerts@shop.example".to_owned(),
        recipients: vec!["ann@shop.example".to_owned(), "bob@shop.example".to_owned()],
        username: None,
        password: None,
    }
}

fn with_login(server: &str, password: &str) -> Channel {
    let password = Some(Secret::new(password));
    Channel::Email(Email { username: Some("ann".to_owned()), password, ..email(server) })
}

fn login() -> Option<(String, String)> {
    Some(("ann".to_owned(), PASSWORD.to_owned()))
}

#[tokio::test]
async fn a_mail_arrives_in_both_forms() {
    let receiver = SmtpReceiver::start(SmtpOptions::default()).await.unwrap();
    let channel = Channel::Email(email(&format!("127.0.0.1:{}", receiver.port())));
    assert_eq!(send(&nearby(), &channel).await.unwrap(), Receipt::default());
    let mails = receiver.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.from, "alerts@shop.example");
    assert_eq!(mail.to, ["ann@shop.example", "bob@shop.example"]);
    assert!(mail.text.contains("Subject: [high] It broke\r\n"), "{}", mail.text);
    // Lines of dots come through as they were.
    assert!(mail.text.contains("Twice, and then <once> more.\r\n.\r\n..dots\r\n"), "{}", mail.text);
    assert!(mail.text.contains("<td>Shop &amp; Co</td>"));
    assert!(!mail.encrypted);
}

#[tokio::test]
async fn encryption_is_used_when_it_is_offered_and_login_comes_after() {
    let (ca_file, acceptor) = server_of_authority("localhost");
    let options = SmtpOptions { tls: Some(acceptor), login: login(), ..SmtpOptions::default() };
    let receiver = SmtpReceiver::start(options).await.unwrap();
    let server = format!("smtp://localhost:{}", receiver.port());
    let trusting = sender(true, Some(ca_file.path()));
    assert_eq!(send(&trusting, &with_login(&server, PASSWORD)).await.unwrap(), Receipt::default());
    let mail = receiver.mails().remove(0);
    assert!(mail.encrypted && mail.user.as_deref() == Some("ann"), "{mail:?}");

    // A server that can't show who it is gets nothing.
    let error = send(&nearby(), &with_login(&server, PASSWORD)).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { .. }) && !error.is_transient(), "{error:?}");
    assert_eq!(receiver.mails().len(), 1);
}

#[tokio::test]
async fn encryption_from_the_first_byte() {
    let (ca_file, acceptor) = server_of_authority("localhost");
    let options = SmtpOptions { tls: Some(acceptor), implicit_tls: true, ..SmtpOptions::default() };
    let receiver = SmtpReceiver::start(options).await.unwrap();
    let server = format!("smtps://localhost:{}", receiver.port());
    let trusting = sender(true, Some(ca_file.path()));
    assert_eq!(send(&trusting, &Channel::Email(email(&server))).await.unwrap(), Receipt::default());
    assert!(receiver.mails()[0].encrypted);
}

#[tokio::test]
async fn a_refused_password_is_told_and_not_shown() {
    let options = SmtpOptions { login: login(), ..SmtpOptions::default() };
    let receiver = SmtpReceiver::start(options).await.unwrap();
    let server = format!("127.0.0.1:{}", receiver.port());
    let error = send(&nearby(), &with_login(&server, "wrong password")).await.unwrap_err();
    let expected = SmtpStage::Login;
    assert!(matches!(error, SendError::Smtp { stage, .. } if stage == expected), "{error:?}");
    // The server has repeated it.
    assert!(!error.sentence().contains("wrong"), "{}", error.sentence());
    assert!(error.sentence().ends_with(": 535") && !error.is_transient(), "{}", error.sentence());
}

#[tokio::test]
async fn what_the_server_says_to_a_recipient_is_told() {
    for (refusal, transient) in [("550 5.1.1 nobody here", false), ("451 4.3.0 later", true)] {
        let options = SmtpOptions { refusal: Some(refusal.to_owned()), ..SmtpOptions::default() };
        let receiver = SmtpReceiver::start(options).await.unwrap();
        let channel = Channel::Email(email(&format!("127.0.0.1:{}", receiver.port())));
        let error = send(&nearby(), &channel).await.unwrap_err();
        assert_eq!(error.is_transient(), transient, "{error:?}");
        let sentence = error.sentence();
        assert_eq!(sentence, format!("the mail server 127.0.0.1 refused the mail: {refusal}"));
        assert_eq!(receiver.mails().len(), 0);
    }
}

#[tokio::test]
async fn a_refused_recipient_keeps_nobody_from_the_mail() {
    let refused = [("bob@shop.example".to_owned(), "550 5.1.1 nobody here".to_owned())].into();
    let options = SmtpOptions { refused, ..SmtpOptions::default() };
    let receiver = SmtpReceiver::start(options).await.unwrap();
    let channel = Channel::Email(email(&format!("127.0.0.1:{}", receiver.port())));
    let receipt = send(&nearby(), &channel).await.unwrap();
    let note = receipt.note().unwrap();
    assert_eq!(note, "refused for bob@shop.example: 550 5.1.1 nobody here");
    assert_eq!(receiver.mails()[0].to, ["ann@shop.example"]);
}

#[tokio::test]
async fn when_all_are_refused_another_attempt_is_made_if_it_may_help_one_of_them() {
    let refused =
        [("ann@shop.example", "550 5.1.1 never"), ("bob@shop.example", "450 4.2.1 later")];
    let refused = refused.map(|(to, words)| (to.to_owned(), words.to_owned())).into();
    let options = SmtpOptions { refused, ..SmtpOptions::default() };
    let receiver = SmtpReceiver::start(options).await.unwrap();
    let channel = Channel::Email(email(&format!("127.0.0.1:{}", receiver.port())));
    let error = send(&nearby(), &channel).await.unwrap_err();
    assert!(error.is_transient() && error.sentence().ends_with("450 4.2.1 later"), "{error:?}");
    assert_eq!(receiver.mails().len(), 0);
}

#[tokio::test]
async fn a_server_that_talks_without_end_is_given_up() {
    let options = SmtpOptions { endless: true, ..SmtpOptions::default() };
    let receiver = SmtpReceiver::start(options).await.unwrap();
    let channel = Channel::Email(email(&format!("127.0.0.1:{}", receiver.port())));
    let error = send(&nearby(), &channel).await.unwrap_err();
    assert!(error.sentence().contains("talks without end"), "{}", error.sentence());
}

#[tokio::test]
async fn no_mail_goes_to_private_addresses() {
    let receiver = SmtpReceiver::start(SmtpOptions::default()).await.unwrap();
    for host in ["127.0.0.1", "localhost", "[::1]", "127.1"] {
        let channel = Channel::Email(email(&format!("{host}:{}", receiver.port())));
        let error = send(&sender(false, None), &channel).await.unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{host}: {error:?}");
    }
    assert_eq!(receiver.mails().len(), 0);
}
