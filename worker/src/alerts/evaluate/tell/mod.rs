//! What is told of firings: notifications into the outbox, at most ten a minute of one rule, the rest as
//! one digest.
//!
//! A notification that is held back waits until its rule may tell something again; then everything that
//! waits goes out as one. Counted and written in the transaction of the evaluation, which holds the
//! project, so that the number is exact.

mod digest;
mod facts;

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use deadpool_postgres::Transaction;
use serde_json::Value;
use shared::alerts::standing::Turn;
use shared::postgres::DbError;
use uuid::Uuid;

pub(super) use self::facts::Facts;

use super::Claim;
use super::decide::Turned;
use super::incidents::Incidents;
use super::rules::{ProjectRules, Rule};
use crate::alerts::notice::{News, Notice, ToldFiring};
use crate::statement::Statement;

const RULES_HELD_BACK: Statement =
    Statement { sql: include_str!("../sql/rules_held_back.sql"), action: "find what is held back" };
const TOLD_LATELY: Statement =
    Statement { sql: include_str!("../sql/told_lately.sql"), action: "count notifications" };
const INSERT_NOTIFICATIONS: Statement = Statement {
    sql: include_str!("../sql/insert_notifications.sql"),
    action: "write what is to be told",
};

/// What one rule tells in [`BUDGET_TIME`], a digest included.
const BUDGET: i64 = 10;
const BUDGET_TIME: TimeDelta = TimeDelta::minutes(1);

/// What came of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether something is in the outbox.
    pub(super) sent: bool,
    /// Whether something is held back.
    pub(super) held: bool,
}

/// A notification that is about to be written.
struct Notification<'a> {
    rule: &'a Rule,
    delivery_id: Uuid,
    firing_id: Option<Uuid>,
    kind: &'static str,
    content: Value,
    held: bool,
}

/// What a rule has told lately.
#[derive(Debug, Default, Clone, Copy)]
struct Lately {
    told: i64,
    held: i64,
}

/// Writes what there is to tell of what turned, and digests of what was held back as far as rules may tell
/// something again.
pub(super) async fn record(
    tx: &Transaction<'_>,
    claim: &Claim,
    rules: &ProjectRules,
    turned: &[Turned],
    known: (&Facts, &Incidents),
) -> Result<Told, DbError> {
    let mut notices: BTreeMap<usize, Vec<(Uuid, Notice)>> = BTreeMap::new();
    for one in turned {
        let Some(rule) = rules.rules.get(one.rule).filter(|rule| is_told(rule, one)) else {
            continue;
        };
        let notice = notice(claim, rule, one, known);
        notices.entry(one.rule).or_default().push((one.firing.firing_id, notice));
    }
    let held = held_back(tx, claim, rules).await?;
    for rule in held {
        notices.entry(rule).or_default();
    }
    if notices.is_empty() {
        return Ok(Told::default());
    }
    let ids: Vec<Uuid> =
        notices.keys().filter_map(|rule| rules.rules.get(*rule)).map(Rule::id).collect();
    let lately = lately(tx, claim, &ids).await?;
    let (mut list, mut told) = (Vec::new(), Told::default());
    for (rule, notices) in notices {
        let Some(rule) = rules.rules.get(rule) else { continue };
        let mut lately = lately.get(&rule.id()).copied().unwrap_or_default();
        if lately.held > 0 && rule.is_muted(claim.now) {
            digest::drop_held(tx, claim, rule).await?;
            lately.held = 0;
        }
        if lately.held > 0 && lately.told < BUDGET {
            list.push(digest::of_held(tx, claim, rule).await?);
            lately = Lately { told: lately.told + 1, held: 0 };
        }
        told.held |= lately.held > 0;
        for (firing_id, notice) in notices {
            // What comes after something that is held back waits with it.
            let held = lately.held > 0 || lately.told >= BUDGET;
            if held {
                lately.held += 1
            } else {
                lately.told += 1
            }
            told.held |= held;
            list.push(Notification::new(rule, Some(firing_id), &notice, held));
        }
    }
    told.sent = list.iter().any(|notification| !notification.held);
    insert(tx, claim, &list).await?;
    Ok(told)
}

