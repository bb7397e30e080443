//! The engines under measurement.

use anyhow::Context as _;
use deploy::engines::{EngineKind, Engines};

use super::database::Database;

/// The sizes that `make up` gives Postgres: those of throw-away instances suit tests.
const POSTGRES_SIZES: &str = include_str!("../../../deploy/postgres/up.conf");

/// Starts throw-away engines of the sizes of `make up`; `watched`, Postgres counts what statements cost.
///
/// # Errors
/// When one does not start.
pub async fn start_engines(watched: bool) -> anyhow::Result<Engines> {
    tracing::info!("starting engines …");
    let mut engines = Engines::start(&EngineKind::ALL).await.context("cannot start the engines")?;
    let database = Database::open(&engines.postgres_url()).await?;
    let sizes = POSTGRES_SIZES.lines().filter(|line| !line.starts_with('#'));
    let mut settings: Vec<(&str, &str)> = sizes.filter_map(|line| line.split_once(" = ")).collect();
    if watched {
        settings.push(("shared_preload_libraries", "pg_stat_statements"));
    }
    database.configure(&settings).await.context("cannot size Postgres")?;
    drop(database);
    engines.restart(EngineKind::Postgres).await.context("cannot restart Postgres")?;
    Ok(engines)
}
