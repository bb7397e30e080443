//! `POST /api/errors/merge`: several errors become one.
//!
//! Events belong to groups, one for each fingerprint, so only the rows of groups move. Every id goes on
//! leading to the error that its group is part of, and what each group counts is kept, so that it can be
//! taken out again. The error that the others are merged into stays as it is: resolved, ignored or open.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use serde_json::{Map, Value, json};
use shared::api::{ApiError, Code, FieldErrorKind};
use shared::ids::{ErrorId, ProjectId};
use shared::postgres::DbError;
use uuid::Uuid;

use super::actions::read_ids;
use super::locked::{self, Locked};
use super::lookup::{self, Found};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::{Call, Reach};
use crate::db;
use crate::routes::Answer;
use crate::success;

/// Fingerprints that one error may hold. Of each user who comes to it the worker has to find out whether one
/// of them has had that user before, which takes some microseconds a fingerprint.
pub(super) const MAX_FINGERPRINTS: usize = 100;

/// `POST /api/errors/merge`.
pub(crate) async fn merge(app: Arc<App>, call: Call) -> Answer {
    let reach = call.reach_alone()?;
    let key_id = call.key_id();
    let wanted = Wanted::read(call.object().await?)?;
    let project = wanted.project(&app, &reach).await?;
    let work = Merge { projects: [project], wanted, key_id };
    let merged = locked::run(&app, work).await?.map_err(Refusal::into_api)?;
    Ok(success::ok(json!({
        "status": "merged",
        "id": merged.into,
        "merged": merged.errors,
        "already_merged": merged.already,
        "fingerprints": merged.fingerprints,
    })))
}

/// What a request asks for.
#[derive(Debug)]
struct Wanted {
    into: ErrorId,
    /// Without repetition, and without `into`.
    ids: Vec<ErrorId>,
}

impl Wanted {
    fn read(object: Map<String, Value>) -> Result<Self, ApiError> {
        let mut body = BodyFields::new(object);
        let into = body.required("into", |body| read_id(body, "into"));
        let ids = read_ids(&mut body);
        if into.is_some_and(|into| ids.contains(&into)) {
            let message = "must not hold the error that the others are merged into";
            body.problem(FieldErrorKind::OutOfRange, "ids", message);
        }
        body.finish()?;
        // Without a problem there is an id.
        let missing = || ApiError::field(FieldErrorKind::Missing, "into", "is required");
        Ok(Self { into: into.ok_or_else(missing)?, ids })
    }

    fn names(&self) -> Vec<ErrorId> {
        std::iter::once(self.into).chain(self.ids.iter().copied()).collect()
    }

    /// The project of all the errors; waits for ids that were never seen.
    async fn project(&self, app: &App, reach: &Reach) -> Result<ProjectId, ApiError> {
        let found = lookup::find(app, reach, &self.names()).await.map_err(db::failure)?;
        let places = places(&found);
        self.check_found(&places).map_err(Refusal::into_api)?;
        let project = places.get(&self.into).map(|found| found.project);
        let project = project.ok_or_else(|| ApiError::not_found("error", self.into))?;
        let foreign = |id: &&ErrorId| places.get(id).is_some_and(|it| it.project != project);
        if let Some(foreign) = self.ids.iter().find(foreign) {
            let message = format!("holds {foreign}, which is an error of another project");
            return Err(ApiError::field(FieldErrorKind::OutOfRange, "ids", message));
        }
        Ok(project)
    }

    fn check_found(&self, places: &HashMap<ErrorId, Found>) -> Result<(), Refusal> {
        let missing: Vec<ErrorId> =
            self.names().into_iter().filter(|id| !places.contains_key(id)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Refusal::NotFound(missing)) }
    }
}

/// The errors that ids lead to, by id.
fn places(found: &[Found]) -> HashMap<ErrorId, Found> {
    found.iter().map(|found| (found.name, *found)).collect()
}

fn read_id(body: &mut BodyFields, name: &str) -> Option<ErrorId> {
    let value = body.take(name)?;
    let id = value.as_str().and_then(|text| text.parse().ok());
    if id.is_none() {
        let kind =
            if value.is_string() { FieldErrorKind::Malformed } else { FieldErrorKind::WrongType };
        body.problem(kind, name, "must be a UUID");
    }
    id
}

/// Why nothing is merged, as it is found under the lock.
#[derive(Debug)]
enum Refusal {
    NotFound(Vec<ErrorId>),
    TooMany(i64),
}

impl Refusal {
    fn into_api(self) -> ApiError {
        match self {
            Self::NotFound(ids) => {
                let first = ids.first().copied().unwrap_or(ErrorId(Uuid::nil()));
                ApiError::not_found("error", first).with_detail("ids", json!(ids))
            }
            Self::TooMany(fingerprints) => {
                let message = format!(
                    "Together the errors hold {fingerprints} fingerprints; one error may hold at \
                     most {MAX_FINGERPRINTS}"
                );
                ApiError::new(Code::Conflict, message)
            }
        }
    }
}

/// What was merged.
#[derive(Debug)]
struct Merged {
    into: ErrorId,
    errors: usize,
    /// The ids that led to the error already.
    already: Vec<ErrorId>,
    /// That the error holds now.
    fingerprints: i64,
}

/// A merge under way.
#[derive(Debug)]
struct Merge {
    projects: [ProjectId; 1],
    wanted: Wanted,
    key_id: Uuid,
}

