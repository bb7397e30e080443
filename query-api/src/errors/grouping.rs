//! `GET /api/errors/{id}/grouping`: why the events of an error belong together.
//!
//! Nothing of it is stored: the latest event is read again, where its payload is kept, by the function of
//! today under the project's rules of today. Where one of them has changed since, `is_current` says so.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use serde::Serialize;
use serde_json::json;
use shared::api::ApiError;
use shared::event::Event;
use shared::fingerprint::rules::{Matched, ProjectRules};
use shared::fingerprint::{Component, Explanation, Input, LeftOut, Replaced};
use shared::ids::{ErrorId, EventId, FINGERPRINT_VERSION, Fingerprint, ProjectId};
use shared::postgres::DbError;
use tokio_postgres::{IsolationLevel, Row};

use super::list;
use super::lookup;
use super::row::ErrorRow;
use super::search::Place;
use crate::app::App;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// Fields of an event that never decide unless a rule asks for them.
const NEVER: [&str; 5] = ["source", "environment", "level", "release", "url"];

/// `GET /api/errors/{id}/grouping`.
pub(crate) async fn grouping(app: Arc<App>, call: Call) -> Answer {
    let (name, reach) = (call.error_id()?, call.reach_alone()?);
    let found = lookup::find_one(&app, &reach, name).await?;
    let read = read(&app, found.project, name).await.map_err(db::failure)?;
    let (row, fingerprints) = read.ok_or_else(|| ApiError::not_found("error", name))?;
    let access = app.access.table();
    let project = access.as_ref().and_then(|table| table.project(found.project));
    let rules = project.map(|project| Arc::clone(&project.rules)).unwrap_or_default();
    let event = row.latest.event.as_deref();
    Ok(success::ok(json!({
        "id": row.id,
        "version": FINGERPRINT_VERSION,
        "explanation": event.map(|event| Explained::new(event, &rules, &fingerprints)),
        "never_decide": NEVER,
        "fingerprints": fingerprints,
    })))
}

/// The error that an id leads to, with its fingerprints. All of one moment: nobody sees half of a merge.
async fn read(
    app: &App,
    project: ProjectId,
    name: ErrorId,
) -> Result<Option<(ErrorRow, Vec<Part>)>, DbError> {
    let mut client = db::client(&app.pool).await?;
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    let tx = snapshot.read_only(true).start().await;
    let tx = tx.map_err(DbError::statement("begin a look at an error"))?;
    let found = lookup::find_now(&tx, &[project.0], &[name]).await?;
    let Some(found) = found.first() else { return Ok(None) };
    let row = list::row(&tx, Place::of(found.project, found.error_id)).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((row, fingerprints(&tx, found.project, found.error_id).await?)))
}

/// One fingerprint of the error.
#[derive(Debug, Serialize)]
struct Part {
    #[serde(serialize_with = "as_text")]
    fingerprint: Fingerprint,
    version: i16,
    id: ErrorId,
    own: bool,
    count: i64,
    users_affected: i64,
    #[serde(with = "shared::time::json")]
    first_seen: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    last_seen: DateTime<Utc>,
}

fn as_text<S: serde::Serializer>(
    fingerprint: &Fingerprint,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(fingerprint)
}

async fn fingerprints(
    client: &impl GenericClient,
    project: ProjectId,
    error_id: i64,
) -> Result<Vec<Part>, DbError> {
    let sql = include_str!("sql/fingerprints.sql");
    let rows = db::query(client, "read fingerprints", sql, &[&project.0, &error_id]).await?;
    let part = |row: &Row| {
        let fingerprint: &[u8] = row.get("fingerprint");
        Some(Part {
            fingerprint: Fingerprint(fingerprint.try_into().ok()?),
            version: row.get("fingerprint_version"),
            id: ErrorId(row.get("public_id")),
            own: row.get("own"),
            count: row.get("event_count"),
            users_affected: row.get("user_count"),
            first_seen: row.get("first_seen"),
            last_seen: row.get("last_seen"),
        })
    };
    Ok(rows.iter().filter_map(part).collect())
}

/// What decides between the ways of grouping.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum DecidedBy {
    Rule,
    Client,
    Stack,
    Message,
}

/// How the fingerprint of an event came to be.
#[derive(Debug, Serialize)]
struct Explained {
    event_id: EventId,
    fingerprint: String,
    /// Whether it is one of the error's.
    is_current: bool,
    decided_by: DecidedBy,
    rule: Option<RuleView>,
    client_fingerprint: Option<Vec<String>>,
    components: Vec<Shown>,
    default_fingerprint: String,
    default_components: Vec<Shown>,
    left_out: Vec<LeftOutView>,
    more_left_out: bool,
    replaced: Vec<ReplacedView>,
}

#[derive(Debug, Serialize)]
struct Shown {
    kind: &'static str,
    value: String,
}

#[derive(Debug, Serialize)]
struct LeftOutView {
    kind: &'static str,
    value: String,
    reason: &'static str,
}

#[derive(Debug, Serialize)]
struct ReplacedView {
    placeholder: &'static str,
    kind: &'static str,
    times: usize,
}

/// A rule of the project.
#[derive(Debug, Serialize)]
struct RuleView {
    list: &'static str,
    line: usize,
    rule: String,
    discards: bool,
}

impl RuleView {
    fn new(matched: Matched<'_>) -> Self {
        Self {
            list: matched.list.field(),
            line: matched.line,
            rule: matched.rule.to_string(),
            discards: matched.rule.discards(),
        }
    }
}

impl Explained {
    fn new(event: &Event, rules: &ProjectRules, known: &[Part]) -> Self {
        let ruled = rules.group(event);
        let input = event.grouping_input();
        let given = ruled.pieces.as_deref().or(input.client_fingerprint);
        let told = Explanation::of(Input { client_fingerprint: given, ..input });
        let is_default = told.fingerprint == told.default.0;
        let has_place = told.default.1.iter().any(|it| matches!(it.kind, "module" | "function"));
        let decided_by = match &ruled.pieces {
            Some(_) => DecidedBy::Rule,
            None if !is_default => DecidedBy::Client,
            None if has_place => DecidedBy::Stack,
            None => DecidedBy::Message,
        };
        Self {
            event_id: event.event_id,
            fingerprint: told.fingerprint.to_string(),
            is_current: known.iter().any(|part| part.fingerprint == told.fingerprint),
            decided_by,
            rule: ruled.matched.map(RuleView::new),
            client_fingerprint: event.client_fingerprint.clone(),
            components: shown(told.components),
            default_fingerprint: told.default.0.to_string(),
            default_components: shown(told.default.1),
            left_out: told.left_out.into_iter().map(LeftOutView::new).collect(),
            more_left_out: told.more,
            replaced: told.replaced.into_iter().map(ReplacedView::new).collect(),
        }
    }
}

fn shown(components: Vec<Component>) -> Vec<Shown> {
    let shown = |it: Component| Shown { kind: it.kind, value: it.value };
    components.into_iter().map(shown).collect()
}

impl LeftOutView {
    fn new(left_out: LeftOut) -> Self {
        let LeftOut { kind, value, reason } = left_out;
        Self { kind, value, reason: reason.as_str() }
    }
}

impl ReplacedView {
    fn new(replaced: Replaced) -> Self {
        let Replaced { placeholder, kind, times } = replaced;
        Self { placeholder, kind, times }
    }
}
