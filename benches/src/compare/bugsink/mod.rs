//! Bugsink as its template for a single production server sets it up: gunicorn, its own task runner, and two
//! databases of SQLite. Only the proxy in front is left out, as it is for Errata.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use deploy::guests::{Guest, Guests};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::client::Door;

/// The events, within the folder that it runs in. What waits to be digested is in another one.
const DATABASE: &str = "db.sqlite3";

/// Of gunicorn's workers, however many processors there are: as the configuration does that Bugsink's own image
/// comes with.
const MAX_WORKERS: usize = 4;

/// A count takes milliseconds; who writes meanwhile holds it up for no longer than a transaction.
const COUNT_LIMIT: Duration = Duration::from_secs(30);

/// An installation with one project.
#[derive(Debug)]
pub struct Bugsink {
    /// Where the project takes envelopes.
    pub door: Door,
    counter: Counter,
    guests: Guests,
    empty_bytes: u64,
}

impl Bugsink {
    /// Sets it up and starts it; `tools` is the folder of its programs.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start(tools: &Path) -> anyhow::Result<Self> {
        let mut guests = Guests::new()?;
        set_up(tools, &guests).await.context("cannot set Bugsink up")?;
        let made = guests.run(&tools.join("bugsink-manage"), &["shell", "-c", PROJECT]).await?;
        let (project, key) = project(&made).context("Bugsink has made no project")?;
        let empty_bytes = size(guests.folder())?;
        let port = Guests::free_port()?;
        // The one that asks for more work first, so that it ends before the one that does it.
        guests.start(gunicorn(tools, port)).await?;
        guests.start(snappea(tools)).await?;
        let counter = Counter::start(tools, guests.folder())?;
        Ok(Self { door: Door::new(port, project, &key)?, counter, guests, empty_bytes })
    }

    /// The processes that everything else of it is below.
    #[must_use]
    pub fn pids(&self) -> Vec<i32> {
        self.guests.pids()
    }

    /// Events that were digested and are in the database.
    ///
    /// # Errors
    /// When the database can't be asked.
    pub async fn stored(&mut self) -> anyhow::Result<u64> {
        self.counter.count().await
    }

    /// Ends it; the bytes that its database has grown by come back.
    ///
    /// # Errors
    /// When the database can't be measured.
    pub async fn stop(self) -> anyhow::Result<u64> {
        let Self { counter, mut guests, empty_bytes, .. } = self;
        // Who closes the database last puts the write-ahead log into it.
        counter.end().await?;
        guests.stop().await;
        Ok(size(guests.folder())?.saturating_sub(empty_bytes))
    }
}

/// What it all runs on, in words.
///
/// # Errors
/// When it is not installed.
pub async fn versions(tools: &Path) -> anyhow::Result<String> {
    let guests = Guests::new()?;
    let printed = guests.run(&tools.join("python"), &["-c", include_str!("versions.py")]).await?;
    Ok(printed.trim().to_owned())
}

/// What gunicorn is told besides its port and where to log.
#[must_use]
pub fn gunicorn_options() -> [String; 4] {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_WORKERS);
    [
        format!("--workers={workers}"),
        "--timeout=6".to_owned(),
        "--max-requests=1000".to_owned(),
        "--max-requests-jitter=100".to_owned(),
    ]
}

const PROJECT: &str = include_str!("project.py");

/// What has to be done before the first start.
async fn set_up(tools: &Path, guests: &Guests) -> anyhow::Result<()> {
    let folder = guests.folder().to_str().context("the folder's name is no text")?;
    let settings = ["--template=singleserver", "--host=localhost", "--base-dir", folder];
    guests.run(&tools.join("bugsink-create-conf"), &settings).await?;
    let path = guests.folder().join("bugsink_conf.py");
    let mut file = OpenOptions::new().append(true).open(&path)?;
    file.write_all(include_bytes!("settings.py"))?;
    let manage = tools.join("bugsink-manage");
    guests.run(&manage, &["migrate"]).await?;
    guests.run(&manage, &["migrate", "snappea", "--database=snappea"]).await?;
    Ok(())
}

/// The number and the key in what was printed.
fn project(printed: &str) -> Option<(u32, String)> {
    let line = printed.lines().find_map(|line| line.strip_prefix("project "))?;
    let (number, key) = line.split_once(' ')?;
    Some((number.parse().ok()?, key.trim().to_owned()))
}

fn gunicorn(tools: &Path, port: u16) -> Guest {
    let place = [format!("--bind=127.0.0.1:{port}")];
    let rest = ["--access-logfile", "-", "bugsink.wsgi"].map(str::to_owned);
    let args = place.into_iter().chain(gunicorn_options()).chain(rest);
    Guest {
        name: "gunicorn",
        program: tools.join("gunicorn"),
        args: args.collect(),
        ready: Some((port, "/health/ready")),
    }
}

fn snappea(tools: &Path) -> Guest {
    let program = tools.join("bugsink-runsnappea");
    Guest { name: "snappea", program, args: Vec::new(), ready: None }
}

fn size(folder: &Path) -> anyhow::Result<u64> {
    let database = fs::metadata(folder.join(DATABASE)).context("Bugsink has no database")?;
    Ok(database.len())
}

/// A program that counts events whenever it is asked.
#[derive(Debug)]
struct Counter {
    child: Child,
    asked: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Counter {
    fn start(tools: &Path, folder: &Path) -> anyhow::Result<Self> {
        let python: PathBuf = tools.join("python");
        let mut command = Command::new(python);
        command.args(["-c", include_str!("count.py")]).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start what counts events")?;
        let asked = child.stdin.take().context("nobody listens")?;
        let answers = child.stdout.take().context("nobody answers")?;
        Ok(Self { child, asked, answers: BufReader::new(answers).lines() })
    }

    async fn count(&mut self) -> anyhow::Result<u64> {
        self.asked.write_all(b"\n").await.context("nobody counts events any more")?;
        let answer = timeout(COUNT_LIMIT, self.answers.next_line()).await;
        let answer = answer.context("counting events takes too long")??;
        answer.context("nobody counts events any more")?.parse().context("no number of events")
    }

    async fn end(self) -> anyhow::Result<()> {
        let Self { mut child, asked, .. } = self;
        drop(asked);
        let ended = timeout(COUNT_LIMIT, child.wait()).await;
        ensure!(ended.context("what counts events does not end")??.success(), "counting failed");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_made() {
        let made = project("25 objects imported\nproject 1 75f5d6\n");
        assert_eq!(made, Some((1, "75f5d6".to_owned())));
        assert_eq!(project("Traceback"), None);
    }
}
