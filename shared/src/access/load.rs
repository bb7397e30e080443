//! Loads the access table in one snapshot.

use std::sync::Arc;

use deadpool_postgres::{Client, GenericClient as _};
use tokio_postgres::{IsolationLevel, Row};

use super::usage::LastUse;
use super::{AccessTable, ApiKey, KeyHash, Permission, Project};
use crate::config::Environment;
use crate::ids::ProjectId;
use crate::postgres::DbError;
use crate::rate_limit::KeyLimits;

/// The table, if its version differs from the known one.
pub(super) async fn changed_since(
    client: &mut Client,
    known: Option<i64>,
    environment: Environment,
) -> Result<Option<AccessTable>, DbError> {
    let tx = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(DbError::statement("begin reading the keys"))?;
    let version: i64 = query(&tx, include_str!("sql/version.sql"))
        .await?
        .first()
        .map(|row| row.get("version"))
        .unwrap_or_default();
    if known == Some(version) {
        return Ok(None);
    }
    let mut table = AccessTable { version, ..AccessTable::default() };
    for row in query(&tx, include_str!("sql/keys.sql")).await? {
        add_key(&mut table, &row, environment);
    }
    for row in query(&tx, include_str!("sql/projects.sql")).await? {
        add_project(&mut table, &row);
    }
    Ok(Some(table))
}

async fn query(
    tx: &deadpool_postgres::Transaction<'_>,
    sql: &'static str,
) -> Result<Vec<Row>, DbError> {
    let statement = tx.prepare_cached(sql).await.map_err(DbError::statement("prepare"))?;
    tx.query(&statement, &[]).await.map_err(DbError::statement("read the keys"))
}

fn add_key(table: &mut AccessTable, row: &Row, environment: Environment) {
    let development_only: bool = row.get("development_only");
    if development_only && environment != Environment::Development {
        return;
    }
    let Ok(hash) = <[u8; 32]>::try_from(row.get::<_, &[u8]>("key_hash")) else {
        return;
    };
    let names: Vec<&str> = row.get("permissions");
    let key = ApiKey {
        id: row.get("id"),
        project_id: row.get::<_, Option<i32>>("project_id").map(ProjectId),
        // A permission of a later version is one this version can't grant.
        permissions: names.iter().filter_map(|name| name.parse::<Permission>().ok()).collect(),
        expires_at: row.get("expires_at"),
        last_use: LastUse::default(),
        limits: KeyLimits {
            errors: row.get("errors_per_minute"),
            analytics: row.get("analytics_per_minute"),
            general: row.get("general_per_minute"),
        },
        allowed_origins: row.get("allowed_origins"),
    };
    table.keys.insert(KeyHash(hash), key);
}

fn add_project(table: &mut AccessTable, row: &Row) {
    let id = ProjectId(row.get("id"));
    let rules: serde_json::Value = row.get("sanitising_rules");
    let rules = serde_json::from_value(rules).unwrap_or_else(|error| {
        tracing::error!(project.id = id.0, %error, "unreadable sanitising rules; built-in ones hold");
        crate::sanitise::Rules::default()
    });
    table.dsn_keys.insert(row.get("dsn_key"), id);
    table.projects.insert(
        id,
        Project {
            id,
            keep_ip_addresses: row.get("keep_ip_addresses"),
            sanitising_rules: Arc::new(rules),
        },
    );
}
