//! Assembles the two statements behind a list of errors: which errors, and how many.
//!
//! The only SQL of this service that does not lie in a file. It is put together from the fragments
//! below, which never hold a value: values are bound.

use chrono::{DateTime, Utc};
use deadpool_postgres::Client;
use shared::ids::ProjectId;
use shared::postgres::{DbError, like_pattern};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::cursor::Cursor;
use super::filter::{ListRequest, Order, Sort};
use crate::call::Reach;
use crate::db;

/// Where counting stops when no index counts.
pub(super) const MAX_COUNTED: i64 = 10_000;

// Each project is asked by itself: with one project the index on (project_id, last_seen, error_id)
// then gives the order, which `project_id = ANY (…)` would lose.
const PAGE_HEAD: &str = "SELECT r.project_id, r.error_id, r.key \
    FROM unnest($1::int[]) AS wanted (project_id) CROSS JOIN LATERAL (";
const COUNT_HEAD: &str = "SELECT count(*) AS total \
    FROM unnest($1::int[]) AS wanted (project_id) CROSS JOIN LATERAL (";
const FROM_STATS: &str = " FROM error_stats s";
const JOIN_ERRORS: &str =
    " JOIN errors e ON e.project_id = s.project_id AND e.error_id = s.error_id";
const WHERE_PROJECT: &str = " WHERE s.project_id = wanted.project_id";

const LEVELS: &str = " AND s.level = ANY (?)";
const SOURCES: &str = " AND s.source = ANY (?)";
const STATUSES: &str = " AND e.status = ANY (?)";
// Not bound: the index on those that came back knows nothing of a value.
const REGRESSED: &str = " AND e.regressed";
const NOT_REGRESSED: &str = " AND NOT e.regressed";
const SINCE: &str = " AND s.last_seen >= ?";
const UNTIL: &str = " AND s.last_seen <= ?";
// The first half is what the trigram index knows; the second leaves out what lies across type and
// message.
const SEARCH: &str = " AND coalesce(e.exception_type, '') || ' ' || e.message ILIKE ? \
    AND (e.message ILIKE ? OR e.exception_type ILIKE ?)";
const SEEN: &str = " AND EXISTS (SELECT FROM groups g \
    JOIN group_facets gf ON gf.project_id = g.project_id AND gf.group_id = g.group_id \
    JOIN facets f ON f.project_id = gf.project_id AND f.facet_id = gf.facet_id \
    WHERE g.project_id = s.project_id AND g.error_id = s.error_id";
const SEEN_ENVIRONMENTS: &str = " AND f.environment = ANY (?)";
const SEEN_RELEASES: &str = " AND f.release = ANY (?)";

/// An error of a page, in the page's order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) project: ProjectId,
    pub(super) error_id: i64,
    key: i64,
}

impl Place {
    /// The place of an error that is not part of a page.
    pub(super) fn of(project: ProjectId, error_id: i64) -> Self {
        Self { project, error_id, key: 0 }
    }

    /// Where the next page starts, after this error.
    pub(super) fn cursor(self) -> Cursor {
        Cursor { key: self.key, project: self.project, error_id: self.error_id }
    }
}

/// The errors of the page, and one more if there is a next page.
pub(super) async fn page(
    client: &Client,
    reach: &Reach,
    request: &ListRequest,
) -> Result<Vec<Place>, DbError> {
    let statement = page_statement(reach, request);
    let rows = statement.query(client, "list errors").await?;
    Ok(rows.iter().map(|row| place(row, request.sort)).collect())
}

/// How many errors the filters leave, and whether counting stopped early.
pub(super) async fn total(
    client: &Client,
    reach: &Reach,
    request: &ListRequest,
) -> Result<(i64, bool), DbError> {
    let statement = count_statement(reach, request);
    let rows = statement.query(client, "count errors").await?;
    let total: i64 = rows.first().map_or(0, |row| row.get("total"));
    let capped = request.counts_slowly() && total > MAX_COUNTED;
    Ok((if capped { MAX_COUNTED } else { total }, capped))
}

fn place(row: &Row, sort: Sort) -> Place {
    let key = match sort {
        Sort::LastSeen | Sort::FirstSeen => row.get::<_, DateTime<Utc>>("key").timestamp_micros(),
        Sort::Count | Sort::Users => row.get("key"),
    };
    Place { project: ProjectId(row.get("project_id")), error_id: row.get("error_id"), key }
}

fn page_statement(reach: &Reach, request: &ListRequest) -> Statement {
    let key = key_column(request.sort);
    let direction = match request.order {
        Order::Asc => "ASC",
        Order::Desc => "DESC",
    };
    let mut sql = Statement::new(PAGE_HEAD, reach);
    sql.text.push_str(&format!("SELECT s.project_id, s.error_id, {key} AS key"));
    sql.filters(request);
    if let Some(cursor) = request.cursor {
        sql.after(cursor, request);
    }
    // One project may fill the whole page.
    let rows = request.offset + request.limit + 1;
    sql.text.push_str(&format!(" ORDER BY {key} {direction}, s.error_id {direction}"));
    sql.with(" LIMIT ?", rows, Type::INT8);
    sql.text.push_str(&format!(
        ") AS r ORDER BY r.key {direction}, r.project_id {direction}, r.error_id {direction}"
    ));
    sql.with(" LIMIT ?", request.limit + 1, Type::INT8);
    sql.with(" OFFSET ?", request.offset, Type::INT8);
    sql
}

