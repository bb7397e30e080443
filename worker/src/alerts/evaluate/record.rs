//! Writes firings that began and ended, and when their rules fired last.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::alerts::standing::Turn;
use shared::postgres::DbError;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::Claim;
use super::decide::Turned;
use super::incidents::Incidents;
use super::rules::{ProjectRules, Rule};
use super::tell::Facts;
use crate::statement::Statement;

const INSERT_FIRINGS: Statement =
    Statement { sql: include_str!("sql/insert_firings.sql"), action: "write firings that began" };
const END_FIRINGS: Statement =
    Statement { sql: include_str!("sql/end_firings.sql"), action: "end firings" };
const TRIGGERED: Statement =
    Statement { sql: include_str!("sql/triggered.sql"), action: "note when rules fired" };

/// Writes the firings.
pub(super) async fn firings(
    tx: &Transaction<'_>,
    claim: &Claim,
    rules: &ProjectRules,
    turned: &[Turned],
    (facts, incidents): (&Facts, &Incidents),
) -> Result<(), DbError> {
    let ended: BTreeMap<Uuid, DateTime<Utc>> = turned
        .iter()
        .filter(|one| one.turn == Turn::Recovers)
        .map(|one| (one.firing.firing_id, one.at))
        .collect();
    // What ends is written first: an error may fire again in the same evaluation.
    end(tx, claim, &ended).await?;
    let begun: Vec<Begun<'_>> = turned
        .iter()
        .filter(|one| one.turn == Turn::Fires)
        .filter_map(|one| {
            let rule = rules.rules.get(one.rule)?;
            let ended_at = ended.get(&one.firing.firing_id).copied();
            let (error_name, incident_id) = (facts.name(one.error), incidents.of(one));
            Some(Begun { rule, turned: one, ended_at, error_name, incident_id })
        })
        .collect();
    begin(tx, claim, &begun).await?;
    note_triggered(tx, claim, &begun).await
}

/// A firing that begins, and may have ended by now.
struct Begun<'a> {
    rule: &'a Rule,
    turned: &'a Turned,
    ended_at: Option<DateTime<Utc>>,
    error_name: Option<Uuid>,
    incident_id: Option<Uuid>,
}

async fn begin(tx: &Transaction<'_>, claim: &Claim, begun: &[Begun<'_>]) -> Result<(), DbError> {
    if begun.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = begun.iter().map(|one| one.turned.firing.firing_id).collect();
    let rules: Vec<Uuid> = begun.iter().map(|one| one.rule.id()).collect();
    let errors: Vec<i64> = begun.iter().map(|one| one.turned.error).collect();
    let error_names: Vec<Option<Uuid>> = begun.iter().map(|one| one.error_name).collect();
    let names: Vec<&str> = begun.iter().map(|one| one.rule.told.name.as_str()).collect();
    let conditions: Vec<&str> = begun.iter().map(|one| one.rule.told.condition.as_str()).collect();
    let severities: Vec<&str> = begun.iter().map(|one| one.rule.told.severity.as_str()).collect();
    let thresholds: Vec<f64> = begun.iter().map(|one| one.rule.told.threshold).collect();
    let values: Vec<f64> = begun.iter().map(|one| one.turned.value).collect();
    let windows: Vec<DateTime<Utc>> = begun.iter().map(|one| one.turned.window_end).collect();
    let started: Vec<DateTime<Utc>> = begun.iter().map(|one| one.turned.at).collect();
    let ended: Vec<Option<DateTime<Utc>>> = begun.iter().map(|one| one.ended_at).collect();
    let cooldowns: Vec<DateTime<Utc>> = begun
        .iter()
        .map(|one| one.turned.firing.cooldown_until.max(one.ended_at.unwrap_or(one.turned.at)))
        .collect();
    let muted: Vec<bool> = begun.iter().map(|one| one.turned.firing.muted).collect();
    let incidents: Vec<Option<Uuid>> = begun.iter().map(|one| one.incident_id).collect();
    let columns: [&(dyn ToSql + Sync); 16] = [
        &claim.project.id.0,
        &ids,
        &rules,
        &errors,
        &error_names,
        &names,
        &conditions,
        &severities,
        &thresholds,
        &values,
        &windows,
        &started,
        &ended,
        &cooldowns,
        &muted,
        &incidents,
    ];
    INSERT_FIRINGS.execute(tx, &columns).await
}

async fn end(
    tx: &Transaction<'_>,
    claim: &Claim,
    ended: &BTreeMap<Uuid, DateTime<Utc>>,
) -> Result<(), DbError> {
    if ended.is_empty() {
        return Ok(());
    }
    let (ids, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = ended.iter().unzip();
    END_FIRINGS.execute(tx, &[&claim.project.id.0, &ids, &times]).await
}

async fn note_triggered(
    tx: &Transaction<'_>,
    claim: &Claim,
    begun: &[Begun<'_>],
) -> Result<(), DbError> {
    let mut last: BTreeMap<Uuid, DateTime<Utc>> = BTreeMap::new();
    for one in begun {
        let at = last.entry(one.rule.id()).or_insert(one.turned.at);
        *at = one.turned.at.max(*at);
    }
    if last.is_empty() {
        return Ok(());
    }
    let (rules, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = last.into_iter().unzip();
    TRIGGERED.execute(tx, &[&claim.project.id.0, &rules, &times]).await
}
