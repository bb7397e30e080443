//! Runs statements, measures them, and says what their failure means to a client.

use std::future::Future;
use std::sync::Arc;

use deadpool_postgres::{Client, GenericClient, Pool, Transaction};
use shared::api::ApiError;
use shared::postgres::DbError;
use shared::telemetry::metrics::{Histogram, observe};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, RowStream};

/// Bound values of a statement.
pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection of the pool.
pub(crate) async fn client(pool: &Pool) -> Result<Client, DbError> {
    pool.get().await.map_err(DbError::Pool)
}

/// Begins a transaction; dropped without [`commit`], it changes nothing.
pub(crate) async fn begin<'a>(
    client: &'a mut Client,
    action: &'static str,
) -> Result<Transaction<'a>, DbError> {
    client.transaction().await.map_err(DbError::statement(action))
}

/// Makes a transaction's changes hold.
pub(crate) async fn commit(tx: Transaction<'_>, action: &'static str) -> Result<(), DbError> {
    tx.commit().await.map_err(DbError::statement(action))
}

/// Runs a statement of a `.sql` file; `action` completes the sentence "failed to …".
pub(crate) async fn query(
    client: &impl GenericClient,
    action: &'static str,
    sql: &'static str,
    params: Params<'_>,
) -> Result<Vec<Row>, DbError> {
    measured(async {
        let statement = client.prepare_cached(sql).await?;
        client.query(&statement, params).await
    })
    .await
    .map_err(DbError::statement(action))
}

/// Runs a statement of a `.sql` file whose rows are large, so that they are read one by one.
pub(crate) async fn stream(
    client: &impl GenericClient,
    action: &'static str,
    sql: &'static str,
    params: Params<'_>,
) -> Result<RowStream, DbError> {
    measured(async {
        let statement = client.prepare_cached(sql).await?;
        client.query_raw(&statement, params.iter().copied()).await
    })
    .await
    .map_err(DbError::statement(action))
}

/// Runs a statement that changes rows; answers how many.
pub(crate) async fn execute(
    client: &impl GenericClient,
    action: &'static str,
    sql: &'static str,
    params: Params<'_>,
) -> Result<u64, DbError> {
    measured(async {
        let statement = client.prepare_cached(sql).await?;
        client.execute(&statement, params).await
    })
    .await
    .map_err(DbError::statement(action))
}

/// Runs an assembled statement. It is prepared for this one time: the combinations are too many to
/// keep, and each is planned for its own values.
pub(crate) async fn query_assembled(
    client: &Client,
    action: &'static str,
    sql: &str,
    params: &[(&(dyn ToSql + Sync), Type)],
) -> Result<Vec<Row>, DbError> {
    measured(client.query_typed(sql, params)).await.map_err(DbError::statement(action))
}

async fn measured<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let started = Instant::now();
    let outcome = work.await;
    let label = if outcome.is_ok() { "done" } else { "failed" };
    observe(Histogram::QueryDurationSeconds, label, started.elapsed().as_secs_f64());
    outcome
}

/// What a failure of Postgres is to a client: something that passes, or a fault of ours.
pub(crate) fn failure(error: impl Into<Arc<DbError>>) -> ApiError {
    let error: Arc<DbError> = error.into();
    if is_passing(&error) {
        ApiError::unavailable("The database does not answer in time; try again later", 2)
            .with_cause(error)
    } else {
        ApiError::internal(error)
    }
}

fn is_passing(error: &DbError) -> bool {
    match error {
        DbError::Pool(_) | DbError::Timeout => true,
        DbError::Statement { source, .. } => match source.code() {
            // The connection broke under the statement.
            None => source.is_closed() || std::error::Error::source(source).is_some(),
            Some(state) => {
                *state == SqlState::QUERY_CANCELED
                    || *state == SqlState::LOCK_NOT_AVAILABLE
                    || error.is_conflict()
                    // Class 53: out of connections, memory or disk; class 57: shutting down.
                    || matches!(state.code().get(..2), Some("53" | "57" | "08"))
            }
        },
    }
}
