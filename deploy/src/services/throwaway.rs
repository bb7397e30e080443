//! Services for one test or one benchmark.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use super::{Installation, Service, binaries};
use crate::account::Account;
use crate::edge;
use crate::engines::Engines;
use crate::error::Error;
use crate::guard::Guard;
use crate::keeper::Keeper;
use crate::part::Part;
use crate::ports;
use crate::process::Process;
use crate::settings::ServicePorts;
use crate::testing::Sandbox;

/// What the services of a test are run with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The services' own settings: engines, namespace, and whatever the test wants to change.
    pub env: BTreeMap<String, String>,
    /// What single services are told differently.
    pub own: BTreeMap<Service, BTreeMap<String, String>>,
    /// Whether HAProxy stands in front.
    pub edge: bool,
}

impl Options {
    /// Services over engines of their own.
    #[must_use]
    pub fn over(engines: &Engines) -> Self {
        Self::at(engines.postgres_url(), engines.redis_url(), engines.amqp_url())
    }

    /// Services over the engines that the tests share, with a database and names of their own.
    #[must_use]
    pub fn within(sandbox: &Sandbox) -> Self {
        let urls = (sandbox.database_url(), sandbox.redis_url(), sandbox.amqp_url());
        Self::at(urls.0, urls.1.to_owned(), urls.2.to_owned()).set("NAMESPACE", sandbox.namespace())
    }

    fn at(database: String, redis: String, amqp: String) -> Self {
        let urls = [("DATABASE_URL", database), ("REDIS_URL", redis), ("AMQP_URL", amqp)];
        let env = urls.map(|(name, url)| (name.to_owned(), url)).into();
        Self { env, own: BTreeMap::new(), edge: false }
            .set("ENVIRONMENT", "development")
            // Outside development it has to be there.
            .set("SECRET_KEY", "the-secret-key-of-throw-away-services")
            .set("TRUSTED_PROXIES", "127.0.0.1/32")
    }

    /// Sets one variable for all services.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets one variable for one service alone.
    #[must_use]
    pub fn set_for(mut self, service: Service, name: &str, value: &str) -> Self {
        self.own.entry(service).or_default().insert(name.to_owned(), value.to_owned());
        self
    }

    /// Puts HAProxy in front.
    #[must_use]
    pub fn with_edge(mut self) -> Self {
        self.edge = true;
        self
    }
}

/// The services on free ports, with a folder of their own. They end with [`Services::stop`], when
/// this is dropped, and when the process that holds it is killed.
#[derive(Debug)]
pub struct Services {
    running: BTreeMap<String, (Part, Process)>,
    installation: Installation,
    folder: PathBuf,
    keeper: Keeper,
    extra_workers: usize,
    killed: BTreeSet<Service>,
}

