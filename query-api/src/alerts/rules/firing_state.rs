//! What a change of a rule does to its firings.
//!
//! A rule that watches something else is another rule: what the old one found ends, and the new one
//! may fire at once. A name, a severity, whom to tell and a mute leave the firings alone.

use deadpool_postgres::Transaction;
use serde_json::json;
use shared::api::ApiError;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use uuid::Uuid;

use super::super::name_of;
use super::view::{RuleObject, Settings};
use crate::db;
use crate::settings::audit::Actor;

/// Why the firings of a rule end although what it watches did not recover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Changed,
    Disabled,
    Deleted,
}

impl Ending {
    /// Whether, and why, a change ends the firings of a rule.
    pub(super) fn of_change(before: &Settings, after: &Settings) -> Option<Self> {
        if before.enabled && !after.enabled {
            Some(Self::Disabled)
        } else {
            (before.watch != after.watch).then_some(Self::Changed)
        }
    }

    /// The reason in Postgres and in answers.
    fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "rule_changed",
            Self::Disabled => "rule_disabled",
            Self::Deleted => "rule_deleted",
        }
    }
}

/// Ends all firings of a rule, and writes so into the history of its open incidents: they stay open, for
/// nothing says that what they are about is over.
pub(super) async fn end(
    tx: &Transaction<'_>,
    rule: &RuleObject,
    ending: Ending,
    actor: &Actor,
) -> Result<(), ApiError> {
    let project = ProjectId(rule.project_id);
    let incidents = end_firings(tx, project, rule.id, ending).await.map_err(db::failure)?;
    if ending != Ending::Changed {
        let sql = include_str!("sql/drop_held.sql");
        let values: db::Params<'_> = &[&project.0, &rule.id];
        db::execute(tx, "drop what is held of a rule", sql, values).await.map_err(db::failure)?;
    }
    if incidents.is_empty() {
        return Ok(());
    }
    let details = json!({
        "reason": ending.as_str(), "rule_id": rule.id, "rule_name": rule.settings.name,
    });
    let sql = include_str!("sql/note_in_incidents.sql");
    let values: db::Params<'_> = &[&project.0, &incidents, &name_of(actor), &details];
    db::execute(tx, "note the end of firings", sql, values).await.map(drop).map_err(db::failure)
}

/// The incidents that the firings belonged to.
async fn end_firings(
    tx: &Transaction<'_>,
    project: ProjectId,
    rule: Uuid,
    ending: Ending,
) -> Result<Vec<Uuid>, DbError> {
    let sql = include_str!("sql/end_firings.sql");
    let values: db::Params<'_> = &[&project.0, &rule, &ending.as_str()];
    let ended = db::query(tx, "end the firings of a rule", sql, values).await?;
    let mut incidents: Vec<Uuid> = ended.iter().filter_map(|row| row.get("incident_id")).collect();
    incidents.sort_unstable();
    incidents.dedup();
    let sql = include_str!("sql/end_quiet.sql");
    db::execute(tx, "let a rule fire again", sql, &[&project.0, &rule]).await?;
    Ok(incidents)
}
