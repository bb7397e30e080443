//! What integration tests start from: an empty database and names of their own on the engines that
//! `make test` has started.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::engines::EngineKind;
use crate::error::Error;
use crate::postgres_client::Connection;

/// The variable in which `stack run` names an engine to the tests.
#[must_use]
pub fn variable(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Postgres => "TEST_DATABASE_URL",
        EngineKind::Redis => "TEST_REDIS_URL",
        EngineKind::RabbitMq => "TEST_AMQP_URL",
    }
}

/// A test's own place: a fresh database, and a prefix for queue names and Redis keys.
#[derive(Debug)]
pub struct Sandbox {
    server_url: String,
    database: String,
    redis_url: String,
    amqp_url: String,
    closed: bool,
}

impl Sandbox {
    /// As [`Self::new`], with engines that are named here before those of the environment.
    ///
    /// # Errors
    /// See [`Self::new`].
    pub async fn with(urls: &BTreeMap<&'static str, String>) -> Result<Self, Error> {
        #[expect(clippy::disallowed_methods, reason = "tests have no configuration of their own")]
        Self::from_lookup(|name| urls.get(name).cloned().or_else(|| std::env::var(name).ok())).await
    }

    /// Makes an empty database on the Postgres that the tests share.
    ///
    /// # Errors
    /// When the engines are not named in the environment, or Postgres refuses.
    pub async fn new() -> Result<Self, Error> {
        Self::with(&BTreeMap::new()).await
    }

    /// As [`Self::new`], with the variables taken from elsewhere.
    ///
    /// # Errors
    /// See [`Self::new`].
    pub async fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let url = |kind| {
            let name = variable(kind);
            lookup(name).filter(|url| !url.is_empty()).ok_or(Error::NoTestEngines(name))
        };
        let server_url = url(EngineKind::Postgres)?;
        let redis_url = url(EngineKind::Redis)?;
        let amqp_url = url(EngineKind::RabbitMq)?;
        let database = format!("errata_test_{}", Uuid::new_v4().simple());
        let connection = Connection::open(&server_url, Some("postgres")).await?;
        connection.execute(&format!("CREATE DATABASE {database}")).await?;
        Ok(Self { server_url, database, redis_url, amqp_url, closed: false })
    }

    /// The database of this test alone.
    #[must_use]
    pub fn database_url(&self) -> String {
        with_database(&self.server_url, &self.database)
    }

    /// The Redis that all tests share; keys carry [`Self::namespace`].
    #[must_use]
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// The RabbitMQ that all tests share; queue names carry [`Self::namespace`].
    #[must_use]
    pub fn amqp_url(&self) -> &str {
        &self.amqp_url
    }

    /// The prefix that keeps this test's queues and keys apart, the `NAMESPACE` of the services.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.database
    }

    /// Drops the database, ending connections that are still open.
    ///
    /// # Errors
    /// When Postgres refuses.
    pub async fn close(mut self) -> Result<(), Error> {
        self.closed = true;
        drop_database(&self.server_url, &self.database).await
    }
}

impl Drop for Sandbox {
    /// A failed test does not get to `close`, so its database is dropped here as well as possible:
    /// on a thread with a runtime of its own, because the test's runtime cannot be waited for.
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        let (server_url, database) = (self.server_url.clone(), self.database.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            // What is left goes with the throw-away engines.
            let _left_behind = runtime.block_on(drop_database(&server_url, &database));
            std::io::Result::Ok(())
        });
        let _left_behind = dropping.join();
    }
}

async fn drop_database(server_url: &str, database: &str) -> Result<(), Error> {
    let connection = Connection::open(server_url, Some("postgres")).await?;
    connection.execute(&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await
}

/// The URL with another database in its path.
fn with_database(url: &str, database: &str) -> String {
    let (head, query) = match url.split_once('?') {
        Some((head, query)) => (head, format!("?{query}")),
        None => (url, String::new()),
    };
    let server = match head.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or(rest);
            format!("{scheme}://{host}")
        }
        None => head.to_owned(),
    };
    format!("{server}/{database}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(with_database(url, "mine"), expected);
    }

    #[test]
    fn only_the_database_changes() {
        check("postgres://u:p@h:1/errata", "postgres://u:p@h:1/mine");
        check("postgres://u:p@h:1", "postgres://u:p@h:1/mine");
        check("postgres://h/a?sslmode=disable", "postgres://h/mine?sslmode=disable");
    }

    #[tokio::test]
    async fn without_engines_it_says_how_to_get_them() {
        let refusal = Sandbox::from_lookup(|_| None).await.unwrap_err().to_string();
        assert_eq!(
            refusal,
            "TEST_DATABASE_URL is not set: run the tests with `make test`, which starts the \
             engines they need"
        );
    }
}
