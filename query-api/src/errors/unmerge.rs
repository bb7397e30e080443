//! `POST /api/errors/{id}/unmerge`: fingerprints become errors of their own again.
//!
//! Each comes back under the id that it had, with exactly what it counted, before it was merged and since.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use serde_json::{Map, Value, json};
use shared::api::{ApiError, Code, FieldErrorKind};
use shared::ids::{ErrorId, Fingerprint, ProjectId};
use shared::postgres::DbError;
use tokio_postgres::Row;
use uuid::Uuid;

use super::locked::{self, Locked};
use super::lookup;
use super::merge::{self, MAX_FINGERPRINTS, public_id};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// `POST /api/errors/{id}/unmerge`.
pub(crate) async fn unmerge(app: Arc<App>, call: Call) -> Answer {
    let (name, reach, key_id) = (call.error_id()?, call.reach_alone()?, call.key_id());
    let fingerprints = read(call.object().await?)?;
    let found = lookup::find_one(&app, &reach, name).await?;
    let work = Unmerge { projects: [found.project], name, fingerprints, key_id };
    let unmerged = locked::run(&app, work).await?.map_err(Refusal::into_api)?;
    let errors: Vec<Value> = unmerged
        .errors
        .iter()
        .map(|error| {
            let fingerprint = error.fingerprint.to_string();
            json!({"id": error.id, "fingerprint": fingerprint, "count": error.count})
        })
        .collect();
    Ok(success::ok(json!({"status": "unmerged", "id": unmerged.from, "errors": errors})))
}

/// The fingerprints without repetition, in ascending order.
fn read(object: Map<String, Value>) -> Result<Vec<Fingerprint>, ApiError> {
    let mut body = BodyFields::new(object);
    let texts = body.required("fingerprints", |body| body.texts("fingerprints", MAX_FINGERPRINTS));
    if texts.as_ref().is_some_and(Vec::is_empty) {
        body.problem(FieldErrorKind::OutOfRange, "fingerprints", "must hold a fingerprint");
    }
    let mut fingerprints: Vec<Fingerprint> = Vec::new();
    for (index, text) in texts.unwrap_or_default().iter().enumerate() {
        match text.parse() {
            Ok(fingerprint) => fingerprints.push(fingerprint),
            Err(error) => {
                let field = format!("fingerprints[{index}]");
                body.problem(FieldErrorKind::Malformed, field, format!("{error}"));
            }
        }
    }
    body.finish()?;
    fingerprints.sort_unstable();
    fingerprints.dedup();
    Ok(fingerprints)
}

/// Why nothing is taken out, as it is found under the lock.
#[derive(Debug)]
enum Refusal {
    NoError(ErrorId),
    NoFingerprint(Fingerprint),
    Own(Fingerprint),
}

impl Refusal {
    fn into_api(self) -> ApiError {
        match self {
            Self::NoError(name) => ApiError::not_found("error", name),
            Self::NoFingerprint(fingerprint) => {
                ApiError::not_found("fingerprint of this error", fingerprint)
            }
            Self::Own(fingerprint) => {
                let message = format!(
                    "The fingerprint {fingerprint} is the one that the error began with; take out \
                     the others instead"
                );
                ApiError::new(Code::Conflict, message)
            }
        }
    }
}

/// What was taken out.
#[derive(Debug)]
struct Unmerged {
    from: ErrorId,
    errors: Vec<Own>,
}

/// An error of its own again.
#[derive(Debug)]
struct Own {
    id: ErrorId,
    fingerprint: Fingerprint,
    count: i64,
}

/// An unmerge under way.
#[derive(Debug)]
struct Unmerge {
    projects: [ProjectId; 1],
    name: ErrorId,
    fingerprints: Vec<Fingerprint>,
    key_id: Uuid,
}

/// A group with its fingerprint.
type Group = (i64, Fingerprint);

impl Locked for Unmerge {
    type Done = Result<Unmerged, Refusal>;

    fn projects(&self) -> &[ProjectId] {
        &self.projects
    }

    async fn change(
        &self,
        tx: &Transaction<'_>,
        now: DateTime<Utc>,
    ) -> Result<Self::Done, DbError> {
        let [project] = self.projects;
        let found = lookup::find_now(tx, &[project.0], &[self.name]).await?;
        let Some(from) = found.first().map(|found| found.error_id) else {
            return Ok(Err(Refusal::NoError(self.name)));
        };
        let groups = self.groups(tx, from).await?;
        if let Err(refusal) = self.check(&groups, from) {
            return Ok(Err(refusal));
        }
        let errors = self.take_out(tx, from, &groups, now).await?;
        let from = public_id(tx, project, from).await?.unwrap_or(self.name);
        Ok(Ok(Unmerged { from, errors }))
    }
}

impl Unmerge {
    async fn groups(&self, tx: &Transaction<'_>, error: i64) -> Result<Vec<Group>, DbError> {
        let wanted: Vec<&[u8]> = self.fingerprints.iter().map(|it| it.0.as_slice()).collect();
        let sql = include_str!("sql/groups.sql");
        let values: db::Params<'_> = &[&self.projects[0].0, &error, &wanted];
        let rows = db::query(tx, "find fingerprints", sql, values).await?;
        let group = |row: &Row| {
            let fingerprint: &[u8] = row.get("fingerprint");
            Some((row.get("group_id"), Fingerprint(fingerprint.try_into().ok()?)))
        };
        Ok(rows.iter().filter_map(group).collect())
    }

    fn check(&self, groups: &[Group], error: i64) -> Result<(), Refusal> {
        let is_there = |it: &&Fingerprint| groups.iter().any(|(_, known)| known == *it);
        if let Some(missing) = self.fingerprints.iter().find(|it| !is_there(it)) {
            return Err(Refusal::NoFingerprint(*missing));
        }
        // The group that an error began with has its number.
        match groups.iter().find(|(group, _)| *group == error) {
            Some((_, own)) => Err(Refusal::Own(*own)),
            None => Ok(()),
        }
    }

    async fn take_out(
        &self,
        tx: &Transaction<'_>,
        from: i64,
        groups: &[Group],
        now: DateTime<Utc>,
    ) -> Result<Vec<Own>, DbError> {
        let project = self.projects[0];
        let ids: Vec<i64> = groups.iter().map(|(group, _)| *group).collect();
        merge::complete(tx, project, &[from]).await?;
        let sql = include_str!("sql/unmerge_errors.sql");
        let values: db::Params<'_> = &[&project.0, &from, &ids, &now, &self.key_id];
        let rows = db::query(tx, "unmerge errors", sql, values).await?;
        let sql = include_str!("sql/remaining_users.sql");
        let users = merge::users(tx, sql, &[&project.0, &from, &ids]).await?;
        merge::recount(tx, (project, from), users, now).await?;
        let sql = include_str!("sql/forget_group_stats.sql");
        db::execute(tx, "forget the numbers of fingerprints", sql, &[&project.0, &from]).await?;
        let own = |row: &Row| {
            let error: i64 = row.get("error_id");
            let (_, fingerprint) = groups.iter().find(|(group, _)| *group == error)?;
            let id = ErrorId(row.get("public_id"));
            Some(Own { id, fingerprint: *fingerprint, count: row.get("event_count") })
        };
        Ok(rows.iter().filter_map(own).collect())
    }
}
