//! Engines and services that are set up for a measurement and thrown away after it.

use anyhow::Context as _;
use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};

use super::start_engines;
use super::usage::{Group, Members};
use crate::measure::Places;

/// The name of the edge among the parts of a stack.
const EDGE: &str = "edge";

/// What is set up.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Settings of the services.
    pub settings: Vec<(String, String)>,
    /// Whether HAProxy stands in front.
    pub edge: bool,
    /// Whether Postgres counts what statements cost.
    pub watched: bool,
}

/// Running engines and services. They end with [`Stand::stop`], and when this is dropped.
#[derive(Debug)]
pub struct Stand {
    // Dropped first: they use the engines.
    services: Services,
    engines: Engines,
    /// The names of workers beside the first.
    extra: Vec<String>,
}

impl Stand {
    /// Starts everything.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start(setup: &Setup) -> anyhow::Result<Self> {
        let engines = start_engines(setup.watched).await?;
        tracing::info!("starting services …");
        // Every event is stored whole unless a setting says otherwise, however few errors there are.
        let mut options = Options::over(&engines).set("ERROR_PAYLOADS_PER_HOUR", "1000000000");
        for (name, value) in &setup.settings {
            options = options.set(name, value);
        }
        if setup.edge {
            options = options.with_edge();
        }
        let services = Services::start(options).await.context("cannot start the services")?;
        Ok(Self { services, engines, extra: Vec::new() })
    }

    /// Everything that takes processor time, the load generator first.
    ///
    /// # Errors
    /// When this process has an impossible id.
    pub fn groups(&self) -> anyhow::Result<Vec<Group>> {
        let me = i32::try_from(std::process::id()).context("an impossible process id")?;
        let families = |name, pids| Group { name, members: Members::Families(pids) };
        let service = |service| self.services.pid(service).into_iter();
        let extra = self.extra.iter().filter_map(|name| self.services.pid_named(name));
        let engine = |kind| self.engines.pids(kind);
        let mut groups = vec![
            Group { name: "load generator", members: Members::One(me) },
            families("ingest", service(Service::Ingest).collect()),
            families("worker", service(Service::Worker).chain(extra).collect()),
            families("query-api", service(Service::QueryApi).collect()),
            families("Postgres", engine(EngineKind::Postgres)),
            families("RabbitMQ", engine(EngineKind::RabbitMq)),
            families("Redis", engine(EngineKind::Redis)),
        ];
        let edge = self.services.pid_named(EDGE);
        groups.extend(edge.map(|pid| families("HAProxy", vec![pid])));
        Ok(groups)
    }

    /// Where everything is.
    #[must_use]
    pub fn places(&self) -> Places {
        Places {
            ingest: self.services.url(Service::Ingest),
            worker: self.services.url(Service::Worker),
            postgres: self.engines.postgres_url(),
            amqp: self.engines.amqp_url(),
        }
    }

    /// Where load goes: the edge if there is one, else ingest.
    #[must_use]
    pub fn door(&self) -> String {
        match self.services.pid_named(EDGE) {
            Some(_) => self.services.edge_url(),
            None => self.services.url(Service::Ingest),
        }
    }

    /// Where questions go.
    #[must_use]
    pub fn query_api(&self) -> String {
        self.services.url(Service::QueryApi)
    }

    /// The key in the DSN of the project that every installation has.
    ///
    /// # Errors
    /// When it can't be asked for.
    pub async fn dsn_key(&self) -> anyhow::Result<String> {
        let dsn = self.services.worker(&["admin", "dsn"]).await.context("cannot ask for a DSN")?;
        let key = dsn.trim().split_once("://").and_then(|(_, rest)| rest.split_once('@'));
        Ok(key.context("the DSN has no key")?.0.to_owned())
    }

    /// Starts one more worker.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn add_worker(&mut self) -> anyhow::Result<()> {
        let name = self.services.start_extra_worker().await.context("cannot start a worker")?;
        self.extra.push(name);
        Ok(())
    }

    /// Ends the worker in order.
    pub async fn end_worker(&mut self) {
        self.services.terminate(Service::Worker).await;
    }

    /// Starts the worker that was ended.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start_worker(&mut self) -> anyhow::Result<()> {
        self.services.restart(Service::Worker).await.context("cannot start the worker again")
    }

    /// Ends everything in order.
    pub async fn stop(self) {
        self.services.stop().await;
        self.engines.stop().await;
    }
}
