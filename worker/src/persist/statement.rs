//! Runs the statements of a transaction, each prepared once for its connection.

use deadpool_postgres::Transaction;
use shared::postgres::DbError;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// One statement file and what it does, for the sentence "failed to …".
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement {
    pub(super) sql: &'static str,
    pub(super) action: &'static str,
}

impl Statement {
    /// Runs the statement and returns its rows.
    pub(super) async fn rows(
        self,
        tx: &Transaction<'_>,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let prepared =
            tx.prepare_cached(self.sql).await.map_err(DbError::statement(self.action))?;
        tx.query(&prepared, parameters).await.map_err(DbError::statement(self.action))
    }

    /// Runs the statement for its effect.
    pub(super) async fn execute(
        self,
        tx: &Transaction<'_>,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<(), DbError> {
        self.rows(tx, parameters).await.map(drop)
    }
}
