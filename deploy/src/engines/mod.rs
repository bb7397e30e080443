//! The engines: private instances of Postgres, Redis and RabbitMQ.
//!
//! One implementation serves `make up`, whose engines stay, and tests and benchmarks, whose engines
//! are thrown away ([`Engines`]). How the services use the engines is not known here.

mod postgres;
mod rabbitmq;
mod redis;
mod throwaway;

use std::fmt;
use std::path::{Path, PathBuf};

pub use throwaway::Engines;

use crate::account::Account;
use crate::error::Error;
use crate::keeper::Keeper;
use crate::part::Part;
use crate::ports;
use crate::process::Process;

/// User, password and database of every private instance. They listen on loopback only, and what is
/// written in a public repository protects nothing anyway.
const USER: &str = "errata";
const PASSWORD: &str = "errata";

/// One of the engines that the services need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EngineKind {
    /// The database.
    Postgres,
    /// The cache.
    Redis,
    /// The broker.
    RabbitMq,
}

impl EngineKind {
    /// All engines.
    pub const ALL: [Self; 3] = [Self::Postgres, Self::Redis, Self::RabbitMq];

    /// The variable in which the services look for the engine.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "DATABASE_URL",
            Self::Redis => "REDIS_URL",
            Self::RabbitMq => "AMQP_URL",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "Postgres",
            Self::Redis => "Redis",
            Self::RabbitMq => "RabbitMQ",
        })
    }
}

/// RabbitMQ's ports: for clients, for Erlang's port mapper, and for other nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RabbitPorts {
    pub(crate) amqp: u16,
    pub(crate) epmd: u16,
    pub(crate) dist: u16,
}

/// Where all engines listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnginePorts {
    pub(crate) postgres: u16,
    pub(crate) redis: u16,
    pub(crate) rabbitmq: RabbitPorts,
}

impl EnginePorts {
    fn free() -> Result<Self, Error> {
        let [postgres, redis, amqp, epmd, dist] = ports::free()?;
        Ok(Self { postgres, redis, rabbitmq: RabbitPorts { amqp, epmd, dist } })
    }

    /// How clients reach an engine.
    pub(crate) fn url(&self, kind: EngineKind) -> String {
        match kind {
            EngineKind::Postgres => postgres::url(self.postgres),
            EngineKind::Redis => redis::url(self.redis),
            EngineKind::RabbitMq => rabbitmq::url(self.rabbitmq.amqp),
        }
    }
}

/// How much of the machine an engine may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// For `make up`.
    Development,
    /// For tests.
    ThrowAway,
}

/// Where engines keep their data and their logs, and as whom they run.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) account: Account,
    pub(crate) size: Size,
    pub(crate) ports: EnginePorts,
}

impl Site {
    /// Fails when the engines' account cannot reach the folder; `setting` chooses another one.
    pub(crate) fn check_reachable(&self, setting: &'static str) -> Result<(), Error> {
        if self.account.can_enter(&self.folder) {
            return Ok(());
        }
        let account = self.account.name().to_owned();
        Err(Error::Unreachable { account, path: self.folder.clone(), setting })
    }

    /// The parts of one engine in the order in which they start, their folders made ready.
    async fn prepare(&self, kind: EngineKind) -> Result<Vec<Part>, Error> {
        Ok(match kind {
            EngineKind::Postgres => vec![postgres::prepare(self, self.ports.postgres).await?],
            EngineKind::Redis => vec![redis::prepare(self, self.ports.redis)?],
            EngineKind::RabbitMq => rabbitmq::prepare(self, self.ports.rabbitmq)?.into(),
        })
    }

    /// Starts one engine, or finds it running, and waits until it can be used.
    pub(crate) async fn bring_up(
        &self,
        kind: EngineKind,
        keeper: &Keeper,
    ) -> Result<Vec<(Part, Process)>, Error> {
        let mut running = Vec::new();
        for part in self.prepare(kind).await? {
            let process = keeper.bring_up(&part).await?;
            running.push((part, process));
        }
        match kind {
            EngineKind::Postgres => postgres::finish(&self.ports.url(kind)).await?,
            EngineKind::RabbitMq => rabbitmq::finish(self.ports.rabbitmq.amqp).await?,
            EngineKind::Redis => {}
        }
        Ok(running)
    }
}

/// A throw-away folder that the engines' account may enter.
pub(crate) fn throwaway_folder(account: &Account) -> Result<PathBuf, Error> {
    let within = std::env::temp_dir();
    let folder = tempfile::Builder::new().prefix("errata-engines-").tempdir();
    let folder = folder.map_err(Error::io("create a folder in", &within))?.keep();
    account.own(&folder)?;
    Ok(folder)
}

/// The folder of the logs beside the data.
pub(crate) fn log_folder(folder: &Path) -> PathBuf {
    folder.join("log")
}