impl Services {
    /// Brings the database up to date, starts every service and waits until all are ready.
    ///
    /// # Errors
    /// When a binary has not been built or a service does not get ready; the error shows the end of
    /// its log.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let within = std::env::temp_dir();
        let folder = tempfile::Builder::new().prefix("errata-services-").tempdir();
        let folder = folder.map_err(Error::io("create a folder in", &within))?.keep();
        let account = Account::for_engines()?;
        account.own(&folder)?;
        let keeper = Keeper::Guarded(Guard::over(&folder)?);
        let installation = installation(&folder, options.env, options.own)?;
        installation.worker(&["migrate"]).await?;
        let running = BTreeMap::new();
        let mut services = Self {
            running,
            installation,
            folder,
            keeper,
            extra_workers: 0,
            killed: BTreeSet::new(),
        };
        services.start_all().await?;
        if options.edge {
            services.start_edge(&account).await?;
        }
        Ok(services)
    }

    async fn start_all(&mut self) -> Result<(), Error> {
        let [ingest, worker, query_api] =
            Service::ALL.map(|service| self.installation.part(service));
        let parts = (ingest?, worker?, query_api?);
        let (ingest, worker, query_api) = tokio::try_join!(
            self.keeper.bring_up(&parts.0),
            self.keeper.bring_up(&parts.1),
            self.keeper.bring_up(&parts.2),
        )?;
        for (part, process) in [(parts.0, ingest), (parts.1, worker), (parts.2, query_api)] {
            self.running.insert(part.name.clone(), (part, process));
        }
        Ok(())
    }

    async fn start_edge(&mut self, account: &Account) -> Result<(), Error> {
        let bind = Ipv4Addr::LOCALHOST.into();
        let ports = self.installation.ports;
        let part = edge::part(&self.folder, &self.installation.logs, account, bind, ports)?;
        self.bring_up(part).await
    }

    async fn bring_up(&mut self, part: Part) -> Result<(), Error> {
        let process = self.keeper.bring_up(&part).await?;
        self.running.insert(part.name.clone(), (part, process));
        Ok(())
    }

    /// Where a service answers, such as `http://127.0.0.1:20001`.
    #[must_use]
    pub fn url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.installation.ports.of(service))
    }

    /// Where the edge answers; nothing does unless the options asked for it.
    #[must_use]
    pub fn edge_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.installation.ports.edge)
    }

    /// The process of a service, while it runs.
    #[must_use]
    pub fn pid(&self, service: Service) -> Option<i32> {
        self.pid_named(service.name())
    }

    /// The process of a part by its name, such as `edge` or that of an extra worker, while it runs.
    #[must_use]
    pub fn pid_named(&self, name: &str) -> Option<i32> {
        self.running.get(name).map(|(_, process)| process.id().pid())
    }

    /// What a service has printed.
    #[must_use]
    pub fn log(&self, service: Service) -> PathBuf {
        self.installation.logs.join(format!("{service}.log"))
    }

    /// The folder of logs and spool, removed in the end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// SIGKILL to a service.
    pub async fn kill(&mut self, service: Service) {
        self.killed.insert(service);
        if let Some((part, mut process)) = self.running.remove(service.name()) {
            process.kill().await;
            self.keeper.forget(&part, process.id());
        }
    }

    /// Whether a service was ever killed.
    #[must_use]
    pub fn was_killed(&self, service: Service) -> bool {
        self.killed.contains(&service)
    }

    /// SIGTERM to a service; how it ended comes back. `None` when it did not run.
    pub async fn terminate(&mut self, service: Service) -> Option<ExitStatus> {
        self.end(service.name()).await
    }

    async fn end(&mut self, name: &str) -> Option<ExitStatus> {
        let (part, mut process) = self.running.remove(name)?;
        let status = process.end(part.stop).await;
        self.keeper.forget(&part, process.id());
        status
    }

    /// Starts a service again on the same port, ending it first if it runs.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn restart(&mut self, service: Service) -> Result<(), Error> {
        self.end(service.name()).await;
        let part = self.installation.part(service)?;
        self.bring_up(part).await
    }

    /// Starts one more worker beside the first; its name comes back, for [`Services::kill_named`].
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start_extra_worker(&mut self) -> Result<String, Error> {
        self.extra_workers += 1;
        let name = format!("worker-{}", self.extra_workers + 1);
        let [port] = ports::free()?;
        let part = self.installation.instance(Service::Worker, name.clone(), port)?;
        self.bring_up(part).await?;
        Ok(name)
    }

    /// SIGKILL to a part by its name, such as an extra worker.
    pub async fn kill_named(&mut self, name: &str) {
        if let Some((part, mut process)) = self.running.remove(name) {
            process.kill().await;
            self.keeper.forget(&part, process.id());
        }
    }

    /// Runs `worker` with arguments (`admin dsn`, …) to its end; what it printed comes back.
    ///
    /// # Errors
    /// When it fails.
    pub async fn worker(&self, args: &[&str]) -> Result<String, Error> {
        self.installation.worker(args).await
    }

    /// Ends everything in order, the edge first, and removes the folder.
    pub async fn stop(mut self) {
        self.end("edge").await;
        let names: Vec<String> = self.running.keys().cloned().collect();
        for name in names {
            self.end(&name).await;
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for (_, process) in self.running.values_mut() {
            process.kill_now();
        }
    }
}

fn installation(
    folder: &Path,
    mut env: BTreeMap<String, String>,
    own: BTreeMap<Service, BTreeMap<String, String>>,
) -> Result<Installation, Error> {
    let logs = folder.join("log");
    let spool = folder.join("spool");
    fs::create_dir_all(&spool).map_err(Error::io("create", &spool))?;
    let [edge, ingest, query_api, worker] = ports::free()?;
    env.entry("SPOOL_DIR".to_owned()).or_insert_with(|| spool.display().to_string());
    env.entry("PUBLIC_URL".to_owned()).or_insert_with(|| format!("http://127.0.0.1:{edge}"));
    let ports = ServicePorts { edge, ingest, query_api, worker };
    Ok(Installation { binaries: binaries()?, folder: folder.to_owned(), logs, ports, env, own })
}
