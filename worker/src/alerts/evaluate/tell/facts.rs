//! What is known of the errors that a notification names.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::alerts::condition::{Metric, Scope};
use shared::alerts::measure::{MeasureId, errors_that_match};
use shared::event::Level;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use tokio_postgres::Row;
use uuid::Uuid;

use super::super::Claim;
use super::super::decide::Turned;
use super::super::rules::{ProjectRules, Rule};
use super::super::standings::WHOLE_PROJECT;
use crate::alerts::notice::ToldError;
use crate::statement::Statement;

const TOLD_ERRORS: Statement = Statement {
    sql: include_str!("../sql/told_errors.sql"),
    action: "read what is told of errors",
};
const TOP_ERRORS: Statement = Statement {
    sql: include_str!("../sql/top_errors.sql"),
    action: "find the errors with most events",
};
const ARRIVED_ERRORS: Statement = Statement {
    sql: include_str!("../sql/arrived_errors.sql"),
    action: "find errors that arrived",
};

/// Errors that a notification names.
const TOP: i64 = 5;

/// Different lists of errors of one evaluation. Rules that share a measure share a list; when more than
/// that turn at once, the rest is told without.
const MAX_LISTS: usize = 50;

/// An error and its events in the window.
type Ranked = (i64, i64);

/// What is known.
#[derive(Debug, Default)]
pub(in super::super) struct Facts {
    errors: HashMap<i64, ToldError>,
    top: HashMap<(MeasureId, DateTime<Utc>), Vec<Ranked>>,
}

impl Facts {
    /// Reads what may be told of what turned.
    pub(in super::super) async fn gather(
        tx: &Transaction<'_>,
        claim: &Claim,
        rules: &ProjectRules,
        turned: &[Turned],
    ) -> Result<Self, DbError> {
        let mut facts = Self::default();
        let mut named: BTreeSet<i64> = turned.iter().map(|turned| turned.error).collect();
        named.remove(&WHOLE_PROJECT);
        for one in turned.iter().filter(|one| one.is_firing()) {
            let Some(rule) = rules.rules.get(one.rule) else { continue };
            let key = (rule.measure, one.window_end);
            let is_of_project = rule.condition.scope == Scope::Project;
            if !is_of_project || facts.top.contains_key(&key) || facts.top.len() >= MAX_LISTS {
                continue;
            }
            let top = Ranking { claim, rules, rule, end: one.window_end }.read(tx).await?;
            named.extend(top.iter().map(|(error, _)| *error));
            facts.top.insert(key, top);
        }
        facts.read_errors(tx, claim.project.id, &named).await?;
        Ok(facts)
    }

    async fn read_errors(
        &mut self,
        tx: &Transaction<'_>,
        project: ProjectId,
        named: &BTreeSet<i64>,
    ) -> Result<(), DbError> {
        if named.is_empty() {
            return Ok(());
        }
        let named: Vec<i64> = named.iter().copied().collect();
        let rows = TOLD_ERRORS.rows(tx, &[&project.0, &named]).await?;
        self.errors = rows.iter().map(|row| (row.get("error_id"), told_error(row))).collect();
        Ok(())
    }

    /// The public id of the error that something is about.
    pub(in super::super) fn name(&self, error: i64) -> Option<Uuid> {
        self.errors.get(&error).map(|error| error.id)
    }

    /// The error that something is about.
    pub(in super::super) fn error(&self, rule: &Rule, turned: &Turned) -> Option<ToldError> {
        let error = self.errors.get(&turned.error)?.clone();
        let is_count = rule.condition.metric == Metric::ErrorCount;
        let events = if is_count { whole(turned.value) } else { error.events };
        Some(ToldError { events, ..error })
    }

    /// The errors that a firing names besides.
    pub(super) fn top_errors(&self, rule: &Rule, turned: &Turned) -> Vec<ToldError> {
        let top = self.top.get(&(rule.measure, turned.window_end)).into_iter().flatten();
        top.filter_map(|(error, events)| {
            let error = self.errors.get(error)?.clone();
            Some(ToldError { events: u64::try_from(*events).unwrap_or_default(), ..error })
        })
        .collect()
    }
}

/// A list of errors that is asked for.
struct Ranking<'a> {
    claim: &'a Claim,
    rules: &'a ProjectRules,
    rule: &'a Rule,
    end: DateTime<Utc>,
}

impl Ranking<'_> {
    async fn read(&self, tx: &Transaction<'_>) -> Result<Vec<Ranked>, DbError> {
        let project = self.claim.project.id;
        let measures = &self.rules.measures;
        let window = measures.window(self.rule.measure, self.end, self.claim.now);
        let facets = measures.admitted_facets(self.rule.measure);
        let texts: Vec<String> = self.rule.condition.message_texts().map(str::to_owned).collect();
        let among: Option<Vec<i64>> = if texts.is_empty() {
            None
        } else {
            Some(errors_that_match(tx, project, &texts, None).await?.into_iter().collect())
        };
        let arrived = match self.rule.condition.metric {
            Metric::NewErrorCount => Some(false),
            Metric::RegressionCount => Some(true),
            _ => None,
        };
        let rows = match arrived {
            Some(regressed) => {
                ARRIVED_ERRORS
                    .rows(
                        tx,
                        &[
                            &project.0,
                            &window.start,
                            &window.end,
                            &facets,
                            &among,
                            &TOP,
                            &regressed,
                        ],
                    )
                    .await?
            }
            None => {
                TOP_ERRORS
                    .rows(tx, &[&project.0, &window.start, &window.end, &facets, &among, &TOP])
                    .await?
            }
        };
        Ok(rows.iter().map(|row| (row.get("error_id"), row.get("events"))).collect())
    }
}

fn told_error(row: &Row) -> ToldError {
    let kind: Option<String> = row.get("exception_type");
    ToldError {
        id: row.get("public_id"),
        title: shared::event::title(kind.as_deref(), row.get("message")),
        culprit: row.get("culprit"),
        level: Level::from_code(row.get("level")).to_string(),
        source: row.get("source"),
        events: u64::try_from(row.get::<_, i64>("event_count")).unwrap_or_default(),
    }
}

/// Counts are whole.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "floats saturate")]
fn whole(value: f64) -> u64 {
    value as u64
}