impl Locked for Merge {
    type Done = Result<Merged, Refusal>;

    fn projects(&self) -> &[ProjectId] {
        &self.projects
    }

    async fn change(
        &self,
        tx: &Transaction<'_>,
        now: DateTime<Utc>,
    ) -> Result<Self::Done, DbError> {
        let [project] = self.projects;
        let found = lookup::find_now(tx, &[project.0], &self.wanted.names()).await?;
        let places = places(&found);
        if let Err(refusal) = self.wanted.check_found(&places) {
            return Ok(Err(refusal));
        }
        let Some(into) = places.get(&self.wanted.into) else {
            return Ok(Err(Refusal::NotFound(vec![self.wanted.into])));
        };
        let into = into.error_id;
        let (already, others): (Vec<&Found>, Vec<&Found>) = self
            .wanted
            .ids
            .iter()
            .filter_map(|id| places.get(id))
            .partition(|found| found.error_id == into);
        let errors: BTreeSet<i64> = others.iter().map(|found| found.error_id).collect();
        let errors: Vec<i64> = errors.into_iter().collect();
        let all: Vec<i64> = errors.iter().copied().chain([into]).collect();
        let fingerprints = fingerprints(tx, project, &all).await?;
        if usize::try_from(fingerprints).is_ok_and(|held| held > MAX_FINGERPRINTS) {
            return Ok(Err(Refusal::TooMany(fingerprints)));
        }
        if !errors.is_empty() {
            self.merge(tx, (&errors, into), now).await?;
        }
        Ok(Ok(Merged {
            into: public_id(tx, project, into).await?.unwrap_or(self.wanted.into),
            errors: errors.len(),
            already: already.into_iter().map(|found| found.name).collect(),
            fingerprints,
        }))
    }
}

impl Merge {
    async fn merge(
        &self,
        tx: &Transaction<'_>,
        (errors, into): (&[i64], i64),
        now: DateTime<Utc>,
    ) -> Result<(), DbError> {
        let project = self.projects[0].0;
        let all: Vec<i64> = errors.iter().copied().chain([into]).collect();
        let sql = include_str!("sql/keep_group_stats.sql");
        db::execute(tx, "keep the numbers of fingerprints", sql, &[&project, &all]).await?;
        complete(tx, self.projects[0], &all).await?;
        let sql = include_str!("sql/merged_users.sql");
        let users = users(tx, sql, &[&project, &all]).await?;
        let sql = include_str!("sql/merge_errors.sql");
        let values: db::Params<'_> = &[&project, &errors, &into, &now, &self.key_id];
        db::query(tx, "merge errors", sql, values).await?;
        recount(tx, (self.projects[0], into), users, now).await
    }
}

/// Counts for single fingerprints what workers of an earlier version counted for errors alone.
pub(super) async fn complete(
    tx: &Transaction<'_>,
    project: ProjectId,
    errors: &[i64],
) -> Result<(), DbError> {
    let sql = include_str!("sql/complete_group_stats.sql");
    let values: db::Params<'_> = &[&project.0, &errors];
    db::execute(tx, "complete the numbers of fingerprints", sql, values).await.map(drop)
}

/// How many users an error will have.
pub(super) async fn users(
    tx: &Transaction<'_>,
    sql: &'static str,
    values: db::Params<'_>,
) -> Result<i64, DbError> {
    let rows = db::query(tx, "count the users of an error", sql, values).await?;
    Ok(rows.first().map_or(0, |row| row.get("users")))
}

/// Counts an error anew from what its groups count, with the users that they have together.
pub(super) async fn recount(
    tx: &Transaction<'_>,
    (project, error_id): (ProjectId, i64),
    users: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let sql = include_str!("sql/recount_error.sql");
    let values: db::Params<'_> = &[&project.0, &error_id, &now, &users];
    db::execute(tx, "count an error anew", sql, values).await.map(drop)
}

/// The id that an error is shown under.
pub(super) async fn public_id(
    tx: &Transaction<'_>,
    project: ProjectId,
    error_id: i64,
) -> Result<Option<ErrorId>, DbError> {
    let sql = include_str!("sql/public_id.sql");
    let rows = db::query(tx, "read the id of an error", sql, &[&project.0, &error_id]).await?;
    Ok(rows.first().map(|row| ErrorId(row.get("public_id"))))
}

async fn fingerprints(
    tx: &Transaction<'_>,
    project: ProjectId,
    errors: &[i64],
) -> Result<i64, DbError> {
    let sql = include_str!("sql/count_groups.sql");
    let rows = db::query(tx, "count fingerprints", sql, &[&project.0, &errors]).await?;
    Ok(rows.first().map_or(0, |row| row.get("groups")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: Value, expected: &[&str]) {
        let Value::Object(object) = body else { panic!("an object is expected") };
        let error = Wanted::read(object).unwrap_err();
        let json = error.to_json(shared::config::Environment::Production);
        let errors = json["details"]["errors"].as_array().unwrap();
        let fields: Vec<&str> = errors.iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_merge_names_all_that_is_wrong() {
        let id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
        check(json!({}), &["into", "ids"]);
        check(json!({"into": null, "ids": []}), &["into", "ids"]);
        check(json!({"into": "x", "ids": ["y", 7]}), &["into", "ids[0]", "ids[1]"]);
        check(json!({"into": id, "ids": [id.replace('-', "")]}), &["ids"]);
    }
}