/// Nobody is told of a firing that began while its rule was muted, not even that it ended.
fn is_told(rule: &Rule, turned: &Turned) -> bool {
    !rule.channels.is_empty() && !turned.firing.muted && !rule.is_muted(turned.at)
}

fn notice(
    claim: &Claim,
    rule: &Rule,
    turned: &Turned,
    (facts, incidents): (&Facts, &Incidents),
) -> Notice {
    let firing = ToldFiring {
        firing_id: turned.firing.firing_id,
        incident_id: incidents.of(turned),
        started_at: turned.firing.started_at,
        ended_at: (turned.turn == Turn::Recovers).then_some(turned.at),
        value: turned.value,
        error: facts.error(rule, turned),
        top_errors: facts.top_errors(rule, turned),
    };
    let news = match turned.turn {
        Turn::Fires => News::Fired(firing),
        Turn::Recovers => News::Recovered(firing),
    };
    Notice { project: claim.project.clone(), rule: rule.told.clone(), news }
}

impl<'a> Notification<'a> {
    fn new(rule: &'a Rule, firing_id: Option<Uuid>, notice: &Notice, held: bool) -> Self {
        let kind = match notice.news {
            News::Fired(_) => "fired",
            News::Recovered(_) => "recovered",
            News::Digest(_) => "digest",
        };
        // Facts are plain text, numbers and times, which JSON can hold.
        let content = serde_json::to_value(notice).unwrap_or_default();
        Self { rule, delivery_id: Uuid::now_v7(), firing_id, kind, content, held }
    }
}

/// The places of the rules of which something is held back.
async fn held_back(
    tx: &Transaction<'_>,
    claim: &Claim,
    rules: &ProjectRules,
) -> Result<Vec<usize>, DbError> {
    if !claim.holds_back {
        return Ok(Vec::new());
    }
    let rows = RULES_HELD_BACK.rows(tx, &[&claim.project.id.0]).await?;
    let held: Vec<Uuid> = rows.iter().map(|row| row.get("rule_id")).collect();
    let places = rules.rules.iter().enumerate();
    Ok(places.filter(|(_, rule)| held.contains(&rule.id())).map(|(place, _)| place).collect())
}

async fn lately(
    tx: &Transaction<'_>,
    claim: &Claim,
    rules: &[Uuid],
) -> Result<HashMap<Uuid, Lately>, DbError> {
    let since = claim.now - BUDGET_TIME;
    let rows = TOLD_LATELY.rows(tx, &[&claim.project.id.0, &rules, &since]).await?;
    let pair = |row: &tokio_postgres::Row| {
        (row.get("rule_id"), Lately { told: row.get("told"), held: row.get("held") })
    };
    Ok(rows.iter().map(pair).collect())
}

async fn insert(
    tx: &Transaction<'_>,
    claim: &Claim,
    list: &[Notification<'_>],
) -> Result<(), DbError> {
    let ids: Vec<Uuid> = list.iter().map(|one| one.delivery_id).collect();
    let rules: Vec<Uuid> = list.iter().map(|one| one.rule.id()).collect();
    let firings: Vec<Option<Uuid>> = list.iter().map(|one| one.firing_id).collect();
    let kinds: Vec<&str> = list.iter().map(|one| one.kind).collect();
    let channels: Vec<String> = list.iter().map(|one| one.rule.channels.join(",")).collect();
    let contents: Vec<&Value> = list.iter().map(|one| &one.content).collect();
    let held: Vec<bool> = list.iter().map(|one| one.held).collect();
    let project = claim.project.id;
    INSERT_NOTIFICATIONS
        .execute(
            tx,
            &[&project.0, &ids, &rules, &firings, &kinds, &channels, &contents, &held, &claim.now],
        )
        .await
}
