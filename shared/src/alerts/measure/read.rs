//! Reads the roll-ups.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::counts::{Boundaries, CountRow, as_number};
use super::slots::Stretch;
use crate::batch::Facet;
use crate::event::Level;
use crate::ids::ProjectId;
use crate::postgres::{DbError, like_pattern};

/// The most errors that are looked at by themselves in one evaluation: what a statement takes stays
/// within megabytes.
const MAX_ERRORS: i64 = 200_000;

/// Beyond this an error has more slots than are worth looking at to know that it was seen.
const LONG: TimeDelta = TimeDelta::hours(2);

/// The errors of a project that have events in a stretch of time. Where that is long they are found by the
/// events' own time, because slots are many: one whose events all came much later than they happened may
/// be missed.
///
/// # Errors
/// When Postgres is away.
pub async fn active_errors(
    client: &impl GenericClient,
    project: ProjectId,
    stretch: Stretch,
) -> Result<BTreeSet<i64>, DbError> {
    let reading = Reading { client, project };
    let rows = if stretch.end - stretch.start > LONG {
        let values: [&(dyn ToSql + Sync); 3] = [&project.0, &stretch.start, &MAX_ERRORS];
        reading.rows("find errors by their time", include_str!("sql/seen.sql"), &values).await?
    } else {
        let values: [&(dyn ToSql + Sync); 4] =
            [&project.0, &stretch.start, &stretch.end, &MAX_ERRORS];
        reading.rows("find errors with events", include_str!("sql/active.sql"), &values).await?
    };
    Ok(rows.iter().map(|row| row.get("error_id")).collect())
}

/// The errors whose type or message contains every one of the texts, of some errors or of all.
///
/// # Errors
/// When Postgres is away.
pub async fn errors_that_match(
    client: &impl GenericClient,
    project: ProjectId,
    texts: &[String],
    among: Option<&[i64]>,
) -> Result<BTreeSet<i64>, DbError> {
    let patterns: Vec<String> = texts.iter().map(|text| like_pattern(text)).collect();
    let first = patterns.first().map_or("%", String::as_str);
    let reading = Reading { client, project };
    let values: [&(dyn ToSql + Sync); 4] = [&project.0, &first, &patterns, &among];
    let rows = reading.rows("find errors by their text", include_str!("sql/matching.sql"), &values);
    Ok(rows.await?.iter().map(|row| row.get("error_id")).collect())
}

/// Reads of one project.
pub(super) struct Reading<'a, C> {
    pub(super) client: &'a C,
    pub(super) project: ProjectId,
}

