//! Loads the access table in one snapshot.

use std::sync::Arc;

use deadpool_postgres::{Client, GenericClient as _};
use tokio_postgres::{IsolationLevel, Row};

use super::usage::LastUse;
use super::{AccessTable, ApiKey, KeyHash, Permission, Project};
use crate::config::Environment;
use crate::fingerprint::rules::{List, ProjectRules, Rules};
use crate::ids::ProjectId;
use crate::postgres::DbError;
use crate::rate_limit::KeyLimits;

/// The table, if its version differs from the known one.
pub(super) async fn changed_since(
    client: &mut Client,
    known: Option<&AccessTable>,
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
    if known.is_some_and(|known| known.version == version) {
        return Ok(None);
    }
    let mut table = AccessTable { version, ..AccessTable::default() };
    for row in query(&tx, include_str!("sql/keys.sql")).await? {
        add_key(&mut table, &row, environment);
    }
    for row in query(&tx, include_str!("sql/projects.sql")).await? {
        add_project(&mut table, &row, known);
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

/// The rules of a project as they are stored.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RuleTexts {
    discard: String,
    grouping: String,
}

impl RuleTexts {
    /// Reads them. What another version has saved and this one can't read does not hold.
    fn parse(&self, id: ProjectId) -> ProjectRules {
        let read = |list: List, text: &str| {
            ProjectRules::parse(list, text).unwrap_or_else(|errors| {
                let error = errors.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(project.id = id.0, field = list.field(), %error, "unreadable rules");
                Rules::default()
            })
        };
        ProjectRules {
            discard: read(List::Discard, &self.discard),
            grouping: read(List::Grouping, &self.grouping),
        }
    }
}

/// The rules of a project. Those that have not changed are not read again.
fn rules(table: &mut AccessTable, row: &Row, known: Option<&AccessTable>) -> Arc<ProjectRules> {
    let id = ProjectId(row.get("id"));
    let texts =
        RuleTexts { discard: row.get("discard_rules"), grouping: row.get("grouping_rules") };
    if texts == RuleTexts::default() {
        return Arc::default();
    }
    let same = known.filter(|known| known.rule_texts.get(&id) == Some(&texts));
    let project = same.and_then(|known| known.projects.get(&id));
    let rules =
        project.map_or_else(|| Arc::new(texts.parse(id)), |project| Arc::clone(&project.rules));
    table.rule_texts.insert(id, texts);
    rules
}

fn add_project(table: &mut AccessTable, row: &Row, known: Option<&AccessTable>) {
    let id = ProjectId(row.get("id"));
    let own_rules = rules(table, row, known);
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
            rules: own_rules,
        },
    );
}
