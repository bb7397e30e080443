//! Engines and edge as containers, on machines where Docker runs.
//!
//! The containers get the same settings files and the same ports as the private instances, so
//! nothing else in the stack knows the difference.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::run;
use crate::engines::EnginePorts;
use crate::error::Error;
use crate::settings::{ServicePorts, Settings};

/// Keeps our containers and volumes apart from others.
const PROJECT: &str = "errata-dev";

/// Whether an engine answers and the client has its compose plugin. The client alone starts nothing.
pub(crate) async fn is_running() -> bool {
    for question in [&["info"][..], &["compose", "version"]] {
        let mut docker = Command::new("docker");
        docker.args(question);
        if run(docker, Duration::from_secs(10)).await.is_err() {
            return false;
        }
    }
    true
}

/// The containers of `make up`.
#[derive(Debug)]
pub(crate) struct Compose {
    file: PathBuf,
    env: Vec<(&'static str, String)>,
}

impl Compose {
    pub(crate) fn new(settings: &Settings) -> Self {
        let file = settings.root.join("deploy/compose.dev.yaml");
        Self { file, env: environment(settings.engine_ports, settings.service_ports, settings) }
    }

    /// Starts containers and waits until they are healthy.
    pub(crate) async fn up(&self, containers: &[&str]) -> Result<(), Error> {
        tracing::info!("starting {} in Docker …", containers.join(", "));
        let args = [&["up", "--detach", "--wait"], containers].concat();
        // Pulling the images the first time takes as long as the connection is slow.
        run(self.command(&args), Duration::from_secs(900)).await.map(drop)
    }

    /// Removes the containers and keeps their data.
    pub(crate) async fn down(&self) -> Result<(), Error> {
        run(self.command(&["down"]), Duration::from_secs(120)).await.map(drop)
    }

    /// Removes the containers with their data.
    pub(crate) async fn reset(&self) -> Result<(), Error> {
        run(self.command(&["down", "--volumes"]), Duration::from_secs(120)).await.map(drop)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--project-name", PROJECT, "--file"]).arg(&self.file);
        command.args(args).envs(self.env.iter().cloned());
        command.current_dir(self.file.parent().unwrap_or(Path::new(".")));
        command
    }
}

fn environment(
    engines: EnginePorts,
    services: ServicePorts,
    settings: &Settings,
) -> Vec<(&'static str, String)> {
    vec![
        ("STACK_POSTGRES_PORT", engines.postgres.to_string()),
        ("STACK_REDIS_PORT", engines.redis.to_string()),
        ("STACK_AMQP_PORT", engines.rabbitmq.amqp.to_string()),
        ("BIND", settings.bind.to_string()),
        ("PORT", services.edge.to_string()),
        ("INGEST_PORT", services.ingest.to_string()),
        ("QUERY_API_PORT", services.query_api.to_string()),
        ("WORKER_PORT", services.worker.to_string()),
    ]
}
