//! The few statements that the stack itself sends to Postgres.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::Error;

/// One connection; it closes when this is dropped.
pub(crate) struct Connection {
    client: Client,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Connects to the database that the URL names, or to `database` on the same server.
    pub(crate) async fn open(url: &str, database: Option<&str>) -> Result<Self, Error> {
        let failed = |source| Error::Postgres { action: "connect to Postgres".to_owned(), source };
        let mut config: Config = url.parse().map_err(failed)?;
        config.connect_timeout(Duration::from_secs(5));
        if let Some(database) = database {
            config.dbname(database);
        }
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        #[expect(clippy::disallowed_methods, reason = "the drop of the connection ends the task")]
        let driver = tokio::spawn(async move {
            // A broken connection shows in the statement that uses it.
            let _shown_elsewhere = connection.await;
        });
        Ok(Self { client, driver })
    }

    /// Runs one statement without parameters.
    pub(crate) async fn execute(&self, statement: &str) -> Result<(), Error> {
        self.client.batch_execute(statement).await.map_err(Error::postgres(statement))
    }

    /// Makes a database unless it is there.
    pub(crate) async fn ensure_database(&self, name: &str) -> Result<(), Error> {
        let known = "SELECT 1 FROM pg_database WHERE datname = $1";
        let found = self.client.query_opt(known, &[&name]).await;
        if found.map_err(Error::postgres("list the databases"))?.is_some() {
            return Ok(());
        }
        self.execute(&format!("CREATE DATABASE {name}")).await
    }

    /// The server's version as a number: 150018 is 15.18.
    pub(crate) async fn version_number(&self) -> Result<u32, Error> {
        let row = self.client.query_one("SHOW server_version_num", &[]).await;
        let text: String = row.map_err(Error::postgres("read the server's version"))?.get(0);
        Ok(text.parse().unwrap_or(0))
    }
}

/// Whether the server takes connections. The maintenance database is asked, because it exists from
/// the first moment on.
pub(crate) async fn answers(url: &str) -> bool {
    match Connection::open(url, Some("postgres")).await {
        Ok(connection) => connection.execute("SELECT 1").await.is_ok(),
        Err(_not_yet) => false,
    }
}
