//! The command `stack`, as a person or `make` runs it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::processes::{runs, soon};

/// A project folder of its own with the command in it, and ports that nobody else uses. Postgres and
/// RabbitMQ are said to run elsewhere, so that only Redis, the quickest, has to start.
struct Project {
    folder: TempDir,
    redis: u16,
}

struct Outcome {
    success: bool,
    text: String,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Without services beside it, so `up` ends after the engines.
        fs::copy(env!("CARGO_BIN_EXE_stack"), folder.path().join("stack")).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self { folder, redis: listener.local_addr().unwrap().port() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.command_from(self.path().join("stack"));
        command.args(args);
        command
    }

    /// Any program in this project's surroundings.
    fn command_from(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env("STACK_ENGINES", "packages")
            .env("STACK_REDIS_PORT", self.redis.to_string())
            .env("DATABASE_URL", "postgres://elsewhere.invalid/errata")
            .env("AMQP_URL", "amqp://elsewhere.invalid")
            .env_remove("REDIS_URL");
        command
    }

    fn run(&self, args: &[&str]) -> Outcome {
        finish(&mut self.command(args))
    }

    /// The process that a pid file names.
    fn recorded(&self, name: &str) -> i32 {
        let record = fs::read_to_string(self.path().join(format!(".stack/run/{name}.pid")));
        record.unwrap().split(' ').next().unwrap().parse().unwrap()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _best_effort = self.command(&["reset", "--yes"]).output();
    }
}

fn finish(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    Outcome { success: output.status.success(), text }
}

#[test]
fn a_second_up_leaves_healthy_parts_alone_and_down_ends_them() {
    let project = Project::new();
    let first = project.run(&["up"]);
    assert!(first.text.contains("Redis is ready"), "{}", first.text);
    let redis = project.recorded("redis");
    let second = project.run(&["up"]);
    assert!(second.text.contains("Redis is running"), "{}", second.text);
    assert_eq!(project.recorded("redis"), redis);
    assert!(project.run(&["down"]).success);
    assert!(!runs(redis));
}

#[test]
fn what_the_caller_left_open_is_not_kept_open() {
    let project = Project::new();
    let lock = project.path().join("lock");
    fs::write(&lock, "").unwrap();
    let mut command = project.command_from("sh");
    finish(command.args(["-c", "exec 3<lock; exec ./stack up"]));
    let open = fs::read_dir(format!("/proc/{}/fd", project.recorded("redis"))).unwrap();
    let files: Vec<_> = open.flatten().filter_map(|fd| fs::read_link(fd.path()).ok()).collect();
    assert!(!files.is_empty() && !files.contains(&lock), "{files:?}");
}

#[test]
fn services_that_were_not_built_are_named() {
    let outcome = Project::new().run(&["up"]);
    assert!(!outcome.success);
    let sentence = "worker does not exist: run `cargo build --workspace --bins` first";
    assert!(outcome.text.contains(sentence), "{}", outcome.text);
}

#[test]
fn a_dead_part_is_started_again() {
    let project = Project::new();
    project.run(&["up"]);
    let redis = project.recorded("redis");
    assert!(Command::new("kill").args(["-9", &redis.to_string()]).status().unwrap().success());
    let outcome = project.run(&["up"]);
    assert!(outcome.text.contains("Redis is ready"), "{}", outcome.text);
    assert_ne!(project.recorded("redis"), redis);
}

#[test]
fn a_part_whose_record_was_lost_is_still_found() {
    let project = Project::new();
    project.run(&["up"]);
    let redis = project.recorded("redis");
    fs::remove_file(project.path().join(".stack/run/redis.pid")).unwrap();
    assert!(project.run(&["down"]).success);
    assert!(!runs(redis));
}

#[test]
fn a_taken_port_is_named_with_the_setting_that_moves_it() {
    let project = Project::new();
    let _other = TcpListener::bind((Ipv4Addr::LOCALHOST, project.redis)).unwrap();
    let outcome = project.run(&["up"]);
    assert!(!outcome.success);
    let sentence = format!(
        "port {} for Redis is taken by another program: stop that one, or set STACK_REDIS_PORT",
        project.redis
    );
    assert!(outcome.text.contains(&sentence), "{}", outcome.text);
}

#[test]
fn a_recycled_process_id_is_never_signalled() {
    let project = Project::new();
    let mut foreign = Command::new("sleep").arg("1000").spawn().unwrap();
    let run = project.path().join(".stack/run");
    fs::create_dir_all(&run).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    // The number fits, the start time does not.
    let record = format!("{} 1 {}", foreign.id(), boot.trim());
    fs::write(run.join("redis.pid"), record).unwrap();
    // A number alone says nothing, either.
    fs::write(run.join("ingest.pid"), foreign.id().to_string()).unwrap();
    assert!(project.run(&["down"]).success);
    assert!(runs(i32::try_from(foreign.id()).unwrap()));
    assert!(!run.join("redis.pid").exists());
    foreign.kill().unwrap();
    foreign.wait().unwrap();
}

#[test]
fn engines_that_run_elsewhere_are_not_started() {
    let project = Project::new();
    let outcome = finish(project.command(&["up"]).env("REDIS_URL", "redis://elsewhere.invalid"));
    assert!(outcome.text.contains("Redis is the one that REDIS_URL names"), "{}", outcome.text);
    let started: Vec<_> = fs::read_dir(project.path().join(".stack/run")).unwrap().collect();
    assert!(started.is_empty(), "{started:?}");
}

#[test]
fn reset_removes_all_data() {
    let project = Project::new();
    project.run(&["up"]);
    assert!(project.run(&["reset", "--yes"]).success);
    assert!(!project.path().join(".stack").exists());
}

#[test]
fn run_passes_the_exit_code_on() {
    let project = Project::new();
    let outcome = project
        .command(&["run", "--", "sh", "-c", "test -n \"$TEST_REDIS_URL\" && exit 7"])
        .env("TEST_DATABASE_URL", "elsewhere")
        .env("TEST_AMQP_URL", "elsewhere")
        .env_remove("TEST_REDIS_URL")
        .status();
    assert_eq!(outcome.unwrap().code(), Some(7));
}

/// The command is killed, so it cannot clean up after itself.
#[tokio::test]
async fn throwaway_engines_end_with_a_killed_owner() {
    let project = Project::new();
    let (mut owner, address) = run_until_interrupted(&project);
    owner.kill().unwrap();
    owner.wait().unwrap();
    soon("the end of Redis", || TcpStream::connect(&address).is_err()).await;
}

#[test]
fn an_interrupted_run_ends_its_command_and_its_engines() {
    let project = Project::new();
    let (mut owner, address) = run_until_interrupted(&project);
    // Waiting would close it, and the command would end by itself.
    let _still_open = owner.stdin.take();
    assert!(Command::new("kill").arg(owner.id().to_string()).status().unwrap().success());
    assert!(!owner.wait().unwrap().success());
    assert!(TcpStream::connect(&address).is_err());
}

/// A run whose command waits for ever, and where its Redis listens.
fn run_until_interrupted(project: &Project) -> (Child, String) {
    let mut owner = project
        .command(&["run", "--", "sh", "-c", "echo $TEST_REDIS_URL; exec cat"])
        .env("TEST_DATABASE_URL", "elsewhere")
        .env("TEST_AMQP_URL", "elsewhere")
        .env_remove("TEST_REDIS_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let address = url.trim().trim_start_matches("redis://").trim_end_matches("/0").to_owned();
    assert!(TcpStream::connect(&address).is_ok(), "{address}");
    (owner, address)
}
