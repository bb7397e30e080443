//! Engines for one test run or one benchmark.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use super::{EngineKind, EnginePorts, Site, Size, log_folder, rabbitmq, throwaway_folder};
use crate::account::Account;
use crate::command::run;
use crate::error::Error;
use crate::guard::Guard;
use crate::keeper::Keeper;
use crate::part::Part;
use crate::process::Process;

/// An Erlang machine of its own starts for every command; on a busy computer that takes its time.
const CONTROL_LIMIT: Duration = Duration::from_secs(60);

/// Private engines with a folder and ports of their own. They end, and the folder goes, with
/// [`Engines::stop`], when this is dropped, and when the process that holds it is killed.
#[derive(Debug)]
pub struct Engines {
    // Dropped first: nothing that it ends may outlive the keeper's folder.
    running: BTreeMap<EngineKind, Vec<(Part, Process)>>,
    site: Site,
    keeper: Keeper,
}

impl Engines {
    /// Starts the engines asked for, all at once, and waits until they can be used.
    ///
    /// # Errors
    /// When one is not installed or does not start; nothing is left running then.
    pub async fn start(kinds: &[EngineKind]) -> Result<Self, Error> {
        let account = Account::for_engines()?;
        let folder = throwaway_folder(&account)?;
        let keeper = Keeper::Guarded(Guard::over(&folder)?);
        let ports = EnginePorts::free()?;
        let logs = log_folder(&folder);
        let site = Site { folder, logs, account, size: Size::ThrowAway, ports };
        site.check_reachable("TMPDIR")?;
        let mut engines = Self { running: BTreeMap::new(), site, keeper };
        engines.bring_up(kinds).await?;
        Ok(engines)
    }

    async fn bring_up(&mut self, kinds: &[EngineKind]) -> Result<(), Error> {
        let one = async |kind| {
            let wanted = kinds.contains(&kind);
            if wanted { self.site.bring_up(kind, &self.keeper).await.map(Some) } else { Ok(None) }
        };
        let (postgres, redis, rabbitmq) = tokio::try_join!(
            one(EngineKind::Postgres),
            one(EngineKind::Redis),
            one(EngineKind::RabbitMq)
        )?;
        for (kind, parts) in EngineKind::ALL.into_iter().zip([postgres, redis, rabbitmq]) {
            if let Some(parts) = parts {
                self.running.insert(kind, parts);
            }
        }
        Ok(())
    }

    /// How clients reach an engine, whether it runs or not.
    #[must_use]
    pub fn url(&self, kind: EngineKind) -> String {
        self.site.ports.url(kind)
    }

    /// The database `errata` of the private Postgres; its user may do everything.
    #[must_use]
    pub fn postgres_url(&self) -> String {
        self.url(EngineKind::Postgres)
    }

    /// The private Redis.
    #[must_use]
    pub fn redis_url(&self) -> String {
        self.url(EngineKind::Redis)
    }

    /// The private RabbitMQ.
    #[must_use]
    pub fn amqp_url(&self) -> String {
        self.url(EngineKind::RabbitMq)
    }

    /// The folder that holds everything, removed in the end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.site.folder
    }

    /// The folder of the engines' logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.site.logs.clone()
    }

    /// The processes of an engine, helpers and children included.
    #[must_use]
    pub fn pids(&self, kind: EngineKind) -> Vec<i32> {
        let parts = self.running.get(&kind).into_iter().flatten();
        parts.flat_map(|(_, process)| process.id().with_descendants()).map(|id| id.pid()).collect()
    }

    /// SIGKILL to every process of an engine.
    ///
    /// RabbitMQ notes a new quorum queue on disk only after a few seconds; a broker that is killed
    /// earlier comes back with a queue that answers nobody. Tests that are not about that should
    /// [`Self::restart`] it once after the queues were declared.
    pub async fn kill(&mut self, kind: EngineKind) {
        for (part, mut process) in self.running.remove(&kind).unwrap_or_default().into_iter().rev()
        {
            process.kill().await;
            self.keeper.forget(&part, process.id());
        }
    }

    /// SIGSTOP to every process of an engine: it keeps its connections and answers nobody.
    pub fn pause(&self, kind: EngineKind) {
        self.signal(kind, Signal::STOP);
    }

    /// Lets a paused engine go on.
    pub fn resume(&self, kind: EngineKind) {
        self.signal(kind, Signal::CONT);
    }

    fn signal(&self, kind: EngineKind, signal: Signal) {
        for (_, process) in self.running.get(&kind).into_iter().flatten() {
            for id in process.id().with_descendants() {
                id.signal(signal);
            }
        }
    }

    /// Runs `rabbitmqctl` on the private RabbitMQ; what it printed comes back.
    ///
    /// # Errors
    /// When it fails.
    pub async fn rabbitmqctl(&self, args: &[&str]) -> Result<String, Error> {
        run(rabbitmq::control(&self.site, args)?, CONTROL_LIMIT).await
    }

    /// Starts an engine again on the same port and the same data, ending it first if it runs.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn restart(&mut self, kind: EngineKind) -> Result<(), Error> {
        self.end(kind).await;
        self.bring_up(&[kind]).await
    }

    /// Ends everything in order and removes the folder.
    pub async fn stop(mut self) {
        for kind in EngineKind::ALL {
            self.end(kind).await;
        }
    }

    async fn end(&mut self, kind: EngineKind) {
        for (part, mut process) in self.running.remove(&kind).unwrap_or_default().into_iter().rev()
        {
            process.end(part.stop).await;
            self.keeper.forget(&part, process.id());
        }
    }
}

impl Drop for Engines {
    fn drop(&mut self) {
        for (_, process) in self.running.values_mut().flatten() {
            process.kill_now();
        }
    }
}
