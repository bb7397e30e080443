//! What is stored, asked of Postgres directly: the services' own figures are what is in question.

use tokio::task::JoinSet;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, NoTls, Row};

/// A connection of the benchmark's own.
#[derive(Debug)]
pub struct Database {
    client: Client,
    // Ends with the connection.
    _driver: JoinSet<()>,
}

/// Everything that must agree when the queues are empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Distinct ids of stored events.
    pub events: i64,
    /// Events counted on their errors.
    pub on_errors: i64,
    /// Events counted in the hourly totals of projects.
    pub in_hours: i64,
    /// Errors.
    pub errors: i64,
}

/// Bytes on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Events with their indexes.
    pub events: i64,
    /// The indexes of the events alone.
    pub event_indexes: i64,
    /// The whole database.
    pub database: i64,
    /// Write-ahead log written since the server was set up.
    pub wal: i64,
}

/// A statement and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its text on one line, cut.
    pub text: String,
    /// How often it ran.
    pub calls: i64,
    /// Milliseconds in all.
    pub total_ms: f64,
}

impl Database {
    /// Connects.
    ///
    /// # Errors
    /// When Postgres refuses.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The statement that suffers from it reports the failure.
            let _broken = connection.await;
        });
        Ok(Self { client, _driver: driver })
    }

    /// Changes settings of the server; most hold from its next start on.
    ///
    /// # Errors
    /// When a setting is unknown.
    pub async fn configure(&self, settings: &[(&str, &str)]) -> Result<(), Error> {
        for (name, value) in settings {
            let value = value.replace('\'', "''");
            self.client.batch_execute(&format!("ALTER SYSTEM SET {name} = '{value}'")).await?;
        }
        Ok(())
    }

    /// Runs some statements.
    ///
    /// # Errors
    /// When one fails; the others are undone.
    pub async fn execute(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }

    /// Runs a statement and reads its rows.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn query(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        self.client.query(sql, values).await
    }

    /// Events counted in the totals of projects: a few rows, so it can be asked often.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn counted(&self) -> Result<u64, Error> {
        let sql = "SELECT coalesce(sum(events), 0)::bigint FROM event_hours WHERE group_id = 0";
        let count: i64 = self.client.query_one(sql, &[]).await?.try_get(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Counts everything; takes its time.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let sql = "SELECT
            (SELECT count(*) FROM (SELECT DISTINCT project_id, event_id FROM events) AS ids),
            (SELECT coalesce(sum(event_count), 0)::bigint FROM error_stats),
            (SELECT coalesce(sum(events), 0)::bigint FROM event_hours WHERE group_id = 0),
            (SELECT count(*) FROM errors)";
        let row = self.client.query_one(sql, &[]).await?;
        Ok(Counts {
            events: row.try_get(0)?,
            on_errors: row.try_get(1)?,
            in_hours: row.try_get(2)?,
            errors: row.try_get(3)?,
        })
    }

    /// Public ids of errors and ids of events, so many of each, picked evenly; and brings the planner's
    /// statistics up to date, as Postgres does by itself a minute later.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn ids(&self, number: i64) -> Result<(Vec<String>, Vec<String>), Error> {
        self.client.batch_execute("ANALYZE").await?;
        let texts = async |sql| {
            let rows = self.client.query(sql, &[&number]).await?;
            rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, Error>>()
        };
        let errors = "SELECT public_id::text FROM errors ORDER BY public_id LIMIT $1";
        let events =
            "SELECT latest_event_id::text FROM error_stats ORDER BY latest_event_id LIMIT $1";
        Ok((texts(errors).await?, texts(events).await?))
    }

    /// Measures what is on the disk.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn sizes(&self) -> Result<Sizes, Error> {
        let sql = "SELECT
            coalesce(sum(pg_total_relation_size(relid)), 0)::bigint,
            coalesce(sum(pg_indexes_size(relid)), 0)::bigint,
            pg_database_size(current_database()),
            (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint
            FROM pg_partition_tree('events') WHERE isleaf";
        let row = self.client.query_one(sql, &[]).await?;
        Ok(Sizes {
            events: row.try_get(0)?,
            event_indexes: row.try_get(1)?,
            database: row.try_get(2)?,
            wal: row.try_get(3)?,
        })
    }

    /// Starts counting what statements cost.
    ///
    /// # Errors
    /// When the server was started without `pg_stat_statements`.
    pub async fn watch_statements(&self) -> Result<(), Error> {
        let sql = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
            SELECT pg_stat_statements_reset()";
        self.client.batch_execute(sql).await
    }

    /// The statements that took longest in all.
    ///
    /// # Errors
    /// When they are not watched.
    pub async fn slowest_statements(&self) -> Result<Vec<Statement>, Error> {
        let sql = "SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 120), calls,
            total_exec_time FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 20";
        let rows = self.client.query(sql, &[]).await?;
        let statement = |row: &tokio_postgres::Row| {
            let (text, calls, total_ms) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            Ok(Statement { text, calls, total_ms })
        };
        rows.iter().map(statement).collect()
    }
}
