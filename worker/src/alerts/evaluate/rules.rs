//! The rules of a project, read once and kept until one of them changes.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::Transaction;
use shared::alerts::condition::{Comparison, Condition, Metric, ResolvedCondition, Scope};
use shared::alerts::measure::{MeasureId, Measures};
use shared::channels::Severity;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use tokio_postgres::Row;
use uuid::Uuid;

use super::agenda::Agenda;
use crate::alerts::notice::ToldRule;
use crate::statement::Statement;

const RULES: Statement =
    Statement { sql: include_str!("sql/rules.sql"), action: "read the rules of a project" };

/// Rules that are kept between evaluations. Beyond it all are forgotten and read again as they are needed.
const MAX_KEPT: usize = 100_000;

/// A rule that is evaluated.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) told: ToldRule,
    pub(super) condition: ResolvedCondition,
    pub(super) measure: MeasureId,
    pub(super) channels: Vec<String>,
    pub(super) cooldown: TimeDelta,
    pub(super) muted_until: Option<DateTime<Utc>>,
    pub(super) create_incident: bool,
}

impl Rule {
    pub(super) fn id(&self) -> Uuid {
        self.told.id
    }

    pub(super) fn is_muted(&self, at: DateTime<Utc>) -> bool {
        self.muted_until.is_some_and(|until| until > at)
    }

    /// Whether it becomes true only by events that come. Others may by time alone: a count falls when a
    /// window slides.
    pub(super) fn needs_events(&self) -> bool {
        let rises = matches!(self.condition.comparison, Comparison::Above | Comparison::AtLeast);
        rises && self.condition.metric != Metric::ErrorCountChange
    }

    fn new(row: &Row, measures: &mut Measures) -> Option<Self> {
        let text: String = row.get("condition");
        let (threshold, window) = (row.get("threshold"), row.get::<_, String>("time_window"));
        let condition: Condition = text.parse().ok()?;
        let condition = condition.resolve(Some(threshold), window.parse().ok()).ok()?;
        let told = ToldRule {
            id: row.get("rule_id"),
            name: row.get("name"),
            condition: text,
            metric: condition.metric.to_string(),
            comparison: condition.comparison.to_string(),
            threshold,
            window: condition.window.to_string(),
            severity: Severity::of_word(row.get("severity"))?,
        };
        Some(Self {
            told,
            measure: measures.add(&condition),
            condition,
            channels: row.get("notifications"),
            cooldown: TimeDelta::seconds(row.get::<_, i32>("cooldown_seconds").into()),
            muted_until: row.get("muted_until"),
            create_incident: row.get("create_incident"),
        })
    }
}

/// The rules of a project, and what they measure.
#[derive(Debug)]
pub(super) struct ProjectRules {
    version: i64,
    pub(super) rules: Vec<Rule>,
    pub(super) measures: Measures,
    /// Whether they have not been evaluated since they were read.
    new: bool,
}

impl ProjectRules {
    async fn read(tx: &Transaction<'_>, project: ProjectId, version: i64) -> Result<Self, DbError> {
        let (mut measures, mut rules) = (Measures::new(), Vec::new());
        for row in RULES.rows(tx, &[&project.0]).await? {
            match Rule::new(&row, &mut measures) {
                Some(rule) => rules.push(rule),
                None => {
                    let rule: Uuid = row.get("rule_id");
                    tracing::error!(rule.id = %rule, "a rule can't be read and is not evaluated");
                }
            }
        }
        Ok(Self { version, rules, measures, new: true })
    }

    /// Whether a rule may become true, or a firing end, by time alone.
    pub(super) fn slides(&self) -> bool {
        self.rules.iter().any(|rule| !rule.needs_events())
    }

    /// The measures for which every error with events is looked at: all when the rules are new, so that
    /// they see the past; those that change by time alone when windows have slid.
    pub(super) fn full_look(&self, agenda: &Agenda) -> Vec<MeasureId> {
        let slid = agenda.has_slid();
        let each = self.rules.iter().filter(|rule| rule.condition.scope == Scope::EachError);
        let full = each.filter(|rule| self.new || slid && !rule.needs_events());
        full.map(|rule| rule.measure).collect()
    }

    /// Notes that the rules have been evaluated. If that fails after all they are read anew.
    pub(super) fn settle(&mut self) {
        self.new = false;
    }
}

/// The rules of the projects that this process has evaluated.
#[derive(Debug, Default)]
pub(super) struct RulesCache {
    projects: HashMap<ProjectId, ProjectRules>,
}

impl RulesCache {
    /// The rules of a project in a version.
    pub(super) async fn rules(
        &mut self,
        tx: &Transaction<'_>,
        project: ProjectId,
        version: i64,
    ) -> Result<&mut ProjectRules, DbError> {
        let known = self.projects.remove(&project).filter(|known| known.version == version);
        let rules = match known {
            Some(known) => known,
            None => {
                self.make_room();
                ProjectRules::read(tx, project, version).await?
            }
        };
        Ok(self.projects.entry(project).insert_entry(rules).into_mut())
    }

    /// Forgets the rules of a project: what was noted of an evaluation that failed has not happened.
    pub(super) fn forget(&mut self, project: ProjectId) {
        self.projects.remove(&project);
    }

    fn make_room(&mut self) {
        let kept: usize = self.projects.values().map(|project| project.rules.len()).sum();
        if kept > MAX_KEPT {
            self.projects.clear();
        }
    }
}
