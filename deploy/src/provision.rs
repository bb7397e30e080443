//! Making sure that the engines' programs are there.

use crate::engines::EngineKind;
use crate::error::Error;
use crate::packages;
use crate::programs;

/// Something that has to be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// One of the engines.
    Engine(EngineKind),
    /// The edge.
    HaProxy,
}

impl Program {
    /// Everything that `make up` starts besides our own services.
    pub const ALL: [Self; 4] = [
        Self::Engine(EngineKind::Postgres),
        Self::Engine(EngineKind::Redis),
        Self::Engine(EngineKind::RabbitMq),
        Self::HaProxy,
    ];

    fn is_installed(self) -> bool {
        match self {
            Self::Engine(EngineKind::Postgres) => !programs::postgres_releases().is_empty(),
            Self::Engine(EngineKind::Redis) => programs::find("redis-server").is_some(),
            Self::Engine(EngineKind::RabbitMq) => {
                programs::rabbitmq_server().is_some() && programs::find("epmd").is_some()
            }
            Self::HaProxy => programs::find("haproxy").is_some(),
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Engine(EngineKind::Postgres) => "postgresql",
            Self::Engine(EngineKind::Redis) => "redis-server",
            Self::Engine(EngineKind::RabbitMq) => "rabbitmq-server",
            Self::HaProxy => "haproxy",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Engine(EngineKind::Postgres) => "Postgres",
            Self::Engine(EngineKind::Redis) => "Redis",
            Self::Engine(EngineKind::RabbitMq) => "RabbitMQ",
            Self::HaProxy => "HAProxy",
        }
    }

    /// The error for a program that should have been installed before.
    pub(crate) fn missing(self) -> Error {
        let elsewhere = match self {
            Self::Engine(kind) => Some(kind.variable()),
            Self::HaProxy => None,
        };
        Error::NotInstalled { what: self.title(), package: self.package(), elsewhere }
    }
}

/// Installs what is missing, where that is possible.
///
/// # Errors
/// When something is missing and we are not root, there is no `apt-get`, or it fails.
pub async fn ensure_installed(wanted: &[Program]) -> Result<(), Error> {
    let missing = || wanted.iter().copied().filter(|program| !program.is_installed());
    let Some(first) = missing().next() else {
        return Ok(());
    };
    if !packages::can_install() {
        return Err(first.missing());
    }
    let names: Vec<&str> = missing().map(Program::package).collect();
    packages::install(&names).await?;
    // The packages were installed, yet the programs are not where they should be.
    missing().next().map_or(Ok(()), |program| Err(program.missing()))
}
