//! Our own services: `ingest`, `worker` and `query-api`.
//!
//! Their binaries are found beside the running program and are told by environment variables where
//! everything is. [`Services`] runs them for tests and benchmarks; `make up` uses the same parts.

mod throwaway;

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

pub use throwaway::{Options, Services};

use crate::account::Account;
use crate::command::run;
use crate::error::Error;
use crate::part::Part;
use crate::process::Stop;
use crate::ready::Ready;
use crate::settings::ServicePorts;

/// One of our services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Takes events.
    Ingest,
    /// Stores them.
    Worker,
    /// Answers questions about them.
    QueryApi,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Worker, Self::QueryApi];

    /// The name of its binary, its log and its pid file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Worker => "worker",
            Self::QueryApi => "query-api",
        }
    }

    /// The variable that names its port.
    pub(crate) fn port_variable(self) -> &'static str {
        match self {
            Self::Ingest => "INGEST_PORT",
            Self::Worker => "WORKER_PORT",
            Self::QueryApi => "QUERY_API_PORT",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ServicePorts {
    /// Where a service listens.
    pub(crate) fn of(self, service: Service) -> u16 {
        match service {
            Service::Ingest => self.ingest,
            Service::Worker => self.worker,
            Service::QueryApi => self.query_api,
        }
    }
}

/// How the services of one stack are run.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) binaries: PathBuf,
    /// The folder that relative paths in their settings start from.
    pub(crate) folder: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) ports: ServicePorts,
    /// Everything they read, ports aside.
    pub(crate) env: BTreeMap<String, String>,
    /// What single services read instead.
    pub(crate) own: BTreeMap<Service, BTreeMap<String, String>>,
}

impl Installation {
    /// A service on its usual port.
    pub(crate) fn part(&self, service: Service) -> Result<Part, Error> {
        self.instance(service, service.name().to_owned(), self.ports.of(service))
    }

    /// A service under a name of its own on another port.
    pub(crate) fn instance(
        &self,
        service: Service,
        name: String,
        port: u16,
    ) -> Result<Part, Error> {
        let mut env = self.environment();
        env.extend(self.own.get(&service).cloned().unwrap_or_default());
        env.insert(service.port_variable().to_owned(), port.to_string());
        let address = (Ipv4Addr::LOCALHOST, port).into();
        Ok(Part {
            title: name.clone(),
            program: self.binary(service)?,
            is_ours: true,
            args: Vec::new(),
            env,
            folder: self.folder.clone(),
            account: Account::present(),
            log: self.logs.join(format!("{name}.log")),
            name,
            ports: vec![(port, service.port_variable())],
            ready: Ready::Http { address, path: "/ready" },
            start_limit: Duration::from_secs(30),
            // Longer than the services' own limit for finishing what they accepted.
            stop: Stop::terminate(40),
        })
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let mut env = self.env.clone();
        // Only the edge is reached from elsewhere.
        env.insert("BIND".to_owned(), Ipv4Addr::LOCALHOST.to_string());
        env.insert("PORT".to_owned(), self.ports.edge.to_string());
        for service in Service::ALL {
            env.insert(service.port_variable().to_owned(), self.ports.of(service).to_string());
        }
        env
    }

    fn binary(&self, service: Service) -> Result<PathBuf, Error> {
        let path = self.binaries.join(service.name());
        if path.is_file() { Ok(path) } else { Err(Error::NotBuilt(path)) }
    }

    /// Runs `worker` with arguments to its end; what it printed comes back.
    pub(crate) async fn worker(&self, args: &[&str]) -> Result<String, Error> {
        let mut command = Command::new(self.binary(Service::Worker)?);
        command.args(args).envs(self.environment()).current_dir(&self.folder);
        // A migration of a large development database may rewrite a table.
        run(command, Duration::from_secs(300)).await
    }
}

/// The folder of the binaries that were built together with the running program. Test programs lie
/// in `deps` below it.
pub(crate) fn binaries() -> Result<PathBuf, Error> {
    let program = std::env::current_exe().map_err(Error::io("find", "this program".as_ref()))?;
    let folder = program.parent().unwrap_or(&program);
    let above = folder.parent().filter(|_| folder.ends_with("deps"));
    Ok(above.unwrap_or(folder).to_owned())
}
