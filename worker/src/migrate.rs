//! Brings the database to this version's schema.

use std::time::Duration;

use deadpool_postgres::GenericClient as _;
use shared::access::KeyHash;
use shared::config::{Environment, PostgresConfig};
use shared::postgres::{self, DbError, PoolSetupError};

mod embedded {
    refinery::embed_migrations!("../migrations");
}

/// Migrations may rewrite tables; nothing waits for them but the operator.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3_600);

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
    let report = embedded::migrations::runner()
        .run_async(&mut **client.as_mut())
        .await
        .map_err(MigrateError::Apply)?;
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
