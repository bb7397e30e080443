//! Mail to a server of somebody else's making, a Python package.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use shared::channels::{Channel, Email};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::{nearby, send};

/// Python takes some time to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The interpreter that `make test` has given the package to, beside the built tests.
fn python() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let tools = program.ancestors().nth(3).unwrap().join("mail-tools/bin");
    let package = tools.join("aiosmtpd");
    let missing = package.display();
    assert!(
        package.exists(),
        "{missing} is missing: run the tests with `make test`, which installs it"
    );
    tools.join("python")
}

struct MailServer {
    lines: Lines<BufReader<ChildStdout>>,
    // It ends with this.
    _process: Child,
}

impl MailServer {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/channels/mail_server.py");
        let mut command = Command::new(python());
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { lines, _process: process }
    }

    async fn line(&mut self) -> String {
        timeout(PATIENCE, self.lines.next_line()).await.unwrap().unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_mail_reads_the_same_elsewhere() {
    let mut server = MailServer::start();
    let port = server.line().await;
    let channel = Channel::Email(Email {
        smtp_server: format!("127.0.0.1:{port}"),
        from_email: "alerts@shop.example".to_owned(),
        recipients: ["ann@shop.example", "nobody@shop.example"].map(str::to_owned).into(),
        username: None,
        password: None,
    });
    let receipt = send(&nearby(), &channel).await.unwrap();
    let note = receipt.note().unwrap();
    assert_eq!(note, "refused for nobody@shop.example: 550 5.1.1 no such mailbox");
    let mail: Value = serde_json::from_str(&server.line().await).unwrap();
    assert_eq!(mail["from"], "alerts@shop.example");
    assert_eq!(mail["to"], serde_json::json!(["ann@shop.example"]));
    assert_eq!(mail["subject"], "[high] It broke");
    assert_eq!(mail["defects"], serde_json::json!([]));
    let plain = mail["plain"].as_str().unwrap().replace("\r\n", "\n");
    assert!(plain.starts_with("Twice, and then <once> more.\n.\n..dots\n"), "{plain}");
    let html = mail["html"].as_str().unwrap().replace("\r\n", "\n");
    assert!(html.contains("Twice, and then &lt;once&gt; more.<br>\n.<br>\n..dots"), "{html}");
}
