//! Incidents that rules open, add to and resolve.
//!
//! A rule has at most one open incident. It is opened by the first firing, gets an entry for each further
//! one, and is resolved when the last has ended; whatever people did to it meanwhile stays.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::Transaction;
use serde_json::{Value, json};
use shared::alerts::standing::Turn;
use shared::live::{self, IncidentChange};
use shared::postgres::DbError;
use shared::time;
use tokio_postgres::Row;
use uuid::Uuid;

use super::Claim;
use super::decide::Turned;
use super::rules::{ProjectRules, Rule};
use super::tell::Facts;
use crate::statement::Statement;

const OPEN_INCIDENTS: Statement =
    Statement { sql: include_str!("sql/open_incidents.sql"), action: "find open incidents" };
const INSERT_INCIDENT: Statement =
    Statement { sql: include_str!("sql/insert_incident.sql"), action: "open an incident" };
const RESOLVE_INCIDENT: Statement =
    Statement { sql: include_str!("sql/resolve_incident.sql"), action: "resolve an incident" };
const INCIDENT_CHANGES: Statement =
    Statement { sql: include_str!("sql/incident_changes.sql"), action: "add to an incident" };

/// Entries that one evaluation adds to one incident; of a flood the rest is told as a number.
const MAX_ENTRIES: usize = 100;

/// Characters of a title; the column's constraint.
const MAX_TITLE: usize = 200;

/// The incidents of what turned.
#[derive(Debug, Default)]
pub(super) struct Incidents {
    /// By the place of the rule.
    by_rule: HashMap<usize, Uuid>,
    /// What the live feed tells of them.
    pub(super) news: Vec<live::Incident>,
}

impl Incidents {
    /// The incident that something belongs to.
    pub(super) fn of(&self, turned: &Turned) -> Option<Uuid> {
        self.by_rule.get(&turned.rule).copied().or(turned.firing.incident_id)
    }
}

/// Opens, adds to and resolves the incidents of the rules that ask for them.
pub(super) async fn record(
    tx: &Transaction<'_>,
    claim: &Claim,
    rules: &ProjectRules,
    turned: &[Turned],
    facts: &Facts,
) -> Result<Incidents, DbError> {
    let mut by_rule: BTreeMap<usize, Vec<&Turned>> = BTreeMap::new();
    for one in turned {
        if rules.rules.get(one.rule).is_some_and(|rule| rule.create_incident) {
            by_rule.entry(one.rule).or_default().push(one);
        }
    }
    let mut incidents = Incidents::default();
    if by_rule.is_empty() {
        return Ok(incidents);
    }
    let mut open = open_incidents(tx, claim, rules, by_rule.keys()).await?;
    let mut history = History::default();
    for (place, turned) in by_rule {
        let Some(rule) = rules.rules.get(place) else { continue };
        let begins = turned.iter().any(|one| one.is_firing());
        let incident = match open.remove(&rule.id()) {
            Some(incident) => Some(incident),
            None if begins => open_incident(tx, claim, rule, &mut history).await?,
            // Somebody has resolved it.
            None => None,
        };
        let Some(incident) = incident else { continue };
        incidents.by_rule.insert(place, incident);
        history.add_turns(incident, rule, &turned, facts);
        if turned.last().is_some_and(|last| !last.still_firing) {
            let rows = RESOLVE_INCIDENT.rows(tx, &[&claim.project.id.0, &incident]).await?;
            if !rows.is_empty() {
                history.add(
                    incident,
                    IncidentChange::Resolved,
                    rule,
                    json!({"reason": "recovered"}),
                );
            }
        }
    }
    incidents.news = history.write(tx, claim).await?;
    Ok(incidents)
}

async fn open_incidents(
    tx: &Transaction<'_>,
    claim: &Claim,
    rules: &ProjectRules,
    places: impl Iterator<Item = &usize>,
) -> Result<HashMap<Uuid, Uuid>, DbError> {
    let ids: Vec<Uuid> = places.filter_map(|place| rules.rules.get(*place)).map(Rule::id).collect();
    let rows = OPEN_INCIDENTS.rows(tx, &[&claim.project.id.0, &ids]).await?;
    Ok(rows.iter().map(|row| (row.get("rule_id"), row.get("incident_id"))).collect())
}

async fn open_incident(
    tx: &Transaction<'_>,
    claim: &Claim,
    rule: &Rule,
    history: &mut History,
) -> Result<Option<Uuid>, DbError> {
    let title: String = rule.told.name.chars().take(MAX_TITLE).collect();
    let description = format!("The alert rule became true: {}", rule.told.condition);
    let (severity, project, incident_id) =
        (rule.told.severity.as_str(), claim.project.id.0, Uuid::now_v7());
    let rows = INSERT_INCIDENT
        .rows(tx, &[&project, &incident_id, &title, &severity, &description, &rule.id()])
        .await?;
    let opened = rows.first().map(|row| row.get("incident_id"));
    if let Some(incident) = opened {
        history.add(
            incident,
            IncidentChange::Opened,
            rule,
            json!({"condition": rule.told.condition}),
        );
    }
    Ok(opened)
}

/// Entries of histories, in order.
#[derive(Debug, Default)]
struct History {
    incidents: Vec<Uuid>,
    kinds: Vec<IncidentChange>,
    actors: Vec<String>,
    details: Vec<Value>,
}

impl History {
    fn add(&mut self, incident: Uuid, kind: IncidentChange, rule: &Rule, details: Value) {
        self.incidents.push(incident);
        self.kinds.push(kind);
        self.actors.push(rule.told.name.clone());
        self.details.push(details);
    }

    fn add_turns(&mut self, incident: Uuid, rule: &Rule, turned: &[&Turned], facts: &Facts) {
        let kind = |one: &Turned| match one.turn {
            Turn::Fires => IncidentChange::Fired,
            Turn::Recovers => IncidentChange::Recovered,
        };
        for one in turned.iter().take(MAX_ENTRIES) {
            let error = facts.error(rule, one);
            let details = json!({
                "firing_id": one.firing.firing_id,
                "at": time::format(one.at),
                "value": one.value,
                "threshold": rule.told.threshold,
                "error_id": error.as_ref().map(|error| error.id),
                "title": error.map(|error| error.title),
            });
            self.add(incident, kind(one), rule, details);
        }
        let rest = turned.get(MAX_ENTRIES..).unwrap_or_default();
        if !rest.is_empty() {
            let fired = rest.iter().filter(|one| one.is_firing()).count();
            let details = json!({"fired": fired, "recovered": rest.len() - fired});
            self.add(incident, IncidentChange::Changed, rule, details);
        }
    }

    /// Writes the entries. How each incident is after them comes back.
    async fn write(
        &self,
        tx: &Transaction<'_>,
        claim: &Claim,
    ) -> Result<Vec<live::Incident>, DbError> {
        if self.incidents.is_empty() {
            return Ok(Vec::new());
        }
        let project = claim.project.id.0;
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.as_str()).collect();
        let rows = INCIDENT_CHANGES
            .rows(tx, &[&project, &self.incidents, &kinds, &self.actors, &self.details])
            .await?;
        Ok(rows.iter().filter_map(|row| self.told(row)).collect())
    }

    /// What the feed tells: an incident with the last that became of it.
    fn told(&self, row: &Row) -> Option<live::Incident> {
        let id: Uuid = row.get("incident_id");
        let last = self.incidents.iter().rposition(|incident| *incident == id)?;
        Some(live::Incident {
            id,
            title: row.get("title"),
            severity: row.get("severity"),
            status: row.get("status"),
            change: *self.kinds.get(last)?,
        })
    }
}
