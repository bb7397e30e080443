//! What an operator does from the command line: the first keys of an installation.

use std::time::Duration;

use deadpool_postgres::GenericClient as _;
use shared::access::{self, KeyGrant, MAX_KEYS, Minted, NoRandomness, Permission};
use shared::audit::{self, Action, Actor, Target};
use shared::ids::ProjectId;
use shared::postgres::{self, DbError, PoolSetupError};
use uuid::Uuid;

use crate::config::CommandConfig;

const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum AdminError {
    #[error("failed to reach the database")]
    Pool(#[from] PoolSetupError),
    #[error("failed to use the database; has `worker migrate` been run?")]
    Database(#[from] DbError),
    #[error("failed to make a key")]
    Random(#[from] NoRandomness),
    #[error("there are {MAX_KEYS} keys already; delete some")]
    TooManyKeys,
    #[error("there is no project {0}")]
    NoProject(ProjectId),
    #[error("--name must have 1 to 200 characters, and no control characters")]
    BadName,
}

/// Makes an API key and returns it; only its hash is stored.
///
/// # Errors
/// When the database is away, or there is no such project.
pub async fn create_key(
    config: &CommandConfig,
    name: &str,
    permissions: &[Permission],
    project: Option<ProjectId>,
) -> Result<String, AdminError> {
    if !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(AdminError::BadName);
    }
    if let Some(project) = project {
        dsn_key(config, project).await?;
    }
    let grant = KeyGrant {
        name: name.to_owned(),
        project_id: project,
        permissions: permissions.to_vec(),
        ..KeyGrant::default()
    };
    let key = Minted::key(config.service.environment)?;
    let pool = postgres::pool(&config.postgres, "errata-admin", STATEMENT_TIMEOUT)?;
    let mut client = pool.get().await.map_err(DbError::Pool)?;
    let tx = client.transaction().await.map_err(DbError::statement("begin making a key"))?;
    let id = access::store_key(&tx, &key, &grant).await?.ok_or(AdminError::TooManyKeys)?;
    let target = Target::new(id, name);
    audit::record(&tx, &Actor::command_line(), Action::ApiKeyCreated, &target, grant.changes())
        .await?;
    tx.commit().await.map_err(DbError::statement("commit making a key"))?;
    Ok(key.text)
}

/// A project's DSN, as SDKs want it.
///
/// # Errors
/// When the database is away, or there is no such project.
pub async fn dsn(config: &CommandConfig, project: ProjectId) -> Result<String, AdminError> {
    let key = dsn_key(config, project).await?.simple();
    let (scheme, host) = config.public_url.split_once("://").unwrap_or(("http", "localhost"));
    Ok(format!("{scheme}://{key}@{host}/{project}"))
}

async fn dsn_key(config: &CommandConfig, project: ProjectId) -> Result<Uuid, AdminError> {
    let pool = postgres::pool(&config.postgres, "errata-admin", STATEMENT_TIMEOUT)?;
    let client = pool.get().await.map_err(DbError::Pool)?;
    let found = client
        .query_opt(include_str!("sql/dsn_key.sql"), &[&project.0])
        .await
        .map_err(DbError::statement("read the project"))?;
    found.map(|row| row.get("dsn_key")).ok_or(AdminError::NoProject(project))
}
