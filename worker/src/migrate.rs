//! Brings the database to this version's schema.

use std::time::Duration;

use deadpool_postgres::GenericClient as _;
use shared::access::KeyHash;
use shared::config::{Environment, PostgresConfig};
use shared::postgres::{self, DbError, PoolSetupError};
use tokio_postgres::error::SqlState;

mod embedded {
    refinery::embed_migrations!("../migrations");
}

/// Migrations may rewrite tables; nothing waits for them but the operator.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3_600);

/// A change of a table that is in use waits for a moment only, because everybody else would wait behind
/// it, and then tries again after a pause in which they go on: for about ten minutes in all.
const LOCK_ATTEMPTS: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_secs(1);

/// The key that the API document promises to developers.
const DEVELOPMENT_KEY: &str = "test-api-key";

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MigrateError {
    #[error("failed to reach the database")]
    Pool(#[from] PoolSetupError),
    #[error("failed to prepare the migration")]
    Database(#[from] DbError),
    #[error("failed to apply a migration")]
    Apply(#[source] refinery::Error),
}

/// Applies what is missing and returns how many migrations that were. Callers wait for each other.
/// In development the key `test-api-key` is made as well.
///
/// # Errors
/// When Postgres is away, or a migration fails; what succeeded before stays.
pub async fn run(config: &PostgresConfig, environment: Environment) -> Result<usize, MigrateError> {
    let pool = postgres::pool(config, "errata-migrate", STATEMENT_TIMEOUT)?;
    let mut client = pool.get().await.map_err(DbError::Pool)?;
    client
        .execute(include_str!("admin/sql/lock_migrations.sql"), &[])
        .await
        .map_err(DbError::statement("wait for other migrations"))?;
    let mut attempts = 1;
    let report = loop {
        match embedded::migrations::runner().run_async(&mut **client.as_mut()).await {
            Ok(report) => break report,
            Err(error) if attempts < LOCK_ATTEMPTS && is_lock_timeout(&error) => {
                tracing::info!(attempts, "a table is in use; the migration tries again");
                attempts += 1;
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Err(error) => return Err(MigrateError::Apply(error)),
        }
    };
    if environment == Environment::Development {
        client
            .execute(
                include_str!("admin/sql/ensure_development_key.sql"),
                &[&KeyHash::of(DEVELOPMENT_KEY).0.as_slice()],
            )
            .await
            .map_err(DbError::statement("make the development key"))?;
    }
    client
        .execute(include_str!("admin/sql/unlock_migrations.sql"), &[])
        .await
        .map_err(DbError::statement("let other migrations go on"))?;
    Ok(report.applied_migrations().len())
}

/// Whether a migration gave up waiting for a table.
fn is_lock_timeout(error: &refinery::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<tokio_postgres::Error>() {
            return error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
        }
        source = error.source();
    }
    false
}
