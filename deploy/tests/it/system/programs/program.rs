//! A program with an SDK, run for one test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use http::Method;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::super::client::{Client, System};

/// What no event may hold, wherever a program puts it.
pub(super) const SECRET: &str = "correct-horse-battery";

/// The release and the environment that programs report.
pub(super) const RELEASE: &str = "shop@1.0.0";
pub(super) const ENVIRONMENT: &str = "live";

/// Starting takes some seconds where other tests run beside it.
const START: Duration = Duration::from_secs(60);

/// A program; when dropped it is killed.
pub(super) struct Program {
    child: Child,
    client: Client,
    url: String,
    /// A folder that it wants for itself.
    _folder: Option<TempDir>,
}

impl Program {
    pub(super) async fn fastapi(system: &System) -> Self {
        let mut command = told(system, Command::new(installed("python/bin/python"))).await;
        command.args(["-m", "shop"]).current_dir(sources().join("python"));
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        Self::serving(command).await
    }

    pub(super) async fn express(system: &System) -> Self {
        let mut command = told(system, node("node")).await;
        command.args(["--import", "./instrument.mjs", "express.mjs"]);
        Self::serving(command).await
    }

    /// The server of the page, in which the SDK runs.
    pub(super) async fn page(system: &System) -> Self {
        let mut command = told(system, node("node")).await;
        command.arg("page.mjs");
        Self::serving(command).await
    }

    /// A browser that looks at a page until it is ended.
    pub(super) fn browser(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromium");
        // It has no account of its own here, nothing to look up elsewhere, and one page to show.
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update"]);
        command.args(["--disable-sync", "--disable-dev-shm-usage"]);
        command.arg(format!("--user-data-dir={}", folder.path().display())).arg(url);
        command.stderr(Stdio::null());
        let child = command.kill_on_drop(true).spawn().expect("chromium starts");
        let client = Client::new(url.to_owned());
        Self { child, client, url: url.to_owned(), _folder: Some(folder) }
    }

    /// Runs to its end.
    pub(super) async fn rust(system: &System) -> Self {
        let mut command = told(system, Command::new(installed("rust/debug/shop"))).await;
        let mut child = command.env("SHOP_SECRET", SECRET).spawn().unwrap();
        let status = timeout(START, child.wait()).await.expect("it ends").unwrap();
        assert!(status.success(), "{status}");
        Self { child, client: Client::new(String::new()), url: String::new(), _folder: None }
    }

    /// Starts what says on which port it listens.
    async fn serving(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = timeout(START, lines.next_line()).await.expect("it starts").unwrap();
        let port = said.as_deref().and_then(|line| line.strip_prefix("listening on "));
        let url = format!("http://127.0.0.1:{}", port.expect("it says its port"));
        // What it prints later is read by nobody, and must not hold it up.
        let rest = async move { while let Ok(Some(_)) = lines.next_line().await {} };
        drop(shared::lifecycle::spawn(rest));
        let client = Client::new(url.clone()).with_key(None);
        Self { child, client, url, _folder: None }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn get(&self, path: &str) -> u16 {
        self.ask(Method::GET, path, "").await
    }

    pub(super) async fn put(&self, path: &str) -> u16 {
        self.ask(Method::PUT, path, "").await
    }

    pub(super) async fn post(&self, path: &str) -> u16 {
        self.ask(Method::POST, path, "").await
    }

    /// Sends a password along.
    pub(super) async fn log_in(&self) -> u16 {
        let form = serde_json::json!({ "name": "mia", "password": SECRET });
        self.ask(Method::POST, "/login", &form.to_string()).await
    }

    /// Every request brings secrets in its headers.
    async fn ask(&self, method: Method, path: &str, body: &str) -> u16 {
        let (bearer, cookie) = (format!("Bearer {SECRET}"), format!("session={SECRET}"));
        let headers = [
            ("authorization", bearer.as_str()),
            ("cookie", cookie.as_str()),
            ("content-type", "application/json"),
            // Some servers drop the connection after a failure without saying so.
            ("connection", "close"),
        ];
        let answer = self.client.send(method, path, &headers, body.as_bytes().to_vec()).await;
        answer.unwrap().status.as_u16()
    }

    pub(super) async fn end(mut self) {
        let _ended_by_itself = self.child.kill().await;
    }
}

/// The command with all that a program is ever told of us.
async fn told(system: &System, mut command: Command) -> Command {
    let dsn = system.services.worker(&["admin", "dsn"]).await.unwrap();
    command.env("SENTRY_DSN", dsn.trim()).env("SENTRY_RELEASE", RELEASE);
    command.env("SENTRY_ENVIRONMENT", ENVIRONMENT).kill_on_drop(true).stderr(Stdio::null());
    command
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks")
}

fn installed(path: &str) -> PathBuf {
    let folder = env::var_os("SDK_PROGRAMS").expect("run these tests by `make test-e2e`");
    Path::new(&folder).join(path)
}

/// The machine's Node.js where it is recent, else the one beside Python, among the packages of a folder.
pub(in super::super) fn node(folder: &str) -> Command {
    let own = installed("python/bin/node");
    let mut command = Command::new(if own.exists() { own } else { "node".into() });
    command.current_dir(installed(folder));
    command
}
