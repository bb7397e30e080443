//! What a preview answers: which errors would become one, which would fall apart, and what would be gone.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::Client;
use serde::Serialize;
use shared::event::title;
use shared::fingerprint::rules::ProjectRules;
use shared::ids::{ErrorId, FINGERPRINT_VERSION, Fingerprint, ProjectId};
use shared::postgres::DbError;
use tokio_postgres::Row;
use uuid::Uuid;

use super::sorted::{Group, Sorted};
use crate::db;

/// Entries of each list; those with the most events come first.
const MAX_LISTED: usize = 100;

#[derive(Debug, Serialize)]
pub(super) struct PreviewAnswer {
    events: usize,
    /// Events that would stay where they are.
    unchanged: usize,
    moved: usize,
    discarded: usize,
    rules: Vec<RuleCount>,
    /// Where events would go that are elsewhere now.
    groups: Vec<GroupView>,
    /// Where discarded events are now.
    discarded_from: Vec<ErrorCount>,
    /// Whether a list holds less than there is.
    more: bool,
}

#[derive(Debug, Serialize)]
struct RuleCount {
    list: &'static str,
    line: usize,
    rule: String,
    events: usize,
}

/// An error as it would be.
#[derive(Debug, Serialize)]
struct GroupView {
    id: ErrorId,
    fingerprint: String,
    title: String,
    /// Whether an error has this fingerprint now.
    exists: bool,
    events: usize,
    from: Vec<ErrorCount>,
}

/// Events of an error as it is now.
#[derive(Debug, Clone, Serialize)]
struct ErrorCount {
    id: ErrorId,
    title: String,
    events: usize,
}

/// An error as it is now.
#[derive(Debug)]
struct Known {
    id: ErrorId,
    title: String,
}

/// Puts the answer together.
pub(super) async fn show(
    client: &Client,
    project: ProjectId,
    rules: &ProjectRules,
    sorted: Sorted,
) -> Result<PreviewAnswer, DbError> {
    let names: HashMap<Fingerprint, ErrorId> = sorted
        .groups
        .keys()
        .map(|it| (*it, ErrorId::derive(project, FINGERPRINT_VERSION, *it)))
        .collect();
    let homes = homes(client, project, names.values().copied()).await?;
    let target = |fingerprint: &Fingerprint| homes.get(names.get(fingerprint)?).copied();
    let mut moving: Vec<(&Fingerprint, &Group, Option<i64>)> = Vec::new();
    let (mut unchanged, mut moved) = (0, 0);
    for (fingerprint, group) in &sorted.groups {
        let home = target(fingerprint);
        let staying = home.and_then(|home| group.from.get(&home)).copied().unwrap_or_default();
        unchanged += staying;
        moved += group.events() - staying;
        if group.events() > staying {
            moving.push((fingerprint, group, home));
        }
    }
    moving.sort_unstable_by_key(|(fingerprint, group, _)| {
        (std::cmp::Reverse(group.events()), **fingerprint)
    });
    let more = moving.len() > MAX_LISTED || sorted.discarded.len() > MAX_LISTED;
    moving.truncate(MAX_LISTED);
    let errors = moving.iter().flat_map(|(_, group, home)| group.from.keys().chain(home));
    let errors: Vec<i64> = errors.chain(sorted.discarded.keys()).copied().collect();
    let known = known(client, project, &errors).await?;
    let view = |(fingerprint, group, home): (&Fingerprint, &Group, Option<i64>)| {
        let home = home.and_then(|home| known.get(&home));
        let id = home.map(|home| home.id).or_else(|| names.get(fingerprint).copied());
        Some(GroupView {
            id: id?,
            fingerprint: fingerprint.to_string(),
            title: home.map_or_else(|| group.title.clone(), |home| home.title.clone()),
            exists: home.is_some(),
            events: group.events(),
            from: counts(&group.from, &known),
        })
    };
    Ok(PreviewAnswer {
        events: sorted.events,
        unchanged,
        moved,
        discarded: sorted.discarded.values().sum(),
        rules: rule_counts(rules, &sorted),
        groups: moving.into_iter().filter_map(view).collect(),
        discarded_from: counts(&sorted.discarded, &known),
        more,
    })
}

fn rule_counts(rules: &ProjectRules, sorted: &Sorted) -> Vec<RuleCount> {
    let count = |matched: shared::fingerprint::rules::Matched<'_>| RuleCount {
        list: matched.list.field(),
        line: matched.line,
        rule: matched.rule.to_string(),
        events: sorted.matched.get(&(matched.list, matched.line)).copied().unwrap_or_default(),
    };
    rules.all().map(count).collect()
}

/// Those with the most events first. One that was deleted meanwhile is left out.
fn counts(events: &BTreeMap<i64, usize>, known: &HashMap<i64, Known>) -> Vec<ErrorCount> {
    let count = |(error, events): (&i64, &usize)| {
        let known = known.get(error)?;
        Some(ErrorCount { id: known.id, title: known.title.clone(), events: *events })
    };
    let mut counts: Vec<ErrorCount> = events.iter().filter_map(count).collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.events));
    counts.truncate(MAX_LISTED);
    counts
}

/// The errors that ids lead to.
async fn homes(
    client: &Client,
    project: ProjectId,
    names: impl Iterator<Item = ErrorId>,
) -> Result<HashMap<ErrorId, i64>, DbError> {
    let names: Vec<Uuid> = names.map(|name| name.0).collect();
    let sql = include_str!("../sql/known_names.sql");
    let rows = db::query(client, "find errors", sql, &[&project.0, &names]).await?;
    Ok(rows.iter().map(|row| (ErrorId(row.get("name")), row.get("error_id"))).collect())
}

async fn known(
    client: &Client,
    project: ProjectId,
    errors: &[i64],
) -> Result<HashMap<i64, Known>, DbError> {
    let sql = include_str!("../sql/shown_errors.sql");
    let rows = db::query(client, "read errors", sql, &[&project.0, &errors]).await?;
    let known = |row: &Row| {
        let title = title(row.get("exception_type"), row.get("message"));
        (row.get("error_id"), Known { id: ErrorId(row.get("public_id")), title })
    };
    Ok(rows.iter().map(known).collect())
}