impl<C: GenericClient> Reading<'_, C> {
    async fn rows(
        &self,
        action: &'static str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let statement =
            self.client.prepare_cached(sql).await.map_err(DbError::statement(action))?;
        self.client.query(&statement, values).await.map_err(DbError::statement(action))
    }

    /// Events of the whole project.
    pub(super) async fn totals(&self, cut: &Boundaries) -> Result<Vec<CountRow>, DbError> {
        let Some(whole) = cut.whole() else { return Ok(Vec::new()) };
        let values: [&(dyn ToSql + Sync); 4] =
            [&self.project.0, &cut.as_slice(), &whole.start, &whole.end];
        let rows = self.rows("count events", include_str!("sql/totals.sql"), &values).await?;
        Ok(rows.iter().map(count_row).collect())
    }

    /// Events of errors by themselves.
    pub(super) async fn by_error(
        &self,
        cut: &Boundaries,
        errors: &BTreeSet<i64>,
    ) -> Result<Vec<CountRow>, DbError> {
        self.of_errors("count events of errors", include_str!("sql/by_error.sql"), (cut, errors))
            .await
    }

    /// Events of errors together.
    pub(super) async fn sum_of_errors(
        &self,
        cut: &Boundaries,
        errors: &BTreeSet<i64>,
    ) -> Result<Vec<CountRow>, DbError> {
        let sql = include_str!("sql/sum_of_errors.sql");
        self.of_errors("count events of errors together", sql, (cut, errors)).await
    }

    async fn of_errors(
        &self,
        action: &'static str,
        sql: &str,
        (cut, errors): (&Boundaries, &BTreeSet<i64>),
    ) -> Result<Vec<CountRow>, DbError> {
        let Some(whole) = cut.whole() else { return Ok(Vec::new()) };
        if errors.is_empty() {
            return Ok(Vec::new());
        }
        let errors: Vec<i64> = errors.iter().copied().collect();
        let values: [&(dyn ToSql + Sync); 5] =
            [&self.project.0, &cut.as_slice(), &whole.start, &whole.end, &errors];
        let rows = self.rows(action, sql, &values).await?;
        Ok(rows.iter().map(count_row).collect())
    }

    /// Errors that arrived, among some or all.
    pub(super) async fn arrivals(
        &self,
        cut: &Boundaries,
        regressed: bool,
        among: Option<&BTreeSet<i64>>,
    ) -> Result<Vec<CountRow>, DbError> {
        let Some(whole) = cut.whole() else { return Ok(Vec::new()) };
        let among: Option<Vec<i64>> = among.map(|errors| errors.iter().copied().collect());
        let values: [&(dyn ToSql + Sync); 6] =
            [&self.project.0, &cut.as_slice(), &whole.start, &whole.end, &regressed, &among];
        let sql = include_str!("sql/arrivals.sql");
        let rows = self.rows("count errors that arrived", sql, &values).await?;
        Ok(rows.iter().map(count_row).collect())
    }

    /// Users of the project.
    pub(super) async fn users(
        &self,
        window: Stretch,
        facets: Option<&[i32]>,
        among: Option<&BTreeSet<i64>>,
    ) -> Result<f64, DbError> {
        let among: Option<Vec<i64>> = among.map(|errors| errors.iter().copied().collect());
        let values: [&(dyn ToSql + Sync); 5] =
            [&self.project.0, &window.start, &window.end, &facets, &among];
        let rows = self.rows("count users", include_str!("sql/users.sql"), &values).await?;
        Ok(rows.first().map_or(0.0, |row| as_number(row.get("users"))))
    }

    /// Users of errors by themselves.
    pub(super) async fn users_by_error(
        &self,
        window: Stretch,
        facets: Option<&[i32]>,
        errors: &BTreeSet<i64>,
    ) -> Result<Vec<(i64, f64)>, DbError> {
        let errors: Vec<i64> = errors.iter().copied().collect();
        let values: [&(dyn ToSql + Sync); 5] =
            [&self.project.0, &window.start, &window.end, &facets, &errors];
        let sql = include_str!("sql/users_by_error.sql");
        let rows = self.rows("count users of errors", sql, &values).await?;
        let pair = |row: &Row| (row.get("error_id"), as_number(row.get("users")));
        Ok(rows.iter().map(pair).collect())
    }

    /// The facets under which users were counted.
    pub(super) async fn facets_of_users(&self, window: Stretch) -> Result<Vec<i32>, DbError> {
        let values: [&(dyn ToSql + Sync); 3] = [&self.project.0, &window.start, &window.end];
        let sql = include_str!("sql/facets_of_users.sql");
        let rows = self.rows("find the facets of users", sql, &values).await?;
        Ok(rows.iter().map(|row| row.get("facet_id")).collect())
    }

    /// What facets stand for.
    pub(super) async fn facets(
        &self,
        facet_ids: &BTreeSet<i32>,
    ) -> Result<Vec<(i32, Facet)>, DbError> {
        let facet_ids: Vec<i32> = facet_ids.iter().copied().collect();
        let values: [&(dyn ToSql + Sync); 2] = [&self.project.0, &facet_ids];
        let rows = self.rows("read facets", include_str!("sql/facets.sql"), &values).await?;
        Ok(rows.iter().map(facet_row).collect())
    }
}

fn count_row(row: &Row) -> CountRow {
    CountRow {
        error_id: row.get("error_id"),
        facet_id: row.get("facet_id"),
        segment: row.get("segment"),
        events: row.get("events"),
    }
}

fn facet_row(row: &Row) -> (i32, Facet) {
    let facet = Facet {
        level: Level::from_code(row.get("level")),
        source: row.get("source"),
        environment: row.get("environment"),
        release: row.get("release"),
    };
    (row.get("facet_id"), facet)
}
