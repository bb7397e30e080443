//! What an operator does from the command line: the first keys of an installation.

use std::time::Duration;

use deadpool_postgres::GenericClient as _;
use shared::access::{KeyHash, Permission};
use shared::config::Environment;
use shared::ids::ProjectId;
use shared::postgres::{self, DbError, PoolSetupError};
use uuid::Uuid;

use crate::config::Config;

const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum AdminError {
    #[error("failed to reach the database")]
    Pool(#[from] PoolSetupError),
    #[error("failed to use the database; has `worker migrate` been run?")]
    Database(#[from] DbError),
    #[error("the system has no random numbers for a key")]
    Random(#[source] getrandom::Error),
    #[error("there is no project {0}")]
    NoProject(ProjectId),
    #[error("--name must have 1 to 200 characters")]
    BadName,
}

/// Makes an API key and returns it; only its hash is stored.
///
/// # Errors
/// When the database is away, or there is no such project.
pub async fn create_key(
    config: &Config,
    name: &str,
    permissions: &[Permission],
    project: Option<ProjectId>,
) -> Result<String, AdminError> {
    if !(1..=200).contains(&name.chars().count()) {
        return Err(AdminError::BadName);
    }
    if let Some(project) = project {
        dsn_key(config, project).await?;
    }
    let key = random_key(config.service.environment)?;
    let last_four: String = key.chars().skip(key.len().saturating_sub(4)).collect();
    let names: Vec<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
    let pool = postgres::pool(&config.postgres, "errata-admin", STATEMENT_TIMEOUT)?;
    let client = pool.get().await.map_err(DbError::Pool)?;
    client
        .execute(
            include_str!("sql/create_key.sql"),
            &[
                &project.map(|project| project.0),
                &name,
                &KeyHash::of(&key).0.as_slice(),
                &format!("sk_****{last_four}"),
                &names,
            ],
        )
        .await
        .map_err(DbError::statement("store the key"))?;
    Ok(key)
}

/// 192 random bits behind a prefix that tells what the key is for.
fn random_key(environment: Environment) -> Result<String, AdminError> {
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).map_err(AdminError::Random)?;
    let prefix = match environment {
        Environment::Production => "sk_live_",
        Environment::Development | Environment::Staging => "sk_test_",
    };
    Ok(format!("{prefix}{}", hex::encode(random)))
}

/// A project's DSN, as SDKs want it.
///
/// # Errors
/// When the database is away, or there is no such project.
pub async fn dsn(config: &Config, project: ProjectId) -> Result<String, AdminError> {
    let key = dsn_key(config, project).await?.simple();
    let (scheme, host) = config.public_url.split_once("://").unwrap_or(("http", "localhost"));
    Ok(format!("{scheme}://{key}@{host}/{project}"))
}

async fn dsn_key(config: &Config, project: ProjectId) -> Result<Uuid, AdminError> {
    let pool = postgres::pool(&config.postgres, "errata-admin", STATEMENT_TIMEOUT)?;
    let client = pool.get().await.map_err(DbError::Pool)?;
    let found = client
        .query_opt(include_str!("sql/dsn_key.sql"), &[&project.0])
        .await
        .map_err(DbError::statement("read the project"))?;
    found.map(|row| row.get("dsn_key")).ok_or(AdminError::NoProject(project))
}
