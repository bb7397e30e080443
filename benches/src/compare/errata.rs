//! Errata over throw-away engines of the sizes of `make up`, as the other benchmarks run it.

use anyhow::{Context as _, ensure};
use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};

use super::client::Door;
use crate::system::database::Database;
use crate::system::start_engines;

/// An installation with the project that development has.
#[derive(Debug)]
pub struct Errata {
    /// Where the project takes envelopes.
    pub door: Door,
    database: Database,
    services: Services,
    engines: Engines,
    empty_bytes: i64,
}

impl Errata {
    /// Starts everything.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let engines = start_engines(false).await?;
        // Every event is stored whole, however few errors there are.
        let options = Options::over(&engines).set("ERROR_PAYLOADS_PER_HOUR", "1000000000");
        let services = Services::start(options).await.context("cannot start the services")?;
        let printed = services.worker(&["admin", "dsn"]).await?;
        let (project, key) = project(&printed).context("there is no DSN")?;
        let url = services.url(Service::Ingest);
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        let door = Door::new(port.context("ingest has no port")?, project, &key)?;
        let database = Database::open(&engines.postgres_url()).await?;
        let empty_bytes = database.sizes().await?.database;
        Ok(Self { door, database, services, engines, empty_bytes })
    }

    /// The processes that everything of it is made of, engines included.
    #[must_use]
    pub fn pids(&self) -> Vec<i32> {
        let services = Service::ALL.into_iter().filter_map(|service| self.services.pid(service));
        let engines = EngineKind::ALL.into_iter().flat_map(|kind| self.engines.pids(kind));
        services.chain(engines).collect()
    }

    /// Events that are counted in Postgres.
    ///
    /// # Errors
    /// When Postgres can't be asked.
    pub async fn stored(&self) -> anyhow::Result<u64> {
        Ok(self.database.counted().await?)
    }

    /// Ends it; the bytes that its database has grown by come back.
    ///
    /// # Errors
    /// When what was counted is not what is stored.
    pub async fn stop(self) -> anyhow::Result<u64> {
        let Self { database, services, engines, empty_bytes, .. } = self;
        let grown = database.sizes().await?.database - empty_bytes;
        let (counts, counted) = (database.counts().await?, database.counted().await?);
        ensure!(
            u64::try_from(counts.events).ok() == Some(counted),
            "{counted} events are counted, and {} are stored",
            counts.events
        );
        drop(database);
        services.stop().await;
        engines.stop().await;
        Ok(u64::try_from(grown).unwrap_or_default())
    }
}

/// The project's number and its key, of a DSN.
fn project(dsn: &str) -> Option<(u32, String)> {
    let (_scheme, rest) = dsn.trim().split_once("://")?;
    let (key, place) = rest.split_once('@')?;
    Some((place.rsplit('/').next()?.parse().ok()?, key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_dsn() {
        assert_eq!(project("http://abc@127.0.0.1:8080/7\n"), Some((7, "abc".to_owned())));
        assert_eq!(project("none"), None);
    }
}