fn count_statement(reach: &Reach, request: &ListRequest) -> Statement {
    let mut sql = Statement::new(COUNT_HEAD, reach);
    sql.text.push_str("SELECT");
    sql.filters(request);
    if request.counts_slowly() {
        sql.with(" LIMIT ?", MAX_COUNTED + 1, Type::INT8);
    }
    sql.text.push_str(") AS r");
    sql
}

fn key_column(sort: Sort) -> &'static str {
    match sort {
        Sort::LastSeen => "s.last_seen",
        Sort::FirstSeen => "s.first_seen",
        Sort::Count => "s.event_count",
        Sort::Users => "s.user_count",
    }
}

/// A statement and its values.
#[derive(Debug)]
struct Statement {
    text: String,
    values: Vec<(Box<dyn ToSql + Send + Sync>, Type)>,
}

impl Statement {
    fn new(head: &str, reach: &Reach) -> Self {
        Self { text: head.to_owned(), values: vec![(Box::new(reach.ids()), Type::INT4_ARRAY)] }
    }

    /// Adds a fragment; every `?` in it stands for the value.
    fn with(&mut self, fragment: &str, value: impl ToSql + Send + Sync + 'static, kind: Type) {
        self.values.push((Box::new(value), kind));
        let number = format!("${}", self.values.len());
        self.text.push_str(&fragment.replace('?', &number));
    }

    fn filters(&mut self, request: &ListRequest) {
        self.text.push_str(FROM_STATS);
        let is_of_errors =
            request.statuses.is_some() || request.regressed.is_some() || request.search.is_some();
        if is_of_errors {
            self.text.push_str(JOIN_ERRORS);
        }
        self.text.push_str(WHERE_PROJECT);
        if let Some(levels) = &request.levels {
            self.with(LEVELS, levels.clone(), Type::INT2_ARRAY);
        }
        if let Some(sources) = &request.sources {
            self.with(SOURCES, sources.clone(), Type::TEXT_ARRAY);
        }
        if let Some(statuses) = &request.statuses {
            self.with(STATUSES, statuses.clone(), Type::INT2_ARRAY);
        }
        if let Some(regressed) = request.regressed {
            self.text.push_str(if regressed { REGRESSED } else { NOT_REGRESSED });
        }
        if let Some(since) = request.since {
            self.with(SINCE, since, Type::TIMESTAMPTZ);
        }
        if let Some(until) = request.until {
            self.with(UNTIL, until, Type::TIMESTAMPTZ);
        }
        if let Some(search) = &request.search {
            self.with(SEARCH, like_pattern(search), Type::TEXT);
        }
        self.seen(request);
    }

    /// Environment and release match where the error was ever seen, both in one facet.
    fn seen(&mut self, request: &ListRequest) {
        if request.environments.is_none() && request.releases.is_none() {
            return;
        }
        self.text.push_str(SEEN);
        if let Some(environments) = &request.environments {
            self.with(SEEN_ENVIRONMENTS, environments.clone(), Type::TEXT_ARRAY);
        }
        if let Some(releases) = &request.releases {
            self.with(SEEN_RELEASES, releases.clone(), Type::TEXT_ARRAY);
        }
        self.text.push(')');
    }

    /// Leaves out everything up to the cursor.
    fn after(&mut self, cursor: Cursor, request: &ListRequest) {
        let key = key_column(request.sort);
        let (bound, beyond) = match request.order {
            Order::Asc => (">=", ">"),
            Order::Desc => ("<=", "<"),
        };
        // The bound on the key alone is what the index can start from.
        let bound = format!(" AND {key} {bound} ?");
        let beyond = format!(" AND ({key}, s.project_id, s.error_id) {beyond} (");
        match cursor.time() {
            Some(time) if matches!(request.sort, Sort::LastSeen | Sort::FirstSeen) => {
                self.with(&bound, time, Type::TIMESTAMPTZ);
                self.with(&format!("{beyond}?"), time, Type::TIMESTAMPTZ);
            }
            _ => {
                self.with(&bound, cursor.key, Type::INT8);
                self.with(&format!("{beyond}?"), cursor.key, Type::INT8);
            }
        }
        self.with(", ?", cursor.project.0, Type::INT4);
        self.with(", ?)", cursor.error_id, Type::INT8);
    }

    async fn query(&self, client: &Client, action: &'static str) -> Result<Vec<Row>, DbError> {
        let values: Vec<(&(dyn ToSql + Sync), Type)> = self
            .values
            .iter()
            .map(|(value, kind)| (value.as_ref() as &(dyn ToSql + Sync), kind.clone()))
            .collect();
        db::query_assembled(client, action, &self.text, &values).await
    }
}

#[cfg(test)]
mod tests;
