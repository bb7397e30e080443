//! Runs statements, each prepared once for its connection.

use deadpool_postgres::GenericClient;
use shared::postgres::DbError;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// One statement file and what it does, for the sentence "failed to …".
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement {
    pub(crate) sql: &'static str,
    pub(crate) action: &'static str,
}

impl Statement {
    /// Runs the statement and returns its rows.
    pub(crate) async fn rows(
        self,
        client: &impl GenericClient,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let prepared =
            client.prepare_cached(self.sql).await.map_err(DbError::statement(self.action))?;
        client.query(&prepared, parameters).await.map_err(DbError::statement(self.action))
    }

    /// Runs the statement for its effect.
    pub(crate) async fn execute(
        self,
        client: &impl GenericClient,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<(), DbError> {
        self.rows(client, parameters).await.map(drop)
    }
}
